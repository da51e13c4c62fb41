"""Builds a report of a unit: reads what api.insights knows of it, and chooses what to say.

Nothing is counted here. A worker stores the tables of the whole network before
(`prepare_report`), so that ranks are known, and builds a person's report in a transaction that
sees what the person sees (`api.security.scope.see_as_person`).
"""

from datetime import datetime

from sqlmodel import Session

from api.core.installation import Installation
from api.insights.league import NETWORK
from api.insights.league_store import compute_table
from api.insights.network_stats import own_branches
from api.insights.overview import overview
from api.insights.periods import Period
from api.insights.queries import TableName
from api.reports.content.blocks import Amount, ReportContent, Said, Section
from api.security.hierarchy import Node
from api.security.viewer import Viewer

METRIC = "nps"


def prepare_report(installation: Installation, period: Period, metric: str = METRIC) -> None:
    """Stores the whole network's table of the period, if it is not there yet; once for a pack."""
    compute_table(installation.database, TableName(metric, period, NETWORK))


def build_report(
    session: Session, viewer: Viewer, unit: Node, period: Period, now: datetime
) -> ReportContent:
    """What is to be said of ``unit`` in ``period``; raises NotFound outside the viewer's scope."""
    _require_own_sight(session, viewer)
    node = viewer.require_unit(unit.id)
    seen = overview(session, viewer, METRIC, period, now=now, unit=node.code)
    score = Said("score.plain", {"score": Amount(seen.figure.score, "score")})
    return ReportContent(
        unit=node,
        period=period,
        metric=METRIC,
        made_at=now,
        as_of=now,
        timezone=viewer.hierarchy.timezone(node.id, "UTC"),
        findings=(score,),
        sections=(Section("methods", Said("methods.title")),),
    )


def _require_own_sight(session: Session, viewer: Viewer) -> None:
    """A worker's transaction shows every branch: statistics would tell a person of others."""
    if not viewer.scope.whole and own_branches(session) != viewer.scope.branches:
        raise RuntimeError("a person's report needs a transaction under see_as_person")
