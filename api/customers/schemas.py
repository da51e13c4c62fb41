"""What systems send us: the event contract, field by field, and what they get back.

Shapes only; whether a unit, touchpoint or number exists is decided by the service. No message
here repeats a value: it may be personal.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID
from zoneinfo import available_timezones

import orjson
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    model_validator,
)
from pydantic_core import PydanticCustomError

MAX_ITEMS = 10_000
_ATTRIBUTES_BYTES = 8_192
_ZONES = frozenset(available_timezones())


def _without_nul(value: str) -> str:
    if "\0" in value:
        raise PydanticCustomError("nul", "must not contain a NUL character")
    return value


def _known_zone(value: str) -> str:
    if value not in _ZONES:
        raise PydanticCustomError("timezone", "must be an IANA time zone such as Asia/Shanghai")
    return value


def _small_attributes(value: dict[str, Any]) -> dict[str, Any]:
    try:
        written = orjson.dumps(value)
    except orjson.JSONEncodeError as error:
        raise PydanticCustomError("attributes", "must be plain JSON") from error
    if len(written) > _ATTRIBUTES_BYTES:
        raise PydanticCustomError("attributes", "must take at most 8192 bytes as JSON")
    if b"\\u0000" in written:
        raise PydanticCustomError("nul", "must not contain a NUL character")
    return value


def _none_if_blank(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


Word = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    AfterValidator(_without_nul),
]
Short = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=80),
    AfterValidator(_without_nul),
]
MaybeWord = Annotated[Word | None, BeforeValidator(_none_if_blank)]
Zone = Annotated[str, AfterValidator(_known_zone)]
LanguageTag = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$")]
Channel = Literal["sms", "wechat", "email", "call", "contactless", "any"]


class _Incoming(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ConsentIn(_Incoming):
    """What the customer allowed or refused: purpose, wording, source, time, withdrawal."""

    purpose: Short = "survey"
    channel: Channel = "any"
    granted: bool = True
    wording_version: Short
    source: Short | None = None
    given_at: AwareDatetime
    withdrawn_at: AwareDatetime | None = None

    @model_validator(mode="after")
    def _in_order(self) -> "ConsentIn":
        if self.withdrawn_at is not None and self.withdrawn_at < self.given_at:
            raise PydanticCustomError("consent_order", "withdrawn_at must not be before given_at")
        return self


class CustomerIn(_Incoming):
    """Who it was: any of these identifies the person."""

    id: MaybeWord = Field(default=None, description="The customer's id in `source`")
    source: MaybeWord = Field(default=None, description="Where `id` comes from; else the event's")
    ids: dict[Short, Word] = Field(
        default_factory=dict, max_length=20, description="Ids in other sources: source → id"
    )
    name: MaybeWord = None
    phone: MaybeWord = None
    email: MaybeWord = None
    openid: MaybeWord = Field(default=None, description="WeChat openid, verbatim")
    birth_year: int | None = Field(default=None, ge=1900, le=2100)
    language: Annotated[LanguageTag | None, BeforeValidator(_none_if_blank)] = None
    timezone: Annotated[Zone | None, BeforeValidator(_none_if_blank)] = None
    contact_ref: MaybeWord = Field(
        default=None, description="What only your own gateway can resolve to a number"
    )
    value_tier: Annotated[Short | None, BeforeValidator(_none_if_blank)] = Field(
        default=None, description="The network's own word, such as premium"
    )
    household: MaybeWord = Field(default=None, description="The household's id in `source`")
    attributes: Annotated[dict[str, Any], AfterValidator(_small_attributes)] = Field(
        default_factory=dict, description="Anything that segments ask for as customer.NAME"
    )
    consent: list[ConsentIn] = Field(default_factory=list, max_length=20)


class EventIn(_Incoming):
    """One touchpoint event as a source system reports it."""

    source: Short
    external_id: Word
    revision: int = Field(default=1, ge=1, le=2_000_000_000)
    touchpoint: Short
    unit: Word = Field(description="Code of the branch; former codes and merged units resolve")
    occurred_at: AwareDatetime
    customer: CustomerIn | None = None
    employee: MaybeWord = None
    vehicle: MaybeWord = Field(default=None, description="VIN or plate; or `account`")
    account: MaybeWord = Field(default=None, description="Account; or `vehicle`")
    order: MaybeWord = None
    amount: Decimal | None = Field(default=None, max_digits=14, decimal_places=2)
    attributes: Annotated[dict[str, Any], AfterValidator(_small_attributes)] = Field(
        default_factory=dict
    )
    cancelled: bool = Field(default=False, description="Withdraws what was not yet sent")

    @model_validator(mode="after")
    def _one_object(self) -> "EventIn":
        if self.vehicle is not None and self.account is not None:
            raise PydanticCustomError("one_object", "give vehicle or account, not both")
        return self


class CustomerRecord(CustomerIn):
    """A customer without an event, as `POST /api/v1/customers` and the file import send it."""

    source: Short
    unit: Word = Field(description="Code of the branch that knows the customer")
    seen_at: AwareDatetime | None = None


HoldReason = Literal["complaint", "deceased", "blocklist"]


class CustomerNamed(_Incoming):
    """A customer that is known already, by any identifier."""

    id: MaybeWord = Field(default=None, description="The customer's id in `source`")
    source: MaybeWord = Field(default=None, description="Where `id` comes from; else the hold's")
    phone: MaybeWord = Field(default=None, description="With its country code")
    email: MaybeWord = None
    openid: MaybeWord = None
    contact_ref: MaybeWord = None

    @model_validator(mode="after")
    def _somebody(self) -> "CustomerNamed":
        if not any((self.id, self.phone, self.email, self.openid, self.contact_ref)):
            raise PydanticCustomError("nobody", "must name a customer")
        return self


class HoldIn(_Incoming):
    """Why a customer is not asked from a moment on, until the same hold is closed."""

    source: Short
    external_id: Word
    customer: CustomerNamed
    reason: HoldReason
    opened_at: AwareDatetime
    closed_at: AwareDatetime | None = Field(default=None, description="Asked again from then on")

    @model_validator(mode="after")
    def _in_order(self) -> "HoldIn":
        if self.closed_at is not None and self.closed_at < self.opened_at:
            raise PydanticCustomError("hold_order", "closed_at must not be before opened_at")
        return self


HoldOutcome = Literal["opened", "closed", "changed", "unchanged", "unknown"]


class HoldResult(BaseModel):
    """What became of one hold; `unknown` when nobody, or nobody of yours, is known by that name."""

    source: str
    external_id: str
    outcome: HoldOutcome


class HoldsAnswer(BaseModel):
    """What became of a request's holds, in the order sent."""

    items: list[HoldResult]


