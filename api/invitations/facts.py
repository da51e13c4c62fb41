"""What is known of a batch of due events, and the planner's facts made from it.

Pure: rows in, facts out. Which addresses can be used, which consent stands and which past
invitation still occupies a slot is said here and nowhere else on the deciding side.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from api.core.languages import Language, spoken
from api.security.hierarchy import Hierarchy
from scheduler.planner import (
    ADDRESS_OF,
    Channel,
    ContactKind,
    CustomerFacts,
    EventFacts,
    History,
    InvitationStatus,
    PastInvitation,
)

# The ledger's word for a kind of contact point, and the planner's.
KINDS = {"phone": ContactKind.PHONE, "email": ContactKind.EMAIL, "wechat": ContactKind.OPENID}
ANY_CHANNEL = "any"


@dataclass(frozen=True, slots=True)
class DueEvent:
    """An event that waits for its decision."""

    id: UUID
    branch_id: int
    touchpoint_id: int
    touchpoint: str
    occurred_at: datetime
    occurred_on: date
    employee: str | None
    person_id: UUID | None
    cancelled: bool


@dataclass(frozen=True, slots=True)
class PersonRow:
    """What is stored of a customer that asking depends on."""

    id: UUID
    birth_year: int | None
    language: str | None
    timezone: str | None
    erased: bool


@dataclass(frozen=True, slots=True)
class ContactRow:
    """A contact point of a person, newest first, with the reason why nobody writes to it."""

    id: UUID
    person_id: UUID
    kind: str
    suppressed: str | None
    undeliverable: bool

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
    """An invitation in the ledger."""

    id: UUID
    event_id: UUID
    person_id: UUID | None
    contact_point_id: UUID | None
    at: datetime
    status: str
    sent: bool


@dataclass(frozen=True, slots=True)
class NetworkRow:
    """The network's own names and defaults."""

    name_zh: str = ""
    name_en: str = ""
    timezone: str = "Asia/Shanghai"
    language: str = "zh"


@dataclass(slots=True)
class Dossier:
    """All that the decisions of one batch look at."""

    now: datetime
    today: date
    network: NetworkRow
    tree: Hierarchy
    occasions: Mapping[int, tuple[str, str]]
    people: Mapping[UUID, PersonRow]
    contacts: Mapping[UUID, Sequence[ContactRow]]
    consents: Mapping[UUID, Sequence[ConsentRow]]
    owners: Mapping[UUID | None, UUID] = field(init=False)
    past: dict[UUID | None, dict[UUID, PastInvitation]] = field(default_factory=dict)
    past_of_events: dict[UUID, dict[UUID, PastInvitation]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.owners = {one.id: one.person_id for some in self.contacts.values() for one in some}

    def remember(self, row: PastRow) -> None:
        """Adds an invitation to the history of its person and of its address's owner."""
        past = past_invitation(row)
        self.past_of_events.setdefault(row.event_id, {})[row.id] = past
        owners = {row.person_id, self.owners.get(row.contact_point_id)}
        for owner in owners - {None}:
            self.past.setdefault(owner, {})[row.id] = past

    def history(self, event: DueEvent) -> History:
        """The invitations that count against the cap for ``event``."""
        own = self.past_of_events.get(event.id, {})
        others = self.past.get(event.person_id, {}) if event.person_id else {}
        return History(tuple({**own, **others}.values()))

    def event_facts(self, event: DueEvent) -> EventFacts:
        """``event`` as the planner takes it."""
        node = self.tree.nodes.get(event.branch_id)
        closed = node is None or (node.closed_on is not None and node.closed_on <= self.today)
        return EventFacts(
            event_id=str(event.id),
            touchpoint=event.touchpoint,
            occurred_at=event.occurred_at,
            branch_zone=self.tree.timezone(event.branch_id, self.network.timezone),
            cancelled=event.cancelled,
            branch_open=not closed,
        )

    def customer_facts(self, event: DueEvent) -> CustomerFacts:
        """The customer of ``event`` as the planner takes them; nobody when there is none."""
        person = self.people.get(event.person_id) if event.person_id else None
        if person is None:
            return CustomerFacts()
        contacts = self.contacts.get(person.id, ())
        reasons = {one.suppressed for one in contacts}
        return CustomerFacts(
            birth_year=person.birth_year,
            zone=person.timezone,
            language=person.language,
            consents=standing_consents(self.consents.get(person.id, ()), self.now),
            contacts=frozenset(KINDS[one.kind] for one in contacts if one.usable),
            opted_out="opt_out" in reasons,
            erased=person.erased,
            staff_number="staff" in reasons,
        )

    def contact_for(self, event: DueEvent, channel: Channel) -> ContactRow | None:
        """The newest usable address of the event's customer for ``channel``."""
        contacts = self.contacts.get(event.person_id, ()) if event.person_id else ()
        wanted = ADDRESS_OF[channel]
        return next((one for one in contacts if one.usable and KINDS[one.kind] is wanted), None)

    def language_for(self, event: DueEvent) -> Language:
        """The language to write in: the customer's, else the branch's."""
        person = self.people.get(event.person_id) if event.person_id else None
        own = person.language if person else None
        return spoken(own or self.tree.language(event.branch_id, self.network.language))

    def names_for(self, event: DueEvent) -> dict[str, dict[str, str]]:
        """Brand, branch and occasion in both languages, frozen with the invitation."""
        node = self.tree.nodes.get(event.branch_id)
        brand = node.brand if node else None
        occasion = self.occasions.get(event.touchpoint_id, ("", ""))
        return {
            "brand": {"zh": brand or self.network.name_zh, "en": brand or self.network.name_en},
            "branch": {"zh": node.name_zh if node else "", "en": node.name_en if node else ""},
            "occasion": {"zh": occasion[0], "en": occasion[1]},
        }


def past_invitation(row: PastRow) -> PastInvitation:
    """An invitation as the planner takes it; one that expired unsent occupies no slot."""
    status = InvitationStatus(row.status)
    if status is InvitationStatus.EXPIRED and not row.sent:
        status = InvitationStatus.DROPPED
    return PastInvitation(str(row.event_id), row.at, status)


def standing_consents(rows: Sequence[ConsentRow], now: datetime) -> frozenset[Channel]:
    """The channels for which the latest statement, on it or on any channel, is a consent."""
    return frozenset(channel for channel in Channel if _stands(rows, channel, now))


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
