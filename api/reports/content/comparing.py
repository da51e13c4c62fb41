"""Where a branch stands among all, and how the branches of a unit above them compare. Pure.

Ranks and bands are those of the network's table; real changes are tested together, as one family.
"""

from collections.abc import Iterable, Sequence

from api.insights.changes import PartChange
from api.insights.figures import Figure
from api.insights.league import LeagueRow
from api.insights.own_branch.score import Beside
from api.reports.content.blocks import Amount, Chart, Column, Point, Said, Section, Table, Value
from api.reports.content.reading import Facts
from api.reports.content.score import answers_of, metric_name_said

MOST_NAMED = 5


def place_section(facts: Facts) -> Section | None:
    """A branch's place with what chance leaves open, and its score beside the units above."""
    if facts.own is None or facts.figure.score is None:
        return None
    row, crowd = facts.own.row, facts.own.crowd
    values: dict[str, Value] = {
        "rank": row.rank,
        "low": row.rank_low,
        "high": row.rank_high,
        "of": crowd.ranked if crowd else None,
        "band": row.band,
        "adjusted": Amount(row.adjusted, "score"),
        "lacking": facts.own.lacking,
    }
    title = "ranked" if row.rank is not None and crowd else "pending" if row.ranked else "unranked"
    said = [beside_said(one) for one in facts.above if one.verdict is not None]
    if row.band is not None:
        said.append(Said("place.band", values))
    if row.adjusted is not None:
        said.append(Said("place.adjusted", values))
    beside = (_beside_table(facts),) if facts.above else ()
    found = Said(f"place.title.{title}", values)
    return Section("place", found, tuple(said), _beside(facts), beside)


def beside_said(one: Beside) -> Said:
    """Whether the score stands apart from that of a unit above."""
    values: dict[str, Value] = {"name": one.unit, "score": Amount(one.figure.score, "score")}
    return Said(f"beside.{one.verdict}", values)


def _beside(facts: Facts) -> Chart | None:
    if not facts.above:
        return None
    own = figure_point(facts.unit, facts.figure, marked=True)
    others = (figure_point(one.unit, one.figure) for one in facts.above)
    return Chart("intervals", "score", metric_name_said(facts), (own, *others))


def _beside_table(facts: Facts) -> Table:
    above = (
        (
            one.unit,
            *_score_cells(one.figure),
            Said(f"verdict.{one.verdict}") if one.verdict else None,
        )
        for one in facts.above
    )
    own = (facts.unit, *_score_cells(facts.figure), None)
    return Table(columns("unit", "n", "score", "low", "high", "beside"), (own, *above))


def figure_point(at: Value, figure: Figure, *, marked: bool = False) -> Point:
    """A score as a point of a figure."""
    return Point(at, figure.score, figure.low, figure.high, figure.n, marked=marked)


def own_units_section(facts: Facts) -> Section | None:
    """The units and branches below: who moved for real, who stands where."""
    if facts.unit.is_branch or not facts.table.rows:
        return None
    ranked = [row for row in facts.table.rows if row.ranked]
    real = [one for one in facts.moved if not one.is_noise]
    values: dict[str, Value] = {
        "moved": len(real),
        "tested": len(facts.moved),
        "ranked": len(ranked),
        "apart": len(facts.table.rows) - len(ranked),
    }
    title = "moved" if real else "level" if facts.moved else "few"
    return Section(
        "units",
        Said(f"units.title.{title}", values),
        tuple(_units_said(facts, ranked, real, values)),
        _units_chart(facts, ranked),
        tuple(_tables(facts)),
    )


def _units_said(
    facts: Facts,
    ranked: Sequence[LeagueRow],
    real: Sequence[PartChange],
    values: dict[str, Value],
) -> Iterable[Said]:
    yield from (beside_said(one) for one in facts.above[-1:] if one.verdict is not None)
    yield Said("units.ranked" if ranked else "units.none_ranked", values)
    for name, up in (("risen", True), ("fallen", False)):
        listed = [one for one in real if (one.change > 0) == up][:MOST_NAMED]
        if listed:
            yield Said(f"units.{name}", {"names": listing(_moved(one) for one in listed)})
    best = [row for row in ranked if row.badge]
    if best:
        names = listing(facts.nodes[row.branch_id] for row in best[:MOST_NAMED])
        yield Said("units.best", {"names": names})
    last = [row for row in ranked if row.band == "E"]
    if last:
        names = listing(facts.nodes[row.branch_id] for row in last[-MOST_NAMED:])
        yield Said("units.last", {"names": names})


