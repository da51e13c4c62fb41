"""How new the numbers are: the one cheap question that is asked every 2 seconds.

Two hundred open pages ask it a hundred times a second, and nearly always nothing has changed. So a
web process remembers for a moment which branches a session sees and how new each branch is; only
when that leaves a doubt the question takes a transaction of its own.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from weakref import WeakKeyDictionary

from cachetools import TTLCache

from api.boundary.visits import visit_of_session
from api.core.database import Database
from api.core.errors import NotLoggedIn
from api.core.installation import Installation
from api.insights.freshness import branch_versions, data_version
from api.security.scope import Scope
from dashboard.data.sitting import Sitting

FRESH_S = 0.2
"""For how long versions that were read are taken for the present ones."""
TRUSTED_S = 20.0
"""After which a session is asked again whether it still holds and what it sees."""
_SESSIONS = 4_096


@dataclass
class _Memory:
    """Of one database: scopes by session, and versions by branch as they were last read."""

    seen: TTLCache[str, Scope] = field(default_factory=lambda: TTLCache(_SESSIONS, TRUSTED_S))
    versions: Mapping[int, int] = field(default_factory=dict)
    read_at: float = float("-inf")
    reading: Lock = field(default_factory=Lock)
    keeping: Lock = field(default_factory=Lock)


_memories: WeakKeyDictionary[Database, _Memory] = WeakKeyDictionary()


def version_now(sitting: Sitting) -> int:
    """Rises whenever anything was counted of the viewer's branches."""
    memory = _memories.setdefault(sitting.installation.database, _Memory())
    _remember(memory, sitting.key, sitting.viewer.scope)
    return data_version(sitting.session)


def remembers(installation: Installation, secret: str | None) -> bool:
    """True when the session held a moment ago; who answers with numbers asks again all the same."""
    memory = _memories.get(installation.database)
    return memory is not None and _remembered(memory, secret) is not None


def version_at_hand(installation: Installation, secret: str | None) -> int | None:
    """The version of a session's branches, where the process knows it without asking anybody."""
    memory = _memories.get(installation.database)
    if memory is None or time.monotonic() - memory.read_at > FRESH_S:
        return None
    scope = _remembered(memory, secret)
    return None if scope is None else _newest(memory.versions, scope)


def version_of(installation: Installation, secret: str | None) -> int | None:
    """The version of a session's branches; None for who has no session."""
    memory = _memories.setdefault(installation.database, _Memory())
    scope = _remembered(memory, secret)
    if scope is None:
        try:
            with visit_of_session(installation, secret) as visit:
                scope = visit.viewer.scope
        except NotLoggedIn:
            return None
        _remember(memory, secret, scope)
    with memory.reading:
        if time.monotonic() - memory.read_at > FRESH_S:
            with installation.database.transaction() as session:
                memory.versions = branch_versions(session)
            memory.read_at = time.monotonic()
        return _newest(memory.versions, scope)


def _remember(memory: _Memory, secret: str | None, scope: Scope) -> None:
    if secret is not None:
        with memory.keeping:
            memory.seen[secret] = scope


def _remembered(memory: _Memory, secret: str | None) -> Scope | None:
    with memory.keeping:
        return None if secret is None else memory.seen.get(secret)


def _newest(versions: Mapping[int, int], scope: Scope) -> int:
    told = versions.values() if scope.whole else map(versions.get, scope.branches)
    return max(filter(None, told), default=0)
