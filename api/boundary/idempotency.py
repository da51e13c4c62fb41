"""A POST with an ``Idempotency-Key`` is done once; asked again, it gets the first answer again.

The key is written in the transaction of the work itself, so that either both hold or neither: an
error keeps nothing, and the next attempt works anew. A second request with the same key waits for
the first. Keys belong to a principal and are kept for 24 hours; a scheduled job deletes them.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import Depends, Header, Request
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse
from sqlalchemy import delete, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import OperationalError
from sqlmodel import Session, col

from api.boundary.visits import Visit
from api.core.errors import BranchpulseError, Conflict, Invalid
from api.models import IdempotencyKey

KEPT = timedelta(hours=24)
LONGEST_WAIT = "10s"  # for the first request with the same key
_WAITS = text("select set_config('lock_timeout', :wait, true)")
_LOCK_NOT_AVAILABLE = "55P03"

Work = Callable[[], tuple[int, Any]]


class KeyReused(BranchpulseError):
    """The Idempotency-Key was used before for another request."""

    status = 422
    key = "boundary.key_reused"


class StillWorking(Conflict):
    """The first request with this Idempotency-Key is still being worked on."""

    key = "boundary.still_working"


@dataclass(frozen=True)
class Idempotent:
    """One request's key and what it asked for; without a key the work is simply done."""

    key: str | None
    body_hash: bytes

    def answer(self, visit: Visit, work: Work) -> JSONResponse:
        """The answer of ``work`` (status and JSON body), or the one it gave the first time."""
        if self.key is None:
            status, body = work()
            return JSONResponse(jsonable_encoder(body), status)
        principal = visit.viewer.actor
        kept = self._claim(visit.session, principal, visit.now)
        if kept is not None:
            replayed = {"Idempotency-Replayed": "true"}
            return JSONResponse(kept.response, kept.status or 200, headers=replayed)
        status, body = work()
        body = jsonable_encoder(body)
        self._keep(visit.session, principal, status, body)
        return JSONResponse(body, status)

    def _claim(self, session: Session, principal: str, now: datetime) -> IdempotencyKey | None:
        """The kept row of an earlier request, or None when this one is the first."""
        assert self.key is not None
        mine = (col(IdempotencyKey.principal) == principal, col(IdempotencyKey.key) == self.key)
        session.execute(
            delete(IdempotencyKey).where(*mine, col(IdempotencyKey.created_at) <= now - KEPT)
        )
        row = insert(IdempotencyKey).values(
            principal=principal, key=self.key, body_hash=self.body_hash, created_at=now
        )
        session.execute(_WAITS, {"wait": LONGEST_WAIT})
        try:
            made = session.execute(
                row.on_conflict_do_nothing().returning(col(IdempotencyKey.key))
            ).first()
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) == _LOCK_NOT_AVAILABLE:
                raise StillWorking from error
            raise
        session.execute(_WAITS, {"wait": "0"})
        if made is not None:
            return None
        kept: IdempotencyKey = session.execute(select(IdempotencyKey).where(*mine)).scalar_one()
        if kept.body_hash != self.body_hash:
            raise KeyReused
        return kept

    def _keep(self, session: Session, principal: str, status: int, body: Any) -> None:
        session.execute(
            update(IdempotencyKey)
            .where(col(IdempotencyKey.principal) == principal, col(IdempotencyKey.key) == self.key)
            .values(status=status, response=body)
        )


async def _idempotent(
    request: Request,
    key: Annotated[
        str | None,
        Header(alias="Idempotency-Key", description="Kept for 24 hours; other body: 422."),
    ] = None,
) -> Idempotent:
    if key is not None and not (0 < len(key) <= 255 and key.isascii() and key.isprintable()):
        raise Invalid(fields=[{"field": "Idempotency-Key", "message": "1 to 255 printable ASCII"}])
    if key is None:
        return Idempotent(None, b"")
    asked = f"{request.method} {request.url.path}?{request.url.query}\n".encode()
    return Idempotent(key, hashlib.sha256(asked + await request.body()).digest())


IdempotencyGuard = Annotated[Idempotent, Depends(_idempotent)]