Outcome = Literal["created", "updated", "cancelled", "unchanged"]


class EventResult(BaseModel):
    """What became of one event of a request, in the order sent."""

    source: str
    external_id: str
    id: str
    revision: int
    outcome: Outcome


class EventsAnswer(BaseModel):
    """What became of a request's events."""

    created: int = 0
    updated: int = 0
    cancelled: int = 0
    unchanged: int = 0
    items: list[EventResult]

    @classmethod
    def of(cls, results: Sequence[EventResult]) -> "EventsAnswer":
        """The results with how many there are of each outcome."""
        counts = Counter(result.outcome for result in results)
        return cls(
            created=counts["created"],
            updated=counts["updated"],
            cancelled=counts["cancelled"],
            unchanged=counts["unchanged"],
            items=list(results),
        )


class CustomerResult(BaseModel):
    """The person behind one customer of a request; null when that person was erased."""

    id: str | None


class CustomersAnswer(BaseModel):
    """The persons of a request's customers, in the order sent."""

    items: list[CustomerResult]

    @classmethod
    def of(cls, people: Sequence[UUID | None]) -> "CustomersAnswer":
        """One result for each person."""
        return cls(items=[CustomerResult(id=str(key) if key else None) for key in people])


class RevealIn(_Incoming):
    """Which contact point to show."""

    contact_id: UUID


class ContactView(BaseModel):
    """A contact point, masked; a reveal shows it and is audited."""

    id: str
    kind: str
    masked: str
    suppressed: bool
    undeliverable_at: datetime | None


class HoldView(BaseModel):
    """Why the customer is not asked, since when and until when."""

    reason: str
    source: str
    opened_at: datetime
    closed_at: datetime | None


class ConsentView(BaseModel):
    """One thing the customer allowed or refused."""

    purpose: str
    channel: str
    granted: bool
    wording_version: str
    source: str
    given_at: datetime
    withdrawn_at: datetime | None


class EventView(BaseModel):
    """One of the customer's events at a branch the viewer sees."""

    id: str
    source: str
    external_id: str
    touchpoint: str
    unit: str
    occurred_at: datetime
    status: str


class CustomerView(BaseModel):
    """A customer as a viewer may see one."""

    id: str
    name: str | None
    birth_year: int | None
    language: str | None
    timezone: str | None
    value_tier: str | None
    contacts: list[ContactView]
    holds: list[HoldView]
    consents: list[ConsentView]
    events: list[EventView]


class Revealed(BaseModel):
    """A contact point in clear."""

    id: str
    kind: str
    value: str


EVENTS = TypeAdapter(list[EventIn])
CUSTOMERS = TypeAdapter(list[CustomerRecord])
HOLDS = TypeAdapter(list[HoldIn])
