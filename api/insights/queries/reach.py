"""How many customers of branches could be asked by which channel today: one statement counts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

# The channels with the address that each needs, in the order in which they are shown.
CHANNELS = (
    ("sms", "phone"),
    ("wechat", "wechat"),
    ("email", "email"),
    ("call", "phone"),
    ("contactless", "ref"),
)
# As when deciding: an address counts unless it is dead or suppressed; one opt-out holds for the
# person; a WeChat user must follow (nobody said otherwise) or hold a one-time consent; of the
# statements on a channel or on any, the latest decides, and of two at once the refusal.
_SAID_AT = """
extract(epoch from greatest(o.given_at, case when o.withdrawn_at <= :now then o.withdrawn_at end))
"""
_ENDED = (
    "case when o.granted and (o.withdrawn_at is null or o.withdrawn_at > :now) then 0 else 1 end"
)


def _allowed(channel: str) -> str:
    latest = f"max(array[{_SAID_AT}, {_ENDED}]) filter (where o.channel in ('{channel}', 'any'))"
    return f"({latest})[2] = 0 as {channel}"


def _reached(channel: str, kind: str) -> str:
    reached = f"a.{kind} and w.{channel} and a.opted_out is not true"
    return reached + (" and a.in_wechat" if channel == "wechat" else "")


def _counted(channel: str, kind: str) -> str:
    return (
        f"count(*) filter (where a.{kind}), count(*) filter (where a.{kind} and w.{channel}), "
        f"count(*) filter (where {_reached(channel, kind)})"
    )


_THEIRS = "select person_id from person_branch where branch_id = any(cast(:branches as int[]))"
_KINDS = tuple(dict.fromkeys(kind for _, kind in CHANNELS))
_REACH = text(f"""
with pairs as materialized (
    select * from unnest(cast(:groups as int[]), cast(:branches as int[])) p(unit_id, branch_id)
), seen as materialized (
    select b.branch_id, b.person_id from person_branch b
    where b.branch_id = any(cast(:branches as int[])) and b.person_id not in (
        select id from person where erased_at is not null or merged_into_id is not null)
), addresses as materialized (
    select c.person_id,
        {", ".join(f"bool_or(c.kind = '{kind}' and c.usable) as {kind}" for kind in _KINDS)},
        bool_or(c.opted_out) as opted_out, bool_or(c.usable and c.in_wechat) as in_wechat
    from (
        select c.person_id, c.kind, s.reason is null and c.undeliverable_at is null as usable,
            s.reason = 'opt_out' as opted_out, c.kind = 'wechat' and (coalesce(f.following, true)
                or exists (select from wechat_consent w
                    where w.openid_hash = c.value_hash and w.stock > 0)) as in_wechat
        from contact_point c
        left join suppression s on s.kind = c.kind and s.value_hash = c.value_hash
        left join wechat_follower f on c.kind = 'wechat' and f.openid_hash = c.value_hash
        where c.person_id in ({_THEIRS})
    ) c
    group by c.person_id
), allowed as materialized (
    select o.person_id, {", ".join(_allowed(channel) for channel, _ in CHANNELS)}
    from consent o
    where o.purpose = 'survey' and o.given_at <= :now and o.person_id in ({_THEIRS})
    group by o.person_id
)
select s.unit_id, count(*),
    count(*) filter (where {" or ".join(f"({_reached(*each)})" for each in CHANNELS)}),
    {", ".join(_counted(*each) for each in CHANNELS)}
from (select distinct p.unit_id, s.person_id from pairs p join seen s using (branch_id)) s
left join addresses a on a.person_id = s.person_id
left join allowed w on w.person_id = s.person_id
group by s.unit_id
""")
_MANY = 100  # branches; then customers are read through, not looked up one by one
_PEOPLE = text("select current_setting('bp.people', true)")
# Whose customers are counted is decided by person_branch alone, whose own policy shows the scope's
# branches and no others; asking the policies of three more tables the same again takes most of the
# time. Nobody is read by this, only counted.
_SET = text("""
select set_config('bp.people', :people, true), set_config('enable_nestloop', :nested, true),
    set_config('work_mem', coalesce(:room, current_setting('work_mem')), true)
""")


@dataclass(frozen=True, slots=True)
class ReachCount:
    """Customers of one unit, how many of them by any channel, and by one channel."""

    unit_id: int
    channel: str
    customers: int
    anyhow: int
    addressed: int
    consented: int
    reachable: int


def reach_counts(
    session: Session, pairs: Sequence[tuple[int, int]], now: datetime
) -> list[ReachCount]:
    """Counts for units given by pairs of unit and branch; a customer counts once in each unit."""
    given: dict[str, Any] = {
        "groups": [unit for unit, _ in pairs],
        "branches": [branch for _, branch in pairs],
        "now": now,
    }
    people = session.execute(_PEOPLE).scalar() or ""
    nested = "off" if len(set(given["branches"])) > _MANY else "on"
    session.execute(_SET, {"people": "all", "nested": nested, "room": "64MB"})
    rows = session.execute(_REACH, given).all()
    session.execute(_SET, {"people": people, "nested": "on", "room": None})
    return [one for row in rows for one in _unfolded(row)]


def _unfolded(row: Sequence[int]) -> Iterator[ReachCount]:
    """One row of a unit as one count per channel."""
    unit, customers, anyhow, *counts = row
    for number, (channel, _) in enumerate(CHANNELS):
        addressed, consented, reachable = counts[3 * number : 3 * number + 3]
        yield ReachCount(unit, channel, customers, anyhow, addressed, consented, reachable)
