"""A unit's page: its glance, its touchpoints, and what customers wrote."""

from dataclasses import dataclass, replace
from datetime import date

from api.insights.comments import Comment, Comments, Wanted, list_comments
from api.insights.queries import touchpoint_rows
from api.insights.unit import unit_page
from api.security.permissions import Permission
from dashboard.address import Page
from dashboard.data.frame import landing
from dashboard.data.glance import Glance, Part, glance
from dashboard.data.league import read_league
from dashboard.data.metrics import shown_metric
from dashboard.data.periods import day_text, shown_period
from dashboard.data.sitting import Sitting
from scoring.scales import SCALES

COMMENTS = 10


@dataclass(frozen=True)
class Voice:
    """What one customer wrote, and at which score."""

    text: str
    score: int | None
    tone: str
    place: str
    facts: list[str]
    day: date


@dataclass(frozen=True)
class Voices:
    """Some comments and where they go on."""

    items: list[Voice]
    next: str | None


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
    names = _touchpoint_names(sitting)
    items = [_voice(sitting, comment, names, node.is_branch) for comment in found.items]
    return Voices(items, found.next)


def more_voices(sitting: Sitting, cursor: str) -> Voices | None:
    """The comments behind ``cursor`` on the page that the address (or the role) names."""
    unit, metric = landing(sitting).unit, shown_metric(sitting)
    if unit is None or metric is None:
        return None
    return voices(sitting, unit, metric.code, cursor)


def _touchpoints(sitting: Sitting, found: Glance) -> list[Part]:
    page = unit_page(
        sitting.session, sitting.viewer, sitting.address.unit or "", shown_period(sitting)
    )
    return [
        Part(
            one.touchpoint.name(sitting.language),
            sitting.address.with_(touchpoint=one.touchpoint.code).href,
            one.figure,
        )
        for one in page.touchpoints
        if one.metric.code == found.metric.code
    ]


def _touchpoint_names(sitting: Sitting) -> dict[str, str]:
    english = sitting.language == "en"
    return {
        row.code: row.name_en if english else row.name_zh
        for row in touchpoint_rows(sitting.session)
    }


def _voice(sitting: Sitting, comment: Comment, names: dict[str, str], at_branch: bool) -> Voice:
    facts = [names.get(comment.touchpoint, comment.touchpoint)]
    if not at_branch:
        facts.insert(0, comment.unit.name(sitting.language))
    if comment.advisor:
        facts.append(comment.advisor)
    facts.append(day_text(sitting.say, comment.occurred_on))
    return Voice(
        text=comment.text,
        score=comment.score,
        tone=_tone(comment.score),
        place=names.get(comment.touchpoint, comment.touchpoint),
        facts=facts,
        day=comment.occurred_on,
    )


def _tone(score: int | None) -> str:
    """Promoter, passive or detractor on the scale from 0 to 10."""
    if score is None:
        return ""
    nps = SCALES["0-10"]
    if score >= nps.values[nps.promoter_from]:
        return "bp-up"
    return "bp-down" if score < nps.values[nps.passive_from] else ""
