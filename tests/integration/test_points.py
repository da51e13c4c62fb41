"""Printed codes and kiosks: who makes them, what a guest sees and what is kept, the poster."""

import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import segno
from asking import Network, change, make_network, one, rows
from conftest import NOW, Office
from sqlmodel import Session
from viewers import looking
from web import visitor

from api.cells.service import fold
from api.core.errors import NotAllowed, NotFound
from api.insights.asking import asking
from api.insights.overview import overview
from api.insights.periods import Period
from api.invitations.repository import sampling
from api.invitations.repository.replaying import read_outcomes
from api.invitations.repository.sampling import Spans
from api.points import posters, service
from api.points.errors import NoBranch, NoFont, NotPrinted, NotReady, UnknownTouchpoint
from api.points.service import Wish
from api.responses.limits import Buckets, Rate
from api.security.viewer import Viewer

PUBLIC = "https://ask.example.com"


@pytest.fixture
def network(office: Office) -> Network:
    return make_network(office.worker.database)


@contextmanager
def manager(office: Office, network: Network, branch: int = 0) -> Iterator[tuple[Session, Viewer]]:
    """A transaction of the manager of a branch."""
    with looking(office, network.branches[branch], "branch_manager") as found:
        yield found


def make(office: Office, network: Network, **changes: Any) -> Any:
    """A new point of the first branch."""
    values = {"unit": "D1", "kind": "qr", "touchpoint": "service", "survey": "car_service"}
    with manager(office, network) as (session, viewer):
        made = service.create_point(
            session, viewer, Wish(**{**values, "label": "前台 1", **changes}), NOW
        )
    return one(office.worker, "select * from qr_point where id = :id", id=made)


def kept(office: Office) -> list[int]:
    """How many events, invitations, links and responses there are."""
    return [
        one(office.worker, f"select count(*) as n from {table}").n
        for table in ("event", "invitation", "survey_token", "response")
    ]


def test_looking_changes_nothing_and_sets_no_cookie(office: Office, network: Network) -> None:
    code = make(office, network).code
    client = visitor(office.web)
    shown = client.get(f"/q/{code}?lang=en")
    assert shown.status_code == 200
    assert "Jing&#39;an" in shown.text
    assert "Nobody learns who you are" in shown.text
    assert "No more invitations" not in shown.text
    assert "http-equiv" not in shown.text, "only a kiosk begins anew by itself"
    assert "set-cookie" not in shown.headers
    assert kept(office) == [0, 0, 0, 0]
    assert client.get(f"/q/{code}/privacy").status_code == 200


def test_the_first_page_makes_an_anonymous_invitation_and_the_survey_goes_on(
    office: Office, network: Network
) -> None:
    code = make(office, network).code
    client = visitor(office.web)
    answer = client.post(f"/q/{code}?lang=zh", data={"nps": "10", "go": "next"})
    assert answer.status_code == 303
    place = answer.headers["location"]
    assert re.match(r"/s/[\w-]{22}\?lang=zh&page=2", place)
    event = one(office.worker, "select * from event")
    assert (event.source, event.person_id, event.asking) == (f"qr:{code}", None, "decided")
    asked = one(office.worker, "select * from invitation")
    assert (asked.channel, asked.status, asked.person_id) == ("qr", "sent", None)
    base = place.partition("?")[0]
    final = client.post(f"{base}?page=2", data={"overall": "5", "go": "next"})
    if final.status_code == 303:
        final = client.post(f"{base}?page=3", data={"go": "next"})
    assert final.status_code == 200
    stored = one(office.worker, "select channel, mode, named, completed_at from response")
    assert (stored.channel, stored.mode, stored.named) == ("qr", "self", False)
    assert stored.completed_at is not None


def test_the_answers_count_in_the_cells_of_their_own_channel(
    office: Office, network: Network
) -> None:
    for kind in ("qr", "kiosk"):
        code = make(office, network, kind=kind).code
        visitor(office.web).post(f"/q/{code}", data={"nps": "10", "go": "next"})
    fold(office.worker.database)
    found = rows(
        office.worker,
        "select cut_values[i], hists[i:i] from cut_month, generate_subscripts(cuts, 1) as i "
        "where cuts[i] = 'channel' and metric = 'nps' order by 1",
    )
    assert [(row[0], sum(row[1][0])) for row in found] == [("kiosk", 1), ("qr", 1)]
    whole = one(office.worker, "select n from cell where metric = 'nps' and period = 'day'")
    assert whole.n == 2


