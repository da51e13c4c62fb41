"""From a cookie or a machine token to the viewer behind it. Reads the tables, knows no HTTP."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlmodel import Session, col

from api.core.errors import NotLoggedIn
from api.core.ids import token_hash
from api.core.languages import spoken
from api.models import ApiToken
from api.security.hierarchy import Hierarchy, current_hierarchy, hierarchy_of
from api.security.scope import Scope
from api.security.viewer import GRANTED, IN_FORCE, Granted, Viewer, load_grants, widen

SESSION_IDLE = timedelta(hours=12)  # a session ends so long after it was last used
SESSION_LONGEST = timedelta(days=7)  # and at the latest so long after the log-in
_SEEN_EVERY = timedelta(minutes=5)
_SEEN = text(
    "update login_session set last_seen_at = :now, "
    "expires_at = least(:now + :idle, created_at + :longest) where id_hash = :id"
)
# Asked by every page and every call: one statement instead of three.
_HOLDER = text(f"""
    select a.id, a.name, a.language, s.last_seen_at,
        (select structure_version from network) as structure_version,
        array(select json_build_array({GRANTED}) from access_grant g
            where g.account_id = a.id and {IN_FORCE} order by g.id) as grants
    from login_session s join account a on a.id = s.account_id
    where s.id_hash = :hash and s.revoked_at is null and s.expires_at > :now
        and a.status = 'active'
""")


def viewer_of_session(session: Session, secret: str | None, now: datetime) -> Viewer:
    """The person whose session cookie holds ``secret``; raises NotLoggedIn."""
    row = _holder(session, secret, now)
    if secret is None or row is None:
        raise NotLoggedIn
    if now - row.last_seen_at > _SEEN_EVERY:
        values = {"now": now, "idle": SESSION_IDLE, "longest": SESSION_LONGEST}
        session.execute(_SEEN, {**values, "id": token_hash(secret)})
    hierarchy = hierarchy_of(session, row.structure_version, now.date())
    grants = tuple(Granted(*grant) for grant in row.grants)
    return _viewer(row.id, row.name, row.language, grants, hierarchy)


def is_session(session: Session, secret: str | None, now: datetime) -> bool:
    """True when ``secret`` is of a session that holds; who it is is not looked at."""
    return _holder(session, secret, now) is not None


def _holder(session: Session, secret: str | None, now: datetime) -> Any:
    """Account, grants and last use of a session that holds, with the tree's version; else None."""
    if not secret:
        return None
    values = {"hash": token_hash(secret), "now": now, "on": now.date()}
    return session.execute(_HOLDER, values).first()


def viewer_of_account(
    session: Session, account_id: UUID, name: str, language: str, now: datetime
) -> Viewer:
    """What an account may see today."""
    hierarchy = current_hierarchy(session, now.date())
    return _viewer(
        account_id, name, language, load_grants(session, account_id, now.date()), hierarchy
    )


def _viewer(
    account_id: UUID,
    name: str,
    language: str,
    grants: tuple[Granted, ...],
    hierarchy: Hierarchy,
) -> Viewer:
    return Viewer(
        account_id=account_id,
        name=name,
        language=spoken(language),
        grants=grants,
        hierarchy=hierarchy,
        scope=widen(grants, hierarchy),
    )


def viewer_of_token(session: Session, secret: str, now: datetime) -> Viewer:
    """The machine behind an API token, limited to its unit's subtree; raises NotLoggedIn."""
    token = session.execute(
        select(ApiToken).where(
            col(ApiToken.token_hash) == token_hash(secret), col(ApiToken.revoked_at).is_(None)
        )
    ).scalar_one_or_none()
    if token is None:
        raise NotLoggedIn
    hierarchy = current_hierarchy(session, now.date())
    if token.unit_id is None:
        branches = hierarchy.branch_ids
    else:
        branches = frozenset(node.id for node in hierarchy.branches_under(token.unit_id))
    return Viewer(
        account_id=None,
        name=token.name,
        language="en",
        grants=(),
        hierarchy=hierarchy,
        scope=Scope.of(branches),
        token_id=token.id,
        token_scopes=frozenset(token.scopes),
    )
