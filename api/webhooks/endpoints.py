"""HTTP of providers: form in, signature checked, committed, then answered.

No session, no cookie: the signature is all that is believed.
"""

import json
import logging
from collections.abc import Callable, Iterable
from typing import Annotated, Any, TypeVar
from urllib.parse import parse_qsl
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response
from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from api.boundary.visits import Home
from api.core.errors import Unavailable
from api.core.installation import Installation
from api.webhooks import domestic_sms, service
from api.webhooks.contactless import ContactlessCall
from api.webhooks.errors import NotReadable
from api.webhooks.signatures import (
    require_contactless,
    require_path_secret,
    require_twilio,
)

Item = TypeVar("Item")
router = APIRouter(prefix="/webhooks", include_in_schema=False)
_log = logging.getLogger(__name__)


async def _read_form(request: Request) -> dict[str, str]:
    body = (await request.body()).decode("utf-8", "replace")
    return dict(parse_qsl(body, keep_blank_values=True))


async def _read_body(request: Request) -> bytes:
    return await request.body()


Form = Annotated[dict[str, str], Depends(_read_form)]
Body = Annotated[bytes, Depends(_read_body)]
_TAKEN = {"code": 0, "msg": "OK"}  # what the domestic gateway wants to read


@router.post("/twilio/status")
def twilio_status(request: Request, form: Form, installation: Home) -> Response:
    """Takes what became of an SMS."""
    _require_twilio(request, form, installation)
    with installation.database.transaction() as session:
        service.note_status(
            session,
            message=form.get("MessageSid", ""),
            status=form.get("MessageStatus", ""),
            error_code=form.get("ErrorCode") or None,
            invitation_id=_uuid(request.query_params.get("invitation")),
            now=installation.clock(),
        )
    return Response(status_code=204)


@router.post("/twilio/inbound")
def twilio_inbound(request: Request, form: Form, installation: Home) -> Response:
    """Takes an SMS that a customer sent us; answers nothing."""
    _require_twilio(request, form, installation)
    with installation.database.transaction() as session:
        service.note_answer(
            session,
            installation.vault,
            sender=form.get("From", ""),
            body=form.get("Body", ""),
            now=installation.clock(),
        )
    return Response("<Response/>", media_type="text/xml")


@router.post("/domestic-sms/{token}")
def domestic_receipts(token: str, body: Body, installation: Home) -> Response:
    """Takes a batch of receipts that the domestic gateway pushes."""
    require_path_secret(installation.settings.domestic_sms_callback_token, token)
    now = installation.clock()
    _note_each(
        installation,
        domestic_sms.reports_of(_list(body)),
        lambda session, said: service.note_report(session, said, now),
    )
    return JSONResponse(_TAKEN)


@router.post("/domestic-sms/{token}/replies")
def domestic_replies(token: str, body: Body, installation: Home) -> Response:
    """Takes a batch of SMS that customers sent us through the domestic gateway."""
    require_path_secret(installation.settings.domestic_sms_callback_token, token)
    now, vault = installation.clock(), installation.vault
    _note_each(
        installation,
        domestic_sms.replies_of(_list(body)),
        lambda session, reply: service.note_answer(
            session, vault, sender=reply.sender, body=reply.body, now=now
        ),
    )
    return JSONResponse(_TAKEN)


@router.post("/contactless")
def contactless_call(request: Request, body: Body, installation: Home) -> Response:
    """Takes receipts and wishes from the client's own gateway."""
    now, vault = installation.clock(), installation.vault
    require_contactless(installation.settings, request.headers, body, now)
    try:
        call = ContactlessCall.model_validate_json(body)
    except ValidationError:
        raise NotReadable from None
    _note_each(
        installation, call.reports(), lambda session, said: service.note_report(session, said, now)
    )
    _note_each(
        installation,
        call.wishes,
        lambda session, one: service.note_wish(
            session, vault, kind="ref", value=one.contact_ref, wish=one.wish, now=now
        ),
    )
    return Response(status_code=204)


def _require_twilio(request: Request, form: dict[str, str], installation: Home) -> None:
    query = f"?{request.url.query}" if request.url.query else ""
    signature = request.headers.get("x-twilio-signature")
    require_twilio(installation.settings, request.url.path + query, form, signature)


def _list(body: bytes) -> list[Any]:
    try:
        found = json.loads(body)
    except ValueError:
        raise NotReadable from None
    if not isinstance(found, list):
        raise NotReadable
    return found


def _note_each(
    installation: Installation, items: Iterable[Item], note: Callable[[Session, Item], None]
) -> None:
    """Notes each item in a transaction of its own; what failed is asked for again by a 503."""
    failed = 0
    for item in items:
        try:
            with installation.database.transaction() as session:
                note(session, item)
        except SQLAlchemyError as error:
            _log.error("one item of a callback: %s", type(error).__name__)
            failed += 1
    if failed:
        raise Unavailable


def _uuid(value: str | None) -> UUID | None:
    try:
        return UUID(value) if value else None
    except ValueError:
        return None
