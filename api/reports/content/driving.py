"""What a unit can work on: what goes along with the score, and where the unit is rated low. Pure.

Association, never proof of an effect; the methods say so.
"""

from collections.abc import Sequence

from api.insights.drivers.matrix import DriverMatrix, DriverRow, Spoken
from api.insights.metrics import MetricInfo
from api.insights.own_branch.improve import Improvement, Lever
from api.insights.own_branch.verdicts import Verdict
from api.reports.content.blocks import Amount, Chart, Names, Point, Said, Section, Table, Value
from api.reports.content.comparing import columns, listing
from api.reports.content.reading import Facts
from scoring.drivers import Quadrant


def question_name(metric: MetricInfo) -> Names:
    """What a question is called."""
    return Names(metric.name_zh, metric.name_en)


def drivers_section(facts: Facts) -> Section | None:
    """Of a unit above branches: weights of the questions, and the corner each stands in."""
    matrix = facts.drivers
    if matrix is None or matrix.problem is not None:
        return None
    rows = [row for row in matrix.rows if not any(one.value == "result" for one in row.cautions)]
    priority = [row for row in rows if row.quadrant is Quadrant.PRIORITY]
    strong = [row for row in rows if row.quadrant is Quadrant.STRENGTH]
    said = [_rated(row) for row in priority]
    if strong:
        names = listing(question_name(row.metric) for row in strong)
        said.append(Said("drivers.strength", {"names": names}))
    said.append(_explained(matrix))
    return Section(
        "drivers", _title(rows, priority), tuple(said), _chart(rows), (_table(matrix.rows),)
    )


def _title(rows: Sequence[DriverRow], priority: Sequence[DriverRow]) -> Said:
    if priority:
        names = listing(question_name(row.metric) for row in priority)
        return Said("drivers.title.priority", {"names": names})
    if rows:
        return Said("drivers.title.heaviest", {"name": question_name(rows[0].metric)})
    return Said("drivers.title.none")


def _rated(row: DriverRow) -> Said:
    values: dict[str, Value] = {
        "name": question_name(row.metric),
        "weight": Amount(row.weight, "share"),
        "score": Amount(row.performance.score, "mark"),
        "usual": Amount(row.network_performance, "mark"),
    }
    return Said("drivers.rated" if row.network_performance is not None else "drivers.alone", values)


def _explained(matrix: DriverMatrix) -> Said:
    values: dict[str, Value] = {"n": matrix.answers, "explained": Amount(matrix.explained, "share")}
    return Said("drivers.explained", values)


def _chart(rows: Sequence[DriverRow]) -> Chart | None:
    if len(rows) < 2:
        return None
    points = tuple(
        Point(
            question_name(row.metric),
            row.weight,
            row.low,
            row.high,
            besides=row.network_weight,
            marked=row.quadrant is Quadrant.PRIORITY,
        )
        for row in rows
    )
    beside = Said("whole_network") if any(one.besides is not None for one in points) else None
    return Chart("intervals", "share", Said("drivers.weight"), points, besides_name=beside)


def _table(rows: Sequence[DriverRow]) -> Table:
    return Table(
        columns(
            "question", *"weight low high rating rating_low rating_high usual quadrant".split()
        ),
        tuple(
            (
                question_name(row.metric),
                *(Amount(value, "share") for value in (row.weight, row.low, row.high)),
                *_rating(row.performance),
                Amount(row.network_performance, "mark"),
                Said(f"quadrant.{_corner(row)}"),
            )
            for row in rows
        ),
    )


def _corner(row: DriverRow) -> str:
    if any(one.value == "result" for one in row.cautions):
        return "result"
    return "unclear" if row.quadrant is None else row.quadrant.value


def _rating(spoken: Spoken) -> tuple[Amount, ...]:
    return tuple(Amount(value, "mark") for value in (spoken.score, spoken.low, spoken.high))


def improvement_section(facts: Facts) -> Section | None:
    """Of a branch: its questions by weight in the network, beside the branches it is like."""
    found = facts.improvement
    if found is None or found.problem is not None or found.place is None or not found.levers:
        return None
    told = [one for one in found.levers if one.own.score is not None]
    heaviest = max(found.levers, key=lambda one: one.weight)
    state = "first" if found.first else "none" if told else "unknown"
    lever = found.first or heaviest
    values = lever_values(found, lever)
    return Section(
        "drivers",
        Said(f"improve.title.{state}", values),
        (Said(f"improve.{state}", values),),
        _lever_chart(found, told),
        (_lever_table(found.levers),),
    )


def lever_values(found: Improvement, lever: Lever) -> dict[str, Value]:
    """What is said of a question that a branch can work on."""
    place = found.place.touchpoint if found.place else None
    return {
        "name": question_name(lever.metric),
        "place": None if place is None else Names(place.name_zh, place.name_en),
        "weight": Amount(lever.weight, "share"),
        "score": Amount(lever.own.score, "mark"),
        "usual": Amount(lever.usual, "mark"),
        "low": lever.low,
        "low_value": lever.low_value,
        "branches": found.branches,
        "like": Said(f"improve.like.{found.like or 'network'}", {"branches": found.branches}),
    }


def _lever_chart(found: Improvement, told: Sequence[Lever]) -> Chart | None:
    if len(told) < 2:
        return None
    points = tuple(
        Point(
            question_name(one.metric),
            one.own.score,
            one.own.low,
            one.own.high,
            one.answers,
            besides=one.usual,
            marked=one.verdict is Verdict.BELOW,
        )
        for one in told
    )
    like = Said(f"improve.like.{found.like or 'network'}", {"branches": found.branches})
    return Chart("intervals", "mark", Said("improve.rating"), points, besides_name=like)


def _lever_table(levers: Sequence[Lever]) -> Table:
    return Table(
        columns("question", "weight", "n", "rating", "low", "high", "usual", "verdict"),
        tuple(
            (
                question_name(one.metric),
                Amount(one.weight, "share"),
                Said("fewer_told") if one.answers is None else Amount(one.answers, "count"),
                *_rating(one.own),
                Amount(one.usual, "mark"),
                Said(f"verdict.{one.verdict}") if one.verdict else None,
            )
            for one in levers
        ),
    )
