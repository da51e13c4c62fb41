"""Contested answers: who may object and decide, what leaves the score, what stays in sight."""

import base64
import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

import pytest
from answered import LAST, World, days_of, made_up, make_world, stored_cells, write
from conftest import NOW, Office
from sqlalchemy import text
from sqlmodel import Session
from test_insights_http import logged_in
from viewers import looking
from web import visitor

from api.cells.service import fold
from api.contests import service
from api.contests.errors import AlreadyContested, AlreadyDecided, BadEvidence, OwnContest, TooLate
from api.contests.evidence import LARGEST, MOST
from api.contests.service import Objection
from api.core.errors import Invalid, NotAllowed, NotFound
from api.insights.contested import contested_figures
from api.insights.periods import Period
from api.security.viewer import Viewer

PERIOD = Period(LAST - timedelta(days=30), LAST)
PDF = b"%PDF-1.7 a scan"


@pytest.fixture
def world(office: Office) -> World:
    """300 answers that came in yesterday, counted."""
    world = make_world(office.owner)
    world.given = made_up(world, random.Random(5), days_of(PERIOD.start, LAST), 300)
    with office.owner.connection() as connection:
        write(connection, world.given)
        connection.execute(text("update response set submitted_at = :at"),
                           {"at": NOW - timedelta(days=1)})  # fmt: skip
    fold(office.worker.database)
    return world


@contextmanager
def person(office: Office, unit: int, role: str) -> Iterator[tuple[Session, Viewer]]:
    """A transaction of somebody who has an account."""
    with looking(office, unit, role) as (session, viewer):
        with office.owner.connection() as connection:
            connection.execute(
                text(
                    "insert into account (id, name, language, status, created_at) "
                    "values (:id, :name, 'en', 'active', :now)"
                ),
                {"id": viewer.account_id, "name": role, "now": NOW},
            )
        yield session, viewer


def objection(world: World, place: int = 0) -> Objection:
    given = [one for one in world.given if one.branch == world.branches[0]]
    return Objection(given[place].id, "wrong_branch", "Seen at another dealer that day")


def contested(office: Office, world: World, place: int = 0) -> UUID:
    with person(office, world.branches[0], "branch_manager") as (session, viewer):
        return service.raise_contest(session, viewer, objection(world, place), NOW)


def decided(office: Office, world: World, contest: UUID, verdict: service.Verdict) -> None:
    with person(office, world.network, "hq_admin") as (session, viewer):
        service.decide_contest(
            session, viewer, contest, verdict=verdict, note="As the file shows", now=NOW
        )
    fold(office.worker.database)


def cells(office: Office) -> dict[tuple[object, ...], tuple[int, list[int]]]:
    with office.worker.database.connection() as connection:
        return stored_cells(connection)


def answers(office: Office, branch: int) -> int:
    with office.worker.database.connection() as connection:
        found = connection.execute(
            text("select sum(n) from cell where branch_id = :b and metric = 'nps' "
                 "and period = 'day'"), {"b": branch})  # fmt: skip
        return int(found.scalar_one())


def test_an_upheld_contest_takes_the_answer_out_and_keeps_both_scores(
    office: Office, world: World
) -> None:
    before, all_of_it = answers(office, world.branches[0]), cells(office)
    contest = contested(office, world)
    assert answers(office, world.branches[0]) == before, "until it is decided the answer counts"
    decided(office, world, contest, "upheld")
    assert answers(office, world.branches[0]) == before - 1
    with looking(office, world.branches[0], "branch_staff") as (session, viewer):
        (row,) = contested_figures(session, viewer, "nps", PERIOD)
    assert (row.excluded, row.figure.n, row.with_all.n) == (1, before - 1, before)
    assert row.share == pytest.approx(1 / before)
    assert row.figure.score != row.with_all.score
    decided(office, world, contest, "rejected")
    assert cells(office) == all_of_it, "a reversed decision brings back exactly what was counted"
    with looking(office, world.network, "hq_analyst") as (session, viewer):
        assert contested_figures(session, viewer, "nps", PERIOD) == []


def test_an_answer_is_contested_once_and_within_ten_days(office: Office, world: World) -> None:
    with person(office, world.branches[0], "branch_manager") as (session, viewer):
        late = NOW + timedelta(days=9, minutes=1)
        with pytest.raises(TooLate):
            service.raise_contest(session, viewer, objection(world), late)
        service.raise_contest(session, viewer, objection(world), late - timedelta(minutes=2))
        with pytest.raises(AlreadyContested):
            service.raise_contest(session, viewer, objection(world), NOW)
        for reason, note in (("bad_luck", "words"), ("abuse", "  ")):
            wish = Objection(objection(world, 1).response_id, reason, note)
            with pytest.raises(Invalid):
                service.raise_contest(session, viewer, wish, NOW)


