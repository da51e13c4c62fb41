"""A report as a presentation: one finding a slide, native text, tables and charts to be edited."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.enum.text import MSO_ANCHOR
from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls
from pptx.util import Emu, Inches, Pt

from api.core.languages import Language, say
from api.reports.content.blocks import Quote, ReportContent, Said, Section, Value
from api.reports.content.telling import tell, text_width
from api.reports.files.colours import ACCENT, ACCENT_SOFT, INK, MUTED
from api.reports.files.native_charts import add_chart
from api.reports.files.slide_tables import Grid

WIDE, HIGH = Inches(13.333), Inches(7.5)
EDGE, TOP = Inches(0.6), Inches(1.45)
WITHIN = Emu(WIDE - 2 * EDGE)
GAP = Inches(0.2)
RIGHT, FAR = Inches(5.1), Inches(8.4)  # where figures begin, and the table of methods
REST, FULL, LEAST_CHART = Emu(WIDE - EDGE - RIGHT), Inches(5.45), Inches(2.4)
SMALLEST = 9  # points
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
        period = (EDGE, Inches(1.2), WITHIN, Inches(0.4))
        self._lines(slide, [self.content.period], period, 16, MUTED)
        width = Emu((WITHIN + GAP) // len(self.content.figures))
        for place, (label, value, note) in enumerate(self.content.figures):
            left = Emu(EDGE + place * width)
            self._tile(slide, (label, value, note), left, Emu(width - GAP))
        frame = (EDGE, Inches(3.6), WITHIN, Inches(3.2))
        self._lines(slide, self.content.findings, frame, 18, INK, bullets=True)

    def section(self, section: Section) -> None:
        """A slide with what was found, and further ones for tables that do not fit beside it."""
        slide = self._slide(section.title)
        if section.quotes:
            self._quotes(slide, section)
            return
        grids = [Grid(one, self.language, WITHIN, FULL) for one in section.tables]
        left, top, width = self._said(slide, section, grids)
        end = TOP + FULL
        if section.chart is not None:
            room = FULL - LEAST_CHART - GAP
            below = grids[0].height(width) + GAP if grids and grids[0].fits(width, room) else 0
            height = FULL - below
            add_chart(slide, section.chart, self.language, (left, TOP, width, height))
            top = TOP + height + GAP
        for grid in grids:
            if not grid.fits(width, end - top) and (left, top) != (EDGE, TOP):
                slide, left, width, top = self._slide(section.title), EDGE, WITHIN, TOP
            top = self._table(slide, grid, (left, top, width))

    def _said(self, slide: Any, section: Section, grids: Sequence[Grid]) -> tuple[int, int, int]:
        """The sentences, to the left of figures or above a wide table; where these may begin."""
        said = section.sentences
        left, width = (FAR, WIDE - EDGE - FAR) if section.code == "methods" else (RIGHT, REST)
        alone = section.chart is None and not (grids and grids[0].fits(width, FULL))
        if not said:
            return EDGE, TOP, WITHIN
        if not alone:
            frame = (EDGE, TOP, left - EDGE - GAP, FULL)
            self._lines(slide, said, frame, 15, INK, bullets=True)
            return left, TOP, width
        height = Inches(0.5 * len(said)) if grids else FULL
        self._lines(
            slide, said, (EDGE, TOP, WITHIN, height), 15 if grids else 20, INK, bullets=True
        )
        return EDGE, TOP + height + GAP, WITHIN

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
        paragraph.font.size = Pt(24)
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
        frame: Sequence[int],
        size: int,
        colour: str,
        *,
        bullets: bool = False,
    ) -> None:
        """Text in a frame, smaller than ``size`` where it would not fit."""
        text = slide.shapes.add_textbox(*frame).text_frame
        text.word_wrap = True
        told = [tell(line, self.language) for line in lines]
        size = _fitting(told, frame, size)
        for place, line in enumerate(told):
            paragraph = text.paragraphs[0] if place == 0 else text.add_paragraph()
            paragraph.text = line
            paragraph.font.size, paragraph.font.color.rgb = Pt(size), _colour(colour)
            paragraph.space_after = Pt(size * 0.5)
            if bullets:
                _add_bullet(paragraph, size)

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

    def _table(self, slide: Any, grid: Grid, place: Sequence[int]) -> int:
        """Puts a table there; where the next one may begin."""
        left, top, width = place
        grid.draw(slide, place)
        below = top + grid.height(width)
        if grid.more is not None:
            frame = (left, below - Inches(0.3), width, Inches(0.3))
            self._lines(slide, [grid.more], frame, 11, MUTED)
        return int(below + GAP)

    def _quotes(self, slide: Any, section: Section) -> None:
        frame = (EDGE, TOP, WITHIN, FULL)
        text = slide.shapes.add_textbox(*frame).text_frame
        text.word_wrap = True
        told = [self._from(one) for one in section.quotes]
        lines = [
            line
            for one, place in zip(section.quotes, told, strict=True)
            for line in (one.text, place)
        ]
        size = _fitting(lines, frame, 16)
        for place, line in enumerate(lines):
            below = place % 2
            paragraph = text.add_paragraph() if place else text.paragraphs[0]
            paragraph.text = line
            paragraph.font.size = Pt(size - 4 * below)
            paragraph.font.color.rgb = _colour(MUTED if below else INK)
            paragraph.space_after = Pt(size * below)

    def _from(self, one: Quote) -> str:
        """Where and when a comment was written."""
        told = [tell(value, self.language) for value in (one.unit, one.touchpoint, one.on)]
        if one.score is not None:
            told.append(say("files.score_of", self.language, score=one.score))
        return " · ".join(told)


def _fitting(lines: Sequence[str], frame: Sequence[int], most: int) -> int:
    """The largest size, in points, at which the lines stand in the frame: judged by letters."""
    width, height = Emu(frame[2]).pt - 14, Emu(frame[3]).pt - 7
    for size in range(most, SMALLEST, -1):
        rows = sum(ceil((text_width(line) + 3) * size * 0.54 / width) for line in lines)
        if rows * size * 1.2 + (len(lines) - 1) * size * 0.5 <= height:
            return size
    return SMALLEST


def _add_bullet(paragraph: Any, size: int) -> None:
    """A bullet with the lines after the first below its text."""
    put = paragraph._p.get_or_add_pPr()
    put.set("marL", str(Pt(size)))
    put.set("indent", str(-Pt(size)))
    put.append(parse_xml(f'<a:buChar {nsdecls("a")} char="•"/>'))


def _colour(code: str) -> RGBColor:
    return RGBColor.from_string(code[1:].upper())
