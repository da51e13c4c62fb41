"""How long one report takes: in a warm worker, and from the command line when nothing is warm."""

import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from api.core.bench import Target, environment_for
from api.core.installation import Installation
from api.core.migrate import ROOT
from api.core.settings import Settings
from api.insights.periods import Period, full_weeks
from api.reports.commands import everything
from api.reports.content.blocks import FORMATS, Format, ReportContent
from api.reports.content.building import build_report, prepare_report
from api.reports.files.pdf import html_pdf, report_html
from api.reports.files.rendering import render_report
from api.security.hierarchy import Node
from api.security.scope import open_scope

WARM_S: dict[Format, float] = {"pdf": 5, "pptx": 2, "xlsx": 1}
COLD_S = 10.0


@dataclass(frozen=True)
class Made:
    """One report: how long its reading and its writing took."""

    content: ReportContent
    reading: float
    writing: float


def measure_files(settings: Settings, count: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Figures of ``count`` branches, and the reference: pages without reading and drawing."""
    house = Installation.open(settings, "worker")
    try:
        period = full_weeks(13, house.clock().date())
        began = time.perf_counter()
        prepare_report(house, period)
        figures: dict[str, Any] = {"table_s": round(time.perf_counter() - began, 2)}
        branches = _branches(house, count)
        _report(house, branches[0], period, "pdf")  # what is read once in a process
        for format in FORMATS:
            made = [_report(house, one, period, format) for one in branches]
            times = [one.reading + one.writing for one in made]
            figures[f"{format}_s"] = round(statistics.median(times), 3)
            figures[f"{format}_slowest_s"] = round(max(times), 3)
        reference = _bare(made[0].content)
    finally:
        house.close()
    figures["pdf_times_bare"] = round(figures["pdf_s"] / reference["s"], 2)
    figures["cold_pdf_s"] = round(_cold(settings, branches[0].code, period), 2)
    return figures, reference


def file_targets(full: bool) -> list[Target]:
    """What single files must reach; in the small form only against the reference."""
    if not full:
        return [Target("pdf_times_bare", at_most=8)]
    warm = [Target(f"{format}_s", at_most=most) for format, most in WARM_S.items()]
    return [*warm, Target("cold_pdf_s", at_most=COLD_S)]


def _branches(house: Installation, count: int) -> list[Node]:
    """Some branches of all kinds: every so-manyth of the network."""
    with house.database.transaction() as session:
        tree = everything(session, house.clock().date()).hierarchy
    found = [tree.nodes[one] for one in sorted(tree.branch_ids)]
    return found[:: max(len(found) // count, 1)][:count]


def _report(house: Installation, unit: Node, period: Period, format: Format) -> Made:
    began = time.perf_counter()
    now = house.clock()
    with house.database.transaction() as session:
        viewer = everything(session, now.date())
        open_scope(session, viewer.scope)
        content = build_report(session, viewer, unit, period, now)
    read = time.perf_counter()
    render_report(content, format, "zh")
    return Made(content, read - began, time.perf_counter() - read)


def _bare(content: ReportContent) -> dict[str, Any]:
    """Setting the finished pages: what WeasyPrint alone takes for the same report."""
    page = report_html(content, "zh")
    times = []
    for _ in range(3):
        began = time.perf_counter()
        html_pdf(page)
        times.append(time.perf_counter() - began)
    said = "WeasyPrint alone, setting the same finished Chinese page with its figures"
    return {"what": said, "s": round(statistics.median(times), 3)}


def _cold(settings: Settings, unit: str, period: Period) -> float:
    """The command line from its start to its end."""
    days = (period.start, period.end - timedelta(days=1))
    with tempfile.TemporaryDirectory(prefix="branchpulse-bench-") as folder:
        file = Path(folder) / "report.pdf"
        command = [
            *(sys.executable, "-m", "branchpulse", "report", unit, "--from", str(days[0])),
            *("--to", str(days[1]), "--format", "pdf", "--lang", "zh", "-o", str(file)),
        ]
        began = time.perf_counter()
        subprocess.run(
            command, cwd=ROOT, env=environment_for(settings), check=True, capture_output=True
        )
        return time.perf_counter() - began
