"""The index and its parts beside their targets, where headquarters published a tree. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from api.insights.figures import Difference, Figure
from api.insights.index_tree import MISSED, REACHED, IndexTree, TargetFigure
from api.reports.content.blocks import Amount, Chart, Names, Point, Said, Section, Table, Value
from api.reports.content.comparing import columns, listing, verdict_said
from api.reports.content.reading import Facts
from api.reports.content.score import answers_of

MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Scored:
    """The index, a part of it or the index of a unit below, with its target."""

    name: Value
    figure: Figure
    difference: Difference
    target: TargetFigure | None

    @property
    def verdict(self) -> str:
        """Whether the target is reached; ``alone`` without one."""
        return self.target.verdict if self.target else "alone"

    @property
    def aim(self) -> Amount:
        """The target in points."""
        return Amount(self.target.value if self.target else None, "mark")


def indices_section(facts: Facts) -> Section | None:
    """The index, what it is made of and the units below it; None where too few answered."""
    index = index_of(facts)
    if facts.indices is None or index is None:
        return None
    parts, units = _parts(facts.indices), _units(facts.indices)
    tables = [_table("index", parts), *([_table("unit", units)] if units else ())]
    return Section(
        "indices",
        Said(f"indices.title.{index.verdict}", _values(index)),
        tuple(_sentences(index, parts[1:], units)),
        _chart(parts),
        tuple(tables),
    )


def index_of(facts: Facts) -> Scored | None:
    """The index itself; None without a tree, or where too few answered for a score."""
    index = None if facts.indices is None else _parts(facts.indices)[0]
    return None if index is None or index.figure.score is None else index


def _parts(found: IndexTree) -> list[Scored]:
    """The index and its dimensions; questions have other units and sections of their own."""
    return [
        Scored(Names(one.name_zh, one.name_en), one.figure, one.difference, one.target)
        for one in found.nodes
        if one.metric is None
    ]


def _units(found: IndexTree) -> list[Scored]:
    return [Scored(one.unit, one.figure, one.difference, one.target) for one in found.children]


def _values(one: Scored) -> dict[str, Value]:
    change = one.difference.change
    return {
        "name": one.name,
        "score": Amount(one.figure.score, "mark"),
        "low": Amount(one.figure.low, "mark"),
        "high": Amount(one.figure.high, "mark"),
        "n": answers_of(one.figure),
        "target": one.aim,
        "size": Amount(None if change is None else abs(change), "mark"),
    }


def _sentences(index: Scored, parts: Sequence[Scored], units: Sequence[Scored]) -> Iterator[Said]:
    yield Said("indices.interval", _values(index))
    moved = index.difference
    if moved.change is not None:
        state = "level" if moved.is_noise else "up" if moved.change > 0 else "down"
        yield Said(f"indices.change.{state}", _values(index))
    for verdict in (MISSED, REACHED):
        found = [one for one in parts if one.verdict == verdict]
        if found:
            names = listing(Said("indices.one", _values(one)) for one in found)
            yield Said(f"indices.{verdict}", {"names": names})
    missing = [one for one in units if one.verdict == MISSED]
    if missing:
        names = listing(one.name for one in missing[:MOST_NAMED])
        yield Said("indices.units_missed", {"n": len(missing), "of": len(units), "names": names})


def _chart(parts: Sequence[Scored]) -> Chart | None:
    told = [one for one in parts if one.figure.score is not None]
    if len(told) < 2:
        return None
    points = tuple(
        Point(
            one.name,
            one.figure.score,
            one.figure.low,
            one.figure.high,
            one.figure.n,
            besides=one.aim.value,
            marked=one.verdict == MISSED,
        )
        for one in told
    )
    target = Said("column.target") if any(one.besides is not None for one in points) else None
    return Chart("intervals", "mark", Said("indices.points"), points, besides_name=target)


def _table(first: str, lines: Sequence[Scored]) -> Table:
    return Table(
        columns(first, *"n score low high target attained aim change verdict".split()),
        tuple(
            (
                one.name,
                answers_of(one.figure),
                *(Amount(v, "mark") for v in (one.figure.score, one.figure.low, one.figure.high)),
                one.aim,
                Amount(one.target.share if one.target else None, "share"),
                Said(f"aim.{one.verdict}"),
                Amount(one.difference.change, "shift"),
                verdict_said(one.difference.is_noise),
            )
            for one in lines
        ),
    )
