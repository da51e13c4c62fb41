"""The viewer's saved views, and the address of the page as one saves it."""

from dataclasses import dataclass
from uuid import UUID

from api.access.views.service import View, list_views
from dashboard.data.order import spoken
from dashboard.data.sitting import Sitting


@dataclass(frozen=True)
class Saved:
    """A saved view as the menu lists it."""

    id: str
    name: str
    href: str
    here: bool


def saved_views(sitting: Sitting) -> list[Saved]:
    """The viewer's own views, by name."""
    here = here_href(sitting)
    listed = [_saved(one, here) for one in list_views(sitting.session, sitting.viewer)]
    return sorted(listed, key=lambda one: (spoken(one.name), one.name))


def here_href(sitting: Sitting) -> str:
    """The address of the page and its tables, whoever may open it later in whatever language."""
    return sitting.address.with_(language=None).whole


def view_id(text: str | None) -> UUID | None:
    """The id that a browser names, if it is one."""
    try:
        return UUID(text or "")
    except ValueError:
        return None


def _saved(view: View, here: str) -> Saved:
    return Saved(str(view.id), view.name, view.href, view.href == here)
