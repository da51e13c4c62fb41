"""One report, one of its file formats, one language: bytes to be stored, sent or downloaded.

Imports the report libraries: only workers and commands may import it.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta

from api.core.languages import Language
from api.reports.content.blocks import Format, ReportContent
from api.reports.files.pdf import render_pdf
from api.reports.files.pptx import render_pptx
from api.reports.files.xlsx import render_xlsx

_RENDERERS: Mapping[Format, Callable[[ReportContent, Language], bytes]] = {
    "pdf": render_pdf,
    "pptx": render_pptx,
    "xlsx": render_xlsx,
}


def render_report(content: ReportContent, format: Format, language: Language) -> bytes:
    """The file of a report."""
    return _RENDERERS[format](content, language)


def report_file_name(content: ReportContent, format: Format, language: Language) -> str:
    """What the file is called: the unit's code and the period, safe on every system."""
    code = "".join(sign if sign.isalnum() or sign in "-_" else "-" for sign in content.unit.code)
    first, last = content.period.start, content.period.end - timedelta(days=1)
    return f"{code}_{first:%Y%m%d}_{last:%Y%m%d}_{language}.{format}"
