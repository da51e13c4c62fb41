"""A report's files hold what the content says: in both languages, in our font, to be edited."""

import io
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import openpyxl
import pypdfium2
import pytest
from pptx import Presentation
from pptx.util import Inches

from api.core.languages import LANGUAGES, Language
from api.insights.periods import Period
from api.insights.queries import Funnel
from api.reports.content.asked import asked_section
from api.reports.content.blocks import (
    FORMATS,
    Amount,
    Chart,
    Column,
    Format,
    Names,
    Point,
    Quote,
    ReportContent,
    Said,
    Section,
    Table,
)
from api.reports.content.reading import Facts
from api.reports.content.telling import tell
from api.reports.files import fonts, pdf
from api.reports.files.rendering import render_report, report_file_name
from api.reports.files.slide_tables import Grid
from api.security.hierarchy import Node

NAME = '=HYPERLINK("//evil")'
COMMENT = "@SUM(1+1) 张喆说：很好 \N{THUMBS UP SIGN}"
PERIOD = Period(date(2026, 8, 24), date(2026, 11, 23))


def node(name_zh: str, name_en: str) -> Node:
    return Node(
        7, "BJ/01", "branch", "dealer", name_zh, name_en, "x", 1, *[None] * 8
    )  # fmt: skip


def content() -> ReportContent:
    """One section of each shape, with a name and a comment that look like formulas."""
    unit = node("北京店", "Beijing <branch>")
    score = Names("净推荐值", "NPS")
    points = (Point(unit, 41.5, 36.25, 45.5, 90, besides=44.0, marked=True),)
    weeks = tuple(
        Point(date(2026, 8, 24 + 7 * week), 40.0 + week, 30.0, 50.0 + week, 12) for week in range(2)
    )
    columns = (
        Column(Said("column.branch"), "text"),
        Column(Said("column.n")),
        Column(Said("column.score")),
    )
    rows = tuple(
        (f"{NAME}{place}", Amount(place, "count"), Amount(place / 3, "score"))
        for place in range(40)
    )
    return ReportContent(
        unit=unit,
        period=PERIOD,
        metric="nps",
        made_at=datetime(2026, 11, 23, 8, tzinfo=UTC),
        as_of=datetime(2026, 11, 23, 7, tzinfo=UTC),
        timezone="Asia/Shanghai",
        findings=(Said("score.title.alone", {"metric": score, "score": Amount(41.5, "score")}),),
        sections=(
            Section(
                "score",
                Said("score.title.alone", {"metric": score, "score": Amount(41.5, "score")}),
                chart=Chart(
                    "trend",
                    "score",
                    Said("plain", {"words": score}),
                    weeks,
                    line=44.0,
                    line_name=Said("whole_network"),
                ),
            ),
            Section(
                "units",
                Said("units.title.few"),
                chart=Chart(
                    "intervals",
                    "score",
                    Said("plain", {"words": score}),
                    points,
                    besides_name=Said("whole_network"),
                ),
                tables=(Table(columns, rows),),
            ),
            Section(
                "voices",
                Said("voices.title.count", {"n": 1}),
                quotes=(Quote(COMMENT, unit, score, date(2026, 11, 1), 3),),
            ),
            Section("methods", Said("methods.title"), (Said("methods.day"),)),
        ),
        figures=((Said("glance.answers"), Amount(1017, "count"), None),),
    )


@pytest.fixture(scope="module")
def made() -> dict[tuple[Format, Language], bytes]:
    return {(f, lang): render_report(content(), f, lang) for f in FORMATS for lang in LANGUAGES}


Made = dict[tuple[Format, Language], bytes]


def pages(document: bytes) -> list[str]:
    with pypdfium2.PdfDocument(document) as opened:
        return [page.get_textpage().get_text_range() for page in opened]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_pdf_holds_the_words_of_its_language_and_ends_with_the_methods(
    made: Made, language: Language
) -> None:
    told = pages(made["pdf", language])
    title, methods = {
        "zh": ("净推荐值：42", "方法与答卷数"),
        "en": ("NPS: 42", "Methods and numbers of answers"),
    }[language]
    assert title in told[0]
    assert methods in told[-1]
    assert not any(methods in page for page in told[:-1])
    assert "files." not in "".join(told)


def test_a_pdf_is_printed_in_our_font_alone(made: Made) -> None:
    with pypdfium2.PdfDocument(made["pdf", "zh"]) as document:
        names = {
            text.get_font().get_base_name()
            for page in document
            for text in page.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_TEXT])
        }
    assert names
    assert all("Branchpulse" in name for name in names), names


def test_a_sign_that_the_font_lacks_is_marked_and_never_a_box(made: Made) -> None:
    told = "".join(pages(made["pdf", "zh"]))
    assert "张喆说：很好 〓" in told
    assert fonts.printable("plain 文字") == "plain 文字"


def test_without_the_font_nothing_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "FONT", Path("/nowhere/font.otf"))
    pdf._font.cache_clear()
    try:
        with pytest.raises(fonts.FontMissing):
            pdf.html_pdf("<p>x</p>")
    finally:
        pdf._font.cache_clear()


