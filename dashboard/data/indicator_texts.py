"""Versions of the indicator tree as they are written: reading, checking, what publishing means."""

from dataclasses import dataclass

from api.core.errors import NotAllowed, NotFound
from api.indicators.book import (
    check_text,
    list_versions,
    may_write_indicators,
    read_version,
)
from api.indicators.tree import Indicators, Target
from api.insights.metrics import MetricInfo
from api.security.permissions import Permission
from dashboard.address import Page
from dashboard.data.drafting import Checked, EditorView, troubles_of
from dashboard.data.indicators import index_points, version_rows
from dashboard.data.metrics import as_shown
from dashboard.data.periods import day_text
from dashboard.data.sitting import Sitting
from dashboard.data.versions import VersionRow


@dataclass(frozen=True)
class Part:
    """A line of the tree; ``share`` of ``parent`` when everything was answered."""

    depth: int
    name: str
    share: float
    parent: str | None


@dataclass(frozen=True)
class TargetRow:
    """A target as it is listed."""

    name: str
    unit: str
    year: int
    value: str


@dataclass(frozen=True)
class VersionView:
    """One version: its tree, the targets of what the viewer sees, its text for who may publish."""

    row: VersionRow
    parts: list[Part]
    targets: list[TargetRow]
    text: str | None
    back: str
    edit: str | None


def version_view(sitting: Sitting) -> VersionView:
    """The version that the address names; raises NotFound."""
    subject = sitting.address.subject or ""
    if not (subject.isascii() and subject.isdigit() and len(subject) < 6):
        raise NotFound(version=subject)
    found = read_version(sitting.session, sitting.viewer, int(subject))
    row = next(one for one in version_rows(sitting) if one.version == found.tree.version)
    metrics = {one.code: one for one in sitting.metrics}
    names = _names(sitting, found.tree, metrics)
    to = sitting.address.with_(unit=None, subject=None).to
    return VersionView(
        row=row,
        parts=[
            Part(one.depth, names[one.code], one.share, names.get(one.parent or ""))
            for one in found.tree.nodes
        ],
        targets=[_target(sitting, one, names, metrics) for one in found.targets],
        text=found.text,
        back=to(Page.INDICATORS).href,
        edit=to(Page.INDICATORS_EDIT).href if may_write_indicators(sitting.viewer) else None,
    )


def tree_text(sitting: Sitting) -> EditorView:
    """The text of the newest version; NotAllowed for who may not publish."""
    if not may_write_indicators(sitting.viewer):
        raise NotAllowed(permission=Permission.MANAGE_ASKING)
    versions = list_versions(sitting.session, sitting.viewer, sitting.now)
    if not versions:
        return EditorView("", None, None)
    newest = versions[0].version
    text = read_version(sitting.session, sitting.viewer, newest).text or ""
    return EditorView(text, None, newest, before=text)


def checked_tree(sitting: Sitting, text: str) -> Checked:
    """Every problem of a text with its line, or what it would publish."""
    found = check_text(sitting.session, sitting.viewer, text)
    file = found.file
    if file is None:
        return Checked(troubles_of(sitting, found.problems))
    counts = {
        "questions": len(file.questions),
        "dimensions": len(file.dimensions),
        "targets": len(file.targets),
    }
    since = day_text(sitting.say, file.effective_from)
    return Checked([], version=file.version, counts=counts, since=since)


def _names(sitting: Sitting, tree: Indicators, metrics: dict[str, MetricInfo]) -> dict[str, str]:
    return {
        one.code: one.name(sitting.language)
        or (metrics[one.code].name(sitting.language) if one.code in metrics else one.code)
        for one in tree.nodes
    }


def _target(
    sitting: Sitting, one: Target, names: dict[str, str], metrics: dict[str, MetricInfo]
) -> TargetRow:
    metric = metrics.get(one.of)
    shown = as_shown(metric, sitting) if metric else index_points(one.of, names[one.of])
    node = sitting.viewer.hierarchy.by_code.get(one.unit)
    unit = node.name(sitting.language) if node else one.unit
    return TargetRow(names[one.of], unit, one.year, shown.text(one.value))