def test_nobody_was_asked_by_a_code_so_no_rate_knows_of_its_answers(
    office: Office, network: Network
) -> None:
    for kind in ("qr", "qr", "kiosk"):
        code = make(office, network, kind=kind).code
        visitor(office.web).post(f"/q/{code}", data={"nps": "10", "go": "next"})
    change(office.worker, "update invitation set answered_at = sent_at where channel = 'kiosk'")
    fold(office.worker.database)
    day, long_ago = NOW.date(), NOW - timedelta(days=99)
    later = NOW + timedelta(days=9)
    period = Period(day, day + timedelta(days=1))
    with manager(office, network) as (session, viewer):
        seen = overview(session, viewer, "nps", period, now=NOW)
        asked = asking(session, viewer, period, now=NOW)
    assert (seen.funnel.events, seen.funnel.sent, seen.funnel.answered) == (0, 0, 0)
    scored = one(office.worker, "select n from cell where metric = 'nps' and period = 'day'")
    assert scored.n == 3
    assert (asked.decided.events, asked.asked.sent, asked.channels) == (0, 0, {})
    spans = Spans(day, long_ago, long_ago, later, later, day)
    with office.worker.database.transaction() as session:
        touchpoint = network.touchpoints["service"]
        standing = sampling.read_standings(session, touchpoint, spans)[0]
        assert sampling.first_event_at(session, touchpoint, later) is None
        assert read_outcomes(session, long_ago, later, later) == []
        pending = sampling.read_standings(session, touchpoint, replace(spans, waits_from=long_ago))
    assert (standing.answered, standing.asked, standing.replied, standing.arrivals) == (1, 0, 0, 0)
    assert pending[0].pending == 0


def test_a_wrong_first_page_is_shown_again_and_stores_nothing(
    office: Office, network: Network
) -> None:
    code = make(office, network).code
    answer = visitor(office.web).post(f"/q/{code}", data={"go": "next"})
    assert answer.status_code == 422
    assert kept(office) == [0, 0, 0, 0]


def test_the_language_changes_without_storing_anything_and_keeps_what_was_chosen(
    office: Office, network: Network
) -> None:
    code = make(office, network).code
    answer = visitor(office.web).post(f"/q/{code}?lang=zh", data={"nps": "7", "go": "en"})
    assert answer.status_code == 200
    assert 'lang="en"' in answer.text
    assert re.search(r'value="7"[^>]* checked', answer.text)
    assert kept(office) == [0, 0, 0, 0]


def test_a_kiosk_begins_anew_by_itself_on_every_page(office: Office, network: Network) -> None:
    code = make(office, network, kind="kiosk").code
    client = visitor(office.web)
    refresh = re.compile(rf'http-equiv="refresh" content="(\d+);url=/q/{code}"')
    first = refresh.search(client.get(f"/q/{code}").text)
    assert first is not None
    assert first[1] == "60"
    place = client.post(f"/q/{code}", data={"nps": "3", "go": "next"}).headers["location"]
    assert refresh.search(client.get(place).text)
    base = place.partition("?")[0]
    final = client.post(f"{base}?page=2", data={"overall": "2", "go": "next"})
    if final.status_code == 303:
        final = client.post(f"{base}?page=3", data={"go": "next"})
    assert final.status_code == 200
    thanks = refresh.search(final.text)
    assert thanks is not None
    assert int(thanks[1]) <= 10
    assert one(office.worker, "select mode from response").mode == "kiosk"
    assert client.cookies == {}


def test_a_kiosks_link_does_not_outlive_its_guest(office: Office, network: Network) -> None:
    code = make(office, network, kind="kiosk").code
    client = visitor(office.web)
    place = client.post(f"/q/{code}", data={"nps": "3", "go": "next"}).headers["location"]
    office.clock.now += timedelta(minutes=11)
    over = client.get(place)
    assert over.status_code == 410
    assert f"url=/q/{code}" in over.text


def test_unknown_and_closed_codes_have_a_friendly_page(office: Office, network: Network) -> None:
    made = make(office, network)
    with manager(office, network) as (session, viewer):
        service.close_point(session, viewer, made.id, NOW)
    client = visitor(office.web)
    assert client.get("/q/zzzzzzzz").status_code == 404
    assert client.get("/q/..").status_code in (404, 307)
    closed = client.get(f"/q/{made.code}?lang=en")
    assert closed.status_code == 410
    assert "This survey is over" in closed.text
    assert client.post(f"/q/{made.code}", data={"nps": "3"}).status_code == 410
    assert kept(office) == [0, 0, 0, 0]


def test_a_point_takes_no_flood(office: Office, network: Network) -> None:
    code = make(office, network).code
    client = visitor(office.web)
    few, many = Buckets(Rate(burst=2, per_second=0.01)), Buckets(Rate(burst=100, per_second=1))
    client.app.state.point_limits = {"addresses": many, "points": few}
    found = [client.post(f"/q/{code}", data={"nps": "9", "go": "next"}) for _ in range(3)]
    assert [one_.status_code for one_ in found] == [303, 303, 429]
    assert kept(office)[0] == 2


