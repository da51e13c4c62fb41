"""The mapping file: which column of a file is which field, checked before a row is read.

Owns the form of the TOML (``docs/mapping.schema.json`` is generated from it) and knows nothing of
files or tables. An unknown key is an error with its line.
"""

import codecs
import re
import tomllib
from collections.abc import Iterator
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from api.imports.toml_lines import key_lines, line_of, syntax_line
from api.imports.values import Reason, Refused, reason

Kind = Literal["units", "people", "customers", "events", "responses", "counts", "complaints"]
Scalar = str | int | float | bool

_SCALE = r"^(0-10|1-5|1-7|nps3)$"
_WORD = r"^[a-z][a-z0-9_]*$"


def _fault(key: str, **params: Any) -> PydanticCustomError:
    return PydanticCustomError("imports", "{key}", {"key": key, "params": params})


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise _fault("mapping_regex", regex=text, error=str(error)) from None
    return text


def _encoding(name: str) -> str:
    try:
        codec = codecs.lookup(name)
        ascii_safe = codec.encode("\n,")[0] == b"\n,"
    except (LookupError, ValueError, TypeError):
        raise _fault("mapping_encoding", encoding=name) from None
    if not ascii_safe:
        raise _fault("mapping_encoding", encoding=name)
    return "utf-8" if codec.name == "utf-8-sig" else codec.name


def _zone(name: str) -> str:
    if name not in available_timezones():
        near = get_close_matches(name, available_timezones(), n=1)
        raise _fault("unknown_zone", zone=name, near=near[0] if near else "Asia/Shanghai")
    return name


Pattern = Annotated[str, AfterValidator(_pattern)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, validate_by_alias=True)


class Column(_Table):
    """Where a field comes from (a column, or one value for all rows) and how it is read."""

    from_: str | None = Field(None, alias="from", description="Heading of the column in the file.")
    value: Scalar | None = Field(None, description="The same value for every row.")
    format: str | None = Field(None, description="Form of a date or time, as strptime reads it.")
    map: dict[str, Scalar] | None = Field(
        None, description='What stands in the file → what it means; "" means no value.'
    )
    regex: Pattern | None = Field(
        None, description="The part to take: the first group, or the whole match."
    )
    default: Scalar | None = Field(None, description="Taken where the cell is empty.")

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.from_ is None) == (self.value is None):
            raise _fault("mapping_from_or_value")
        return self


class Units(_Table):
    """The way from the network down to the branch, each level with its source."""

    path: list[tuple[str, str]] = Field(
        min_length=2,
        description='[level, source] from the top; source is a column or field, or "value": '
        "the constant in [columns.<level>].",
    )
    create: bool = Field(False, description="Whether units that are not there yet are made.")

    @property
    def levels(self) -> list[str]:
        """The words of the levels, from the top."""
        return [level for level, _ in self.path]


class Metric(_Table):
    """One score: a value in each row, or bands of a count of answers."""

    code: str = Field(pattern=_WORD)
    scale: str = Field(pattern=_SCALE, description="0-10, 1-5, 1-7, or bands: nps3.")
    from_: str | None = Field(None, alias="from", description="Column or field with the value.")
    map: dict[str, int | Literal[""]] | None = Field(
        None, description='Label → point of the scale; "" means no answer.'
    )
    detractors: str | None = None
    passives: str | None = None
    promoters: str | None = None
    of: str | None = Field(None, description="Column with the number of answers.")
    unit: Literal["percent", "count"] = "percent"
    name_zh: str | None = Field(None, description="The metric's name in Chinese, if it is new.")
    name_en: str | None = Field(None, description="The metric's name in English, if it is new.")

    @model_validator(mode="after")
    def _value_or_bands(self) -> Self:
        bands = (self.detractors, self.passives, self.promoters)
        given = sum(band is not None for band in bands)
        if (self.from_ is not None) == (given > 0) or given in {1, 2}:
            raise _fault("mapping_from_or_bands", code=self.code)
        if given and self.scale != "nps3":
            raise _fault("mapping_bands_scale", code=self.code, scale=self.scale)
        if given and self.unit == "percent" and self.of is None:
            raise _fault("mapping_bands_of", code=self.code)
        return self

    @property
    def bands(self) -> tuple[str, str, str] | None:
        """The columns of detractors, passives and promoters, if the metric is given in bands."""
        if self.detractors is None or self.passives is None or self.promoters is None:
            return None
        return self.detractors, self.passives, self.promoters

    @property
    def points(self) -> tuple[int, int]:
        """The lowest and the highest point of the scale."""
        if self.scale == "nps3":
            return -1, 1
        low, high = self.scale.split("-")
        return int(low), int(high)


class Period(_Table):
    """The span that counts belong to: a date for all rows, or a column."""

    from_: str | date = Field(alias="from", description="First day: a date, or a column.")
    to: str | date = Field(description="Last day, included: a date, or a column.")
    format: str | None = None


class Key(_Table):
    """What makes a row the same row when it comes again."""

    external_id: str | list[str] = Field(
        description="A column or field; or several, of which all together tell rows apart."
    )

    @property
    def parts(self) -> list[str]:
        """The sources of the key, in order."""
        return [self.external_id] if isinstance(self.external_id, str) else self.external_id


