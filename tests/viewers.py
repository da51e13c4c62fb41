"""Viewers of a made-up world, made without accounts: a role at a unit."""

from collections.abc import Iterator
from contextlib import contextmanager

from conftest import NOW, Office
from sqlmodel import Session

from api.core.ids import new_id
from api.core.languages import Language
from api.security.hierarchy import current_hierarchy
from api.security.scope import open_scope
from api.security.viewer import Granted, Viewer, widen


@contextmanager
def looking(
    office: Office, unit: int, role: str, language: Language = "en"
) -> Iterator[tuple[Session, Viewer]]:
    """A web transaction opened to someone who has ``role`` at ``unit``."""
    with office.web.database.transaction() as session:
        hierarchy = current_hierarchy(session, NOW.date())
        grants = (Granted(role, unit, None),)
        viewer = Viewer(
            account_id=new_id(),
            name="someone",
            language=language,
            grants=grants,
            hierarchy=hierarchy,
            scope=widen(grants, hierarchy),
        )
        open_scope(session, viewer.scope)
        yield session, viewer
