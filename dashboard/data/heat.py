"""A table of two dimensions as pages show it: each cell with its words, its tone and its way on.

Puts words to `api.insights.explore`; computes no number.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from api.insights.explore.dimensions import Dimension, Value
from api.insights.explore.service import Cell, Table
from api.insights.figures import NOTHING, Figure
from dashboard.data.periods import days_text
from dashboard.data.rule_words import channel_word
from dashboard.data.segments import segment_name
from dashboard.data.sitting import Sitting
from dashboard.numbers import Metric, count

Way = Callable[[Value, Value], str | None]
"""Where a cell leads, by its row and its column."""
MOST_DRAWN = 1_200  # cells: with more, a picture of them is neither quick nor read


@dataclass(frozen=True)
class Head:
    """The head of a row or column; ``group`` is what neighbours share, a journey stage."""

    name: str
    href: str | None = None
    group: str | None = None


@dataclass(frozen=True)
class Square:
    """One cell: its score, range and answers in words; ``strength`` 0..1 is how far it is apart.

    ``tone`` is ``up``, ``down`` or nothing; ``clear`` when that is more than chance.
    """

    score: str
    range: str
    answers: str
    label: str
    href: str | None = None
    tone: str = ""
    strength: float = 0.0
    clear: bool = False


@dataclass(frozen=True)
class Line:
    """One row of the table with its total."""

    head: Head
    squares: list[Square]
    total: Square | None


@dataclass(frozen=True)
class Heat:
    """The table; ``whole`` is the row of all rows together, ``left_out`` rows that do not fit."""

    corner: str
    columns: list[Head]
    lines: list[Line]
    whole: Line | None
    left_out: int = 0
    compared: bool = False


def named(sitting: Sitting, dimension: Dimension, value: Value) -> str:
    """A value in words."""
    say = sitting.say
    if value.days is not None:
        first = value.days.start
        month = say("dashboard.months").split()[first.month - 1]
        return say(f"explore.{dimension}", year=first.year, month=month, day=first.day)
    if dimension is Dimension.CHANNEL:
        return channel_word(value.key, say)
    if dimension is Dimension.LANGUAGE:
        return say(f"dashboard.language.{value.key}")
    if dimension is Dimension.SEGMENT:
        return segment_name(sitting, value.key)
    return value.name(sitting.language)


def fully_named(sitting: Sitting, dimension: Dimension, value: Value) -> str:
    """A value in words that stand alone: days as first and last."""
    if value.days is not None:
        return days_text(sitting.say, value.days)
    return named(sitting, dimension, value)


def heat(
    sitting: Sitting,
    found: Table,
    metric: Metric,
    *,
    rows: Callable[[Value], Head],
    columns: Callable[[Value], Head],
    way: Way,
) -> Heat:
    """The table in words; as many rows as can be drawn."""
    drawn = max(MOST_DRAWN // max(len(found.columns), 1), 1)
    above = [columns(one) for one in found.columns]
    lines = []
    for value, cells, total in zip(found.rows[:drawn], found.cells, found.row_totals, strict=False):
        head = rows(value)
        names = [sitting.say("explore.both", row=head.name, column=one.name) for one in above]
        ways = [way(value, of) for of in found.columns]
        plain = [
            _plain(sitting, metric, cell.figure, name)
            for cell, name in zip(cells, names, strict=True)
        ]
        marked = _Marks(sitting, metric, _furthest(found))
        squares = [marked(*one) for one in zip(plain, cells, ways, strict=True)]
        whole = _plain(sitting, metric, total, head.name) if len(above) > 1 else None
        lines.append(Line(head, squares, whole))
    return Heat(
        corner=heads(sitting, found)[0],
        columns=above,
        lines=lines,
        whole=_whole(sitting, metric, found, above) if len(found.rows) > 1 else None,
        left_out=max(len(found.rows) - drawn, 0),
        compared=found.compared > 0,
    )


def heads(sitting: Sitting, found: Table) -> tuple[str, str]:
    """What rows and columns are called."""
    rows, columns = (sitting.say(f"explore.dimension.{one}") for one in found.asked.both)
    return rows, columns


def _furthest(found: Table) -> float:
    return max((abs(cell.apart or 0.0) for line in found.cells for cell in line), default=0.0)


def _whole(sitting: Sitting, metric: Metric, found: Table, above: Sequence[Head]) -> Line:
    all_of = sitting.say("explore.all")
    return Line(
        Head(all_of),
        [
            _plain(sitting, metric, figure, head.name)
            for figure, head in zip(found.column_totals, above, strict=True)
        ],
        _plain(sitting, metric, found.whole, all_of) if len(above) > 1 else None,
    )


@dataclass(frozen=True)
class _Marks:
    """Puts into a cell how far it is from the rest of its column, and where it leads."""

    sitting: Sitting
    metric: Metric
    furthest: float

    def __call__(self, plain: Square, cell: Cell, href: str | None) -> Square:
        if cell.figure == NOTHING:
            return plain
        if cell.apart is None or not self.furthest:
            return replace(plain, href=href)
        tone = "up" if cell.apart > 0 else "down"
        verdict = f"explore.{'clear' if cell.clear else 'unclear'}_{tone}"
        words = self.sitting.say(verdict, points=self.metric.text(abs(cell.apart)))
        return replace(
            plain,
            href=href,
            label=self.sitting.say("explore.label_and", label=plain.label, words=words),
            tone=tone,
            strength=round(abs(cell.apart) / self.furthest, 3),
            clear=cell.clear,
        )


def _plain(sitting: Sitting, metric: Metric, figure: Figure, name: str) -> Square:
    say = sitting.say
    if figure == NOTHING:
        return Square("", "", "", say("explore.label_none", name=name))
    if figure.score is None:
        known = "explore.label_few" if figure.n else "explore.label_hidden"
        answers = "" if figure.n is None else say("explore.n", n=count(figure.n))
        return Square("\u2013", "", answers, say(known, name=name, n=count(figure.n)))
    low, high = metric.range_texts(figure.low, figure.high)
    told = {"n": count(figure.n), "score": metric.text(figure.score), "low": low, "high": high}
    return Square(
        score=told["score"],
        range=say("explore.range", low=low, high=high),
        answers=say("explore.n", n=told["n"]),
        label=say("explore.label", name=name, **told),
    )


def listed(sitting: Sitting, found: Table) -> list[dict[str, Any]]:
    """Every cell as a row of its own, to be sorted and taken along."""
    by_row, by_column = found.asked.both
    columns = [fully_named(sitting, by_column, one) for one in found.columns]
    return [
        {
            "key": f"{value.key}|{of.key}",
            "row": fully_named(sitting, by_row, value),
            "column": name,
            "n": cell.figure.n,
            "score": cell.figure.score,
            "low": cell.figure.low,
            "high": cell.figure.high,
            "apart": cell.apart,
            "clear": _verdict(sitting, cell),
        }
        for value, cells in zip(found.rows, found.cells, strict=True)
        for of, name, cell in zip(found.columns, columns, cells, strict=True)
        if cell.figure != NOTHING
    ]


def _verdict(sitting: Sitting, cell: Cell) -> str | None:
    if cell.apart is None:
        return None
    if not cell.clear:
        return sitting.say("explore.verdict.noise")
    return sitting.say(f"explore.verdict.{'up' if cell.apart > 0 else 'down'}")
