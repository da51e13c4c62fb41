"""Saving, renaming and deleting the viewer's own views."""

from uuid import UUID

from api.access.views import service
from api.access.views.service import View
from dashboard.data.sitting import Sitting
from dashboard.data.views import here_href


def save_here(sitting: Sitting, name: str) -> View:
    """Saves the page of the address."""
    return save_again(sitting, name, here_href(sitting))


def save_again(sitting: Sitting, name: str, href: str) -> View:
    """Saves an address, such as that of a view that was just deleted."""
    return service.save_view(sitting.session, sitting.viewer, name, href, sitting.now)


def rename(sitting: Sitting, view: UUID, name: str) -> View:
    """Gives a view another name."""
    return service.rename_view(sitting.session, sitting.viewer, view, name)


def delete(sitting: Sitting, view: UUID) -> View:
    """Deletes a view; what it was."""
    return service.delete_view(sitting.session, sitting.viewer, view)
