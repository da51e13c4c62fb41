"""Posts what waits for the network's own system: claim, act, record; again later, at last dead.

The other side knows a message by its id, so one whose fate nobody knows is posted again: at least
once, and for whoever looks at the id exactly once.
"""

import logging
from collections.abc import Callable
from datetime import timedelta
from functools import lru_cache
from typing import Protocol
from uuid import UUID

import orjson

from api.core.installation import Installation
from api.core.settings import Settings
from api.notices.repository import outgoing as repository
from api.notices.repository.outgoing import DeliveryRow, Kept
from scheduler.senders.port import NotNow, Unresolved
from scheduler.senders.webhook_out import WebhookOut

BATCH = 20
ATTEMPTS = 15  # over a day
LEASE = timedelta(minutes=5)
FIRST_REST, LONGEST_REST = timedelta(seconds=30), timedelta(hours=4)
KEPT_SENT, KEPT_DEAD = timedelta(days=30), timedelta(days=90)
UNHEARD = timedelta(days=1)  # what waits while nobody listens
_log = logging.getLogger(__name__)


class Post(Protocol):
    """Takes a message of this id and event; raises NotNow or Unresolved."""

    def __call__(self, delivery: UUID, event: str, body: bytes) -> None:
        """Hands it over."""


def post_messages(
    installation: Installation, *, limit: int = BATCH, post: Post | None = None
) -> int:
    """Posts up to ``limit`` messages that are due; how many it tried."""
    way = post or _way(installation)
    if way is None:
        return 0
    with installation.database.transaction() as session:
        rows = repository.claim_deliveries(session, installation.clock(), limit)
    for row in rows:
        failure = _try(row, way)
        _settle(installation, row, failure)
    return len(rows)


def keep_up_messages(installation: Installation, limit: int = 1000) -> int:
    """Frees what a dead worker had claimed, and forgets what is old; how many rows."""
    now = installation.clock()
    listens = _listens(installation.settings)
    kept = Kept(now - KEPT_SENT, now - KEPT_DEAD, now - UNHEARD, nobody_listens=not listens)
    with installation.database.transaction() as session:
        freed = repository.free_stale(session, now - LEASE, now, limit)
        return freed + repository.forget_deliveries(session, kept, limit)


def rest_after(attempts: int) -> timedelta:
    """How long a message rests after so many tries: twice as long each time, to four hours."""
    return min(FIRST_REST * (1 << attempts - 1), LONGEST_REST)


def body_of(row: DeliveryRow) -> bytes:
    """The message as it travels; the same bytes at each try."""
    said = {
        "id": str(row.id),
        "event": row.event,
        "created_at": row.created_at,
        "data": row.payload,
    }
    return orjson.dumps(said, option=orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z)


def _try(row: DeliveryRow, post: Post) -> str | None:
    """What went wrong; None when the other side took it."""
    try:
        post(row.id, row.event, body_of(row))
    except (NotNow, Unresolved) as error:
        return error.code
    except Exception as error:
        _log.error("message %s: %s", row.id, type(error).__name__)
        return "sender_failed"
    return None


def _settle(installation: Installation, row: DeliveryRow, failure: str | None) -> None:
    now = installation.clock()
    again = row.attempts < ATTEMPTS
    status = "sent" if failure is None else "waiting" if again else "dead"
    next_at = now + rest_after(row.attempts) if status == "waiting" else None
    with installation.database.transaction() as session:
        repository.settle_delivery(session, row, status, failure, now=now, next_at=next_at)


def _listens(settings: Settings) -> bool:
    """Whether messages go anywhere: without live sending nothing leaves the machine."""
    return settings.live_sending and settings.webhook_url is not None


def _way(installation: Installation) -> Post | None:
    if not _listens(installation.settings):
        return None
    return _built(installation.settings, installation.clock)


@lru_cache(maxsize=4)
def _built(settings: Settings, clock: Callable[..., object]) -> Post:
    return WebhookOut(settings, clock).post  # type: ignore[arg-type]
