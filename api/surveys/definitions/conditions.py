"""Segments as they stand in the file of rules: conditions in words, and as the planner takes them.

A value, a list of values, or a range ``{ from = 18, below = 35 }``; all of ``where`` and none of
``unless``. What is not known of a customer satisfies neither.
"""

from collections.abc import Iterator, Mapping
from math import isfinite
from typing import Annotated, Any, Self

from pydantic import (
    BeforeValidator,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    StringConstraints,
    model_validator,
)
from pydantic_core import PydanticCustomError

from api.surveys.definitions.positions import Path
from api.surveys.definitions.problems import Finding
from api.surveys.definitions.shapes import Code, Localized, Table, repeated
from scheduler.planner import Condition, Segment

Value = StrictStr | StrictBool | StrictInt | StrictFloat
Attribute = Annotated[str, StringConstraints(pattern=r"^[^\s.]{1,64}$")]
_NUMBERS = frozenset({"age"})
_YES_OR_NO = frozenset({"returning", "lead"})


class Span(Table):
    """Numbers from ``from`` on, up to but not including ``below``; either may be left out."""

    low: Annotated[StrictFloat | None, Field(alias="from")] = None
    below: StrictFloat | None = None


class Wanted(Table):
    """What one field has to be: one of ``values``, or a number within a span."""

    values: Annotated[tuple[Value, ...], Field(min_length=1)] | None = None
    low: Annotated[StrictFloat | None, Field(alias="from")] = None
    below: StrictFloat | None = None

    def condition(self, field: str, *, negated: bool) -> Condition:
        """As the planner takes it."""
        values = None if self.values is None else frozenset(self.values)
        return Condition(field, values, low=self.low, below=self.below, negated=negated)


def _spelled_out(given: Any) -> Any:
    """``"x"``, ``["x", "y"]`` and ``{ from = 1 }`` as one shape; anything else is refused."""
    if isinstance(given, Wanted):
        return given
    if isinstance(given, dict):
        if set(given) == {"values"}:
            return _spelled_out(given["values"])
        if given and set(given) <= {"from", "below"} and all(map(_number, given.values())):
            return given
    elif isinstance(given, list | tuple):
        if given and all(isinstance(one, str | bool | int | float) for one in given):
            return {"values": given}
    elif isinstance(given, str | bool | int | float):
        return {"values": [given]}
    raise PydanticCustomError("condition", "no condition")


def _number(given: Any) -> bool:
    return isinstance(given, int | float) and not isinstance(given, bool) and isfinite(given)


Asked = Annotated[
    Wanted, BeforeValidator(_spelled_out, json_schema_input_type=Value | tuple[Value, ...] | Span)
]


class Conditions(Table):
    """What is asked of an event and its customer; ``customer`` and ``event`` hold attributes."""

    age: Asked | None = None
    value_tier: Asked | None = None
    language: Asked | None = None
    returning: Asked | None = None
    lead: Asked | None = None
    model_line: Asked | None = None
    brand: Asked | None = None
    owner_group: Asked | None = None
    city_tier: Asked | None = None
    touchpoint: Asked | None = None
    branch: Asked | None = None
    customer: dict[Attribute, Asked] = Field(default_factory=dict)
    event: dict[Attribute, Asked] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _asks_something(self) -> Self:
        if not self.asked():
            raise PydanticCustomError("no_conditions", "no conditions")
        return self

    def asked(self) -> dict[Path, Wanted]:
        """Every condition under the path of its key within the table."""
        found: dict[Path, Wanted] = {}
        for name in type(self).model_fields:
            given = getattr(self, name)
            if isinstance(given, Wanted):
                found[(name,)] = given
            elif isinstance(given, dict):
                found.update({(name, key): wanted for key, wanted in given.items()})
        return found


class SegmentEntry(Table):
    """A named predicate; the first in the file that takes a customer counts."""

    name: Code
    title: Localized | None = None
    where: Conditions | None = None
    unless: Conditions | None = None

    @property
    def takes_all(self) -> bool:
        """Whether it asks nothing, and so takes everybody who is left."""
        return self.where is None and self.unless is None

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """All that has to hold, as the planner takes it."""
        return (*_conditions(self.where, negated=False), *_conditions(self.unless, negated=True))

    @property
    def segment(self) -> Segment:
        """As the planner takes it."""
        titles = self.title.model_dump() if self.title else None
        return Segment(self.name, self.conditions, titles)


def check_segments(segments: tuple[SegmentEntry, ...]) -> Iterator[Finding]:
    """Everything that is wrong with the segments of one file."""
    names = repeated(segment.name for segment in segments)
    seen: dict[frozenset[Condition], str] = {}
    for number, segment in enumerate(segments):
        path: Path = ("segment", number)
        if segment.name in names:
            yield Finding((*path, "name"), "repeated", {"code": segment.name})
        if segment.takes_all != (number == len(segments) - 1):
            yield Finding(path, "last_takes_all")
        asked = frozenset(segment.conditions)
        if asked and seen.setdefault(asked, segment.name) != segment.name:
            yield Finding(path, "takes_nobody", {"segment": seen[asked]})
        for part, conditions in (("where", segment.where), ("unless", segment.unless)):
            for key, wanted in (conditions.asked() if conditions else {}).items():
                yield from _wanted((*path, part, *key), wanted)


def touchpoints_asked(segment: SegmentEntry) -> Mapping[Path, list[str]]:
    """The touchpoints that the conditions name, by the path within the segment."""
    found: dict[Path, list[str]] = {}
    for part, conditions in (("where", segment.where), ("unless", segment.unless)):
        wanted = conditions.touchpoint if conditions else None
        if wanted is not None:
            found[(part, "touchpoint")] = [str(one) for one in wanted.values or ()]
    return found


def _conditions(table: Conditions | None, *, negated: bool) -> Iterator[Condition]:
    for path, wanted in (table.asked() if table else {}).items():
        yield wanted.condition(".".join(map(str, path)), negated=negated)


def _wanted(path: Path, wanted: Wanted) -> Iterator[Finding]:
    if wanted.low is not None and wanted.below is not None and wanted.low >= wanted.below:
        yield Finding(path, "empty_span", {"low": wanted.low})
    field = path[-1] if len(path) == 4 else "attribute"
    values = wanted.values or ()
    if field in _YES_OR_NO and (not values or not all(isinstance(one, bool) for one in values)):
        yield Finding(path, "yes_or_no")
    elif field in _NUMBERS and not all(map(_number, values)):
        yield Finding(path, "number_wanted")
    elif field not in {*_NUMBERS, *_YES_OR_NO, "attribute"} and (
        not values or not all(isinstance(one, str) for one in values)
    ):
        yield Finding(path, "text_wanted")
