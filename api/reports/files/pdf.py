"""A report as PDF: HTML set by WeasyPrint. Opens nothing from outside."""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from weasyprint import HTML

from api.core.languages import Language
from api.reports.content.blocks import ReportContent, Value
from api.reports.content.telling import tell


def render_pdf(content: ReportContent, language: Language) -> bytes:
    """The report as a PDF."""
    return html_pdf(report_html(content, language))


def report_html(content: ReportContent, language: Language) -> str:
    """The pages before they are set."""

    def words(value: Value) -> str:
        return tell(value, language)

    template = _templates().get_template("report.html")
    return template.render(report=content, language=language, tell=words)


def html_pdf(html: str) -> bytes:
    """Any HTML of ours as PDF, with the fonts that reports are printed with."""
    pdf: bytes = HTML(string=html).write_pdf()
    return pdf


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("api.reports.files", "templates"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
