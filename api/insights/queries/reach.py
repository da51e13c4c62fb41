"""How many customers of branches could be asked by which channel today: one statement counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

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
# statements on a channel or on any, the latest decides.
_REACH = text("""
with pairs as (
    select * from unnest(cast(:groups as int[]), cast(:branches as int[])) p(unit_id, branch_id)
), seen as materialized (
    select distinct p.unit_id, b.person_id from pairs p
    join person_branch b on b.branch_id = p.branch_id
), people as materialized (
    select s.person_id from (select distinct person_id from seen) s
    join person p on p.id = s.person_id
    where p.erased_at is null and p.merged_into_id is null
), addresses as materialized (
    select c.person_id,
        array_agg(distinct c.kind) filter (where s.reason is null and c.undeliverable_at is null)
            as usable,
        bool_or(s.reason = 'opt_out') as opted_out,
        bool_or(c.kind = 'wechat' and s.reason is null and c.undeliverable_at is null
            and (coalesce(f.following, true) or exists (select from wechat_consent w
                where w.openid_hash = c.value_hash and w.stock > 0))) as in_wechat
    from contact_point c
    left join suppression s on s.kind = c.kind and s.value_hash = c.value_hash
    left join wechat_follower f on c.kind = 'wechat' and f.openid_hash = c.value_hash
    where c.person_id in (select person_id from people)
    group by c.person_id
), channels as (
    select * from unnest(cast(:channels as text[]), cast(:kinds as text[])) c(channel, kind)
), said as (
    select distinct on (o.person_id, ch.channel) o.person_id, ch.channel,
        o.granted and (o.withdrawn_at is null or o.withdrawn_at > :now) as stands
    from consent o join channels ch on o.channel in (ch.channel, 'any')
    where o.purpose = 'survey' and o.given_at <= :now
        and o.person_id in (select person_id from people)
    order by o.person_id, ch.channel,
        greatest(o.given_at, case when o.withdrawn_at <= :now then o.withdrawn_at end) desc,
        o.granted and (o.withdrawn_at is null or o.withdrawn_at > :now)
), allowed as materialized (
    select person_id, array_agg(channel) as channels from said where stands group by person_id
)
select s.unit_id, ch.channel, count(*) as customers,
    count(*) filter (where ch.kind = any(a.usable)) as addressed,
    count(*) filter (where ch.kind = any(a.usable) and ch.channel = any(w.channels)) as consented,
    count(*) filter (where ch.kind = any(a.usable) and ch.channel = any(w.channels)
        and not a.opted_out is true and (ch.channel <> 'wechat' or a.in_wechat)) as reachable
from seen s join people p on p.person_id = s.person_id cross join channels ch
left join addresses a on a.person_id = s.person_id
left join allowed w on w.person_id = s.person_id
group by s.unit_id, ch.channel
""")


@dataclass(frozen=True, slots=True)
class ReachCount:
    """Customers of one unit, and how many of them by one channel."""

    unit_id: int
    channel: str
    customers: int
    addressed: int
    consented: int
    reachable: int


def reach_counts(
    session: Session, pairs: Sequence[tuple[int, int]], now: datetime
) -> list[ReachCount]:
    """Counts for units given by pairs of unit and branch; a customer counts once in each unit."""
    given = {
        "groups": [unit for unit, _ in pairs],
        "branches": [branch for _, branch in pairs],
        "channels": [channel for channel, _ in CHANNELS],
        "kinds": [kind for _, kind in CHANNELS],
        "now": now,
    }
    return [ReachCount(*row) for row in session.execute(_REACH, given)]
