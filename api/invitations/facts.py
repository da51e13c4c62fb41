"""What is known of a batch of due events, and the planner's facts made from it.

Pure: rows in, facts out. Which addresses can be used, which consent stands and which past
invitation still occupies a slot is said here and nowhere else on the deciding side.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson

from api.core.languages import Language, spoken
from api.security.hierarchy import Hierarchy
from scheduler.planner import (
    ADDRESS_OF,
    Channel,
    Compete,
    ContactKind,
    CustomerFacts,
    EventFacts,
    History,
    Holder,
    Inclusion,
    InvitationStatus,
    PastInvitation,
)
from scheduler.planner.competing import rank
from scheduler.planner.facts import NOTHING, Scalar

# The ledger's word for a kind of contact point, and the planner's.
KINDS = {
    "phone": ContactKind.PHONE,
    "email": ContactKind.EMAIL,
    "wechat": ContactKind.OPENID,
    "ref": ContactKind.REF,
}
ANY_CHANNEL = "any"
_NOBODY: frozenset[Holder] = frozenset()
_ALONE = {holder: frozenset({holder}) for holder in Holder}
_BY_PERSON = _ALONE[Holder.PERSON]
# Whoever belongs to a household brings the own history along, also that from before.
_OWN_HOUSEHOLD = frozenset({Holder.PERSON, Holder.HOUSEHOLD})
_NO_HOLDS: frozenset[str] = frozenset()
Attributes = Mapping[UUID, Mapping[str, Scalar]]
_BARRED_WECHAT = frozenset({Channel.WECHAT})
_NONE_BARRED: frozenset[Channel] = frozenset()


@dataclass(frozen=True, slots=True)
class DueEvent:
    """An event that waits for its decision."""

    id: UUID
    branch_id: int
    touchpoint_id: int
    touchpoint: str
    occurred_at: datetime
    occurred_on: date
    received_at: datetime
    employee: str | None
    person_id: UUID | None
    object_hash: bytes | None
    cancelled: bool
    held: bool
    occasion_zh: str
    occasion_en: str
    attributes: str | None = None  # as JSON; None for none


@dataclass(frozen=True, slots=True)
class PersonRow:
    """What is stored of a customer that asking depends on."""

    id: UUID
    birth_year: int | None
    language: str | None
    timezone: str | None
    value_tier: str | None
    household_hash: bytes | None
    erased: bool


@dataclass(frozen=True, slots=True)
class ContactRow:
    """A contact point of a person, newest first, with the reason why nobody writes to it."""

    id: UUID
    person_id: UUID
    kind: str
    suppressed: str | None
    undeliverable: bool
    barred: bool = False  # there, but its channel cannot reach it now

    @property
    def usable(self) -> bool:
        """Whether a message may go there at all."""
        return self.suppressed is None and not self.undeliverable


@dataclass(frozen=True, slots=True)
class ConsentRow:
    """One statement about surveys; ``withdrawn_at`` ends it."""

    person_id: UUID
    channel: str
    granted: bool
    given_at: datetime
    withdrawn_at: datetime | None


@dataclass(frozen=True, slots=True)
class PastRow:
    """A message in the ledger."""

    id: UUID
    event_id: UUID
    branch_id: int
    person_id: UUID | None
    contact_point_id: UUID | None
    household_hash: bytes | None
    object_hash: bytes | None
    at: datetime
    status: str
    sent: bool
    touchpoint: str
    survey: str
    channel: str
    counts: bool
    completed_at: datetime | None
    priority: int
    deficit: float


@dataclass(frozen=True, slots=True)
class NetworkRow:
    """The network's own names and defaults."""

    name_zh: str = ""
    name_en: str = ""
    timezone: str = "Asia/Shanghai"
    language: str = "zh"


@dataclass(frozen=True, slots=True)
class ProfileRow:
    """What a unit was from one day to before another."""

    valid_from: date
    valid_to: date | None
    city_tier: str | None
    brand: str | None
    owner_group: str | None


