"""What a report is made of: sections with sentences, charts, tables and quotations.

Values without a language: words are keys of the catalogue `files`, numbers carry what they are.
Pure; knows no file format.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from api.insights.periods import Period
from api.security.hierarchy import Node

Format = Literal["pdf", "pptx", "xlsx"]
FORMATS: tuple[Format, ...] = ("pdf", "pptx", "xlsx")
Kind = Literal["score", "points", "mark", "shift", "share", "count", "hours"]


@dataclass(frozen=True, slots=True)
class Amount:
    """A number that knows what it is; None is not known, or not told."""

    value: float | None
    kind: Kind


@dataclass(frozen=True, slots=True)
class Names:
    """What something is called in both languages."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Said:
    """Words of the catalogue `files`, with what is put into them."""

    key: str
    values: Mapping[str, "Value"] = field(default_factory=dict)


Value = Said | Amount | Names | Node | Period | date | datetime | int | str | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its head, and whether its numbers are drawn to the right."""

    head: Said
    kind: Literal["text", "number"] = "number"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under columns. A page shows the first ``shown`` and the last; a workbook all."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]
    shown: int = 24


@dataclass(frozen=True, slots=True)
class Point:
    """One value of a chart with its interval; ``at`` is a day or what the line is called."""

    at: Value
    value: float | None
    low: float | None = None
    high: float | None = None
    n: int | None = None
    besides: float | None = None  # the value that it is compared with
    marked: bool = False  # clearly off, or this report's own unit


@dataclass(frozen=True, slots=True)
class Chart:
    """A figure: a line over weeks, values with intervals, or the parts of a whole.

    ``kind`` is of the numbers. ``line`` is drawn across, called ``line_name``.
    """

    shape: Literal["trend", "intervals", "bars"]
    kind: Kind
    name: Said
    points: tuple[Point, ...]
    besides_name: Said | None = None
    line: float | None = None
    line_name: Said | None = None
    note: Said | None = None


@dataclass(frozen=True, slots=True)
class Quote:
    """What a customer wrote, redacted when it was stored; who wrote it is not told."""

    text: str
    unit: Node
    touchpoint: Names
    on: date
    score: int | None


@dataclass(frozen=True, slots=True)
class Section:
    """One part of a report; its title says what was found."""

    code: str
    title: Said
    sentences: tuple[Said, ...] = ()
    chart: Chart | None = None
    tables: tuple[Table, ...] = ()
    quotes: tuple[Quote, ...] = ()


@dataclass(frozen=True, slots=True)
class ReportContent:
    """All that a report of one unit and period says, in no language yet.

    ``findings`` stand first, the most important one at the top. The last section tells the methods
    and the numbers of answers, so that there is no empty report.
    """

    unit: Node
    period: Period
    metric: str
    made_at: datetime
    as_of: datetime
    timezone: str
    findings: tuple[Said, ...]
    sections: tuple[Section, ...]
    figures: tuple[tuple[Said, Value, Said | None], ...] = ()  # numbers to see at one glance
