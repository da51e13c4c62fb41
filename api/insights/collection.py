"""From events to answers by channel, segment, touchpoint or branch, and how sure the shares are.

Counts of messages and events, never of what was answered: they are told from the first one on. The
share of answers is told from the number of messages that a score is told from.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

from sqlmodel import Session

from api.core.errors import NotAllowed
from api.insights.periods import Period
from api.insights.queries import require_touchpoint, touchpoint_rows
from api.insights.queries.collection import (
    ChainCut,
    Cut,
    EventCut,
    Waited,
    chain_cuts,
    event_cuts,
    times_to_answer,
)
from api.insights.sight import branches_of, scored_branches, some_branches
from api.security.hierarchy import Node
from api.security.permissions import Permission
from api.security.viewer import Viewer
from scoring.intervals import wilson_interval
from scoring.tiers import DEFAULT_THRESHOLDS

__all__ = [
    "CUTS",
    "HOURS",
    "Collected",
    "Cut",
    "Share",
    "Waited",
    "answer_share",
    "answer_times",
    "collected",
]

CUTS: tuple[Cut, ...] = ("channel", "segment", "touchpoint", "branch")
HOURS = (1.0, 6.0, 24.0, 72.0, 168.0)
"""Within how many hours answers are counted."""


@dataclass(frozen=True, slots=True)
class Share:
    """Whole answers per message sent (of a channel) or event asked about, and its 95 % interval."""

    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Counts:
    """How far events came; each number is part of the one before, but ``messages`` and its fates.

    ``events`` and ``eligible`` are None by channel: an event has none before it is asked about.
    """

    events: int | None = None
    eligible: int | None = None
    messages: int = 0
    arrived: int = 0
    undelivered: int = 0
    unknown: int = 0
    planned: int = 0
    sent: int = 0
    delivered: int = 0
    opened: int = 0
    answered: int = 0
    completed: int = 0


@dataclass(frozen=True, slots=True)
class Collected:
    """One value of the cut: its code (None: not known), for branches the unit, and its counts."""

    value: str | None
    unit: Node | None
    counts: Counts
    share: Share | None
    messages: dict[str, int]  # sent, by channel


def collected(
    session: Session,
    viewer: Viewer,
    period: Period,
    cut: Cut,
    *,
    unit: str | None = None,
    touchpoint: str | None = None,
) -> list[Collected]:
    """Every value of the cut, most messages first; branches also without any event.

    Raises NotFound for a unit or touchpoint that is not there or not the viewer's to see.
    """
    branches = _branches(viewer, unit)
    some = some_branches(viewer, branches)
    place = None if touchpoint is None else require_touchpoint(session, touchpoint)
    events = [] if cut == "channel" else event_cuts(session, period, some, cut, place)
    chains = chain_cuts(session, period, some, cut, place)
    values = {one.value for one in events} | {one.value for one in chains}
    if cut == "branch":
        values |= {str(branch) for branch in _open(viewer, branches, period)}
    rows = _rows(values, events, chains, cut)
    return sorted(_named(session, viewer, rows, cut), key=_most_first)


def answer_times(
    session: Session,
    viewer: Viewer,
    period: Period,
    *,
    unit: str | None = None,
    touchpoint: str | None = None,
) -> list[Waited]:
    """How long answers took: of all channels first, then of each with enough answers, most first.

    Empty below the number of answers that a score needs.
    """
    some = some_branches(viewer, _branches(viewer, unit))
    place = None if touchpoint is None else require_touchpoint(session, touchpoint)
    found = times_to_answer(session, period, some, HOURS, place)
    enough = [one for one in found if one.answers >= DEFAULT_THRESHOLDS.score]
    return sorted(enough, key=lambda one: (one.channel is not None, -one.answers))


def _branches(viewer: Viewer, unit: str | None) -> frozenset[int]:
    """Whose events are counted."""
    if unit is not None:
        return branches_of(viewer, viewer.require_unit_code(unit))
    branches = scored_branches(viewer)
    if not branches:
        raise NotAllowed(permission=Permission.VIEW_SCORES)
    return branches


def _open(viewer: Viewer, branches: frozenset[int], period: Period) -> list[int]:
    """The branches that were open on a day of the period: nothing from one of them says a lot."""
    nodes = [viewer.hierarchy.nodes[branch] for branch in branches]
    return [
        node.id
        for node in nodes
        if (node.closed_on is None or node.closed_on > period.start)
        and (node.opened_on is None or node.opened_on < period.end)
    ]


def _rows(
    values: Iterable[str | None],
    events: Sequence[EventCut],
    chains: Sequence[ChainCut],
    cut: Cut,
) -> list[Collected]:
    """One row per value, its channels added up."""
    happened = {one.value: (one.events, one.eligible) for one in events}
    of_value = defaultdict[str | None, list[ChainCut]](list)
    for one in chains:
        of_value[one.value].append(one)
    rows = []
    for value in values:
        known = (None, None) if cut == "channel" else happened.get(value, (0, 0))
        counts = _counts(known, of_value[value])
        asked = counts.messages if cut == "channel" else counts.sent
        messages = {one.channel: one.messages for one in of_value[value]}
        rows.append(Collected(value, None, counts, answer_share(counts.completed, asked), messages))
    return rows


def _counts(happened: tuple[int | None, int | None], chains: Sequence[ChainCut]) -> Counts:
    summed = {name: sum(getattr(one, name) for one in chains) for name in _SUMMED}
    return Counts(*happened, **summed)


def _most_first(row: Collected) -> tuple[int, int, str]:
    return -row.counts.sent, -(row.counts.events or 0), row.value or ""


_SUMMED = [field.name for field in fields(Counts) if field.name not in ("events", "eligible")]


def answer_share(answers: int, asked: int) -> Share | None:
    """Which share answered, and where the true one lies; None where too few were asked."""
    if asked < DEFAULT_THRESHOLDS.score:
        return None
    interval = wilson_interval(answers, asked)
    return Share(answers / asked, float(interval.low), float(interval.high))


def _named(
    session: Session, viewer: Viewer, rows: Iterable[Collected], cut: Cut
) -> list[Collected]:
    """Rows by the codes that people know, not by our ids."""
    if cut == "branch":
        return [_of_unit(row, viewer.hierarchy.nodes[int(row.value or 0)]) for row in rows]
    if cut == "touchpoint":
        codes = {str(row.id): row.code for row in touchpoint_rows(session)}
        return [_renamed(row, codes.get(row.value or "")) for row in rows]
    return list(rows)


def _of_unit(row: Collected, unit: Node) -> Collected:
    return Collected(unit.code, unit, row.counts, row.share, row.messages)


def _renamed(row: Collected, value: str | None) -> Collected:
    return Collected(value, None, row.counts, row.share, row.messages)
