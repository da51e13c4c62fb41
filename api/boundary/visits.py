"""One request is one transaction: opened here with the viewer's scope, committed here.

The dependencies end before the answer is sent (``scope="function"``): what people read was
committed.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, cast

from fastapi import Depends, Request
from sqlmodel import Session

from api.core.errors import NotAllowed, NotLoggedIn
from api.core.installation import Installation
from api.core.languages import Language, accepted, spoken
from api.security.scope import open_scope
from api.security.sessions import viewer_of_session, viewer_of_token
from api.security.viewer import Viewer

SESSION_COOKIE = "bp_session"
LANGUAGE_COOKIE = "bp_language"


@dataclass(frozen=True)
class Visit:
    """A viewer at work in one transaction."""

    session: Session
    viewer: Viewer
    now: datetime
    installation: Installation


def installation_of(request: Request) -> Installation:
    """The installation this application serves."""
    return cast(Installation, request.app.state.installation)


Home = Annotated[Installation, Depends(installation_of)]


def request_language(request: Request) -> Language:
    """The language of someone who is not logged in: query, cookie, then what the browser asks."""
    chosen = request.query_params.get("lang") or request.cookies.get(LANGUAGE_COOKIE)
    return spoken(chosen) if chosen else accepted(request.headers.get("accept-language"))


@contextmanager
def visit_of_session(installation: Installation, secret: str | None) -> Iterator[Visit]:
    """A transaction opened to the scope of the person whose cookie holds ``secret``."""
    now = installation.clock()
    with installation.database.transaction() as session:
        viewer = viewer_of_session(session, secret, now)
        open_scope(session, viewer.scope)
        yield Visit(session, viewer, now, installation)


def _visit(request: Request, installation: Home) -> Iterator[Visit]:
    bearer = bearer_token(request)
    if bearer is None:
        with visit_of_session(installation, request.cookies.get(SESSION_COOKIE)) as visit:
            yield visit
        return
    now = installation.clock()
    with installation.database.transaction() as session:
        viewer = viewer_of_token(session, bearer, now)
        open_scope(session, viewer.scope)
        yield Visit(session, viewer, now, installation)


def bearer_token(request: Request) -> str | None:
    """The machine token of an ``Authorization: Bearer`` header."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" and token else None


AnyVisit = Annotated[Visit, Depends(_visit, scope="function")]


def _person_visit(visit: AnyVisit) -> Visit:
    if visit.viewer.account_id is None:
        raise NotLoggedIn
    return visit


PersonVisit = Annotated[Visit, Depends(_person_visit)]


def require_token_scope(viewer: Viewer, wanted: str) -> None:
    """Nothing, or NotAllowed when a machine's token lacks ``wanted``; people have no scopes."""
    if viewer.token_id is not None and wanted not in viewer.token_scopes:
        raise NotAllowed(scope=wanted)