def test_a_long_table_shows_its_ends_on_pages_and_everything_in_a_workbook(made: Made) -> None:
    told = "".join(pages(made["pdf", "en"]))
    assert "16 more rows" in told
    sheet = openpyxl.load_workbook(io.BytesIO(made["xlsx", "en"]))["Branches"]
    assert [sheet.cell(row, 3).value for row in range(2, 42)] == pytest.approx(
        [n / 3 for n in range(40)]
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_workbook_holds_no_formula(made: Made, language: Language) -> None:
    book = openpyxl.load_workbook(io.BytesIO(made["xlsx", language]))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell.value for cell in cells if cell.data_type == "f"]
    texts = [cell.value for cell in cells if isinstance(cell.value, str)]
    assert f"'{NAME}0" in texts
    assert f"'{COMMENT}" in texts
    assert not [text for text in texts if text[:1] in "=+@"]


def test_a_workbook_puts_answers_and_interval_beside_the_score(made: Made) -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(made["xlsx", "en"]))["Week by week"]
    head, first = ([cell.value for cell in row] for row in sheet.iter_rows(max_row=2))
    assert head[:5] == ["Week of", "Answers", "Value", "95 % from", "to"]
    assert first[1:5] == [12, 40.0, 30.0, 50.0]


@pytest.mark.parametrize("language", LANGUAGES)
def test_charts_of_a_presentation_are_native_and_hold_the_numbers(
    made: Made, language: Language
) -> None:
    deck = Presentation(io.BytesIO(made["pptx", language]))
    charts = [shape.chart for slide in deck.slides for shape in slide.shapes if shape.has_chart]
    trend, intervals = charts
    assert [list(series.values) for series in trend.plots[0].series] == [
        [40.0, 41.0], [30.0, 30.0], [50.0, 51.0], [44.0, 44.0],
    ]  # fmt: skip
    own, network = intervals.plots[0].series
    assert (list(own.values), list(network.values)) == ([41.5], [44.0])
    ends = own._element.xpath(".//c:errBars//c:v/text()")
    assert ends == ["4.0", "5.25"]  # from 41.5 up to 45.5, and down to 36.25
    for one in charts:
        assert one.part.chart_workbook.xlsx_part is not None  # so that it can be edited


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_of_a_presentation_lies_beyond_its_slide(made: Made, language: Language) -> None:
    deck = Presentation(io.BytesIO(made["pptx", language]))
    shapes = [shape for slide in deck.slides for shape in slide.shapes]
    assert any(shape.has_table for shape in shapes)
    assert max(shape.left + shape.width for shape in shapes) <= deck.slide_width
    assert max(shape.top + shape.height for shape in shapes) <= deck.slide_height


def test_a_table_of_long_names_shows_fewer_rows_and_breaks_no_number() -> None:
    columns = (Column(Said("column.branch"), "text"), Column(Said("column.n")))
    rows = tuple(("店" * 60, Amount(1_234_567 + place, "count")) for place in range(30))
    grid = Grid(Table(columns, rows), "zh", Inches(4), Inches(5))
    assert grid.height(Inches(4)) <= Inches(5)
    assert grid.texts[-1][1] == "1,234,596"
    assert grid.more == f"另有 {30 - len(grid.rows)} 行，见 Excel 文件。"
    assert grid.fits(Inches(4), Inches(5))
    assert not grid.fits(Inches(1), Inches(99))


def test_bars_begin_at_nought_and_hold_their_intervals(made: Made) -> None:
    deck = Presentation(io.BytesIO(made["pptx", "en"]))
    charts = [shape.chart for slide in deck.slides for shape in slide.shapes if shape.has_chart]
    trend, bars = (chart.value_axis for chart in charts)
    assert (trend.minimum_scale, trend.maximum_scale) == (30, 60)
    assert (bars.minimum_scale, bars.maximum_scale) == (0, 50)


def test_every_sheet_says_of_what_it_is_when_it_is_printed(made: Made) -> None:
    book = openpyxl.load_workbook(io.BytesIO(made["xlsx", "zh"]))
    assert len(book.worksheets) > 3
    footers = [sheet.oddFooter for sheet in book]
    assert {foot.left.text for foot in footers if foot is not None} == {
        "北京店 · 2026年8月24日 – 2026年11月22日"
    }


def test_a_presentation_ends_with_the_methods(made: Made) -> None:
    deck = Presentation(io.BytesIO(made["pptx", "zh"]))
    titles = [slide.shapes.title.text_frame.text for slide in deck.slides]
    assert titles[0] == "北京店"
    assert titles[-1] == "方法与答卷数"


def test_one_to_four_answers_are_not_counted_out_by_the_messages_either() -> None:
    funnel = Funnel(97, 38, 38, 38, 37, 17, 3, 0, 1, 0, 0)
    found = asked_section(
        cast(Facts, SimpleNamespace(seen=SimpleNamespace(funnel=funnel, reasons=[])))
    )
    assert found is not None
    assert found.chart is not None
    told = " ".join(tell(one, "en") for one in (found.title, *found.sentences))
    assert "17 opened, <5 answered, 0 to the end" in told
    assert "%" not in told
    assert [one.value for one in found.chart.points] == [97, 38, 38, 38, 37, 17, 0]


def test_a_file_is_called_by_unit_and_days() -> None:
    assert report_file_name(content(), "pdf", "zh") == "BJ-01_20260824_20261122_zh.pdf"
