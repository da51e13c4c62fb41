"""A report as a presentation: one finding a slide, native text, tables and charts to be edited."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.enum.text import MSO_ANCHOR
from pptx.util import Emu, Inches, Pt

from api.core.languages import Language, say
from api.reports.content.blocks import Quote, ReportContent, Said, Section, Table, Value
from api.reports.content.telling import tell, text_width
from api.reports.files.colours import ACCENT, ACCENT_SOFT, INK, MUTED
from api.reports.files.native_charts import add_chart

WIDE, HIGH = Inches(13.333), Inches(7.5)
EDGE, TOP = Inches(0.6), Inches(1.45)
WITHIN = Emu(WIDE - 2 * EDGE)
LEFT, RIGHT = Inches(4.3), Inches(5.1)
REST, FULL = Emu(WIDE - EDGE - RIGHT), Inches(5.5)
MOST_ROWS, MOST_BESIDE = 14, 7
_TITLE_ONLY = 5  # layout of the library's own template


def render_pptx(content: ReportContent, language: Language) -> bytes:
    """The report as a presentation."""
    deck = Presentation()
    deck.slide_width, deck.slide_height = WIDE, HIGH
    _use_fonts(deck)
    deck.core_properties.title = tell(content.unit, language)
    deck.core_properties.author = "Branchpulse"
    writer = _Deck(deck, content, language)
    writer.first()
    for section in content.sections:
        writer.section(section)
    written = io.BytesIO()
    deck.save(written)
    return written.getvalue()


def _use_fonts(deck: Any) -> None:
    """Chinese signs in a font that presentations are shown with."""
    for rel in deck.slide_masters[0].part.rels.values():
        if rel.reltype.endswith("/theme"):
            part = rel.target_part
            chinese = part.blob.replace(
                b'<a:ea typeface=""/>', b'<a:ea typeface="Microsoft YaHei"/>'
            )
            part._blob = chinese.replace(b"4F81BD", ACCENT[1:].encode())


@dataclass(frozen=True)
class _Deck:
    """A presentation while it is written."""

    deck: Any
    content: ReportContent
    language: Language

    def first(self) -> None:
        """The unit, its numbers, and what was found."""
        slide = self._slide(self.content.unit)
        self._lines(
            slide, [self.content.period], (EDGE, Inches(1.05), WITHIN, Inches(0.4)), 16, MUTED
        )
        width = Emu(WITHIN // len(self.content.figures))
        for place, (label, value, note) in enumerate(self.content.figures):
            left = Emu(EDGE + place * width)
            self._tile(slide, (label, value, note), left, Emu(width - Inches(0.2)))
        frame = (EDGE, Inches(3.6), WITHIN, Inches(3.2))
        self._lines(slide, self.content.findings, frame, 18, INK, bullets=True)

    def section(self, section: Section) -> None:
        """A slide with what was found, and further ones for tables that do not fit beside it."""
        slide = self._slide(section.title)
        if section.quotes:
            self._quotes(slide, section.quotes)
            return
        if section.code in ("methods", "next"):
            self._whole_width(slide, section)
            return
        self._lines(slide, section.sentences, (EDGE, TOP, LEFT, FULL), 15, INK, bullets=True)
        tables = list(section.tables)
        beside = tables.pop(0) if tables and len(tables[0].rows) <= MOST_BESIDE else None
        top = TOP
        if section.chart is not None:
            height = FULL if beside is None else Inches(3.2)
            add_chart(slide, section.chart, self.language, (RIGHT, TOP, REST, height))
            top = TOP if beside is None else Emu(TOP + height + Inches(0.15))
        if beside is not None:
            self._table(slide, beside, (RIGHT, top, REST))
        for table in tables:
            self._table(self._slide(section.title), table, (EDGE, TOP, WITHIN))

    def _whole_width(self, slide: Any, section: Section) -> None:
        """Many sentences, and a table below them."""
        size, height = (18, FULL) if section.code == "next" else (11, Inches(3.5))
        frame = (EDGE, TOP, WITHIN, height)
        self._lines(slide, section.sentences, frame, size, INK, bullets=True)
        for table in section.tables:
            self._table(slide, table, (EDGE, Inches(4.95), WITHIN))

    def _slide(self, title: Value) -> Any:
        slide = self.deck.slides.add_slide(self.deck.slide_layouts[_TITLE_ONLY])
        box = slide.shapes.title
        box.left, box.top, box.width, box.height = EDGE, Inches(0.35), WITHIN, Inches(0.85)
        frame = box.text_frame
        frame.text = tell(title, self.language)
        frame.vertical_anchor = MSO_ANCHOR.MIDDLE
        frame.word_wrap = True
        paragraph = frame.paragraphs[0]
        paragraph.alignment = 1
        paragraph.font.size = Pt(28 if len(frame.text) < 60 else 22)
        paragraph.font.color.rgb = _colour(ACCENT)
        foot = (
            f"{tell(self.content.unit, self.language)} · {tell(self.content.period, self.language)}"
        )
        self._lines(slide, [foot], (EDGE, Inches(7.05), WITHIN, Inches(0.3)), 10, MUTED)
        return slide

    def _lines(
        self,
        slide: Any,
        lines: Sequence[Value],
        frame: Sequence[Emu],
        size: int,
        colour: str,
        *,
        bullets: bool = False,
    ) -> None:
        text = slide.shapes.add_textbox(*frame).text_frame
        text.word_wrap = True
        for place, line in enumerate(lines):
            paragraph = text.paragraphs[0] if place == 0 else text.add_paragraph()
            paragraph.text = ("• " if bullets else "") + tell(line, self.language)
            paragraph.font.size, paragraph.font.color.rgb = Pt(size), _colour(colour)
            paragraph.space_after = Pt(size * 0.5)

    def _tile(
        self, slide: Any, told: tuple[Said, Value, Said | None], left: Emu, width: Emu
    ) -> None:
        box = slide.shapes.add_shape(1, left, Inches(1.7), width, Inches(1.6))
        box.fill.solid()
        box.fill.fore_color.rgb = _colour(ACCENT_SOFT)
        box.line.fill.background()
        box.shadow.inherit = False
        text = box.text_frame
        text.vertical_anchor = MSO_ANCHOR.MIDDLE
        sizes, colours = (13, 34, 13), (MUTED, INK, MUTED)
        for place, value in enumerate(told):
            paragraph = text.paragraphs[0] if place == 0 else text.add_paragraph()
            paragraph.text = tell(value, self.language) if value is not None else ""
            paragraph.alignment = 1
            paragraph.font.size = Pt(sizes[place])
            paragraph.font.color.rgb = _colour(colours[place])

    def _table(self, slide: Any, table: Table, frame: Sequence[Emu]) -> None:
        rows = table.rows
        if len(rows) > MOST_ROWS:
            rows = (*rows[: MOST_ROWS // 2], *rows[-MOST_ROWS // 2 :])
            left = say("files.more_rows", self.language, n=len(table.rows) - len(rows))
            self._lines(slide, [left], (EDGE, Inches(6.7), WITHIN, Inches(0.3)), 11, MUTED)
        places = range(len(table.columns))
        height = Inches(0.32 * (len(rows) + 1))
        shape = slide.shapes.add_table(len(rows) + 1, len(table.columns), *frame, height)
        for place, column in enumerate(table.columns):
            self._cell(shape.table.cell(0, place), column.head, column.kind)
            for number, row in enumerate(rows, 1):
                self._cell(shape.table.cell(number, place), row[place], column.kind)
        shown = [tuple(one.head for one in table.columns), *rows]
        wide = [max(text_width(tell(row[at], self.language)) for row in shown) + 3 for at in places]
        for at in places:
            shape.table.columns[at].width = Emu(frame[2] * wide[at] // sum(wide))

    def _cell(self, cell: Any, value: Value, kind: str) -> None:
        cell.text = tell(value, self.language)
        cell.margin_top = cell.margin_bottom = Inches(0.02)
        paragraph = cell.text_frame.paragraphs[0]
        paragraph.font.size = Pt(11)
        if kind == "number":
            paragraph.alignment = 3

    def _quotes(self, slide: Any, quotes: Sequence[Quote]) -> None:
        text = slide.shapes.add_textbox(EDGE, TOP, WITHIN, Inches(5.4)).text_frame
        text.word_wrap = True
        for place, one in enumerate(quotes):
            paragraph = text.paragraphs[0] if place == 0 else text.add_paragraph()
            paragraph.text = one.text
            paragraph.font.size, paragraph.font.color.rgb = Pt(15), _colour(INK)
            told = [tell(value, self.language) for value in (one.unit, one.touchpoint, one.on)]
            if one.score is not None:
                told.append(say("files.score_of", self.language, score=one.score))
            below = text.add_paragraph()
            below.text = " · ".join(told)
            below.font.size, below.font.color.rgb = Pt(11), _colour(MUTED)
            below.space_after = Pt(9)


def _colour(code: str) -> RGBColor:
    return RGBColor.from_string(code[1:].upper())
