"""Reads tickets for the board: lines of a page, and how many stand where.

Only of branches whose comments the viewer may read. Changes nothing.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Row, text
from sqlmodel import Session

from api.boundary.paging import from_cursor, no_cursor, to_cursor
from api.models.tickets import OPEN_STATES
from api.security.hierarchy import Node
from api.security.permissions import ROLE_PERMISSIONS, Permission
from api.security.viewer import Viewer

Order = Literal["due", "newest"]
CLOSED_FOR = timedelta(days=30)  # how long closed tickets are counted
_NEVER = "never"  # a position among tickets without a target

# Newer words of a response are not hidden by what was noted at the opening.
_LINES = """
select t.id, t.number, t.branch_id, t.kind, t.severity, t.state, t.version, t.owner_id,
    o.name as owner, coalesce(a.deputy_id, t.deputy_id) as deputy_id, d.name as deputy, t.role,
    t.level, t.cause, tp.code as touchpoint, t.metric, t.first_score, t.recovery_score,
    t.summary, r.occurred_on, coalesce(r.named, t.named) as named,
    t.opened_at, t.state_at, t.reopened, t.due_at, t.response_id, t.event_id, t.person_id,
    t.acknowledged_at, t.contacted_at, t.resolved_at, t.closed_at, t.revealed_at
from ({page}) t
left join account o on o.id = t.owner_id
left join lateral (select b.deputy_id from absence b where b.account_id = t.owner_id
    and b.from_at <= :now and b.until_at > :now and b.deputy_id is not null
    order by b.from_at desc limit 1) a on true
left join account d on d.id = coalesce(a.deputy_id, t.deputy_id)
left join touchpoint tp on tp.id = t.touchpoint_id
left join response r on r.id = t.response_id
order by {order}
"""
_ORDERS = {
    "due": "t.due_at, t.number",
    "newest": "t.opened_at desc, t.number desc",
}
_BEHIND = {
    "due": "(t.due_at > :at or t.due_at is null or (t.due_at = :at and t.number > :number))",
    "newest": "(t.opened_at, t.number) < (:at, :number)",
    _NEVER: "t.due_at is null and t.number > :number",
}
# Ticket by ticket: the planner takes the scope of row-level security for a handful of branches,
# and would rather read every clock of a network.
_CLOCKS = text("""
select distinct on (i.id, k.calendar) i.id as ticket_id, k.calendar, k.kind, k.due_at
from unnest(cast(:ids as uuid[])) i(id) cross join lateral (
    select calendar, kind, due_at from ticket_clock
    where ticket_id = i.id and met_at is null and stopped_at is null offset 0) k
order by i.id, k.calendar, k.due_at, k.kind
""")
# Asked for by itself, with its days: so only their partitions are planned and looked into.
_WORDS = text("""
select i.id, string_agg(a.text, E'\\n' order by a.question collate "C")
from unnest(cast(:responses as uuid[]), cast(:days as date[])) i(id, day) cross join lateral (
    select question, text from answer
    where response_id = i.id and occurred_on = i.day and text is not null
        and occurred_on >= :first and occurred_on <= :last offset 0) a
group by i.id
""")
_OPEN = ", ".join(f"'{state}'" for state in OPEN_STATES)
_ONLY_OPEN = f"t.state in ({_OPEN})"
_FEW = 200  # branches of a scope whose open tickets are sorted at once
_SORTING = text(
    "select set_config('enable_sort', :on, true), set_config('enable_bitmapscan', :on, true)"
)
_COUNTS = """
select t.state, count(*) as n, count(*) filter (where t.due_at <= :now) as overdue,
    count(*) filter (where t.severity = 3) as urgent,
    count(*) filter (where t.level > 0) as escalated,
    count(*) filter (where t.owner_id = any(cast(:owners as uuid[])) or t.deputy_id = :me) as mine