@dataclass(frozen=True, slots=True)
class Rows:
    """What the tables say of the people of a batch."""

    people: Mapping[UUID, PersonRow] = field(default_factory=dict)
    contacts: Mapping[UUID, Sequence[ContactRow]] = field(default_factory=dict)
    consents: Mapping[UUID, Sequence[ConsentRow]] = field(default_factory=dict)
    holds: Mapping[UUID, frozenset[str]] = field(default_factory=dict)
    first_seen: Mapping[UUID, datetime] = field(default_factory=dict)
    customer_attributes: Attributes = field(default_factory=dict)
    inclusions: Mapping[tuple[date, int, int], Inclusion] = field(default_factory=dict)


Key = tuple[Holder, UUID | bytes]


@dataclass(slots=True)
class Past:
    """The ledger as far as it concerns a batch, found through each key that it is counted by."""

    compete: Compete = Compete.PRIORITY
    _rows: dict[UUID, PastRow] = field(default_factory=dict)
    _by_key: dict[Key, dict[UUID, None]] = field(default_factory=dict)
    _by_event: dict[UUID, dict[UUID, None]] = field(default_factory=dict)
    _made: dict[UUID, PastInvitation] = field(default_factory=dict)  # for the person alone

    def add(self, row: PastRow, owner: UUID | None) -> None:
        """Adds a message, or what has become of one; ``owner`` has its address today."""
        self._rows[row.id] = row
        self._made.pop(row.id, None)
        self._by_event.setdefault(row.event_id, {})[row.id] = None
        for person in {row.person_id, owner}:
            if person is not None:
                self._by_key.setdefault((Holder.PERSON, person), {})[row.id] = None
        if row.household_hash is not None:
            key = (Holder.HOUSEHOLD, row.household_hash)
            self._by_key.setdefault(key, {})[row.id] = None
        if row.object_hash is not None:
            self._by_key.setdefault((Holder.VEHICLE, row.object_hash), {})[row.id] = None

    def row(self, invitation_id: UUID) -> PastRow | None:
        """The message with this id."""
        return self._rows.get(invitation_id)

    def change(self, invitation_id: UUID, status: str) -> None:
        """Notes that a message has another status by now."""
        self._rows[invitation_id] = replace(self._rows[invitation_id], status=status)
        self._made.pop(invitation_id, None)

    def of(self, event_id: UUID, keys: Sequence[Key]) -> tuple[PastInvitation, ...]:
        """The messages of an event, and those that share a key with it."""
        if len(keys) == 1 and keys[0][0] is Holder.PERSON and event_id not in self._by_event:
            return tuple(map(self._of_person, self._by_key.get(keys[0], ())))
        holders = dict.fromkeys(self._by_event.get(event_id, ()), _NOBODY)
        household = any(key[0] is Holder.HOUSEHOLD for key in keys)
        for key in keys:
            also = _OWN_HOUSEHOLD if household and key[0] is Holder.PERSON else _ALONE[key[0]]
            for one in self._by_key.get(key, ()):
                holders[one] = holders.get(one, _NOBODY) | also
        return tuple(self._invitation(self._rows[one], found) for one, found in holders.items())

    def _of_person(self, one: UUID) -> PastInvitation:
        made = self._made.get(one)
        if made is None:
            made = self._made[one] = self._invitation(self._rows[one], _BY_PERSON)
        return made

    def _invitation(self, row: PastRow, holders: frozenset[Holder]) -> PastInvitation:
        return PastInvitation(
            str(row.event_id),
            row.at,
            _status(row),
            holders,
            row.touchpoint,
            row.survey,
            row.channel,
            row.counts,
            row.completed_at,
            str(row.id),
            rank(self.compete, row.priority, row.deficit),
        )