def test_managers_make_codes_for_their_own_branch_only(office: Office, network: Network) -> None:
    with pytest.raises(NotFound):
        make(office, network, unit="D2")
    with pytest.raises(UnknownTouchpoint):
        make(office, network, survey="car_sales")
    with (
        looking(office, network.branches[0], "branch_staff") as (session, viewer),
        pytest.raises(NotAllowed),
    ):
        service.list_points(session, viewer)


def test_headquarters_make_codes_anywhere_but_above_branches(
    office: Office, network: Network
) -> None:
    root = one(office.worker, "select id from unit where kind = 'network'").id
    wish = Wish("R1", "qr", "service", "car_service", "x")
    with looking(office, root, "hq_admin") as (session, viewer):
        with pytest.raises(NoBranch):
            service.create_point(session, viewer, wish, NOW)
        service.create_point(session, viewer, Wish(**{**vars(wish), "unit": "D2"}), NOW)
        assert len(service.list_points(session, viewer, "R1")) == 1
    with manager(office, network) as (session, viewer):
        assert service.list_points(session, viewer) == []


def test_the_list_says_how_often_a_code_was_used(office: Office, network: Network) -> None:
    code = make(office, network).code
    visitor(office.web).post(f"/q/{code}", data={"nps": "9", "go": "next"})
    with manager(office, network) as (session, viewer):
        (found,) = service.list_points(session, viewer)
    assert (found.used.begun, found.used.finished) == (1, 0)


def poster(office: Office, network: Network, point: UUID, **how: Any) -> bytes:
    """The poster as PDF."""
    with manager(office, network) as (session, viewer):
        found = service.require_point(session, viewer, point)
        html = posters.poster_html(session, found, PUBLIC, **{"paper": "A5", **how})
    return posters.poster_pdf(html)


def streams(pdf: bytes) -> str:
    """Everything that a PDF draws, as text."""
    parts = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    drawn = []
    for part in parts:
        try:
            drawn.append(zlib.decompress(part).decode("latin-1"))
        except zlib.error:
            drawn.append(part.decode("latin-1"))
    return "\n".join(drawn)


def modules_of(drawn: str) -> set[tuple[int, int]]:
    """The dark modules (column, row) that a drawing's lines cover, without the quiet zone."""
    lines = re.findall(r"([\d.]+) ([\d.]+) m\s+([\d.]+) ([\d.]+) l", drawn)
    quiet = posters.QUIET_ZONE
    return {
        (column - quiet, int(float(y)) - quiet)
        for x, y, end, same in lines
        if y == same and float(y) % 1 == 0.5
        for column in range(int(float(x)), int(float(end)))
    }


def test_the_poster_holds_the_code_of_its_address_and_its_fonts(
    office: Office, network: Network
) -> None:
    made = make(office, network)
    pdf = poster(office, network, made.id, language="both")
    assert pdf.startswith(b"%PDF-")
    wanted = segno.make_qr(f"{PUBLIC}/q/{made.code}", error="m")
    dark = {
        (column, row)
        for row, line in enumerate(wanted.matrix)
        for column, module in enumerate(line)
        if module
    }
    assert modules_of(streams(pdf)) == dark
    everything = pdf.decode("latin-1") + streams(pdf)
    assert "/FontFile" in everything
    assert re.search(r"/FontName ?/\w+\+[\w-]+", everything), "a subset, within the document"


def test_a_character_that_no_font_has_is_an_error() -> None:
    with pytest.raises(NoFont):
        posters.poster_pdf("<p>\ue0ff</p>")


def test_a_document_that_would_load_something_is_not_made() -> None:
    with pytest.raises(NotPrinted):
        posters.poster_pdf('<p>x</p><img src="http://192.0.2.1/x.png">')


def test_a_wechat_code_waits_for_its_address(office: Office, network: Network) -> None:
    made = make(office, network, kind="wechat")
    assert visitor(office.web).get(f"/q/{made.code}").status_code == 404
    with manager(office, network) as (session, viewer):
        found = service.require_point(session, viewer, made.id)
        with pytest.raises(NotReady):
            posters.poster_html(session, found, PUBLIC, paper="A6", language="zh")
    change(office.worker, "update qr_point set wechat_url = 'https://w.example/q/1'")
    with manager(office, network) as (session, viewer):
        found = service.require_point(session, viewer, made.id)
        assert 'class="code"' in posters.poster_html(
            session, found, PUBLIC, paper="A6", language="zh"
        )
