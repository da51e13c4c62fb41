"""What a decision looks at: the SQL that reads the frame, the customers and the ledger.

Reads only. What the rules never ask is not read. Locks are taken in ``deciding``, before this.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import Session

from api.invitations.facts import (
    ConsentRow,
    ContactRow,
    DueEvent,
    NetworkRow,
    PastRow,
    PersonRow,
    ProfileRow,
    Rows,
    plain_attributes,
)
from api.invitations.repository.wire import Asked, Trip, one_trip
from api.surveys.repository import USABLE
from scheduler.planner import Channel, Holder, Inclusion, RuleSet, Since

Shape = TypeVar("Shape")
_LATE_EDGE = timedelta(days=2)  # a message may be sent somewhat later than it was planned
_COMPLETION_EDGE = timedelta(days=90)  # and its survey completed much later, by any rules

EVENT = """
select e.id, e.branch_id, e.touchpoint_id, t.code, e.occurred_at, e.occurred_on, e.received_at,
    e.employee, e.person_id, e.object_hash, e.status = 'cancelled', e.asking = 'held', t.name_zh,
    t.name_en, case when e.attributes <> '{}' then e.attributes::text end
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
# A wave is no visit.
_PEOPLE = """
select p.id, p.birth_year, p.language, p.timezone, p.value_tier, p.household_hash,
    p.erased_at is not null,
    array(select h.reason from person_hold h where h.person_id = p.id
        and h.opened_at <= %(now)s and (h.closed_at is null or h.closed_at > %(now)s)),
    {first_seen}, {attributes}
from person p where p.id = any(%(people)s::uuid[])
"""
_FIRST_SEEN = """(select min(e.occurred_at) from event e where e.person_id = p.id
        and e.status = 'active' and e.source not like 'wave:%%')"""
_ATTRIBUTES = "case when p.attributes <> '{}' then p.attributes::text end"
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
    or (i.person_id = any(%(people)s::uuid[]) and {within})
    or (i.contact_point_id = any(array(
        select c.id from contact_point c where c.person_id = any(%(people)s::uuid[])))
        and {within})
"""
_PAST_BY_HOUSEHOLD = """
    or (i.household_hash = any(array(select p.household_hash from person p
        where p.id = any(%(people)s::uuid[]) and p.household_hash is not null))
        and {within})
"""
_PAST_BY_OBJECT = """
    or (i.object_hash = any(%(objects)s::bytea[]) and {within})
"""
_WITHIN = "i.planned_at >= %(since)s"
_COMPLETED_WITHIN = """i.planned_at >= %(back)s
    and (i.planned_at >= %(since)s or i.answered_at >= %(completed_since)s)"""


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
    sent: timedelta = timedelta(0)  # how far back caps look from the sending
    completed: timedelta | None = None  # and from the completion
    link: timedelta = timedelta(0)  # how long a link lives at most

    @classmethod
    def of(cls, rules: RuleSet | None) -> "Needs":
        """What ``rules`` ask; without rules only what ends the matter."""
        if rules is None:
            return cls()
        segments = [segment for rule in rules.rules for segment in rule.segments]
        fields = {one.field for segment in segments for one in segment.conditions}
        holders = {cap.per for cap in rules.caps}
        sent = [cap.window for cap in rules.caps if cap.since is Since.INVITATION]
        completed = [cap.window for cap in rules.caps if cap.since is Since.COMPLETION]
        return cls(
            returning="returning" in fields,
            wechat=any(Channel.WECHAT in rule.templates for rule in rules.rules),
            sampling=any(rule.sampling for rule in rules.rules),
            household=Holder.HOUSEHOLD in holders,
            vehicle=Holder.VEHICLE in holders,
            event_attributes=any(
                name.startswith("event.") or name in ("model_line", "lead") for name in fields
            ),
            customer_attributes=any(name.startswith("customer.") for name in fields),
            sent=max(sent, default=timedelta(0)) + _LATE_EDGE,
            completed=max(completed, default=None),
            link=max((rule.expiry for rule in rules.rules), default=timedelta(0)),
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
    past: Asked
    inclusions: Asked | None


def ask(
    trip: Trip, events: Sequence[DueEvent], needs: Needs, network: NetworkRow, now: datetime
) -> Questions:
    """Asks all that ``needs`` name about a batch."""
    people = list({event.person_id for event in events if event.person_id is not None})
    given = {"people": people, "now": now}
    zone = ZoneInfo(network.timezone)
    days = {event.received_at.astimezone(zone).date() for event in events} if needs.sampling else ()
    objects = {event.object_hash for event in events if event.object_hash is not None}
    past: dict[str, Any] = {"people": people, "since": now - needs.sent}
    past["events"] = [event.id for event in events]
    if needs.vehicle:
        past["objects"] = list(objects)
    if needs.completed is not None:
        past["completed_since"] = now - needs.completed
        edge = max(_COMPLETION_EDGE, needs.link + _LATE_EDGE)
        past["back"] = now - max(needs.sent, needs.completed + edge)
    return Questions(
        people=ask_people(trip, people, needs, now),
        contacts=trip.ask(_contacts(needs.wechat), given),
        consents=trip.ask(_CONSENTS, given),
        past=trip.ask(_past(needs.household, needs.vehicle, needs.completed is not None), past),
        inclusions=trip.ask(_INCLUSIONS, {"days": list(days)}) if days else None,
    )


def ask_people(trip: Trip, people: Collection[UUID], needs: Needs, now: datetime) -> Asked:
    """Asks for persons alone; see :func:`rows_of_people`."""
    given = {"people": list(people), "now": now}
    return trip.ask(_people(needs.returning, needs.customer_attributes), given)


def rows_of_people(asked: Asked) -> Rows:
    """What is said of persons alone."""
    people = asked.rows()
    return Rows(
        people={row[0]: PersonRow(*row[:7]) for row in people},
        holds={row[0]: frozenset(row[7]) for row in people if row[7]},
        first_seen={row[0]: row[8] for row in people if row[8] is not None},
        customer_attributes={
            row[0]: plain_attributes(row[9]) for row in people if row[9] is not None
        },
    )


def rows_of(asked: Questions) -> Rows:
    """The answers, but for the ledger's."""
    return replace(
        rows_of_people(asked.people),
        contacts=_grouped(asked.contacts, lambda row: ContactRow(*row), key=1),
        consents=_grouped(asked.consents, lambda row: ConsentRow(*row)),
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
def _people(returning: bool, attributes: bool) -> str:
    first_seen = _FIRST_SEEN if returning else "null::timestamptz"
    written = _ATTRIBUTES if attributes else "null::text"
    return _PEOPLE.replace("{first_seen}", first_seen).replace("{attributes}", written)


@cache
def _contacts(wechat: bool) -> str:
    return _CONTACTS.replace("{barred}", _BARRED if wechat else "false")


@cache
def _past(household: bool, vehicle: bool, completed: bool) -> str:
    by_household = _PAST_BY_HOUSEHOLD if household else ""
    statement = _PAST + by_household + (_PAST_BY_OBJECT if vehicle else "")
    return statement.replace("{within}", _COMPLETED_WITHIN if completed else _WITHIN)


def _grouped(asked: Asked, shape: Any, key: int = 0) -> dict[Any, list[Any]]:
    found: dict[Any, list[Any]] = {}
    for row in asked.rows():
        found.setdefault(row[key], []).append(shape(row))
    return found
