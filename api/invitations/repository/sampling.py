"""What sampling plans are made of, and storing them. The SQL; decides nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime

import orjson
from sqlalchemy import text
from sqlmodel import Session

# Answers by telephone, QR and kiosk count like others: they make the score as sure. Of what is
# sent, and of the share that is answered, codes and kiosks tell nothing.
_STANDINGS = text("""
with branches as (
    select id from unit where kind = 'branch' and (closed_on is null or closed_on > :day)
), arrivals as (
    select branch_id, count(*) as n from event
    where touchpoint_id = :touchpoint and status = 'active' and person_id is not null
        and received_at >= :busy_from and received_at < :began
    group by branch_id
), chains as (
    select branch_id,
        count(*) filter (where answered_at is not null and occurred_on >= :first) as answered,
        count(*) filter (where answered_at is null and planned_at >= :waits_from
            and status in ('planned', 'claimed', 'sent', 'delivered', 'unknown') and is_message)
            as pending,
        count(*) filter (where sent_at >= :rate_from and sent_at < :waits_from and is_message)
            as asked,
        count(*) filter (where sent_at >= :rate_from and sent_at < :waits_from and is_message
            and answered_at is not null) as replied
    from invitation cross join lateral (select channel not in ('qr', 'kiosk') as is_message) m
    where touchpoint_id = :touchpoint and root_id is null
        and occurred_on >= least(cast(:first as date), cast(:rate_from as date))
    group by branch_id
)
select b.id, coalesce(a.n, 0), coalesce(c.answered, 0), coalesce(c.pending, 0),
    coalesce(c.asked, 0), coalesce(c.replied, 0)
from branches b left join arrivals a on a.branch_id = b.id left join chains c on c.branch_id = b.id
order by b.id
""")
_FIRST_EVENT = text("""
select min(received_at) from event
where touchpoint_id = :touchpoint and received_at < :began and person_id is not null
""")
_FORGET = text("delete from sampling_plan where day = :day")
_TOUCHPOINT = text("select id from touchpoint where code = :code")
_STORE = text("""
insert into sampling_plan (day, branch_id, touchpoint_id, needed, answered, expected,
    response_rate, probability, deficit, computed_at)
select n.day, n.branch_id, n.touchpoint_id, n.needed, n.answered, n.expected, n.response_rate,
    n.probability, n.deficit, :now
from json_to_recordset(cast(:rows as json)) n(day date, branch_id int, touchpoint_id int,
    needed int, answered int, expected float8, response_rate float8, probability float8,
    deficit float8)
""")


@dataclass(frozen=True, slots=True)
class Spans:
    """Where counting begins: of the period, of busy days, of response rates, of what is pending."""

    first: date
    busy_from: datetime
    rate_from: datetime
    waits_from: datetime
    began: datetime
    day: date


@dataclass(frozen=True, slots=True)
class StandingRow:
    """What happened at a branch; ``asked`` and ``replied`` are of those that had time to answer."""

    branch_id: int
    arrivals: int
    answered: int
    pending: int
    asked: int
    replied: int


@dataclass(frozen=True, slots=True)
class PlanRow:
    """A plan of a day; its fields are columns."""

    day: date
    branch_id: int
    touchpoint_id: int
    needed: int
    answered: int
    expected: float
    response_rate: float
    probability: float
    deficit: float


def read_touchpoint_id(session: Session, code: str) -> int | None:
    """The id of a touchpoint."""
    found: int | None = session.execute(_TOUCHPOINT, {"code": code}).scalar()
    return found


def first_event_at(session: Session, touchpoint: int, began: datetime) -> datetime | None:
    """When the first event of a touchpoint came whose customer is known, before today."""
    given = {"touchpoint": touchpoint, "began": began}
    found: datetime | None = session.execute(_FIRST_EVENT, given).scalar()
    return found


def read_standings(session: Session, touchpoint: int, spans: Spans) -> list[StandingRow]:
    """Where every open branch stands, by id."""
    given = {one.name: getattr(spans, one.name) for one in fields(spans)}
    rows = session.execute(_STANDINGS, {"touchpoint": touchpoint, **given})
    return [StandingRow(*row) for row in rows]


def forget_plans(session: Session, day: date) -> None:
    """Deletes the plans of a day, those of a former version of the rules."""
    session.execute(_FORGET, {"day": day})


def store_plans(session: Session, plans: Sequence[PlanRow], now: datetime) -> None:
    """Stores the plans of a day."""
    written = [{one.name: getattr(row, one.name) for one in fields(row)} for row in plans]
    session.execute(_STORE, {"rows": orjson.dumps(written).decode(), "now": now})
