"""HTTP of printed codes: their administration, and the page that everybody who scans one sees.

The public page answers every failure with a friendly note and the right status. It sets no cookie
and keeps nothing of who looked.
"""

import logging
import re
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from api.boundary.idempotency import IdempotencyGuard
from api.boundary.visits import PersonVisit, Visit, installation_of, request_language
from api.core.languages import LANGUAGES, Language, spoken
from api.points import posters, service, visiting
from api.points.errors import NotReady
from api.points.repository import Point
from api.points.schemas import Made, PointIn, PointOut, PointsOut
from api.points.service import ShownPoint, Wish
from api.points.visiting import Found, Started
from api.responses import pages
from api.responses.endpoints import Body, address_of, answer_page, form_fields, wanted_language
from api.responses.limits import Buckets, Rate
from api.responses.pages import Frame, PageState
from api.responses.service import Fields, Finished, MovedOn, Opened

admin = APIRouter(prefix="/api/v1/points", tags=["points"])
public = APIRouter(prefix="/q", include_in_schema=False)
_log = logging.getLogger(__name__)
_CODE = re.compile(r"[a-z0-9]{4,32}")
# A whole hall behind one address may scan at once; a point takes in what people can answer.
_PER_ADDRESS = Rate(burst=300, per_second=10)
_PER_POINT = Rate(burst=120, per_second=1)
Page = Callable[..., Response]


@admin.get("")
def list_points(visit: PersonVisit, unit: str | None = None) -> PointsOut:
    """The codes and kiosks of the branches that the viewer manages."""
    found = service.list_points(visit.session, visit.viewer, unit)
    return PointsOut(items=[_shown(visit, one) for one in found])


@admin.post("", status_code=201, response_model=Made)
def create_point(body: PointIn, visit: PersonVisit, guard: IdempotencyGuard) -> Response:
    """Makes a printed code or kiosk for a branch."""

    def work() -> tuple[int, Made]:
        wish = Wish(**body.model_dump())
        return 201, Made(id=service.create_point(visit.session, visit.viewer, wish, visit.now))

    return guard.answer(visit, work)


@admin.post("/{point_id}/close", status_code=204)
def close_point(point_id: UUID, visit: PersonVisit) -> None:
    """Closes a code: who opens it is told that it is over."""
    service.close_point(visit.session, visit.viewer, point_id, visit.now)


@admin.get("/{point_id}/poster", response_class=Response)
def print_poster(
    point_id: UUID,
    visit: PersonVisit,
    paper: posters.Paper = "A5",
    words: Annotated[Literal["zh", "en", "both"] | None, Query()] = None,
) -> Response:
    """The code to be printed, as PDF; without ``words`` in the branch's language."""
    point = service.require_point(visit.session, visit.viewer, point_id)
    language = words or visit.viewer.hierarchy.language(point.branch_id, "zh")
    url = visit.installation.settings.public_url
    html = posters.poster_html(visit.session, point, url, paper=paper, language=language)
    name = f'inline; filename="{point.code}-{paper}.pdf"'
    headers = {"Content-Disposition": name, "Cache-Control": "no-store"}
    return Response(posters.poster_pdf(html), 200, headers, "application/pdf")


def _friendly(page: Page) -> Page:
    """Answers what is no code, too many requests and every failure with a note."""

    @wraps(page)
    def guarded(request: Request, point: str, *args: object, **values: object) -> Response:
        if _buckets(request, "addresses").take(address_of(request)):
            return _note(request, "too_many", 429)
        if not _CODE.fullmatch(point):
            return _note(request, "no_point", 404)
        try:
            return page(request, point, *args, **values)
        except Exception as error:
            _log.error("page of a code failed: %s", type(error).__name__)
            return _note(request, "unavailable", 503, base=f"/q/{point}")

    return guarded


@public.api_route("/{point}", methods=["GET", "HEAD"])
@_friendly
def show(request: Request, point: str) -> Response:
    """The first page of a code; changes nothing."""
    installation = installation_of(request)
    with installation.database.transaction() as session:
        found = visiting.find(session, point, installation.clock())
    if found is None or found.opened is None:
        return _absent(request, found)
    language = _language(request, found)
    return _first_page(found, found.opened, language, 200)


