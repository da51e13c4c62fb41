"""``/s/{token}``: from HTTP to the service and back to a page.

A transaction ends before its page is made: what a customer reads was committed. Whatever goes wrong
is a friendly page with the right status, never a thank-you.
"""

import logging
import re
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Literal
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from api.boundary.visits import installation_of, request_language
from api.core.ids import token_hash
from api.core.languages import LANGUAGES
from api.responses import pages, service
from api.responses.limits import Limits
from api.responses.pages import Document, Frame, PageState
from api.responses.service import Closed, Fields, Finished, MovedOn, Opened, Refused, Submission

router = APIRouter(prefix="/s", include_in_schema=False)
_log = logging.getLogger(__name__)

_FIELDS_LIMIT = 200
_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")
_STATUS = {"used": 410, "expired": 410, "withdrawn": 410}
_ICONS = {"used": "done", "expired": "clock"}
_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
Endpoint = Callable[..., Response]


async def _read_body(request: Request) -> bytes:
    """The body; :class:`api.boundary.bodies.BodyLimit` keeps it small."""
    return await request.body()


Body = Annotated[bytes, Depends(_read_body)]


def _friendly(endpoint: Endpoint) -> Endpoint:
    """Answers an unusable token, too many requests and every failure with a note."""

    @wraps(endpoint)
    def guarded(request: Request, token: str, *args: object, **values: object) -> Response:
        if not _TOKEN.fullmatch(token):
            return _unknown(request)
        wait = _limits(request).wait(token_hash(token), address_of(request))
        if wait:
            return _plain_note(request, "too_many", 429, {"Retry-After": str(int(wait) + 1)})
        try:
            return endpoint(request, token, *args, **values)
        except Exception as error:
            _log.error("survey page failed: %s", type(error).__name__)
            return _plain_note(request, "unavailable", 503, {"Retry-After": "5"}, token)

    return guarded


@router.api_route("/{token}", methods=["GET", "HEAD"])
@_friendly
def show(request: Request, token: str) -> Response:
    """The survey page of a link; changes nothing but when it was first seen."""
    installation = installation_of(request)
    now = installation.clock()
    with installation.database.reading() as connection:
        seen = request.method == "GET"
        opened = service.look_at(connection, token_hash(token), now, seen=seen)
    if opened is None:
        return _unknown(request)
    if opened.state != "open":
        return _closed(request, token, opened)
    wanted = page_number(request.query_params.get("page")) - 1
    page = service.page_to_show(opened, wanted)
    return answer_page(pages.survey_page(_frame(request, token, opened), _state(opened, page)), 200)


@router.post("/{token}")
@_friendly
def save(request: Request, token: str, body: Body) -> Response:
    """Saves a page and leads to the next; says thank you once everything is committed."""
    submission = _submission(request, form_fields(body))
    installation = installation_of(request)
    now = installation.clock()
    with installation.database.connection() as connection:
        outcome = service.submit(connection, token_hash(token), submission, now)
    match outcome:
        case None:
            return _unknown(request)
        case Refused(opened, page, errors):
            state = _state(opened, page, errors, submission.fields)
            return answer_page(pages.survey_page(_frame(request, token, opened), state), 422)
        case MovedOn(opened, page):
            language = opened.language(submission.wanted_language)
            place = Frame(language, None, _base(token)).address(page=page + 1)
            return RedirectResponse(place, 303, headers=_HEADERS)
        case Finished(opened):
            return _thanks(request, token, opened)
        case Closed(opened):
            return _closed(request, token, opened)


@router.api_route("/{token}/privacy", methods=["GET", "HEAD"])
@_friendly
def privacy(request: Request, token: str) -> Response:
    """The privacy text."""
    installation = installation_of(request)
    with installation.database.reading() as connection:
        opened = service.look_at(connection, token_hash(token), installation.clock())
        texts = service.privacy_texts(connection)
    if opened is None:
        return _unknown(request)
    frame = _frame(request, token, opened)
    words = texts.text(frame.language) or pages.privacy_text(frame)
    return answer_page(pages.privacy_page(frame, words), 200)


@router.api_route("/{token}/opt-out", methods=["GET", "HEAD"])
@_friendly
def ask_opt_out(request: Request, token: str) -> Response:
    """Asks whether no more invitations are wanted."""
    return _ask(request, token, "opt_out")


@router.post("/{token}/opt-out")
@_friendly
def opt_out(request: Request, token: str, body: Body) -> Response:
    """Suppresses the invitation's address."""
    return _suppress(request, token, "opt_out")


@router.api_route("/{token}/not-me", methods=["GET", "HEAD"])
@_friendly
def ask_not_me(request: Request, token: str) -> Response:
    """Asks whether the invitation reached the wrong person."""
    return _ask(request, token, "not_me")


