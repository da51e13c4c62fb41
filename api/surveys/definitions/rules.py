"""Rules of asking as they stand in their file: the shape of every table.

There is no figure for "unlimited" and no default for what protects customers: a cap, quiet hours
and an expiry have to be written down. What rules share may stand once, under ``[defaults]``.
"""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import (
    AllowInfNan,
    AwareDatetime,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StringConstraints,
)

from api.surveys.definitions.conditions import SegmentEntry
from api.surveys.definitions.positions import Path
from api.surveys.definitions.shapes import Code, Definition, Localized, Table
from scheduler.planner import Channel, Compete, Holder, Over, Since

Clock = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
Until = Annotated[str, StringConstraints(pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$")]
Calendar = Annotated[str, StringConstraints(min_length=2, max_length=6)]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]  # of ISO 4217
Number = Annotated[StrictFloat, AllowInfNan(False)]  # takes whole numbers too
Share = Annotated[Number, Field(ge=0, le=1)]
WhenFull = Literal["hold", "drop"]
NO_HOLIDAYS = "none"


class CapEntry(Table):
    """The floor: at most ``count`` invitations of a person in any ``days`` days."""

    days: Annotated[StrictInt, Field(ge=1, le=3650)]
    count: Annotated[StrictInt, Field(ge=1, le=100)]
    not_for: tuple[Code, ...] = ()
    when_full: WhenFull = "hold"


class LimitEntry(CapEntry):
    """A further cap: whose invitations, counted since when, over what."""

    name: Code
    per: Holder = Holder.PERSON
    since: Since = Since.INVITATION
    over: Over = Over.EVERYTHING
    only: tuple[Code, ...] = ()


class WindowEntry(Table):
    """Hours in which messages may go, on some weekdays or on all."""

    days: Annotated[tuple[Weekday, ...], Field(min_length=1)] = WEEKDAYS
    start: Annotated[Clock, Field(alias="from")]
    end: Annotated[Until, Field(alias="to")]


class FallbackEntry(Table):
    """When the segment's next channel is tried."""

    undeliverable: StrictBool = True
    unopened_after_hours: Annotated[StrictInt, Field(ge=1, le=2160)] | None = None
    counts: StrictBool = False


class ReminderEntry(Table):
    """A message to who has not answered, so many days after the message before."""

    after_days: Annotated[StrictInt, Field(ge=1, le=60)]
    channel: Channel | None = None
    template: Code | None = None
    counts: StrictBool = False


class SamplingEntry(Table):
    """Asking some: until a branch's score is as sure as ``margin`` NPS points."""

    margin: Annotated[Number, Field(ge=1, le=100)]
    confidence: Annotated[Number, Field(ge=0.9, le=0.95)] = 0.9
    days: Annotated[StrictInt, Field(ge=7, le=366)] = 91


class LotEntry(Table):
    """Channels given by lot to a small share, so that what a channel does can be measured."""

    share: Annotated[Number, Field(gt=0, le=0.5)]
    channels: Annotated[tuple[Channel, ...], Field(min_length=2)]


class Shared(Table):
    """What a rule may leave to ``[defaults]``."""

    delay_hours: Annotated[StrictInt, Field(ge=0, le=8760)] | None = None
    max_age_days: Annotated[StrictInt, Field(ge=1, le=366)] | None = None
    expiry_days: Annotated[StrictInt, Field(ge=1, le=90)] | None = None
    quiet_hours: Annotated[tuple[Clock, ...], Field(min_length=2, max_length=2)] | None = None
    windows: Annotated[tuple[WindowEntry, ...] | None, Field(alias="window")] = None
    holidays: Calendar | None = None
    spread_minutes: Annotated[StrictInt, Field(ge=0, le=1440)] | None = None
    channels: dict[Code, tuple[Channel, ...]] | None = None
    templates: dict[Channel, Code] | None = None
    fallback: FallbackEntry | None = None
    reminders: Annotated[tuple[ReminderEntry, ...] | None, Field(alias="reminder")] = None


class RuleEntry(Shared):
    """How to ask after one touchpoint."""

    touchpoint: Code
    survey: Code
    priority: Annotated[StrictInt, Field(ge=0, le=1000)] = 0
    shares: dict[Code, Share] = Field(default_factory=dict)
    sampling: SamplingEntry | None = None
    lot: LotEntry | None = None


class WaveEntry(Table):
    """A survey to a segment: once or yearly on a day, or so long after an earlier event."""

    code: Code
    title: Localized | None = None
    touchpoint: Code
    segment: Code
    on: date | None = None
    months_after: Annotated[StrictInt, Field(ge=1, le=240)] | None = None
    anchor: Code | None = None
    yearly: StrictBool = False
    per_day: Annotated[StrictInt, Field(ge=1, le=1_000_000)] = 1000
    share: Annotated[Number, Field(gt=0, le=1)] = 1.0


class RulesFile(Definition):
    """One version of the rules."""

    effective_from: AwareDatetime
    compete: Compete = Compete.PRIORITY
    currency: Currency | None = None
    cap: CapEntry
    limits: Annotated[tuple[LimitEntry, ...], Field(alias="limit")] = ()
    segments: Annotated[tuple[SegmentEntry, ...], Field(alias="segment", min_length=1)]
    defaults: Shared = Shared()
    rules: Annotated[tuple[RuleEntry, ...], Field(alias="rule", min_length=1)]
    waves: Annotated[tuple[WaveEntry, ...], Field(alias="wave")] = ()
    costs: dict[Channel, Annotated[Number, Field(ge=0)]] = Field(default_factory=dict)

    @property
    def segment_names(self) -> list[str]:
        """The names of the segments, in their order."""
        return [segment.name for segment in self.segments]


class WholeRule(RuleEntry):
    """A rule with everything that it takes from the defaults."""

    delay_hours: int
    max_age_days: int
    expiry_days: int
    quiet_hours: tuple[str, ...]
    channels: dict[str, tuple[Channel, ...]]
    templates: dict[Channel, str]
    windows: tuple[WindowEntry, ...] = ()
    holidays: str = NO_HOLIDAYS
    spread_minutes: int = 0
    fallback: FallbackEntry = FallbackEntry()
    reminders: tuple[ReminderEntry, ...] = ()


NEEDED = tuple(name for name, field in WholeRule.model_fields.items() if field.is_required())
_KEY_BY_KEY = ("channels", "templates")


def lacking(file: RulesFile, entry: RuleEntry) -> list[str]:
    """What neither the rule nor the defaults say, although it has to be said."""
    given = _given(file, entry)
    return [name for name in NEEDED if name not in given]


def whole_rule(file: RulesFile, entry: RuleEntry) -> WholeRule:
    """The rule as it holds; the caller has seen that nothing is :func:`lacking`."""
    return WholeRule.model_validate(_given(file, entry))


def whole_rules(file: RulesFile) -> Sequence[WholeRule]:
    """Every rule as it holds."""
    return [whole_rule(file, entry) for entry in file.rules]


def path_of(file: RulesFile, number: int, *keys: str) -> Path:
    """Where ``keys`` of a rule are written: with the rule itself, or under the defaults."""
    own: Any = file.rules[number].model_dump(by_alias=True, exclude_none=True, mode="json")
    for key in keys:
        if not isinstance(own, dict) or key not in own:
            shared = file.defaults.model_dump(by_alias=True, exclude_none=True, mode="json")
            return ("defaults", *keys) if keys[0] in shared else ("rule", number, *keys)
        own = own[key]
    return ("rule", number, *keys)


def schema() -> dict[str, Any]:
    """The JSON Schema of a file of rules."""
    document = RulesFile.model_json_schema(by_alias=True)
    document["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    document["title"] = "Branchpulse rules of asking"
    return document


def _given(file: RulesFile, entry: RuleEntry) -> dict[str, Any]:
    """Everything that is said of a rule; its own word counts, tables key by key."""
    shared = _said(file.defaults)
    own = _said(entry)
    for name in _KEY_BY_KEY:
        if name in own and name in shared:
            own[name] = {**shared[name], **own[name]}
    return {**shared, **own}


def _said(table: Shared) -> dict[str, Any]:
    return {name: value for name, value in table if value is not None}
