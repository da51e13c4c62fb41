"""What a decision looks at: the SQL that reads the frame, the customers and the ledger.

Reads only. What the rules never ask is not read. Locks are taken in ``deciding``, before this.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from sqlmodel import Session

from api.invitations.facts import (
    Attributes,
    ConsentRow,
    ContactRow,
    DueEvent,
    NetworkRow,
    PastRow,
    PersonRow,
    ProfileRow,
    Rows,
)
from api.invitations.repository.wire import Asked, Trip, one_trip
from api.surveys.repository import USABLE
from scheduler.planner import Channel, Holder, Inclusion, RuleSet, Since
from scheduler.planner.facts import NOTHING

Shape = TypeVar("Shape")
_LATE_EDGE = timedelta(days=2)  # a message may be sent somewhat later than it was planned
_COMPLETION_EDGE = timedelta(days=90)  # and its survey completed much later

EVENT = """
select e.id, e.branch_id, e.touchpoint_id, t.code, e.occurred_at, e.occurred_on, e.received_at,
    e.employee, e.person_id, e.object_hash, e.status = 'cancelled', e.asking = 'held', t.name_zh,
    t.name_en
from event e join touchpoint t on t.id = e.touchpoint_id
"""
_EVENTS = EVENT + "where e.id = any(%(ids)s::uuid[]) order by e.id"
_FRAME = f"""
select n.name_zh, n.name_en, n.default_timezone, n.default_language, n.structure_version,
    r.version, r.content_hash,
    (select json_object_agg(code, id) from (select distinct on (code) code, id
        from survey_version order by code, version desc) s),
    (select json_object_agg(code, id) from (select distinct on (code) code, id
        from message_version where {USABLE} order by code, version desc) m)
from (values (1)) one(id) left join network n on n.id = one.id
left join lateral (select version, content_hash from rule_set_version
    where effective_from <= %(now)s order by effective_from desc, version desc limit 1) r on true
"""
_PROFILES = """
select p.unit_id, p.valid_from, p.valid_to, p.city_tier, p.brand, g.code
from unit_profile p left join owner_group g on g.id = p.owner_group_id
"""
_PEOPLE = """
select id, birth_year, language, timezone, value_tier, household_hash, erased_at is not null
from person where id = any(%(people)s::uuid[])
"""
# A WeChat user is out of reach who does not follow and holds no one-time consent any more.
_BARRED = """c.kind = 'wechat' and exists (
        select from wechat_follower f where f.openid_hash = c.value_hash and not f.following)
    and not exists (
        select from wechat_consent w where w.openid_hash = c.value_hash and w.stock > 0)"""
_CONTACTS = """
select c.id, c.person_id, c.kind, s.reason, c.undeliverable_at is not null, {barred}
from contact_point c
left join suppression s on s.kind = c.kind and s.value_hash = c.value_hash
where c.person_id = any(%(people)s::uuid[])
order by c.person_id, c.created_at desc, c.id desc
"""
_CONSENTS = """
select person_id, channel, granted, given_at, withdrawn_at from consent
where person_id = any(%(people)s::uuid[]) and purpose = 'survey'
"""
_HOLDS = """
select distinct person_id, reason from person_hold
where person_id = any(%(people)s::uuid[]) and opened_at <= %(now)s
    and (closed_at is null or closed_at > %(now)s)
"""
# A wave is no visit.
_FIRST_SEEN = """
select person_id, min(occurred_at) from event
where person_id = any(%(people)s::uuid[]) and status = 'active' and source not like 'wave:%%'
group by person_id
"""
_EVENT_ATTRIBUTES = """
select id, attributes::text from event where id = any(%(events)s::uuid[]) and attributes <> '{}'
"""
_CUSTOMER_ATTRIBUTES = """
select id, attributes::text from person where id = any(%(people)s::uuid[]) and attributes <> '{}'
"""
_INCLUSIONS = """
select day, branch_id, touchpoint_id, probability, deficit from sampling_plan
where day = any(%(days)s::date[]) and probability > 0
"""
_PAST = """
select i.id, i.event_id, i.branch_id, i.person_id, i.contact_point_id, i.household_hash,
    i.object_hash, coalesce(i.sent_at, i.claimed_at, i.planned_at), i.status,
    i.sent_at is not null, t.code, i.survey_code, i.channel, i.counts, i.answered_at, i.priority,
    i.deficit
