"""HTTP of providers: form in, signature checked, committed, then answered.

No session, no cookie: the signature is all that is believed.
"""

from typing import Annotated
from urllib.parse import parse_qsl
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import PlainTextResponse, Response

from api.boundary.visits import Home
from api.webhooks import service
from api.webhooks.signatures import require_twilio, require_wechat

router = APIRouter(prefix="/webhooks", include_in_schema=False)


async def _read_form(request: Request) -> dict[str, str]:
    body = (await request.body()).decode("utf-8", "replace")
    return dict(parse_qsl(body, keep_blank_values=True))


Form = Annotated[dict[str, str], Depends(_read_form)]


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


@router.get("/wechat")
def wechat_hello(
    installation: Home,
    signature: str = "",
    timestamp: str = "",
    nonce: str = "",
    echostr: str = "",
) -> Response:
    """Proves to WeChat that this address is ours."""
    require_wechat(installation.settings, timestamp, nonce, signature, installation.clock())
    return PlainTextResponse(echostr)


@router.post("/wechat")
def wechat(
    installation: Home, signature: str = "", timestamp: str = "", nonce: str = ""
) -> Response:
    """Acknowledges a signed call; its content is not used before WeChat is a sender."""
    require_wechat(installation.settings, timestamp, nonce, signature, installation.clock())
    return PlainTextResponse("success")


def _require_twilio(request: Request, form: dict[str, str], installation: Home) -> None:
    query = f"?{request.url.query}" if request.url.query else ""
    signature = request.headers.get("x-twilio-signature")
    require_twilio(installation.settings, request.url.path + query, form, signature)


def _uuid(value: str | None) -> UUID | None:
    try:
        return UUID(value) if value else None
    except ValueError:
        return None
