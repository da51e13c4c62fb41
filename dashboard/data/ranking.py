"""The weekly ranking before it is sent: the same letter that goes out on Monday."""

from dataclasses import dataclass

from api.core.errors import NotFound
from api.reports.rendering import render
from api.reports.service import ranking_link
from api.reports.weekly import weekly_ranking
from api.reports.windows import last_due
from api.security.permissions import Permission
from dashboard.data.periods import day_text
from dashboard.data.sitting import DEFAULT_TIMEZONE, Sitting

_HEAD = "<head>"
_LINKS_LEAVE_THE_FRAME = '<head><base target="_top">'


@dataclass(frozen=True)
class RankingView:
    """A letter about one unit's branches."""

    unit: str
    subject: str
    html: str
    day: str
    pending: bool


def ranking_view(sitting: Sitting) -> RankingView:
    """The latest ranking of the unit that the address names, else of the viewer's own."""
    viewer, home = sitting.viewer, sitting.viewer.home
    code = sitting.address.unit or (home.code if home else None)
    if code is None:
        raise NotFound(unit=None)
    node = viewer.require_unit_code(code)
    viewer.require(Permission.VIEW_NETWORK, node.id)
    due = last_due(sitting.now, viewer.hierarchy.timezone(node.id, DEFAULT_TIMEZONE))
    ranking = weekly_ranking(sitting.session, viewer, node, before=due.date(), now=sitting.now)
    letter = render(ranking, sitting.language, ranking_link(sitting.installation, ranking))
    return RankingView(
        unit=node.name(sitting.language),
        subject=letter.subject,
        html=letter.html.replace(_HEAD, _LINKS_LEAVE_THE_FRAME, 1),
        day=day_text(sitting.say, due.date()),
        pending=ranking.ranks_pending,
    )
