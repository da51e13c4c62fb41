"""Reads what measures of tickets are made of: durations, clocks, ends and causes by unit.

Groups are given by branch; whoever asks adds them up.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, TextClause, text
from sqlmodel import Session

from api.models.tickets import OPEN_STATES

REACHED = ("acknowledged", "contacted", "resolved")
_SEEN = """
with seen as (
    select t.*, g.grp from ticket t
    join unnest(cast(:branches as int[]), cast(:groups as int[])) g(branch_id, grp)
        on g.branch_id = t.branch_id
    where t.opened_at >= :since and t.opened_at < :until
)
"""
_HOURS = "extract(epoch from {moment} - s.opened_at)::float8 / 3600"
# Who answered without a name is not called: nobody waits for that.
_CALLED = {"acknowledged": "", "contacted": "and s.named", "resolved": ""}
_REACHED = ", ".join(
    f"array_agg({_HOURS.format(moment=f's.{name}_at')}) filter (where s.{name}_at is not null) "
    f"as {name}, array_agg({_HOURS.format(moment='coalesce(s.resolved_at, s.closed_at, :now)')}) "
    f"filter (where s.{name}_at is null {_CALLED[name]}) as {name}_not"
    for name in REACHED
)
_OPEN = ", ".join(f"'{state}'" for state in OPEN_STATES)
_TIMES = text(f"""
{_SEEN}
select s.grp, count(*) as n, count(*) filter (where s.state in ({_OPEN})) as open, {_REACHED}
from seen s group by s.grp
""")
_WITHIN = text(f"""
{_SEEN}
select s.grp, k.kind, k.calendar,
    count(*) filter (where k.met_at <= k.due_at) as hits,
    count(*) filter (where k.met_at is not null or k.due_at < coalesce(k.stopped_at, :now)) as n
from seen s join ticket_clock k on k.ticket_id = s.id
group by s.grp, k.kind, k.calendar
""")
_ENDS = text(f"""
{_SEEN}
select s.grp, s.state, s.reopened > 0 as again, s.recovery_score is not null as said, count(*) as n
from seen s group by s.grp, s.state, again, said
""")
_CAUSES = text(f"""
{_SEEN}
, per_branch as (
    select s.grp, s.branch_id, s.cause, count(*) as n, count(distinct s.person_id) as people
    from seen s where s.cause is not null group by s.grp, s.branch_id, s.cause
)
select p.grp, p.cause, sum(p.n)::int as n, count(*)::int as branches,
    sum(p.n - 1)::int as repeats
from per_branch p group by p.grp, p.cause
""")


_PLANS = text(
    "select set_config('enable_nestloop', :on, true), set_config('enable_sort', :on, true)"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which tickets: opened from ``since`` up to before ``until``, branches by group."""

    groups: Mapping[int, int]
    since: datetime
    until: datetime
    now: datetime

    def given(self) -> dict[str, Any]:
        """For the statements' parameters."""
        return {
            "branches": list(self.groups),
            "groups": list(self.groups.values()),
            "since": self.since,
            "until": self.until,
            "now": self.now,
        }


def times(session: Session, asked: Asked) -> Sequence[Row[Any]]:
    """By group: how many tickets, hours to each state, and hours without having reached it."""
    return _read(session, _TIMES, asked)


def within(session: Session, asked: Asked) -> Sequence[Row[Any]]:
    """By group and clock: how many were decided, and how many in time."""
    return _read(session, _WITHIN, asked)


def ends(session: Session, asked: Asked) -> Sequence[Row[Any]]:
    """By group: how many stand in a state, were reopened, and have the customer's word."""
    return _read(session, _ENDS, asked)


def causes(session: Session, asked: Asked) -> Sequence[Row[Any]]:
    """By group and root cause: tickets, branches, and tickets beyond a branch's first."""
    return _read(session, _CAUSES, asked)


def _read(session: Session, statement: TextClause, asked: Asked) -> Sequence[Row[Any]]:
    """Reads in bulk.

    The planner takes the scope of row-level security for a handful of branches, and would look up
    and sort the clocks of a network ticket by ticket.
    """
    session.execute(_PLANS, {"on": "off"})
    found = session.execute(statement, asked.given()).all()
    session.execute(_PLANS, {"on": "on"})
    return found
