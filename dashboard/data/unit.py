"""A unit's page: its glance, its touchpoints, and what customers wrote."""

from dataclasses import dataclass, replace

from api.insights.comments import Comments, Wanted, list_comments, score_groups
from api.insights.unit import unit_page
from api.security.permissions import Permission
from dashboard.address import Page
from dashboard.data.frame import landing
from dashboard.data.glance import Glance, Part, glance
from dashboard.data.league import read_league
from dashboard.data.metrics import shown_metric
from dashboard.data.periods import shown_period
from dashboard.data.sitting import Sitting
from dashboard.data.voices import Voices, voice_rows

COMMENTS = 10


@dataclass(frozen=True)
class UnitView:
    """The page of one unit; ``voices`` is None where the role reads no comments."""

    glance: Glance
    touchpoints: list[Part]
    voices: Voices | None


def unit_view(sitting: Sitting) -> UnitView | None:
    """The unit that the address names; None while nothing is measured."""
    code = sitting.address.unit or ""
    node = sitting.viewer.require_unit_code(code)
    found = glance(sitting, node.code)
    if found is None:
        return None
    if node.is_branch:
        found = _with_rank(sitting, found)
    return UnitView(
        found, _touchpoints(sitting, found), voices(sitting, node.code, found.metric.code)
    )


def _with_rank(sitting: Sitting, found: Glance) -> Glance:
    """The glance with the branch's own rank: one row of the network-wide table."""
    table = read_league(sitting, found.metric.code)
    place = next(
        (
            (row.rank, row.rank_low, row.rank_high)
            for row in table.rows
            if row.rank is not None and row.rank_low is not None and row.rank_high is not None
        ),
        None,
    )
    there = sitting.address.to(Page.WHY, sitting.address.unit).href
    return replace(found, rank=place, rank_pending=table.ranks_pending, why=there)


def voices(sitting: Sitting, unit: str, metric: str, cursor: str | None = None) -> Voices | None:
    """The newest comments of a unit with their scores, or those behind ``cursor``."""
    node = sitting.viewer.require_unit_code(unit)
    if not sitting.viewer.may(Permission.VIEW_COMMENTS, node.id):
        return None
    wanted = Wanted(
        period=shown_period(sitting),
        metric=metric,
        unit=unit,
        touchpoint=sitting.address.touchpoint,
    )
    found: Comments = list_comments(
        sitting.session, sitting.viewer, wanted, cursor=cursor, limit=COMMENTS
    )
    groups = score_groups(sitting.session, metric)
    items = voice_rows(sitting, found.items, groups, at_branch=node.is_branch)
    everything = sitting.address.to(Page.VOICES, unit).href
    return Voices(items, found.next, everything)


def more_voices(sitting: Sitting, cursor: str) -> Voices | None:
    """The comments behind ``cursor`` on the page that the address (or the role) names."""
    unit, metric = landing(sitting).unit, shown_metric(sitting)
    if unit is None or metric is None:
        return None
    return voices(sitting, unit, metric.code, cursor)


def _touchpoints(sitting: Sitting, found: Glance) -> list[Part]:
    at, metric = sitting.address, found.metric.code
    asked = (sitting.session, sitting.viewer, at.unit or "", shown_period(sitting))
    page = unit_page(*asked, metric=metric)
    return [
        Part(
            one.touchpoint.name(sitting.language),
            at.with_(touchpoint=one.touchpoint.code).href,
            one.figure,
        )
        for one in page.touchpoints
    ]
