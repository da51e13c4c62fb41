"""HTTP of WeChat's callback: signature checked, committed, then answered: ``success``, or a text.

WeChat calls again when it is not answered in time; what was taken before is then only acknowledged.
"""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from fastapi.responses import PlainTextResponse, Response

from api.boundary.visits import Home
from api.core.languages import DEFAULT_LANGUAGE, say
from api.core.settings import Settings
from api.webhooks.wechat import service
from api.webhooks.wechat.elements import Unreadable, read_xml
from api.webhooks.wechat.envelope import Envelope, opened, require_signed, sealed
from api.webhooks.wechat.events import Call, text_answer, understood
from api.webhooks.wechat.service import Taken
from api.wechat.repository.binding import network_names

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
    if call is None:
        return PlainTextResponse("success")
    with installation.database.transaction() as session:
        taken = service.take(session, installation.vault, call, envelope.stamp, now)
        names = network_names(session)
    words = _words(installation.settings, taken, names)
    if words is None:
        return PlainTextResponse("success")
    xml = text_answer(call, words, now)
    return Response(sealed(installation.settings, envelope, xml), media_type="text/xml")


def _words(settings: Settings, taken: Taken, names: tuple[str, str]) -> str | None:
    """What somebody reads at once; a welcome only where accounts can be bound."""
    link = ""
    if taken.answer == "welcome":
        if settings.wechat_authorize_url is None:
            return None
        point = f"?{urlencode({'point': taken.scene})}" if taken.scene else ""
        link = f"{settings.public_url.rstrip('/')}/wechat/bind{point}"
    if taken.answer is None:
        return None
    return say(f"wechat.answer.{taken.answer}", DEFAULT_LANGUAGE, brand=names[0], link=link)


def _read(xml: bytes) -> Call | None:
    try:
        return understood(read_xml(xml))
    except Unreadable:
        return None
