"""The weekly ranking before it is sent: the same letter that goes out on Monday."""

from dataclasses import dataclass

from api.core.errors import NotFound
from api.reports.letters import ranking_links
from api.reports.rendering import render
from api.reports.service import this_weeks
from api.reports.subscriptions import subject_of
from dashboard.data.periods import day_text
from dashboard.data.sitting import Sitting

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
    node = subject_of(viewer, "ranking", code)
    ranking = this_weeks(sitting.session, viewer, node, sitting.now)
    letter = render(ranking, sitting.language, ranking_links(sitting.installation, ranking))
    return RankingView(
        unit=node.name(sitting.language),
        subject=letter.subject,
        html=letter.html.replace(_HEAD, _LINKS_LEAVE_THE_FRAME, 1),
        day=day_text(sitting.say, ranking.week.end),
        pending=ranking.ranks_pending,
    )
