"""Builds a report of a unit: reads what api.insights knows of it, and chooses what to say.

Nothing is counted here. A worker stores the table of the whole network before (`prepare_report`),
so that ranks are known, and builds a person's report in a transaction that sees what the person
sees (`api.security.scope.see_as_person`).
"""

from collections.abc import Callable
from datetime import datetime

from sqlmodel import Session

from api.core.installation import Installation
from api.insights.league import NETWORK
from api.insights.league_store import compute_table
from api.insights.network_stats import own_branches
from api.insights.periods import Period
from api.insights.queries import TableName
from api.reports.content.asked import asked_section
from api.reports.content.blocks import ReportContent, Section
from api.reports.content.comparing import own_units_section, place_section
from api.reports.content.driving import drivers_section, improvement_section
from api.reports.content.indices import indices_section
from api.reports.content.journey import journey_section
from api.reports.content.methods import methods_section
from api.reports.content.next_steps import next_steps_section
from api.reports.content.plans import plans_section
from api.reports.content.reading import Facts, read_facts
from api.reports.content.score import glance, score_section
from api.reports.content.tickets import tickets_section
from api.reports.content.voices import voices_section
from api.reports.content.watching import warnings_section
from api.reports.repository.weekly import read_network
from api.security.hierarchy import Node
from api.security.viewer import Viewer

METRIC = "nps"
_CHOOSERS: tuple[Callable[[Facts], Section | None], ...] = (
    *(next_steps_section, score_section, indices_section, place_section, own_units_section),
    *(warnings_section, tickets_section, journey_section, drivers_section, improvement_section),
    *(plans_section, voices_section, asked_section, methods_section),
)
_TOLD_FIRST = ("score", "indices", "place", "units", "warnings", "tickets", "drivers", "journey")


def prepare_report(installation: Installation, period: Period, metric: str = METRIC) -> None:
    """Stores the whole network's table of the period, if it is not there yet; once for a pack."""
    compute_table(installation.database, TableName(metric, period, NETWORK))


def build_report(
    session: Session, viewer: Viewer, unit: Node, period: Period, now: datetime
) -> ReportContent:
    """What is to be said of ``unit`` in ``period``; raises NotFound outside the viewer's scope."""
    _require_own_sight(session, viewer)
    node = viewer.require_unit(unit.id)
    facts = read_facts(session, viewer, node, period, METRIC, now=now)
    network = read_network(session)
    usual = "UTC" if network is None else network.default_timezone
    return written(facts, now, viewer.hierarchy.timezone(node.id, usual))


def written(facts: Facts, now: datetime, timezone: str) -> ReportContent:
    """The report of what was read; pure."""
    sections = tuple(section for choose in _CHOOSERS if (section := choose(facts)) is not None)
    by_code = {section.code: section for section in sections}
    return ReportContent(
        unit=facts.unit,
        period=facts.period,
        metric=facts.seen.metric.code,
        made_at=now,
        as_of=facts.table.as_of,
        timezone=timezone,
        findings=tuple(by_code[code].title for code in _TOLD_FIRST if code in by_code),
        sections=sections,
        figures=glance(facts),
    )


def _require_own_sight(session: Session, viewer: Viewer) -> None:
    """A worker's transaction shows every branch: statistics would tell a person of others."""
    if not viewer.scope.whole and own_branches(session) != viewer.scope.branches:
        raise RuntimeError("a person's report needs a transaction under see_as_person")