@dataclass(slots=True)
class Dossier:
    """All that the decisions of one batch look at."""

    now: datetime
    today: date
    network: NetworkRow
    tree: Hierarchy
    profiles: Mapping[int, Sequence[ProfileRow]]
    rows: Rows
    past: Past = field(default_factory=Past)
    counted: frozenset[Holder] = frozenset(Holder)  # whose messages any cap counts
    owners: Mapping[UUID | None, UUID] = field(init=False)
    _customers: dict[UUID, CustomerFacts] = field(default_factory=dict)
    _places: dict[int, tuple[str, bool, str | None]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        found = self.rows.contacts.values()
        self.owners = {one.id: one.person_id for some in found for one in some}

    def remember(self, row: PastRow) -> None:
        """Adds a message to the history of whoever it is counted for."""
        self.past.add(row, self.owners.get(row.contact_point_id))

    def person(self, event: DueEvent) -> PersonRow | None:
        """The customer of ``event``, where known."""
        return self.rows.people.get(event.person_id) if event.person_id else None

    def history(self, event: DueEvent) -> History:
        """The messages that count against the caps for ``event``."""
        keys: list[Key] = []
        person = self.person(event)
        if person is not None:
            keys.append((Holder.PERSON, person.id))
            if person.household_hash is not None and Holder.HOUSEHOLD in self.counted:
                keys.append((Holder.HOUSEHOLD, person.household_hash))
        if event.object_hash is not None and Holder.VEHICLE in self.counted:
            keys.append((Holder.VEHICLE, event.object_hash))
        return History(self.past.of(event.id, keys))

    def event_facts(self, event: DueEvent) -> EventFacts:
        """``event`` as the planner takes it."""
        zone, open_, code = self._place(event.branch_id)
        profile = self._profile(event)
        return EventFacts(
            event_id=str(event.id),
            touchpoint=event.touchpoint,
            occurred_at=event.occurred_at,
            branch_zone=zone,
            cancelled=event.cancelled,
            branch_open=open_,
            branch=code,
            owner_group=profile.owner_group if profile else None,
            city_tier=profile.city_tier if profile else None,
            brand=profile.brand if profile else None,
            attributes=plain_attributes(event.attributes),
            inclusion=self._inclusion(event),
            held=event.held,
        )

    def customer_facts(self, event: DueEvent) -> CustomerFacts:
        """The customer of ``event`` as the planner takes them; nobody when there is none."""
        person = self.person(event)
        if person is None:
            return CustomerFacts()
        facts = self._customers.get(person.id)
        if facts is None:
            facts = self._customers[person.id] = self._customer(person)
        first = self.rows.first_seen.get(person.id)
        if first is None:
            return facts
        return replace(facts, returning=first < event.occurred_at)

    def _customer(self, person: PersonRow) -> CustomerFacts:
        rows = self.rows
        contacts = rows.contacts.get(person.id, ())
        reasons = {one.suppressed for one in contacts}
        holds = rows.holds.get(person.id, _NO_HOLDS)
        return CustomerFacts(
            birth_year=person.birth_year,
            zone=person.timezone,
            language=person.language,
            consents=standing_consents(rows.consents.get(person.id, ()), self.now),
            contacts=frozenset(KINDS[one.kind] for one in contacts if one.usable),
            barred=_barred(contacts),
            opted_out="opt_out" in reasons,
            erased=person.erased,
            staff_number="staff" in reasons,
            blocked="blocklist" in reasons or "blocklist" in holds,
            open_complaint="complaint" in holds,
            deceased="deceased" in holds,
            value_tier=person.value_tier,
            attributes=rows.customer_attributes.get(person.id, NOTHING),
        )

    def contact_for(self, event: DueEvent, channel: Channel) -> ContactRow | None:
        """The newest address of the event's customer that ``channel`` can use, best first."""
        contacts = self.rows.contacts.get(event.person_id, ()) if event.person_id else ()
        wanted = ADDRESS_OF[channel]
        usable = [one for one in contacts if one.usable and KINDS[one.kind] is wanted]
        return next((one for one in usable if not one.barred), usable[0] if usable else None)

    def language_for(self, event: DueEvent) -> Language:
        """The language to write in: the customer's, else the branch's."""
        person = self.person(event)
        own = person.language if person else None
        return spoken(own or self.tree.language(event.branch_id, self.network.language))

    def names_for(self, event: DueEvent) -> dict[str, dict[str, str]]:
        """Brand, branch and occasion in both languages, frozen with the invitation."""
        node = self.tree.nodes.get(event.branch_id)
        brand = node.brand if node else None
        return {
            "brand": {"zh": brand or self.network.name_zh, "en": brand or self.network.name_en},
            "branch": {"zh": node.name_zh if node else "", "en": node.name_en if node else ""},
            "occasion": {"zh": event.occasion_zh, "en": event.occasion_en},
        }

    def _place(self, branch_id: int) -> tuple[str, bool, str | None]:
        """A branch's zone, whether it is open today, and its code."""
        place = self._places.get(branch_id)
        if place is None:
            node = self.tree.nodes.get(branch_id)
            closed = node is None or (node.closed_on is not None and node.closed_on <= self.today)
            zone = self.tree.timezone(branch_id, self.network.timezone)
            place = self._places[branch_id] = (zone, not closed, node.code if node else None)
        return place

    def _profile(self, event: DueEvent) -> ProfileRow | None:
        """What the branch was on the day of the event."""
        for one in self.profiles.get(event.branch_id, ()):
            if one.valid_from <= event.occurred_on and (
                one.valid_to is None or event.occurred_on < one.valid_to
            ):
                return one
        return None

    def _inclusion(self, event: DueEvent) -> Inclusion | None:
        if not self.rows.inclusions:
            return None
        day = received_on(event, self.network)
        return self.rows.inclusions.get((day, event.branch_id, event.touchpoint_id))


def plain_attributes(written: str | None) -> Mapping[str, Scalar]:
    """What was imported: plain values only, of a list or an object nothing can be asked."""
    if written is None:
        return NOTHING
    given = orjson.loads(written)
    return {name: one for name, one in given.items() if isinstance(one, str | int | float)}


def received_on(event: DueEvent, network: NetworkRow) -> date:
    """The network's day on which an event arrived: the plan of that day draws it, once."""
    return event.received_at.astimezone(ZoneInfo(network.timezone)).date()


def standing_consents(rows: Sequence[ConsentRow], now: datetime) -> frozenset[Channel]:
    """The channels for which the latest statement, on it or on any channel, is a consent."""
    if len(rows) == 1:
        return _only_consent(rows[0], now)
    return frozenset(channel for channel in Channel if _stands(rows, channel, now))


def _only_consent(row: ConsentRow, now: datetime) -> frozenset[Channel]:
    ended = row.withdrawn_at is not None and row.withdrawn_at <= now
    if not row.granted or ended or row.given_at > now:
        return frozenset()
    return _EVERY_CHANNEL if row.channel == ANY_CHANNEL else frozenset({Channel(row.channel)})


_EVERY_CHANNEL = frozenset(Channel)


def _stands(rows: Sequence[ConsentRow], channel: Channel, now: datetime) -> bool:
    latest: tuple[datetime, bool] | None = None
    for row in rows:
        if row.channel not in (channel.value, ANY_CHANNEL) or row.given_at > now:
            continue
        ended = row.withdrawn_at is not None and row.withdrawn_at <= now
        at = max(row.given_at, row.withdrawn_at) if ended and row.withdrawn_at else row.given_at
        said = (at, not (row.granted and not ended))  # at one moment, a refusal wins
        latest = said if latest is None else max(latest, said)
    return latest is not None and not latest[1]


def _barred(contacts: Sequence[ContactRow]) -> frozenset[Channel]:
    """WeChat, when every openid that could be written to is one that it cannot reach."""
    openids = [one.barred for one in contacts if one.kind == "wechat" and one.usable]
    return _BARRED_WECHAT if openids and all(openids) else _NONE_BARRED


def _status(row: PastRow) -> InvitationStatus:
    """Where a message stands; one that expired unsent occupies no slot."""
    if row.status == "expired" and not row.sent:
        return InvitationStatus.DROPPED
    return InvitationStatus(row.status)
