"""What the command line does with accounts and tokens: names in, clear refusals out."""

from collections.abc import Collection

from sqlmodel import Session

from api.access.service import (
    TOKEN_SCOPES,
    LoginNames,
    create_account,
    create_token,
    grant,
    make_link,
)
from api.core.errors import BadInput
from api.core.installation import Installation
from api.models.access import ROLES
from api.security.hierarchy import Node, current_hierarchy


def add_user(
    session: Session,
    installation: Installation,
    email: str,
    *,
    role: str,
    unit_code: str,
    password: str | None = None,
) -> str | None:
    """Adds a person with one grant; without a password, the link by which they choose one."""
    now = installation.clock()
    if role not in ROLES:
        raise BadInput(f"--role: {role!r} is none of {', '.join(ROLES)}")
    unit = _unit(session, installation, unit_code)
    account_id = create_account(
        session,
        installation.vault,
        LoginNames(email=email),
        name=email.partition("@")[0],
        language=current_hierarchy(session, now.date()).language(unit.id, "zh"),
        password=password,
        now=now,
    )
    grant(session, account_id, role, unit_id=unit.id, now=now)
    if password is not None:
        return None
    return make_link(session, installation, account_id, "invitation", now=now)


def add_token(
    session: Session,
    installation: Installation,
    name: str,
    *,
    scopes: Collection[str],
    unit_code: str | None = None,
) -> str:
    """Adds a machine token for the whole network or a unit's subtree; the secret, shown once."""
    wrong = [scope for scope in scopes if scope not in TOKEN_SCOPES]
    if wrong:
        raise BadInput(f"--scope: {wrong[0]!r} is none of {', '.join(TOKEN_SCOPES)}")
    unit = _unit(session, installation, unit_code) if unit_code is not None else None
    now = installation.clock()
    return create_token(session, name, scopes, unit.id if unit else None, now=now)


def _unit(session: Session, installation: Installation, code: str) -> Node:
    units = current_hierarchy(session, installation.clock().date()).by_code
    if code not in units:
        raise BadInput(f"--unit: there is no unit {code!r}")
    return units[code]
