"""What the bench of deciding and its tests stand on: people with a history, and events to decide.

Made up by the database from numbers alone and written without checking references, which hold by
construction but for the events of history rows, which nobody reads. Never used on real data.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Connection

_PEOPLE = """
insert into person (id, birth_year, language, value_tier, household_hash, created_at)
select {person}, 1950 + n % 55, 'zh',
    case when n % 20 = 0 then 'premium' when n % 7 = 0 then 'low' end,
    case when n % 3 < 2 then sha256(convert_to('household ' || n / 3, 'utf8')) end, :now
from generate_series(1::bigint, cast(:people as bigint)) n;
insert into person_branch (person_id, branch_id, first_seen_on)
select {person}, {branch}, :day from generate_series(1::bigint, cast(:people as bigint)) n;
insert into contact_point (id, kind, value_hash, value_encrypted, person_id, created_at)
select {contact}, 'phone', sha256(convert_to('phone ' || n, 'utf8')), '\\x00', {person}, :now
from generate_series(1::bigint, cast(:people as bigint)) n;
insert into consent (id, person_id, purpose, channel, granted, wording_version, source, given_at)
select {consent}, {person}, 'survey', 'any', n % 25 <> 0, '1', 'dms', :before
from generate_series(1::bigint, cast(:people as bigint)) n;
insert into person_source (source, external_id, person_id)
select s.source, n::text, {person} from generate_series(1::bigint, cast(:people as bigint)) n,
    (values ('dms', 1), ('crm', 3), ('web', 9)) s(source, every) where n % s.every = 0;
"""
# Spread evenly over the days, and over the people by a stride that visits each of them.
_HISTORY = """
insert into invitation (id, event_id, survey_code, survey_version_id, reminder_number, person_id,
    contact_point_id, branch_id, touchpoint_id, occurred_on, channel, segment, language, context,
    created_at, planned_at, expires_at, status, sent_at, answered_at, household_hash)
select h.id, h.event, 'car_service', s.id, 0, p.id, h.contact, {branch_of_past}, t.id,
    h.at::date, 'sms', 'others', 'zh', '{{}}', h.at, h.at, h.at + interval '14 days', 'delivered',
    h.at, case when h.n % 3 = 0 then h.at + interval '1 day' end, p.household_hash
from (
    select m as n, {invitation} as id, {past_event} as event,
        cast(:now as timestamptz) - (:gap + 1 + (m * 7919 % :minutes)) * interval '1 minute' as at,
        {person_m} as person, {contact_m} as contact
    from generate_series(1::bigint, cast(:history as bigint)) m
) h
join person p on p.id = h.person
cross join (select id from survey_version where code = 'car_service' limit 1) s
cross join (select id from touchpoint where code = 'service') t
"""
_EVENTS = """
insert into event (id, source, external_id, revision, status, content_hash, touchpoint_id,
    branch_id, occurred_at, occurred_on, person_id, employee, object_hash, attributes,
    received_at, asking, due_at)
select {event}, :source, n::text, 1, 'active', '-', t.id, {branch},
    cast(:now as timestamptz) - interval '26 hours' + n % 3600 * interval '1 second',
    cast(:day as date) - 1,
    {person_of_event}, 'E' || n % 9, sha256(convert_to('vehicle ' || n % :people, 'utf8')),
    '{{"kind": "maintenance"}}', :now, 'pending',
    cast(:now as timestamptz) - interval '1 hour'
    + (n % :people * 2 + :shift) * interval '1 millisecond'
from generate_series(cast(:first as bigint), cast(:last as bigint)) n
cross join (select id from touchpoint where code = :touchpoint) t
"""


def _id(kind: int, number: str) -> str:
    """A time-ordered id of a kind of row by its number."""
    return f"('0190000{kind}-0000-7000-8000-' || lpad(to_hex({number}), 12, '0'))::uuid"


_PARTS = {
    "person": _id(1, "n"),
    "contact": _id(2, "n"),
    "consent": _id(3, "n"),
    "invitation": _id(4, "m"),
    "past_event": _id(5, "m"),
    "event": _id(6, "n"),
    "person_m": _id(1, "(1 + m * 104729 % :people)"),
    "contact_m": _id(2, "(1 + m * 104729 % :people)"),
    "person_of_event": _id(1, "(1 + n * :stride % :people)"),
    "branch_of_past": "(select ids[1 + h.n % cardinality(ids)] from bench_branches)",
    "branch": "(select ids[1 + n % cardinality(ids)] from bench_branches)",
}


@dataclass(frozen=True, slots=True)
class Crowd:
    """How many people; how many messages in how many days, the last one ``gap_days`` ago."""

    people: int
    history: int
    days: int = 720
    gap_days: int = 0


def seed_crowd(connection: Connection, crowd: Crowd, now: datetime) -> None:
    """People with a phone, a consent and a history of invitations; as the owner."""
    given = {
        "people": crowd.people,
        "history": crowd.history,
        "minutes": crowd.days * 1440,
        "gap": crowd.gap_days * 1440,
        "now": now,
        "before": now.replace(year=now.year - 3),
        "day": now.date(),
    }
    connection.execute(text("set local session_replication_role = replica"))
    connection.execute(
        text(
            "create temporary table bench_branches on commit drop as select array_agg(id "
            "order by id) as ids from unit where kind = 'branch'"
        )
    )
    for statement in (*_PEOPLE.strip().split(";\n"), _HISTORY):
        _run(connection, statement, given)
    connection.execute(text("set local session_replication_role = origin"))


def seed_events(
    connection: Connection,
    *,
    people: int,
    numbers: range,
    now: datetime,
    touchpoint: str = "service",
    source: str = "dms",
    stride: int = 1,
    shift: int = 0,
) -> None:
    """Events that wait for their decision, one of each number; ``stride`` spreads the people.

    Those of numbers that lie ``people`` apart are of one person; ``shift`` moves them in the queue.
    """
    given = {
        "people": people,
        "stride": stride,
        "shift": shift,
        "first": numbers.start,
        "last": numbers.stop - 1,
        "now": now,
        "day": now.date(),
        "touchpoint": touchpoint,
        "source": source,
    }
    connection.execute(
        text(
            "create temporary table if not exists bench_branches on commit drop as select "
            "array_agg(id order by id) as ids from unit where kind = 'branch'"
        )
    )
    _run(connection, _EVENTS, given)


def _run(connection: Connection, statement: str, given: dict[str, Any]) -> None:
    written = statement.format(**_PARTS).rstrip(";")
    used = {name: value for name, value in given.items() if f":{name}" in written}
    connection.execute(text(written), used)
