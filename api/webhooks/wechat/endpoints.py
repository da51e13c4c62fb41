"""HTTP of WeChat's callback: signature checked, committed, then answered ``success``.

WeChat calls again when it is not answered in time; what was taken before is then only acknowledged.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import PlainTextResponse, Response

from api.boundary.visits import Home
from api.webhooks.wechat import service
from api.webhooks.wechat.elements import Unreadable, read_xml
from api.webhooks.wechat.envelope import Envelope, opened, require_signed
from api.webhooks.wechat.events import Call, understood

router = APIRouter(prefix="/webhooks/wechat", include_in_schema=False)


def _envelope(
    signature: str = "",
    timestamp: str = "",
    nonce: str = "",
    msg_signature: str = "",
    encrypt_type: str = "",
) -> Envelope:
    return Envelope(timestamp, nonce, signature, msg_signature, encrypt_type)


async def _read_body(request: Request) -> bytes:
    """The body; :class:`api.boundary.bodies.BodyLimit` keeps it small."""
    return await request.body()


Address = Annotated[Envelope, Depends(_envelope)]
Body = Annotated[bytes, Depends(_read_body)]


@router.get("")
def hello(installation: Home, envelope: Address, echostr: str = "") -> Response:
    """Proves to WeChat that this address is ours."""
    require_signed(installation.settings, envelope, installation.clock())
    return PlainTextResponse(echostr[:200])


@router.post("")
def take(installation: Home, envelope: Address, body: Body) -> Response:
    """Takes what WeChat says; what cannot be read is acknowledged, or it would come for ever."""
    now = installation.clock()
    call = _read(opened(installation.settings, envelope, body, now))
    if call is not None:
        with installation.database.transaction() as session:
            service.take(session, installation.vault, call, envelope.stamp, now)
    return PlainTextResponse("success")


def _read(xml: bytes) -> Call | None:
    try:
        return understood(read_xml(xml))
    except Unreadable:
        return None
