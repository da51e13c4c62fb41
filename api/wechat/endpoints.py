"""``/wechat/bind``: from WeChat's page to the phone to the code. HTTP to the service and back.

What must survive between two pages travels in one sealed cookie that scripts and other sites cannot
use; every transaction is committed before its page is made.
"""

import json
import logging
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from functools import wraps
from typing import Annotated
from urllib.parse import parse_qs, urlencode
from uuid import UUID

from cryptography.exceptions import InvalidTag
from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from api.boundary.origin import from_elsewhere
from api.boundary.visits import installation_of, request_language
from api.core.installation import Installation
from api.customers.contacts import NotReachable, openid_contact
from api.responses.limits import PER_ADDRESS, Buckets
from api.security.scope import Scope, open_scope
from api.wechat import pages
from api.wechat.binding import Bound, CodeAsked, NoPhone, Over, TooOften, Visitor, WrongCode
from api.wechat.binding import ask_code as begin_check
from api.wechat.binding import enter_code as end_check
from api.wechat.client import NoAnswer, NotReached, WechatApi, WechatRefusal
from api.wechat.pages import Document, Frame
from api.wechat.repository import binding

BASE = "/wechat/bind"
COOKIE = "bp_wechat"
STAYS = timedelta(minutes=30)
_IN_WECHAT = "micromessenger"
_CODE_COSTS = 20.0  # an SMS, perhaps
_POINT = Scope.whole_network(reason="a branch's WeChat code is as good as public")
_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",  # forms of ours say that they are
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}
_log = logging.getLogger(__name__)
router = APIRouter(prefix=BASE, include_in_schema=False)
Endpoint = Callable[..., Response]


@dataclass(frozen=True, slots=True)
class Ticket:
    """What the cookie holds, sealed: how far somebody has come."""

    at: float
    point: str = ""
    state: str = ""
    openid: str = ""
    check: str = ""


async def _read_body(request: Request) -> bytes:
    """The body; :class:`api.boundary.bodies.BodyLimit` keeps it small."""
    return await request.body()


Body = Annotated[bytes, Depends(_read_body)]


def _friendly(endpoint: Endpoint) -> Endpoint:
    """Answers where WeChat is not set up, too many requests, and every failure with a note."""

    @wraps(endpoint)
    def guarded(request: Request, *args: object, **values: object) -> Response:
        if installation_of(request).settings.wechat_authorize_url is None:
            return _note(request, "unknown", 404)
        cost = _CODE_COSTS if request.method == "POST" else 1.0
        wait = _limits(request).take(request.client.host if request.client else "", cost)
        if wait:
            return _note(request, "too_many", 429, {"Retry-After": str(int(wait) + 1)})
        try:
            return endpoint(request, *args, **values)
        except Exception as error:
            _log.error("binding failed: %s", type(error).__name__)
            return _note(request, "unavailable", 503, {"Retry-After": "5"})

    return guarded


@router.get("")
@_friendly
def begin(request: Request) -> Response:
    """Sends somebody to WeChat's page, which sends them back with who they are."""
    if _IN_WECHAT not in request.headers.get("user-agent", "").lower():
        return _note(request, "elsewhere", 200)
    house = installation_of(request)
    point = request.query_params.get("point", "")[:64]
    if point and _branch(house, point) is None:
        return _note(request, "unknown", 404)
    ticket = Ticket(_now(house), point=point, state=secrets.token_hex(16))
    back = f"{house.settings.public_url.rstrip('/')}{BASE}/back"
    asked = {  # in the order that WeChat insists on
        "appid": house.settings.wechat_app_id,
        "redirect_uri": f"{back}?lang={request_language(request)}",
        "response_type": "code",
        "scope": "snsapi_base",
        "state": ticket.state,
    }
    start = (house.settings.wechat_authorize_url or "").rstrip("/")
    place = f"{start}/connect/oauth2/authorize?{urlencode(asked)}#wechat_redirect"
    return _with_ticket(house, RedirectResponse(place, 302, headers=_HEADERS), ticket)


@router.get("/back")
@_friendly
def come_back(request: Request) -> Response:
    """Asks WeChat who came back, and goes on to the phone."""
    house = installation_of(request)
    ticket, query = _ticket(request), request.query_params
    state, code = query.get("state", ""), query.get("code", "")
    known = ticket is not None and ticket.state and secrets.compare_digest(ticket.state, state)
    if ticket is None or not known or not code:
        return _note(request, "lost", 410)
    try:
        openid = openid_contact(_who(house, code)).value
    except (NotReached, NoAnswer):
        return _note(request, "unavailable", 503, {"Retry-After": "60"})
    except (WechatRefusal, NotReachable):  # a code is good for one question
        return _note(request, "lost", 410)
    ticket = Ticket(_now(house), point=ticket.point, openid=openid)
    place = f"{BASE}/phone?lang={request_language(request)}"
    return _with_ticket(house, RedirectResponse(place, 303, headers=_HEADERS), ticket)


@router.get("/phone")
@_friendly
def show_phone(request: Request) -> Response:
    """The form for the phone."""
    ticket = _ticket(request)
    if ticket is None or not ticket.openid:
        return _note(request, "lost", 410)
    return _answer(pages.phone_page(_frame(request)), 200)


