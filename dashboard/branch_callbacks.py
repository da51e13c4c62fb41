"""What the addresses of a branch's own pages show. They need no callbacks of their own."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from dashboard.address import Page
from dashboard.data.improve import improve_view
from dashboard.data.own_branch import Branch, choices, shown_branch
from dashboard.data.sitting import Sitting
from dashboard.data.standing import standing_view
from dashboard.data.team import team_view
from dashboard.data.today import today_view
from dashboard.made import Made
from dashboard.pages.improve import improve_page
from dashboard.pages.standing import standing_page
from dashboard.pages.team import team_page
from dashboard.pages.today import choose_branch, today_page


def branch_room(sitting: Sitting) -> Made | None:
    """A page of a branch; None when the address names another one."""
    make = _PAGES.get(sitting.address.page)
    if make is None:
        return None
    node = shown_branch(sitting)
    if node is None:
        return Made(choose_branch(choices(sitting), sitting.say))
    return make(sitting, node)


def _today(sitting: Sitting, node: Branch) -> Made:
    view = today_view(sitting, node)
    return _following(today_page(view, sitting.say), pending=view is not None and view.pending)


def _standing(sitting: Sitting, node: Branch) -> Made:
    """Made again only until its places are computed: somebody reads it at leisure."""
    view = standing_view(sitting, node)
    pending = view is not None and view.pending
    return Made(standing_page(view, sitting.say), follows=pending, pending=pending)


def _improve(sitting: Sitting, node: Branch) -> Made:
    return _following(improve_page(improve_view(sitting, node), sitting.say))


def _team(sitting: Sitting, node: Branch) -> Made:
    return _following(team_page(team_view(sitting, node), sitting.say))


def _following(main: Any, *, pending: bool = False) -> Made:
    return Made(main, follows=True, pending=pending)


_PAGES: Mapping[Page, Callable[[Sitting, Branch], Made]] = MappingProxyType(
    {
        Page.TODAY: _today,
        Page.STANDING: _standing,
        Page.IMPROVE: _improve,
        Page.TEAM: _team,
    }
)