@router.post("/{token}/not-me")
@_friendly
def not_me(request: Request, token: str, body: Body) -> Response:
    """Suppresses the address that belongs to somebody else, and ends the link."""
    return _suppress(request, token, "not_me")


@router.api_route("/{anything:path}", methods=["GET", "HEAD", "POST"])
def no_page(request: Request) -> Response:
    """Whatever else begins like a link."""
    return _unknown(request)


def _ask(request: Request, token: str, what: Literal["opt_out", "not_me"]) -> Response:
    installation = installation_of(request)
    with installation.database.reading() as connection:
        opened = service.look_at(connection, token_hash(token), installation.clock())
    if opened is None:
        return _unknown(request)
    return answer_page(pages.question_of(_frame(request, token, opened), what), 200)


def _suppress(request: Request, token: str, what: Literal["opt_out", "not_me"]) -> Response:
    installation = installation_of(request)
    now = installation.clock()
    with installation.database.connection() as connection:
        opened = service.suppress(connection, token_hash(token), what, now)
    if opened is None:
        return _unknown(request)
    return answer_page(pages.done_with(_frame(request, token, opened), what), 200)


def _thanks(request: Request, token: str, opened: Opened) -> Response:
    frame = _frame(request, token, opened)
    return answer_page(pages.thanks_page(frame, opened.survey), 200)


def _closed(request: Request, token: str, opened: Opened) -> Response:
    frame = _frame(request, token, opened)
    document = pages.closed_page(frame, opened.state, icon=_ICONS.get(opened.state, "info"))
    return answer_page(document, _STATUS[opened.state])


def _unknown(request: Request) -> Response:
    _limits(request).unknown_link(address_of(request))
    return _plain_note(request, "unknown", 404)


def _plain_note(
    request: Request,
    what: str,
    status: int,
    headers: dict[str, str] | None = None,
    token: str | None = None,
) -> Response:
    """A note of a link that we know nothing of, or cannot ask about now."""
    base = None if token is None else _base(token)
    frame = Frame(request_language(request), None, base)
    return answer_page(pages.closed_page(frame, what), status, headers)


def answer_page(document: Document, status: int, headers: dict[str, str] | None = None) -> Response:
    """A page with its headers; nothing but its own style and no other host."""
    policy = (
        f"default-src 'none'; style-src 'nonce-{document.nonce}'; img-src data:; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    every = {**_HEADERS, "Content-Security-Policy": policy, **(headers or {})}
    return Response(document.html, status, every, "text/html; charset=utf-8")


def _frame(request: Request, token: str, opened: Opened) -> Frame:
    language = opened.language(wanted_language(request))
    asked = opened.asked
    return Frame(
        language,
        asked.names(language),
        _base(token),
        anonymous=asked.point is not None,
        by_phone=asked.mode == "phone",
        restart=f"/q/{asked.point}" if asked.mode == "kiosk" and asked.point else None,
    )


def _base(token: str) -> str:
    return f"/s/{token}"


def _state(
    opened: Opened, page: int, errors: dict[str, str] | None = None, raw: Fields | None = None
) -> PageState:
    saved = opened.saved
    return PageState(
        survey=opened.survey,
        page=page,
        answers=saved.answers,
        occurred_on=opened.asked.occurred_on,
        pages_done=saved.pages_done,
        named=saved.named,
        errors=errors or {},
        raw=raw or {},
    )


def _submission(request: Request, fields: Fields) -> Submission:
    go = fields.get("go", ["next"])[0]
    language = go if go in LANGUAGES else wanted_language(request)
    return Submission(
        page=page_number(request.query_params.get("page")) - 1,
        fields=fields,
        direction="stay" if go in LANGUAGES else "back" if go == "back" else "next",
        wanted_language=language,
    )


def form_fields(body: bytes) -> Fields:
    """The fields of a form; what is none has no fields."""
    try:
        return parse_qs(
            body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_FIELDS_LIMIT
        )
    except ValueError:
        return {}


def wanted_language(request: Request) -> str | None:
    """The language that the address asks for."""
    wanted = request.query_params.get("lang")
    return wanted if wanted in LANGUAGES else None


def page_number(text: str | None) -> int:
    """A page number from 1; anything else is the first."""
    if text is None or not (text.isascii() and text.isdigit()) or len(text) > 3:
        return 1
    return max(1, int(text))


def address_of(request: Request) -> str:
    """Where a request comes from."""
    return request.client.host if request.client else ""


def _limits(request: Request) -> Limits:
    state = request.app.state
    if not hasattr(state, "survey_limits"):
        state.survey_limits = Limits()
    limits: Limits = state.survey_limits
    return limits
