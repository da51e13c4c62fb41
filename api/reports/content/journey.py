"""The score along the customer's journey: where a unit is clearly weaker or stronger. Pure."""

from api.insights.own_branch.verdicts import Verdict
from api.reports.content.blocks import Amount, Chart, Names, Point, Said, Section, Table, Value
from api.reports.content.comparing import columns, listing
from api.reports.content.reading import Facts, Stop
from api.reports.content.score import answers_of, metric_name_said


def journey_section(facts: Facts) -> Section | None:
    """Every touchpoint with answers; None where too few answered at each of them."""
    told = [one for one in facts.journey if one.figure.figure.score is not None]
    if not told:
        return None
    apart = {
        verdict: [one for one in told if one.usual is not None and one.usual.verdict is verdict]
        for verdict in (Verdict.BELOW, Verdict.ABOVE)
    }
    return Section(
        "journey",
        _title(facts, told, apart),
        tuple(
            Said(f"journey.{verdict}", {"names": listing(_one(one) for one in found)})
            for verdict, found in apart.items()
            if found
        ),
        _chart(facts, told),
        (_table(facts.journey),),
    )


def stop_name(one: Stop) -> Names:
    """What the touchpoint is called."""
    place = one.figure.touchpoint
    return Names(place.name_zh, place.name_en)


def _title(facts: Facts, told: list[Stop], apart: dict[Verdict, list[Stop]]) -> Said:
    for verdict, found in apart.items():
        if found:
            names = listing(stop_name(one) for one in found)
            return Said(f"journey.title.{verdict}", {"names": names})
    if any(one.usual is not None for one in told):
        return Said("journey.title.level")
    if len(told) < 2:
        return Said("journey.title.few")
    ordered = sorted(told, key=lambda one: one.figure.figure.score or 0)
    worst, best = ordered[0], ordered[-1]
    if (worst.figure.figure.high or 0) < (best.figure.figure.low or 0):
        values = {"worst": stop_name(worst), "best": stop_name(best)}
        return Said("journey.title.apart", values)
    return Said("journey.title.alike")


def _one(one: Stop) -> Said:
    usual = one.usual.figure.score if one.usual else None
    return Said(
        "journey.one",
        {
            "name": stop_name(one),
            "score": Amount(one.figure.figure.score, "score"),
            "usual": Amount(usual, "score"),
        },
    )


def _chart(facts: Facts, told: list[Stop]) -> Chart:
    points = tuple(
        Point(
            stop_name(one),
            one.figure.figure.score,
            one.figure.figure.low,
            one.figure.figure.high,
            one.figure.figure.n,
            besides=one.usual.figure.score if one.usual else None,
            marked=one.usual is not None and one.usual.verdict is Verdict.BELOW,
        )
        for one in told
    )
    beside = next((one.usual.unit for one in told if one.usual), None)
    name = None if beside is None else Said("plain", {"words": beside})
    return Chart("intervals", "score", metric_name_said(facts), points, besides_name=name)


def _table(stops: list[Stop]) -> Table:
    compared = ("usual", "verdict") if any(one.usual for one in stops) else ()
    return Table(
        columns("touchpoint", "n", "score", "low", "high", *compared),
        tuple(
            (
                stop_name(one),
                answers_of(one.figure.figure),
                Amount(one.figure.figure.score, "score"),
                Amount(one.figure.figure.low, "score"),
                Amount(one.figure.figure.high, "score"),
                *(_beside(one) if compared else ()),
            )
            for one in stops
        ),
    )


def _beside(one: Stop) -> tuple[Value, Value]:
    if one.usual is None:
        return None, None
    verdict = one.usual.verdict
    told = Said(f"verdict.{verdict}") if verdict else None
    return Amount(one.usual.figure.score, "score"), told