def test_who_may_contest_and_who_decides(office: Office, world: World) -> None:
    branch, other = world.branches[:2]
    for unit, role, refusal in (
        (other, "branch_manager", NotFound),
        (branch, "branch_staff", NotAllowed),
    ):
        with person(office, unit, role) as (session, viewer), pytest.raises(refusal):
            service.raise_contest(session, viewer, objection(world), NOW)
    contest = contested(office, world)
    for unit, role in (
        (branch, "branch_manager"),
        (world.regions[0], "regional_manager"),
        (world.network, "hq_analyst"),
    ):
        with person(office, unit, role) as (session, viewer), pytest.raises(NotAllowed):
            service.decide_contest(session, viewer, contest, verdict="upheld", note="mine", now=NOW)
    with person(office, world.branches[1], "branch_manager") as (session, viewer):
        assert service.list_contests(session, viewer) == []
        with pytest.raises(NotFound):
            service.require_contest(session, viewer, contest)
    with person(office, world.network, "hq_admin") as (session, viewer):
        own = service.raise_contest(session, viewer, objection(world, 1), NOW)
        with pytest.raises(OwnContest):
            service.decide_contest(session, viewer, own, verdict="upheld", note="mine", now=NOW)


def test_what_is_decided_or_withdrawn_stays_so_until_it_is_decided_otherwise(
    office: Office, world: World
) -> None:
    contest = contested(office, world)
    with person(office, world.branches[0], "branch_manager") as (session, viewer):
        service.withdraw_contest(session, viewer, contest, NOW)
        with pytest.raises(AlreadyDecided):
            service.withdraw_contest(session, viewer, contest, NOW)
    with pytest.raises(AlreadyDecided):
        decided(office, world, contest, "upheld")
    rejected = contested(office, world)
    decided(office, world, rejected, "rejected")
    with pytest.raises(AlreadyDecided):
        decided(office, world, rejected, "rejected")
    contested(office, world)
    with pytest.raises(AlreadyDecided):
        decided(office, world, rejected, "upheld")


def test_evidence_is_what_it_says_and_no_more_than_five_files(office: Office, world: World) -> None:
    contest = contested(office, world)
    with person(office, world.branches[0], "branch_manager") as (session, viewer):

        def add(name: str, content: bytes) -> UUID:
            return service.add_evidence(
                session, viewer, contest, file_name=name, content=content, now=NOW
            )

        for content in (b"", b"MZ an exe", PDF + bytes(LARGEST), b"<svg onload=alert(1)>"):
            with pytest.raises(BadEvidence):
                add("scan.pdf", content)
        first = add("..\\..\\etc/工单 “7”.exe", PDF)
        file = service.require_file(session, viewer, contest, first)
        assert (file.file_name, file.media_type) == ("工单 _7.pdf", "application/pdf")
        assert file.content == PDF
        for number in range(MOST - 1):
            add(f"{number}.jpg", b"\xff\xd8\xff photo")
        with pytest.raises(BadEvidence):
            add("one more.pdf", PDF)


def test_over_http_a_branch_contests_and_headquarters_decides(office: Office, world: World) -> None:
    client = visitor(office.web)
    origin = {"Origin": office.web.settings.public_url}
    client.headers.update(logged_in(office, "branch_manager", world.branches[0]))
    wish = {"response": str(objection(world).response_id), "reason": "duplicate", "note": "Twice"}
    made = client.post("/api/v1/contests", json=wish, headers={**origin, "Idempotency-Key": "1"})
    assert made.status_code == 201, made.text
    place = f"/api/v1/contests/{made.json()['id']}"
    file = {"file_name": "a b.pdf", "content": base64.b64encode(PDF).decode()}
    added = client.post(f"{place}/evidence", json=file,
                        headers={**origin, "Idempotency-Key": "2"})  # fmt: skip
    assert added.status_code == 201, added.text
    client.headers.update(logged_in(office, "hq_admin", world.network))
    listed = client.get("/api/v1/contests?state=open").json()
    assert [(item["reason"], item["files"]) for item in listed["items"]] == [("duplicate", 1)]
    saved = client.get(f"{place}/evidence/{added.json()['id']}")
    assert saved.content == PDF
    assert saved.headers["content-disposition"] == "attachment; filename*=UTF-8''a%20b.pdf"
    assert saved.headers["x-content-type-options"] == "nosniff"
    body = {"verdict": "upheld", "note": "Answered twice indeed"}
    done = client.post(f"{place}/decision", json=body, headers=origin)
    assert done.status_code == 204, done.text
    assert client.get(place).json()["state"] == "upheld"
    fold(office.worker.database)
    days = f"from={PERIOD.start}&to={LAST - timedelta(days=1)}"
    rows = client.get(f"/api/v1/contested?metric=nps&{days}").json()["rows"]
    assert [(row["excluded"], row["with_all"]["n"] - row["n"]) for row in rows] == [(1, 1)]
