"""Saving, renaming and forgetting views: each person their own, nobody anybody else's."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from api.access.views import repository
from api.core.errors import Conflict, Invalid, NotAllowed, NotFound
from api.core.ids import new_id
from api.models import SavedView
from api.security.viewer import Viewer

LONGEST_NAME = 60
LONGEST_ADDRESS = 2_000
MOST = 50
_PLACE = "/app/"


class NoName(Invalid):
    """A view needs a name, of 60 letters at most."""

    key = "views.no_name"


class NoView(Invalid):
    """What is to be saved is no address of the dashboard."""

    key = "views.no_view"


class TooManyViews(Conflict):
    """So many views that nobody finds one among them."""

    key = "views.too_many"


class NameTaken(Conflict):
    """Another view has that name already."""

    key = "views.name_taken"


@dataclass(frozen=True)
class View:
    """An address under a name."""

    id: UUID
    name: str
    href: str


def list_views(session: Session, viewer: Viewer) -> list[View]:
    """The viewer's own views; machines have none."""
    if viewer.account_id is None:
        return []
    return [_view(row) for row in repository.list_saved(session, viewer.account_id)]


def save_view(session: Session, viewer: Viewer, name: str, href: str, now: datetime) -> View:
    """Saves an address under a name, in place of what was saved under it before."""
    account, named = _account(viewer), _name(name)
    if not href.startswith(_PLACE) or len(href) > LONGEST_ADDRESS or not href.isprintable():
        raise NoView
    row = repository.get_named(session, account, named)
    if row is None and repository.count_saved(session, account) >= MOST:
        raise TooManyViews
    row = row or SavedView(id=new_id(), account_id=account, name=named, href=href, created_at=now)
    row.href = href
    repository.add_saved(session, row)
    return _view(row)


def rename_view(session: Session, viewer: Viewer, view_id: UUID, name: str) -> View:
    """Gives one of the viewer's views another name."""
    account, named = _account(viewer), _name(name)
    row = _row(session, account, view_id)
    other = repository.get_named(session, account, named)
    if other is not None and other.id != view_id:
        raise NameTaken
    row.name = named
    repository.add_saved(session, row)
    return _view(row)


def delete_view(session: Session, viewer: Viewer, view_id: UUID) -> View:
    """Forgets one of the viewer's views; what it was, so that it can be saved again."""
    account = _account(viewer)
    gone = _view(_row(session, account, view_id))
    repository.delete_saved(session, account, view_id)
    return gone


def _row(session: Session, account: UUID, view_id: UUID) -> SavedView:
    row = repository.get_saved(session, account, view_id)
    if row is None:
        raise NotFound(view=str(view_id))
    return row


def _view(row: SavedView) -> View:
    return View(row.id, row.name, row.href)


def _account(viewer: Viewer) -> UUID:
    if viewer.account_id is None:
        raise NotAllowed
    return viewer.account_id


def _name(name: str) -> str:
    named = " ".join(name.split())
    if not named or len(named) > LONGEST_NAME:
        raise NoName
    return named