from invitation i join touchpoint t on t.id = i.touchpoint_id
where i.event_id = any(%(events)s::uuid[])
    or (i.person_id = any(%(people)s::uuid[]) and i.planned_at >= %(since)s)
    or (i.contact_point_id = any(array(
        select c.id from contact_point c where c.person_id = any(%(people)s::uuid[])))
        and i.planned_at >= %(since)s)
"""
_PAST_BY_HOUSEHOLD = """
    or (i.household_hash = any(array(select p.household_hash from person p
        where p.id = any(%(people)s::uuid[]) and p.household_hash is not null))
        and i.planned_at >= %(since)s)
"""
_PAST_BY_OBJECT = """
    or (i.object_hash = any(%(objects)s::bytea[]) and i.planned_at >= %(since)s)
"""


@dataclass(frozen=True, slots=True)
class Frame:
    """What holds for every event of a batch: the network, what is published, what is in force."""

    network: NetworkRow
    structure_version: int | None
    rules_version: int | None
    rules_hash: bytes | None
    surveys: Mapping[str, int]
    messages: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Needs:
    """What a rule set can ask of the facts; the rest is not read."""

    returning: bool = False
    wechat: bool = False
    sampling: bool = False
    household: bool = False
    vehicle: bool = False
    event_attributes: bool = False
    customer_attributes: bool = False
    back: timedelta = timedelta(0)

    @classmethod
    def of(cls, rules: RuleSet | None) -> "Needs":
        """What ``rules`` ask; without rules only what ends the matter."""
        if rules is None:
            return cls()
        segments = [segment for rule in rules.rules for segment in rule.segments]
        fields = {one.field for segment in segments for one in segment.conditions}
        holders = {cap.per for cap in rules.caps}
        late = any(cap.since is Since.COMPLETION for cap in rules.caps)
        return cls(
            returning="returning" in fields,
            wechat=any(Channel.WECHAT in rule.templates for rule in rules.rules),
            sampling=any(rule.sampling for rule in rules.rules),
            household=Holder.HOUSEHOLD in holders,
            vehicle=Holder.VEHICLE in holders,
            event_attributes=any(_of_event(name) for name in fields),
            customer_attributes=any(name.startswith("customer.") for name in fields),
            back=rules.reach + (_COMPLETION_EDGE if late else _LATE_EDGE),
        )


def ask_frame(trip: Trip, now: datetime) -> Asked:
    """Asks for what :func:`frame_of` reads."""
    return trip.ask(_FRAME, {"now": now})


def frame_of(asked: Asked) -> Frame:
    """What holds for every event."""
    ((*names, structure, version, content_hash, surveys, messages),) = asked.rows()
    network = NetworkRow() if names[0] is None else NetworkRow(*names)
    return Frame(network, structure, version, content_hash, surveys or {}, messages or {})


def read_frame(session: Session, now: datetime) -> Frame:
    """What holds for every event at ``now``."""
    with one_trip(session) as trip:
        asked = ask_frame(trip, now)
    return frame_of(asked)


def read_profiles(session: Session) -> dict[int, list[ProfileRow]]:
    """What every unit was and when."""
    with one_trip(session) as trip:
        asked = trip.ask(_PROFILES)
    return _grouped(asked, lambda row: ProfileRow(*row[1:]))


def read_events(session: Session, ids: Sequence[UUID]) -> list[DueEvent]:
    """The events with these ids, not locked."""
    with one_trip(session) as trip:
        asked = trip.ask(_EVENTS, {"ids": list(ids)})
    return [DueEvent(*row) for row in asked.rows()]


@dataclass(frozen=True, slots=True)
class Questions:
    """What was asked about a batch, to be read after the trip."""

    people: Asked
    contacts: Asked
    consents: Asked
    holds: Asked
    past: Asked
    first_seen: Asked | None
    event_attributes: Asked | None
    customer_attributes: Asked | None
    inclusions: Asked | None


def ask(
    trip: Trip, events: Sequence[DueEvent], needs: Needs, network: NetworkRow, now: datetime
) -> Questions:
    """Asks all that ``needs`` name about a batch."""
    ids = [event.id for event in events]
    people = list({event.person_id for event in events if event.person_id is not None})
    given = {"people": people, "now": now}
    zone = ZoneInfo(network.timezone)
    days = {event.received_at.astimezone(zone).date() for event in events} if needs.sampling else ()
    objects = {event.object_hash for event in events if event.object_hash is not None}
    past = {"events": ids, "people": people, "since": now - needs.back}
    if needs.vehicle:
        past["objects"] = list(objects)
    of_events = {"events": ids}
    return Questions(
        people=trip.ask(_PEOPLE, given),
        contacts=trip.ask(_contacts(needs.wechat), given),
        consents=trip.ask(_CONSENTS, given),
        holds=trip.ask(_HOLDS, given),
        past=trip.ask(_past(needs.household, needs.vehicle), past),
        first_seen=trip.ask(_FIRST_SEEN, given) if needs.returning else None,
        event_attributes=trip.ask(_EVENT_ATTRIBUTES, of_events) if needs.event_attributes else None,
        customer_attributes=(
            trip.ask(_CUSTOMER_ATTRIBUTES, given) if needs.customer_attributes else None
        ),
        inclusions=trip.ask(_INCLUSIONS, {"days": list(days)}) if days else None,
    )


def rows_of(asked: Questions) -> Rows:
    """The answers, but for the ledger's."""
    holds: dict[UUID, set[str]] = {}
    for person, reason in asked.holds.rows():
        holds.setdefault(person, set()).add(reason)
    return Rows(
        people={row[0]: PersonRow(*row) for row in asked.people.rows()},
        contacts=_grouped(asked.contacts, lambda row: ContactRow(*row), key=1),
        consents=_grouped(asked.consents, lambda row: ConsentRow(*row)),
        holds={person: frozenset(reasons) for person, reasons in holds.items()},
        first_seen=dict(asked.first_seen.rows()) if asked.first_seen else {},
        event_attributes=_attributes(asked.event_attributes),
        customer_attributes=_attributes(asked.customer_attributes),
        inclusions={
            (day, branch, touchpoint): Inclusion(min(1.0, probability), deficit)
            for day, branch, touchpoint, probability, deficit in (
                asked.inclusions.rows() if asked.inclusions else ()
            )
        },
    )


def past_of(asked: Questions) -> list[PastRow]:
    """The messages of the ledger."""
    return [PastRow(*row) for row in asked.past.rows()]


@cache
def _contacts(wechat: bool) -> str:
    return _CONTACTS.replace("{barred}", _BARRED if wechat else "false")


@cache
def _past(household: bool, vehicle: bool) -> str:
    by_household = _PAST_BY_HOUSEHOLD if household else ""
    return _PAST + by_household + (_PAST_BY_OBJECT if vehicle else "")


def _of_event(name: str) -> bool:
    return name.startswith("event.") or name in ("model_line", "lead")


def _grouped(asked: Asked, shape: Any, key: int = 0) -> dict[Any, list[Any]]:
    found: dict[Any, list[Any]] = {}
    for row in asked.rows():
        found.setdefault(row[key], []).append(shape(row))
    return found


def _attributes(asked: Asked | None) -> Attributes:
    """Plain values only: of a list or an object nothing can be asked."""
    if asked is None:
        return {}
    found = ((key, orjson.loads(written)) for key, written in asked.rows())
    return {
        key: {name: one for name, one in given.items() if isinstance(one, str | int | float)}
        or NOTHING
        for key, given in found
    }
