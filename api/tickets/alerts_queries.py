"""Alerts and mutes as a viewer sees them: those of branches whose comments the viewer may read.

Reads only. What is found, and who is told, is decided in ``api.tickets.alerts``.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from api.boundary.paging import cursor_at, position_at
from api.security.hierarchy import Node
from api.security.permissions import Permission
from api.security.viewer import Viewer
from api.tickets.alerts import queries
from api.tickets.queries.board import words_of

KINDS = ("answer", "silence", "feed", "warning", "complaint")
MOST = 200


@dataclass(frozen=True, slots=True)
class AlertFilter:
    """Which alerts; what is None or empty does not narrow.

    ``running``: of silences, feeds and warnings, those that are not over.
    """

    unit: str | None = None
    kinds: tuple[str, ...] = ()
    rule: str | None = None
    severity: int | None = None  # at least
    muted: bool | None = None
    running: bool = False
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class AlertLine:
    """An alert as a list shows it; ``position`` is where the next page begins after it.

    ``detail`` holds values, by kind: ``rules, words`` (answer); ``events, since`` (silence);
    ``observed, expected, days`` (feed); ``metric, level, since, drop`` (warning).
    """

    id: UUID
    unit: Node
    kind: str
    rule: str
    rules_version: int
    severity: int
    opened_at: datetime
    ended_at: datetime | None
    muted: bool
    response_id: UUID | None
    ticket_number: int | None
    ticket_state: str | None
    metric: str | None
    score: int | None
    words: str | None  # what the customer wrote, redacted
    detail: dict[str, Any]
    position: str


@dataclass(frozen=True, slots=True)
class AlertCount:
    """How often a rule found something since a moment, and how often it told nobody."""

    kind: str
    rule: str
    found: int
    muted: int
    running: int
    tickets: int


@dataclass(frozen=True, slots=True)
class MuteLine:
    """A mute: of one rule, or of all (None), for one branch."""

    id: UUID
    unit: Node
    rule: str | None
    reason: str
    from_at: datetime
    until_at: datetime
    ended_at: datetime | None
    by: str | None  # the name
    found: int  # alerts that were found and told nobody


def list_alerts(
    session: Session,
    viewer: Viewer,
    wanted: AlertFilter,
    *,
    after: str | None = None,
    limit: int = 50,
) -> list[AlertLine]:
    """At most ``limit`` alerts, the newest first, behind the position ``after``."""
    branches = branches_read(viewer, wanted.unit)
    rows = queries.alerts_page(
        session,
        queries.Wanted(
            branches=branches,
            kinds=wanted.kinds or KINDS,
            rule=wanted.rule,
            severity=wanted.severity or 0,
            muted=wanted.muted,
            running=wanted.running,
            since=wanted.since,
        ),
        position_at(after),
        min(max(limit, 1), MOST),
    )
    words = words_of(session, rows)
    return [_line(viewer, row, words) for row in rows]


def count_alerts(
    session: Session, viewer: Viewer, unit: str | None = None, *, since: datetime
) -> list[AlertCount]:
    """What each rule found in the viewer's branches (below ``unit``), the most frequent first."""
    rows = queries.counts_by_rule(session, branches_read(viewer, unit), since)
    return [AlertCount(*row) for row in rows]


def list_mutes(
    session: Session, viewer: Viewer, unit: str | None = None, *, now: datetime, over: bool = False
) -> list[MuteLine]:
    """The mutes that hold now or later (``over``: those that ended), the last to end first."""
    rows = queries.mutes_page(session, branches_read(viewer, unit), now, over=over, limit=MOST)
    nodes = viewer.hierarchy.nodes
    return [MuteLine(row.id, nodes[row.branch_id], *row[2:]) for row in rows]


def branches_read(viewer: Viewer, unit: str | None = None) -> frozenset[int]:
    """The viewer's branches, below ``unit`` if it is given, whose comments may be read."""
    seen: Collection[int] = (
        viewer.hierarchy.branch_ids if viewer.scope.whole else viewer.scope.branches
    )
    if unit is not None:
        below = viewer.hierarchy.branches_under(viewer.require_unit_code(unit).id)
        seen = {node.id for node in below} & set(seen)
    return frozenset(one for one in seen if viewer.may(Permission.VIEW_COMMENTS, one))


def _line(viewer: Viewer, row: queries.AlertRow, words: Mapping[UUID, str]) -> AlertLine:
    said = None if row.response_id is None else words.get(row.response_id)
    shown = {name: value for name, value in row.detail.items() if name not in queries.INTERNAL}
    return AlertLine(
        id=row.id,
        unit=viewer.hierarchy.nodes[row.branch_id],
        kind=row.kind,
        rule=row.rule,
        rules_version=row.rules_version,
        severity=row.severity,
        opened_at=row.opened_at,
        ended_at=row.ended_at,
        muted=row.muted,
        response_id=row.response_id,
        ticket_number=row.ticket_number,
        ticket_state=row.ticket_state,
        metric=shown.get("metric"),
        score=shown.get("score"),
        words=said or row.summary,
        detail=shown,
        position=cursor_at(row.opened_at, row.id),
    )
