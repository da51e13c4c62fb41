"""Printed codes and kiosks, as their page shows them."""

from dataclasses import dataclass
from functools import partial

from api.points import posters, service
from api.points.errors import NotReady
from api.points.repository import list_touchpoints
from api.points.service import ShownPoint
from dashboard.address import Page
from dashboard.data.sitting import Sitting
from dashboard.data.times import moment_text


@dataclass(frozen=True)
class PointRow:
    """A point of the list."""

    code: str
    href: str
    branch: str
    about: str
    kind: str
    label: str
    begun: int
    finished: int
    closed: str | None
    active: bool


@dataclass(frozen=True)
class PointDetail:
    """The point that the address names: its code as a picture, and where its posters are."""

    id: str
    row: PointRow
    url: str | None
    picture: str | None
    last: str | None
    posters: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]


@dataclass(frozen=True)
class PointsView:
    """Everything on the page."""

    rows: list[PointRow]
    detail: PointDetail | None
    branches: list[tuple[str, str]]
    abouts: list[tuple[str, str]]


def points_view(sitting: Sitting) -> PointsView:
    """The points of the branches that the viewer manages."""
    found = service.list_points(sitting.session, sitting.viewer)
    chosen = next((one for one in found if one.point.code == sitting.address.subject), None)
    rows = [_row(sitting, one) for one in sorted(found, key=partial(_place, sitting))]
    return PointsView(
        rows=rows,
        detail=None if chosen is None else _detail(sitting, chosen),
        branches=[
            (node.code, node.name(sitting.language))
            for node in service.managed_branches(sitting.viewer)
            if node.closed_on is None
        ],
        abouts=_abouts(sitting),
    )


def _place(sitting: Sitting, one: ShownPoint) -> tuple[object, ...]:
    """Open codes first, branch by branch as their names are spoken."""
    point = one.point
    node = sitting.viewer.hierarchy.nodes.get(point.branch_id)
    key = node.sort_key if node else ""
    return point.closed_at is not None, key, point.branch_id, point.label, point.code


def _abouts(sitting: Sitting) -> list[tuple[str, str]]:
    """Touchpoints that have a survey, as ``touchpoint survey``, with their words."""
    surveys = service.surveys_by_touchpoint(sitting.session)
    found = []
    for code, zh, en in list_touchpoints(sitting.session):
        name = en if sitting.language == "en" else zh
        several = len(surveys.get(code, ())) > 1
        for survey in surveys.get(code, ()):
            found.append((f"{code} {survey}", f"{name} ({survey})" if several else name))
    return found


def _row(sitting: Sitting, one: ShownPoint) -> PointRow:
    point = one.point
    node = sitting.viewer.hierarchy.nodes.get(point.branch_id)
    return PointRow(
        code=point.code,
        href=sitting.address.about(Page.POINTS, point.code).href,
        branch=node.name(sitting.language) if node else "",
        about=point.occasion_en if sitting.language == "en" else point.occasion_zh,
        kind=sitting.say(f"points.kind.{point.kind}"),
        label=point.label,
        begun=one.used.begun,
        finished=one.used.finished,
        closed=None if point.closed_at is None else moment_text(sitting, point.closed_at),
        active=point.code == sitting.address.subject,
    )


def _detail(sitting: Sitting, one: ShownPoint) -> PointDetail:
    point, say = one.point, sitting.say
    url = picture = None
    papers: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()
    try:
        url = posters.address_of(point, sitting.installation.settings.public_url)
    except NotReady:
        pass
    else:
        picture = posters.code_picture(url)
        papers = tuple(
            (
                paper,
                tuple(
                    (
                        say(f"points.page.in_{words}"),
                        f"/api/v1/points/{point.id}/poster?paper={paper}&words={words}",
                    )
                    for words in ("zh", "en", "both")
                ),
            )
            for paper in ("A5", "A6")
        )
    last = one.used.last_at
    return PointDetail(
        id=str(point.id),
        row=_row(sitting, one),
        url=url,
        picture=picture,
        last=None if last is None else moment_text(sitting, last),
        posters=() if point.closed_at else papers,
    )
