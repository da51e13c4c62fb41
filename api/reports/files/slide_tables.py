"""Tables of a presentation: as wide as their words need, as long as a slide is high.

A slide does not tell how high its text is set: it is judged by the letters, rather too high.
"""

from collections.abc import Sequence
from math import ceil
from typing import Any

from pptx.util import Emu, Inches, Pt

from api.core.languages import Language, say
from api.reports.content.blocks import Table
from api.reports.content.telling import tell, text_width

MOST_ROWS = 14
_LETTER, _LINE, _EDGES, _MARGIN = 0.09, 0.19, 0.2, 0.09  # inches, at the size of tables
_SIZE = Pt(11)
_WHOLE, _WIDEST = 16, 44  # letters: up to here a cell is not broken; beyond, always


class Grid:
    """A table in a language, as far as a slide shows it: its first rows and its last."""

    def __init__(self, table: Table, language: Language, width: int, height: int) -> None:
        self.table, self.language = table, language
        most = min(len(table.rows), MOST_ROWS)
        while True:
            self.rows = table.rows
            if most < len(table.rows):
                self.rows = (*table.rows[: most - most // 2], *table.rows[-(most // 2) :])
            self.texts = [
                [tell(one.head, language) for one in table.columns],
                *([tell(value, language) for value in row] for row in self.rows),
            ]
            if most <= 2 or self.height(width) <= height:
                break
            most -= 1

    @property
    def _least(self) -> list[float]:
        """Inches that each column needs for no word or number to be broken."""
        return [_inches(max(map(_unbroken, column))) for column in zip(*self.texts, strict=True)]

    @property
    def _wanted(self) -> list[float]:
        """Inches in which each column stands on one line, unless it is very long."""
        widest = (max(map(text_width, column)) for column in zip(*self.texts, strict=True))
        return [
            max(least, _inches(min(wide, _WIDEST)))
            for least, wide in zip(self._least, widest, strict=True)
        ]

    def _widths(self, width: int) -> list[float]:
        """Inches of each column in a table of ``width``."""
        whole, least, wanted = Emu(width).inches, self._least, self._wanted
        if sum(wanted) <= whole:
            return [one * whole / sum(wanted) for one in wanted]
        if sum(least) >= whole:
            return [one * whole / sum(least) for one in least]
        share = (whole - sum(least)) / (sum(wanted) - sum(least))
        return [low + share * (high - low) for low, high in zip(least, wanted, strict=True)]

    def _heights(self, width: int) -> list[float]:
        widths = self._widths(width)
        return [_MARGIN + _LINE * max(map(_lines, row, widths)) for row in self.texts]

    def height(self, width: int) -> int:
        """How high the table is in a width, with what is said below it."""
        more = 0.3 if len(self.rows) < len(self.table.rows) else 0
        return int(Inches(sum(self._heights(width)) + more))

    def fits(self, width: int, height: int) -> bool:
        """Whether it stands in a place without a broken word."""
        return sum(self._least) <= Emu(width).inches and self.height(width) <= height

    @property
    def more(self) -> str | None:
        """How many rows are not shown."""
        left = len(self.table.rows) - len(self.rows)
        return say("files.more_rows", self.language, n=left) if left else None

    def draw(self, slide: Any, place: Sequence[int]) -> None:
        """Puts it onto a slide at ``place`` (left, top, width)."""
        columns, heights = self.table.columns, self._heights(place[2])
        size = (len(self.texts), len(columns))
        drawn = slide.shapes.add_table(*size, *place, Inches(sum(heights))).table
        for at, width in enumerate(self._widths(place[2])):
            drawn.columns[at].width = Inches(width)
        for number, (row, height) in enumerate(zip(self.texts, heights, strict=True)):
            drawn.rows[number].height = Inches(height)
            for at, text in enumerate(row):
                _write(drawn.cell(number, at), text, right=columns[at].kind == "number")


def _inches(letters: float) -> float:
    return letters * _LETTER + _EDGES


def _unbroken(text: str) -> int:
    """Letters of its longest piece that must stay whole; Chinese may be broken anywhere."""
    wide = text_width(text)
    if wide <= _WHOLE and not text[:1].isalpha():
        return wide
    return max((min(text_width(word), _WHOLE) for word in text.split(" ")), default=0)


def _lines(text: str, inches: float) -> int:
    return max(1, ceil(text_width(text) * _LETTER / max(inches - _EDGES, _LETTER)))


def _write(cell: Any, text: str, *, right: bool) -> None:
    cell.text = text
    cell.margin_top = cell.margin_bottom = Inches(0.03)
    cell.margin_left = cell.margin_right = Inches(0.07)
    paragraph = cell.text_frame.paragraphs[0]
    paragraph.font.size = _SIZE
    if right:
        paragraph.alignment = 3
