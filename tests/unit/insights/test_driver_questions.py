"""Only questions that the same people were asked can be weighed against one another."""

from api.insights.drivers.queries import Together
from api.insights.drivers.questions import MOST_DRIVERS, LeftOut, driver_questions
from api.insights.metrics import MetricInfo
from scoring.scales import Kind

KNOWN = [
    MetricInfo(code, Kind.MEAN, "1-5", code, code)
    for code in ("nps", "overall", "advisor", "waiting", "offer", "unused")
]
SALES, SERVICE = 1, 2


def asked(place: int, outcome: int, **answered: int) -> list[Together]:
    return [Together(place, metric, n) for metric, n in {"nps": outcome, **answered}.items()]


def codes(metrics: object) -> list[str]:
    return [metric.code for metric in metrics]  # type: ignore[attr-defined]


def test_what_is_asked_everywhere_is_a_driver_and_the_rest_waits_for_its_touchpoint() -> None:
    found = driver_questions(
        "nps",
        KNOWN,
        asked(SALES, 400, overall=390, advisor=380, offer=370)
        + asked(SERVICE, 600, overall=590, advisor=560, waiting=580),
    )
    assert codes(found.drivers) == ["overall", "advisor"]
    assert [(metric.code, why) for metric, why in found.left_out] == [
        ("waiting", LeftOut.ELSEWHERE),
        ("offer", LeftOut.ELSEWHERE),
    ]
    assert found.touchpoints == (SALES, SERVICE)
    assert found.answers == 1000


def test_overall_judgements_are_left_out_when_three_other_questions_remain() -> None:
    rows = asked(SERVICE, 1000, overall=990, advisor=980, waiting=970, offer=960)
    found = driver_questions("nps", KNOWN, rows, same_part={"nps", "overall"})
    assert codes(found.drivers) == ["advisor", "waiting", "offer"]
    assert [(metric.code, why) for metric, why in found.left_out] == [
        ("overall", LeftOut.SAME_PART)
    ]
    few = driver_questions("nps", KNOWN, rows[:-1], same_part={"nps", "overall"})
    assert codes(few.drivers) == ["overall", "advisor", "waiting"]
    assert few.results == {"overall"}
    assert not few.left_out


def test_a_tiny_touchpoint_without_a_question_takes_it_from_nobody() -> None:
    found = driver_questions(
        "nps", KNOWN, asked(SALES, 30, overall=30) + asked(SERVICE, 970, overall=960, waiting=900)
    )
    assert codes(found.drivers) == ["overall", "waiting"]
    assert not found.left_out


def test_a_question_that_hardly_anyone_answers_was_not_asked() -> None:
    found = driver_questions("nps", KNOWN, asked(SERVICE, 1000, overall=990, waiting=40))
    assert codes(found.drivers) == ["overall"]
    assert not found.left_out


def test_the_outcome_is_no_driver_of_itself_and_any_metric_can_be_one() -> None:
    rows = [Together(1, "overall", 500), Together(1, "nps", 480), Together(1, "waiting", 450)]
    assert codes(driver_questions("overall", KNOWN, rows).drivers) == ["nps", "waiting"]


def test_more_questions_than_can_be_told_apart_are_named() -> None:
    many = [MetricInfo(f"q{n}", Kind.MEAN, "1-5", f"q{n}", f"q{n}") for n in range(45)]
    rows = asked(1, 1000, **{metric.code: 900 for metric in many})
    found = driver_questions("nps", many, rows)
    assert len(found.drivers) == MOST_DRIVERS
    assert [why for _, why in found.left_out] == [LeftOut.TOO_MANY] * 5


def test_without_answers_there_is_nothing() -> None:
    found = driver_questions("nps", KNOWN, [])
    assert (found.drivers, found.touchpoints, found.answers) == ((), (), 0)