from ticket t where {which} {branches} group by t.state
"""
_STANDS_FOR = text("""
select b.account_id from absence b
where b.deputy_id = :me and b.from_at <= :now and b.until_at > :now
""")


@dataclass(frozen=True, slots=True)
class TicketFilter:
    """Which tickets; what is None or empty does not narrow.

    ``owner``: an account, ``"nobody"``. ``order``: what is due first, or what was opened last.
    """

    unit: str | None = None
    states: tuple[str, ...] = OPEN_STATES
    overdue: bool = False
    severity: int | None = None  # at least
    level: int | None = None  # escalated at least that far
    kind: str | None = None
    owner: UUID | Literal["nobody"] | None = None
    touchpoint: str | None = None
    cause: str | None = None
    order: Order = "due"


@dataclass(frozen=True, slots=True)
class NextDue:
    """The running clock that is due first on one calendar."""

    kind: str  # acknowledge | contact | resolve
    due_at: datetime
    overdue: bool


@dataclass(frozen=True, slots=True)
class TicketLine:
    """A ticket as the board shows it; ``position`` is where the next page begins after it."""

    id: UUID
    number: int
    unit: Node
    kind: str
    severity: int
    state: str
    version: int
    owner_id: UUID | None
    owner: str | None  # the name
    deputy_id: UUID | None  # who stands in today, if anybody
    deputy: str | None
    role: str
    level: int
    cause: str | None
    touchpoint: str | None  # its code
    metric: str | None
    first_score: int | None
    recovery_score: int | None
    words: str | None  # what the customer wrote, redacted
    named: bool  # the customer agreed to be known, or complained under their name
    opened_at: datetime
    state_at: datetime
    reopened: int
    business: NextDue | None
    customer: NextDue | None
    position: str

    @property
    def overdue(self) -> bool:
        """True when something that is due has not been done."""
        return any(due is not None and due.overdue for due in (self.business, self.customer))


@dataclass(frozen=True, slots=True)
class TicketCounts:
    """How many tickets stand where now; ``mine`` are open ones of the viewer's own."""

    open: int = 0
    new: int = 0
    acknowledged: int = 0
    contacted: int = 0
    reopened: int = 0
    overdue: int = 0
    urgent: int = 0
    escalated: int = 0
    mine: int = 0
    waiting: int = 0  # resolved, and the customer's word is not there yet
    verified: int = 0
    unverified: int = 0

    @property
    def resolved(self) -> int:
        """All that were resolved and are not open again, whatever the customer said since."""
        return self.waiting + self.verified + self.unverified


def list_tickets(
    session: Session,
    viewer: Viewer,
    wanted: TicketFilter,
    *,
    after: str | None = None,
    limit: int = 50,
    now: datetime,
) -> list[TicketLine]:
    """At most ``limit`` tickets behind the position ``after``; raises Invalid for a bad one.

    Raises NotFound for a unit that the viewer does not see.
    """
    if wanted.unit is not None:
        viewer.require_unit_code(wanted.unit)
    if not _reads(viewer, wanted.unit):
        return []
    where, values = _conditions(session, viewer, wanted, now)
    if after is not None:
        condition, position = _position(wanted.order, after)
        where.append(condition)
        values |= position
    order = _ORDERS[wanted.order]
    page = f"select t.* from ticket t where {' and '.join(where)} order by {order} limit :limit"
    return lines(session, viewer, page, order, values | {"limit": limit, "now": now})


def lines(
    session: Session, viewer: Viewer, page: str, order: str, values: Mapping[str, Any]
) -> list[TicketLine]:
    """The tickets that a statement finds, with what belongs to their lines."""
    statement = text(_LINES.format(page=page, order=order))
    with _in_order(session) if _is_wide(viewer, page, order) else nullcontext():
        found = session.execute(statement, dict(values)).all()
    by_due = order == _ORDERS["due"]
    return _as_lines(session, viewer, found, values["now"], by_due=by_due)


def _reads(viewer: Viewer, unit: str | None) -> bool:
    """Whether the viewer reads comments anywhere; NotFound for a unit that is not theirs."""
    if unit is not None:
        viewer.require_unit_code(unit)
    return viewer.may(Permission.VIEW_COMMENTS)


