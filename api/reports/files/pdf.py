"""A report as PDF: HTML set by WeasyPrint. Opens nothing from outside."""

from base64 import b64encode
from functools import cache
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher

from api.core.languages import Language, say
from api.reports.content.blocks import Chart, ReportContent, Table, Value
from api.reports.content.telling import tell
from api.reports.files.figures import chart_svg
from api.reports.files.fonts import FAMILY, MISSING_SIGN, printable, require_font


def render_pdf(content: ReportContent, language: Language) -> bytes:
    """The report as a PDF."""
    return html_pdf(report_html(content, language))


def report_html(content: ReportContent, language: Language) -> str:
    """The pages before they are set."""

    def words(value: Value) -> str:
        return printable(tell(value, language))

    def label(key: str, **values: object) -> str:
        return printable(say(f"files.{key}", language, **values))

    return (
        _templates()
        .get_template("report.html")
        .render(
            report=content,
            language=language,
            tell=words,
            words=label,
            picture=lambda chart: picture(chart, language),
            first_rows=first_rows,
            printable=printable,
            made_at=f"{content.made_at.astimezone(ZoneInfo(content.timezone)):%Y-%m-%d %H:%M}",
            as_of=f"{content.as_of.astimezone(ZoneInfo(content.timezone)):%Y-%m-%d %H:%M}",
            missing=MISSING_SIGN,
        )
    )


def picture(chart: Chart, language: Language) -> Markup:
    """The address of the chart's picture: the picture itself."""
    coded = b64encode(chart_svg(chart, language).encode()).decode()
    return Markup(f"data:image/svg+xml;base64,{coded}")


def first_rows(table: Table) -> tuple[tuple[Value, ...], ...]:
    """What a page shows of a long table: its beginning and its end."""
    rows = table.rows
    if len(rows) <= table.shown:
        return rows
    return (*rows[: table.shown // 2], *rows[-(table.shown // 2) :])


def html_pdf(html: str) -> bytes:
    """Any HTML of ours as PDF, in the font that reports are printed with; loads nothing else."""
    fonts, styles = _font()
    document = HTML(string=html, url_fetcher=URLFetcher(allowed_protocols={"data"}))
    pdf: bytes = document.write_pdf(font_config=fonts, stylesheets=[styles])
    return pdf


@cache
def _font() -> tuple[FontConfiguration, CSS]:
    """The font, read once in a process."""
    fonts = FontConfiguration()
    source = f"@font-face {{font-family: '{FAMILY}'; src: url('{require_font().as_uri()}')}}"
    styles = f"html {{font-family: '{FAMILY}'}} @page {{font-family: '{FAMILY}'}}"
    return fonts, CSS(string=f"{source} {styles}", font_config=fonts)


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("api.reports.files", "templates"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