class SkipWhen(_Table):
    """Rows to leave out: their number is reported, the rest is written."""

    column: str
    equals: str | None = Field(None, description="The whole cell; empty for an empty cell.")
    matches: Pattern | None = Field(None, description="A regular expression found in the cell.")

    @model_validator(mode="after")
    def _one_test(self) -> Self:
        if (self.equals is None) == (self.matches is None):
            raise _fault("mapping_equals_or_matches")
        return self


class Mapping(_Table):
    """A mapping file."""

    kind: Kind
    encoding: Annotated[str, AfterValidator(_encoding)] = "utf-8"
    delimiter: str = Field(",", min_length=1, max_length=1)
    timezone: Annotated[str, AfterValidator(_zone)] | None = None
    columns: dict[str, Column] = Field(default_factory=dict)
    units: Units | None = None
    metrics: list[Metric] = Field(default_factory=list)
    period: Period | None = None
    key: Key | None = None
    skip_when: list[SkipWhen] = Field(default_factory=list)

    @property
    def zone(self) -> ZoneInfo | None:
        """The zone of times without one."""
        return ZoneInfo(self.timezone) if self.timezone else None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        _needs(self)
        _levels_have_values(self)
        return self


_NEEDS: dict[Kind, tuple[str, ...]] = {
    "units": (),
    "people": (),
    "customers": (),
    "events": (),
    "responses": ("units", "metrics"),
    "counts": ("units", "metrics", "period"),
    "complaints": ("units",),
}


def _needs(mapping: Mapping) -> None:
    for table in _NEEDS[mapping.kind]:
        if not getattr(mapping, table):
            raise _fault("mapping_needs", kind=mapping.kind, table=table)
    for table in ("units", "metrics", "period"):
        if getattr(mapping, table) and table not in _NEEDS[mapping.kind]:
            raise _fault("mapping_useless", kind=mapping.kind, table=table)
    for metric in mapping.metrics:
        if (metric.bands is None) == (mapping.kind == "counts"):
            raise _fault("mapping_metric_kind", kind=mapping.kind, code=metric.code)
    codes = [metric.code for metric in mapping.metrics]
    if len(set(codes)) < len(codes):
        raise _fault("mapping_metric_twice", code=max(codes, key=codes.count))


def _levels_have_values(mapping: Mapping) -> None:
    for level, source in mapping.units.path if mapping.units else []:
        column = mapping.columns.get(level)
        if source == "value" and (column is None or column.value is None):
            raise _fault("mapping_level_value", level=level)


def load_mapping(path: Path, kind: str | None = None) -> Mapping:
    """The mapping in ``path``; refused with file and line when it is not one (of that ``kind``)."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise Refused(str(path), None, None, reason("no_file")) from None
    except (OSError, UnicodeDecodeError):
        raise Refused(str(path), None, None, reason("mapping_unreadable")) from None
    mapping = parse_mapping(text, path.name)
    if kind is not None and mapping.kind != kind:
        line = line_of(key_lines(text), ("kind",))
        why = reason("mapping_other_kind", found=mapping.kind, wanted=kind)
        raise Refused(path.name, line, None, why)
    return mapping


def parse_mapping(text: str, name: str) -> Mapping:
    """The mapping in ``text``; ``name`` is the file's, for the message."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        why = reason("mapping_syntax", error=str(error))
        raise Refused(name, syntax_line(error), None, why) from None
    try:
        return Mapping.model_validate(table)
    except ValidationError as error:
        lines = key_lines(text)
        first = min(error.errors(), key=lambda fault: line_of(lines, fault["loc"]))
        raise Refused(name, line_of(lines, first["loc"]), None, _why(first)) from None


def schema() -> dict[str, Any]:
    """The JSON Schema of a mapping file."""
    document = Mapping.model_json_schema(by_alias=True)
    document["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    document["title"] = "Branchpulse mapping file"
    return document


def _why(fault: ErrorDetails) -> Reason:
    where = ".".join(str(part) for part in fault["loc"])
    if fault["type"] == "imports":
        return reason(fault["ctx"]["key"], **fault["ctx"]["params"])
    if fault["type"] == "extra_forbidden":
        allowed = sorted(_allowed(fault["loc"][:-1]))
        near = get_close_matches(str(fault["loc"][-1]), allowed, n=1)
        known = ", ".join(allowed)
        if near:
            return reason("mapping_unknown_key_near", name=where, near=near[0], known=known)
        return reason("mapping_unknown_key", name=where, known=known)
    if fault["type"] == "missing":
        return reason("mapping_missing_key", name=where)
    return reason("mapping_bad_value", name=where, error=fault["msg"])


def _allowed(path: tuple[str | int, ...]) -> Iterator[str]:
    """The keys that the table at ``path`` may hold."""
    tables: dict[str, type[_Table]] = {
        "columns": Column, "units": Units, "metrics": Metric,
        "period": Period, "key": Key, "skip_when": SkipWhen,
    }  # fmt: skip
    model = tables[str(path[0])] if path else Mapping
    for name, field in model.model_fields.items():
        yield field.alias or name