def _is_wide(viewer: Viewer, page: str, order: str) -> bool:
    """Whether open tickets of most of a network are asked for, by what is due first."""
    plain = order == _ORDERS["due"] and _ONLY_OPEN in page and ":branches" not in page
    return plain and (viewer.scope.whole or len(viewer.scope.branches) > _FEW)


@contextmanager
def _in_order(session: Session) -> Iterator[None]:
    """Has tickets read in the order of an index: else all that are open would be sorted."""
    session.execute(_SORTING, {"on": "off"})
    yield
    session.execute(_SORTING, {"on": "on"})


def ticket_row(session: Session, number: int, now: datetime) -> Row[Any] | None:
    """One ticket, wherever the transaction may see it."""
    page = "select t.* from ticket t where t.number = :number"
    statement = text(_LINES.format(page=page, order="t.number"))
    return session.execute(statement, {"number": number, "now": now}).first()


def line_of(session: Session, viewer: Viewer, row: Row[Any], now: datetime) -> TicketLine:
    """The line of one ticket."""
    return _as_lines(session, viewer, [row], now, by_due=True)[0]


def ticket_counts(
    session: Session, viewer: Viewer, unit: str | None = None, *, now: datetime
) -> TicketCounts:
    """How many tickets of the viewer's branches (below ``unit``) stand where.

    Closed ones are counted for 30 days. Raises NotFound for a unit that the viewer does not see.
    """
    if unit is not None:
        viewer.require_unit_code(unit)
    if not _reads(viewer, unit):
        return TicketCounts()
    branches = seen_branches(viewer, unit)
    narrowed = "" if branches is None else "and t.branch_id = any(cast(:branches as int[]))"
    values: dict[str, Any] = {"now": now, "since": now - CLOSED_FOR, "me": viewer.account_id}
    values |= {} if branches is None else {"branches": sorted(branches)}
    values["owners"] = stands_for(session, viewer.account_id, now)
    found: dict[str, Row[Any]] = {}
    for which in (_ONLY_OPEN, "t.state = 'resolved'", "t.closed_at >= :since"):
        statement = text(_COUNTS.format(which=which, branches=narrowed))
        found |= {row.state: row for row in session.execute(statement, values)}
    return _counts(found)


def next_dues(
    session: Session, ids: Sequence[UUID], now: datetime
) -> dict[UUID, dict[str, NextDue]]:
    """By ticket and calendar the running clock that is due first."""
    found: dict[UUID, dict[str, NextDue]] = {}
    for row in session.execute(_CLOCKS, {"ids": list(ids)}) if ids else ():
        due = NextDue(row.kind, row.due_at, row.due_at <= now)
        found.setdefault(row.ticket_id, {})[row.calendar] = due
    return found


def stands_for(session: Session, account_id: UUID | None, now: datetime) -> list[UUID]:
    """Somebody, and everybody whom they stand in for now."""
    if account_id is None:
        return []
    return [account_id, *session.execute(_STANDS_FOR, {"me": account_id, "now": now}).scalars()]


def seen_branches(viewer: Viewer, unit: str | None) -> Collection[int] | None:
    """Branches below ``unit`` whose comments the viewer reads; None: all of the viewer's scope."""
    everywhere = all(Permission.VIEW_COMMENTS in ROLE_PERMISSIONS[role] for role in viewer.roles)
    if unit is None and everywhere:
        return None
    tree, scope = viewer.hierarchy, viewer.scope
    if unit is None:
        below: Collection[int] = tree.branch_ids if scope.whole else scope.branches
    else:
        below = {node.id for node in tree.branches_under(viewer.require_unit_code(unit).id)}
        if everywhere and below >= (tree.branch_ids if scope.whole else scope.branches):
            return None
    if everywhere:
        return [one for one in below if scope.sees(one)]
    return [one for one in below if scope.sees(one) and viewer.may(Permission.VIEW_COMMENTS, one)]


