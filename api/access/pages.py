"""The pages on which people log in, log out and choose a password; they work without scripts.

Each POST opens and commits its own transaction before it answers. A POST that comes from another
site is refused even without a cookie: nobody is to be logged in as somebody else.
"""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from api.access import logins
from api.access.errors import LinkInvalid, WeakPassword
from api.access.logins import Caller, LoggedIn, Refused, SlowedDown
from api.access.rendering import page
from api.boundary.origin import from_elsewhere
from api.boundary.visits import SESSION_COOKIE, Home, request_language
from api.core.errors import NotLoggedIn
from api.core.installation import Installation
from api.core.languages import say
from api.security.sessions import SESSION_LONGEST, viewer_of_session

router = APIRouter(include_in_schema=False)

DEVICE_COOKIE = "bp_device"
START = "/app/"
_YEAR = 365 * 24 * 3600

Text = Annotated[str, Form(max_length=2000)]


def local_address(wanted: str | None) -> str:
    """``wanted`` when it is an address of ours, else the start page: no open redirect."""
    address = wanted or ""
    if not address.startswith("/") or address[1:2] in ("/", "\\") or not address.isprintable():
        return START
    return START if "\\" in address else address


@router.get("/login")
def show_log_in(
    request: Request, installation: Home, next: str | None = None, bye: str | None = None
) -> Response:
    """The log-in page; who is logged in goes on at once."""
    if _is_logged_in(request, installation):
        return RedirectResponse(local_address(next), 303)
    good = say("access.page.logged_out", request_language(request)) if bye else None
    return _log_in_page(request, next_address=local_address(next), good=good)


def _is_logged_in(request: Request, installation: Installation) -> bool:
    secret = request.cookies.get(SESSION_COOKIE)
    if secret is None:
        return False
    try:
        with installation.database.transaction() as session:
            viewer_of_session(session, secret, installation.clock())
    except NotLoggedIn:
        return False
    return True


def _log_in_page(
    request: Request,
    *,
    next_address: str = START,
    identifier: str = "",
    status: int = 200,
    bad: str | None = None,
    good: str | None = None,
) -> Response:
    return page(
        request,
        "login.html",
        "access.page.log_in",
        status=status,
        next=next_address,
        identifier=identifier,
        bad=bad,
        good=good,
    )


@router.post("/login")
def log_in(
    request: Request,
    installation: Home,
    identifier: Text = "",
    password: Text = "",
    next: Text = START,
) -> Response:
    """Begins a session and goes on to where the person wanted to be."""
    if from_elsewhere(request, installation.settings.public_url):
        return _foreign(request)
    with installation.database.transaction() as session:
        outcome = logins.log_in(
            session,
            installation.vault,
            identifier,
            password,
            now=installation.clock(),
            caller=_caller(request),
        )
    next_address, language = local_address(next), request_language(request)
    match outcome:
        case LoggedIn():
            return _enter(installation, outcome, next_address)
        case SlowedDown(seconds):
            bad = say("access.page.slowed", language, seconds=seconds)
            answer = _log_in_page(
                request, next_address=next_address, identifier=identifier, status=429, bad=bad
            )
            answer.headers["Retry-After"] = str(seconds)
            return answer
        case Refused():
            bad = say("access.page.refused", language)
            return _log_in_page(
                request, next_address=next_address, identifier=identifier, status=401, bad=bad
            )


def _caller(request: Request) -> Caller:
    return Caller(
        address=request.client.host if request.client else "",
        device=request.cookies.get(DEVICE_COOKIE),
        previous=request.cookies.get(SESSION_COOKIE),
    )


def _enter(installation: Installation, outcome: LoggedIn, address: str) -> Response:
    answer = RedirectResponse(address, 303)
    secure = installation.settings.secure_cookies
    longest = int(SESSION_LONGEST.total_seconds())
    for name, value, age, path in (
        (SESSION_COOKIE, outcome.secret, longest, "/"),
        (DEVICE_COOKIE, outcome.device, _YEAR, "/login"),
    ):
        answer.set_cookie(
            name, value, max_age=age, path=path, httponly=True, samesite="lax", secure=secure
        )
    answer.headers["Cache-Control"] = "no-store"
    return answer


@router.post("/logout")
def log_out(request: Request, installation: Home) -> Response:
    """Ends the session, here and in the database."""
    if from_elsewhere(request, installation.settings.public_url):
        return _foreign(request)
    with installation.database.transaction() as session:
        logins.log_out(session, request.cookies.get(SESSION_COOKIE), now=installation.clock())
    answer = RedirectResponse("/login?bye=1", 303)
    answer.delete_cookie(SESSION_COOKIE, path="/")
    return answer


@router.get("/password/forgot")
def show_forgot(request: Request) -> Response:
    """Asks by what the person logs in."""
    return page(request, "forgot.html", "access.page.forgot_title")


@router.post("/password/forgot")
def forgot(request: Request, installation: Home, identifier: Text = "") -> Response:
    """Sends a link, if there is such a person; the answer does not tell."""
    if from_elsewhere(request, installation.settings.public_url):
        return _foreign(request)
    with installation.database.transaction() as session:
        logins.request_reset(session, installation, identifier, installation.clock())
    good = say("access.page.forgot_sent", request_language(request))
    return page(request, "forgot.html", "access.page.forgot_title", good=good)


@router.get("/password/{secret}")
def show_password(request: Request, installation: Home, secret: str) -> Response:
    """The page that a link opens; opening it uses nothing up."""
    try:
        with installation.database.transaction() as session:
            account = logins.open_link(session, secret, installation.clock())
    except LinkInvalid:
        return _invalid(request)
    return page(request, "password.html", "access.page.set_title", name=account.name)


@router.post("/password/{secret}")
def set_password(
    request: Request, installation: Home, secret: str, password: Text = "", again: Text = ""
) -> Response:
    """Sets the password by a link, once, and begins a session."""
    if from_elsewhere(request, installation.settings.public_url):
        return _foreign(request)
    try:
        with installation.database.transaction() as session:
            name = logins.open_link(session, secret, installation.clock()).name
            if password != again:
                return _password_page(request, name, "access.page.set_differ")
            outcome = logins.use_link(
                session,
                installation.vault,
                secret,
                password,
                now=installation.clock(),
                caller=_caller(request),
            )
    except LinkInvalid:
        return _invalid(request)
    except WeakPassword as error:
        return _password_page(request, name, error.key)
    return _enter(installation, outcome, START)


def _password_page(request: Request, name: str, key: str) -> Response:
    bad = say(key, request_language(request))
    title = "access.page.set_title"
    return page(request, "password.html", title, status=422, name=name, bad=bad)


def _invalid(request: Request) -> Response:
    return page(request, "invalid.html", "access.page.invalid_title", status=404)


def _foreign(request: Request) -> Response:
    bad = say("access.page.foreign", request_language(request))
    return page(request, "foreign.html", "access.page.log_in", status=403, bad=bad)
