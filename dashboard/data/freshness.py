"""How new the numbers are: the one cheap question that is asked every 2 seconds.

Two hundred open pages ask it a hundred times a second, and nearly always nothing has changed. So a
web process remembers for a moment which branches a session sees and how new each branch is; only
when that leaves a doubt the question takes a transaction of its own.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

from cachetools import TTLCache

from api.boundary.visits import SESSION_COOKIE
from api.core.database import Database
from api.core.installation import Installation
from api.insights.freshness import branch_versions, data_version
from dashboard.data.sitting import Sitting

FRESH_S = 0.2
"""For how long versions that were read are taken for the present ones."""
TRUSTED_S = 20.0
"""After which a session is asked again whether it still holds and what it sees."""
_SESSIONS = 4_096


@dataclass
class _Memory:
    """Of one database: branches by session, and versions by branch as they were last read."""

    seen: TTLCache[str, frozenset[int] | None] = field(
        default_factory=lambda: TTLCache(_SESSIONS, TRUSTED_S)
    )
    versions: Mapping[int, int] = field(default_factory=dict)
    read_at: float = float("-inf")
    reading: Lock = field(default_factory=Lock)
    keeping: Lock = field(default_factory=Lock)


_memories: WeakKeyDictionary[Database, _Memory] = WeakKeyDictionary()


def version_now(sitting: Sitting) -> int:
    """Rises whenever anything was counted of the viewer's branches."""
    scope = sitting.viewer.scope
    memory = _memories.setdefault(sitting.installation.database, _Memory())
    with memory.keeping:
        memory.seen[sitting.key] = None if scope.whole else scope.branches
    return data_version(sitting.session)


def remembers(installation: Installation, secret: str | None) -> bool:
    """True when the session held a moment ago; who answers with numbers asks again all the same."""
    memory = _memories.get(installation.database)
    if memory is None or secret is None:
        return False
    with memory.keeping:
        return secret in memory.seen


def rests(installation: Installation, cookies: Mapping[str, str], shown: Any) -> bool:
    """True when what the process remembers says that the page in the browser is up to date."""
    memory = _memories.get(installation.database)
    key = cookies.get(SESSION_COOKIE, "")
    if memory is None or not isinstance(shown, dict) or shown.get("pending"):
        return False
    with memory.keeping:
        if key not in memory.seen:
            return False
        branches = memory.seen[key]
    versions = _read(memory, installation.database)
    told = versions.values() if branches is None else map(versions.get, branches)
    return max(filter(None, told), default=0) == shown.get("version")


def _read(memory: _Memory, database: Database) -> Mapping[int, int]:
    """The version of every branch, read again when it is older than a moment."""
    with memory.reading:
        if time.monotonic() - memory.read_at > FRESH_S:
            with database.transaction() as session:
                memory.versions = branch_versions(session)
            memory.read_at = time.monotonic()
        return memory.versions