def words_of(session: Session, rows: Sequence[Any]) -> dict[UUID, str]:
    """What customers wrote, redacted, by response; rows know it and its ``occurred_on``."""
    known = [row for row in rows if row.occurred_on is not None]
    if not known:
        return {}
    days = [row.occurred_on for row in known]
    given = {"responses": [row.response_id for row in known], "days": days}
    span = {"first": min(days), "last": max(days)}
    return {row[0]: row[1] for row in session.execute(_WORDS, {**given, **span})}


def _conditions(
    session: Session, viewer: Viewer, wanted: TicketFilter, now: datetime
) -> tuple[list[str], dict[str, Any]]:
    where = ["t.state = any(cast(:states as text[]))"]
    given: dict[str, Any] = {"states": list(wanted.states)}
    if wanted.states and set(wanted.states) <= set(OPEN_STATES):
        where.append(_ONLY_OPEN)  # told so, the planner finds the index of open ones
    branches = seen_branches(viewer, wanted.unit)
    if branches is not None:
        where.append("t.branch_id = any(cast(:branches as int[]))")
        given["branches"] = sorted(branches)
    if wanted.overdue:
        where.append("t.due_at <= :now")
    if wanted.owner == "nobody":
        where.append("t.owner_id is null")
    elif wanted.owner is not None:
        where.append("(t.owner_id = any(cast(:owners as uuid[])) or t.deputy_id = :owner)")
        given |= {"owner": wanted.owner, "owners": stands_for(session, wanted.owner, now)}
    if wanted.touchpoint is not None:
        where.append("t.touchpoint_id = (select id from touchpoint where code = :touchpoint)")
        given["touchpoint"] = wanted.touchpoint
    for name, comparison in _PLAIN.items():
        value = getattr(wanted, name)
        if value is not None:
            where.append(f"t.{name} {comparison} :{name}")
            given[name] = value
    return where, given


_PLAIN = {"severity": ">=", "level": ">=", "kind": "=", "cause": "="}


def _position(order: Order, after: str) -> tuple[str, dict[str, Any]]:
    at, number = from_cursor(after, 2)
    try:
        place: dict[str, Any] = {"number": int(number)}
        if at == _NEVER:
            return _BEHIND[_NEVER], place
        return _BEHIND[order], place | {"at": datetime.fromisoformat(at)}
    except ValueError as error:
        raise no_cursor() from error


def _as_lines(
    session: Session, viewer: Viewer, rows: Sequence[Row[Any]], now: datetime, *, by_due: bool
) -> list[TicketLine]:
    """Rows with the clocks that run and the words that were written."""
    due, words = next_dues(session, [row.id for row in rows], now), words_of(session, rows)
    nodes = viewer.hierarchy.nodes
    made = []
    for row in rows:
        plain = {name: value for name, value in row._mapping.items() if name in _TAKEN}
        at = row.due_at if by_due else row.opened_at
        clocks = due.get(row.id, {})
        made.append(
            TicketLine(
                **plain,
                unit=nodes[row.branch_id],
                words=words.get(row.response_id, row.summary),
                business=clocks.get("business"),
                customer=clocks.get("customer"),
                position=to_cursor(_NEVER if at is None else at.isoformat(), str(row.number)),
            )
        )
    return made


_MADE = {"unit", "words", "business", "customer", "position"}
_TAKEN = {field.name for field in fields(TicketLine)} - _MADE


def _counts(found: Mapping[str, Row[Any]]) -> TicketCounts:
    standing = {state: found[state] for state in OPEN_STATES if state in found}
    sums = {
        name: sum(getattr(row, name) for row in standing.values())
        for name in ("overdue", "urgent", "escalated", "mine")
    }
    counted = {state: row.n for state, row in found.items()}
    return TicketCounts(
        open=sum(row.n for row in standing.values()),
        **sums,
        **{state: counted.get(state, 0) for state in (*OPEN_STATES, "verified", "unverified")},
        waiting=counted.get("resolved", 0),
    )