@router.post("/phone")
@_friendly
def ask_code(request: Request, body: Body) -> Response:
    """Has a code sent, if we know the phone; goes on in the same way if we do not."""
    house, ticket, fields = installation_of(request), _ticket(request), _fields(body)
    if ticket is None or not ticket.openid or _foreign(request):
        return _note(request, "lost", 410)
    phone, agreed = fields.get("phone", "")[:40], fields.get("agreed") == "yes"
    if not agreed:
        page = pages.phone_page(_frame(request), value=phone, wrong="agree_first")
        return _answer(page, 422)
    language = request_language(request)
    visitor = Visitor(ticket.openid, _branch(house, ticket.point))
    with house.database.transaction() as session:
        outcome = begin_check(
            session, house.vault, visitor, phone, language=language, now=house.clock()
        )
    match outcome:
        case NoPhone():
            page = pages.phone_page(_frame(request), value=phone, agreed=True, wrong="wrong")
            return _answer(page, 422)
        case TooOften():
            page = pages.phone_page(_frame(request), value=phone, agreed=True, wrong="too_often")
            return _answer(page, 429)
        case CodeAsked(check):
            place = f"{BASE}/code?lang={language}"
            onward = RedirectResponse(place, 303, headers=_HEADERS)
            return _with_ticket(house, onward, replace(ticket, check=str(check)))


@router.get("/code")
@_friendly
def show_code(request: Request) -> Response:
    """The form for the code."""
    ticket = _ticket(request)
    if ticket is None or not ticket.check:
        return _note(request, "lost", 410)
    return _answer(pages.code_page(_frame(request)), 200)


@router.post("/code")
@_friendly
def enter_code(request: Request, body: Body) -> Response:
    """Binds the account when the code is right."""
    house, ticket, fields = installation_of(request), _ticket(request), _fields(body)
    if ticket is None or not ticket.check or _foreign(request):
        return _note(request, "lost", 410)
    code, check = fields.get("code", "")[:20], UUID(ticket.check)
    visitor = Visitor(ticket.openid)
    with house.database.transaction() as session:
        outcome = end_check(session, house.vault, visitor, check, code, now=house.clock())
    match outcome:
        case Bound():
            done = _answer(pages.note_page(_frame(request), "done"), 200)
            done.delete_cookie(COOKIE, path=BASE)
            return done
        case WrongCode(left):
            return _answer(pages.code_page(_frame(request), left), 422)
        case Over():
            again = _frame(request).address("/phone")
            return _answer(pages.note_page(_frame(request), "over", again=again), 410)


def _who(house: Installation, code: str) -> str:
    api = WechatApi(house.settings)
    try:
        return api.openid_of(code)
    finally:
        api.close()


def _branch(house: Installation, point: str) -> int | None:
    """The branch of a WeChat code."""
    if not point:
        return None
    with house.database.transaction() as session:
        open_scope(session, _POINT)
        found = binding.point_of(session, point)
    return None if found is None else found.branch_id


def _ticket(request: Request) -> Ticket | None:
    """What our cookie says, if it is ours and not too old."""
    house = installation_of(request)
    try:
        sealed = urlsafe_b64decode(request.cookies.get(COOKIE, ""))
        ticket = Ticket(**json.loads(house.vault.decrypt(sealed)))
    except (ValueError, TypeError, InvalidTag):
        return None
    return ticket if _now(house) - ticket.at <= STAYS.total_seconds() else None


def _with_ticket(house: Installation, answer: Response, ticket: Ticket) -> Response:
    sealed = urlsafe_b64encode(house.vault.encrypt(json.dumps(asdict(ticket)))).decode()
    answer.set_cookie(
        COOKIE,
        sealed,
        max_age=int(STAYS.total_seconds()),
        path=BASE,
        httponly=True,
        secure=house.settings.secure_cookies,
        samesite="lax",
    )
    return answer


def _frame(request: Request) -> Frame:
    language = request_language(request)
    with installation_of(request).database.transaction() as session:
        names = binding.network_names(session)
    return Frame(language, names[language == "en"], BASE)


def _note(
    request: Request, what: str, status: int, headers: dict[str, str] | None = None
) -> Response:
    frame = Frame(request_language(request), "", BASE)
    again = frame.address() if what in ("lost", "unavailable") else None
    return _answer(pages.note_page(frame, what, again=again), status, headers)


def _answer(document: Document, status: int, headers: dict[str, str] | None = None) -> Response:
    policy = (
        f"default-src 'none'; style-src 'nonce-{document.nonce}'; img-src data:; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    every = {**_HEADERS, "Content-Security-Policy": policy, **(headers or {})}
    return Response(document.html, status, every, "text/html; charset=utf-8")


def _foreign(request: Request) -> bool:
    return from_elsewhere(request, installation_of(request).settings.public_url)


def _fields(body: bytes) -> dict[str, str]:
    try:
        found = parse_qs(body.decode("utf-8", "replace"), max_num_fields=20)
    except ValueError:
        return {}
    return {name: values[0] for name, values in found.items()}


def _now(house: Installation) -> float:
    return house.clock().timestamp()


def _limits(request: Request) -> Buckets:
    state = request.app.state
    if not hasattr(state, "wechat_limits"):
        state.wechat_limits = Buckets(PER_ADDRESS)
    limits: Buckets = state.wechat_limits
    return limits