def _moved(one: PartChange) -> Said:
    return Said("units.one", {"name": one.unit, "change": Amount(one.change, "points")})


def listing(values: Iterable[Value]) -> Said:
    """Several values in a row, as the language lists them."""
    listed = list(values)
    found = Said("plain", {"words": listed[0]})
    for value in listed[1:]:
        found = Said("listed", {"first": found, "next": value})
    return found


def _units_chart(facts: Facts, ranked: Sequence[LeagueRow]) -> Chart | None:
    told = [one for one in facts.seen.children if one.figure.score is not None]
    if told and not any(one.unit.is_branch for one in told):
        points = [figure_point(one.unit, one.figure) for one in told]
        points.sort(key=lambda one: -(one.value or 0))
    else:
        points = [
            Point(facts.nodes[row.branch_id], row.score, row.low, row.high, row.n) for row in ranked
        ]
    if len(points) < 2:
        return None
    line_name = Said("in_period", {"name": facts.unit})
    name = metric_name_said(facts)
    return Chart(
        "intervals", "score", name, tuple(points), line=facts.figure.score, line_name=line_name
    )


_UNIT_COLUMNS = ("n", "score", "low", "high", "before", "change", "verdict")
_ROW_COLUMNS = (
    *("rank", "rank_low", "rank_high", "band", "n", "score", "low", "high", "adjusted"),
    *("change", "verdict"),
)


def _tables(facts: Facts) -> Iterable[Table]:
    children = facts.seen.children
    if children and not any(one.unit.is_branch for one in children):
        yield Table(
            columns("unit", *_UNIT_COLUMNS),
            tuple(
                (
                    one.unit,
                    *_score_cells(one.figure),
                    Amount(one.previous.score, "score"),
                    Amount(one.difference.change, "points"),
                    verdict_said(one.difference.is_noise),
                )
                for one in children
            ),
        )
    verdicts = {one.unit.id: one.is_noise for one in facts.moved}
    ranked = [row for row in facts.table.rows if row.ranked]
    apart = [row for row in facts.table.rows if not row.ranked]
    if ranked:
        rows = tuple(_row(facts, row, verdict_said(verdicts.get(row.branch_id))) for row in ranked)
        yield Table(columns("branch", "code", *_ROW_COLUMNS), rows)
    if apart:
        yield Table(
            columns("branch_apart", "code", "n", "score", "low", "high", "tier"),
            tuple(_apart(facts, row) for row in apart),
            shown=10,
        )


def columns(first: str, *names: str) -> tuple[Column, ...]:
    """A column of names, then those called ``names``; all but codes and words are numbers."""
    words = (
        "code",
        "band",
        "verdict",
        "quadrant",
        "level",
        "tier",
        "unit",
        "topic",
        "since",
        "period",
        "aim",
        "beside",
    )
    return (
        Column(Said(f"column.{first}"), "text"),
        *(Column(Said(f"column.{one}"), "text" if one in words else "number") for one in names),
    )


def _score_cells(figure: Figure) -> tuple[Value, ...]:
    return (answers_of(figure), *(Amount(v, "score") for v in (figure.score, *_ends(figure))))


def _ends(figure: Figure) -> tuple[float | None, float | None]:
    return figure.low, figure.high


def _row(facts: Facts, row: LeagueRow, verdict: Value) -> tuple[Value, ...]:
    places = (row.rank, row.rank_low, row.rank_high)
    scores = (row.score, row.low, row.high, row.adjusted)
    return (
        facts.nodes[row.branch_id],
        row.unit_code,
        *(Amount(place, "count") for place in places),
        row.band,
        Amount(row.n, "count"),
        *(Amount(score, "score") for score in scores),
        Amount(row.change, "points"),
        verdict,
    )


def _apart(facts: Facts, row: LeagueRow) -> tuple[Value, ...]:
    return (
        facts.nodes[row.branch_id],
        row.unit_code,
        Said("fewer_than_five") if row.n is None else Amount(row.n, "count"),
        *(Amount(score, "score") for score in (row.score, row.low, row.high)),
        Said(f"tier.{row.tier}"),
    )


def verdict_said(is_noise: bool | None) -> Value:
    """Whether a change is real or noise; None where there is none to judge."""
    return None if is_noise is None else Said("noise" if is_noise else "real")