@public.post("/{point}")
@_friendly
def begin(request: Request, point: str, body: Body) -> Response:
    """Saves the first page under a new anonymous invitation, and leads on to the next."""
    installation = installation_of(request)
    fields = form_fields(body)
    now = installation.clock()
    with installation.database.transaction() as session:
        found = visiting.find(session, point, now)
        if found is None or found.opened is None:
            return _absent(request, found)
        language = _language(request, found)
        go = fields.get("go", [""])[0]
        shown, errors = visiting.check(found.opened, fields)
        if go in LANGUAGES:
            return _first_page(found, shown, spoken(go), 200)
        if errors:
            return _first_page(found, shown, language, 422, errors=errors, raw=fields)
        if _buckets(request, "points").take(point):
            return _note(request, "too_many", 429)
        started = visiting.start(session, found, fields, language, now)
    return _onward(found, started, language)


@public.api_route("/{point}/privacy", methods=["GET", "HEAD"])
@_friendly
def privacy(request: Request, point: str) -> Response:
    """What becomes of anonymous answers."""
    installation = installation_of(request)
    with installation.database.transaction() as session:
        found = visiting.find(session, point, installation.clock())
    if found is None or found.opened is None:
        return _absent(request, found)
    frame = _frame(found, found.opened, _language(request, found))
    return answer_page(pages.privacy_page(frame, pages.privacy_text(frame)), 200)


def _onward(found: Found, started: Started, language: Language) -> Response:
    base = f"/s/{started.token}"
    match started.outcome:
        case Finished(opened):
            return answer_page(
                pages.thanks_page(_frame(found, opened, language), opened.survey), 200
            )
        case MovedOn(opened, page):
            place = Frame(language, None, base).address(page=page + 1)
        case _:
            place = Frame(language, None, base).address(page=1)
    headers = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return RedirectResponse(place, 303, headers=headers)


def _first_page(
    found: Found,
    opened: Opened,
    language: Language,
    status: int,
    *,
    errors: dict[str, str] | None = None,
    raw: Fields | None = None,
) -> Response:
    state = PageState(
        survey=opened.survey,
        page=0,
        answers=opened.saved.answers,
        occurred_on=opened.asked.occurred_on,
        errors=errors or {},
        raw=raw or {},
    )
    return answer_page(pages.survey_page(_frame(found, opened, language), state), status)


def _frame(found: Found, opened: Opened, language: Language) -> Frame:
    place = f"/q/{found.point.code}"
    restart = place if found.point.kind == "kiosk" else None
    names = opened.asked.names(language)
    return Frame(language, names, place, anonymous=True, restart=restart)


def _language(request: Request, found: Found) -> Language:
    """The language asked for; else the guest's, at a kiosk the branch's."""
    wanted = wanted_language(request)
    if wanted or found.point.kind == "kiosk":
        return spoken(wanted or found.language)
    return request_language(request)


def _absent(request: Request, found: Found | None) -> Response:
    return _note(request, "no_point", 404) if found is None else _note(request, "point_over", 410)


def _note(request: Request, what: str, status: int, base: str | None = None) -> Response:
    frame = Frame(request_language(request), None, base, anonymous=True)
    headers = {"Retry-After": "10"} if status in (429, 503) else None
    return answer_page(pages.closed_page(frame, what), status, headers)


def _buckets(request: Request, name: str) -> Buckets:
    """One web process's own counters."""
    state = request.app.state
    if not hasattr(state, "point_limits"):
        state.point_limits = {"addresses": Buckets(_PER_ADDRESS), "points": Buckets(_PER_POINT)}
    found: Buckets = state.point_limits[name]
    return found


def _shown(visit: Visit, one: ShownPoint) -> PointOut:
    point = one.point
    return PointOut(
        id=point.id,
        code=point.code,
        url=_url(visit, point),
        kind=point.kind,
        unit=visit.viewer.hierarchy.nodes[point.branch_id].code,
        touchpoint=point.touchpoint,
        survey=point.survey_code,
        label=point.label,
        created_at=point.created_at,
        closed_at=point.closed_at,
        begun=one.used.begun,
        finished=one.used.finished,
    )


def _url(visit: Visit, point: Point) -> str | None:
    try:
        return posters.address_of(point, visit.installation.settings.public_url)
    except NotReady:
        return None
