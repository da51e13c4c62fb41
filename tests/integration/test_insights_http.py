"""The read side over HTTP: documents, refusals, and nothing of another branch in any byte."""

import random
from datetime import timedelta

import pytest
from answered import LAST, MONDAY, World, days_of, made_up, make_world, write
from conftest import NOW, Office
from sqlalchemy import text
from web import visitor

from api.boundary.visits import SESSION_COOKIE
from api.cells.service import fold
from api.core.errors import BadInput
from api.core.ids import new_id, new_token, token_hash
from api.insights.commands import as_csv, as_lines, bring_up_to_date, network_league, period_of
from api.insights.league import ROW_COLUMNS
from api.insights.league_store import compute_requested

DAYS = {"from": str(LAST - timedelta(weeks=7)), "to": str(LAST - timedelta(days=1))}
PATHS = (
    "/api/v1/league?metric=nps",
    "/api/v1/overview?metric=nps",
    "/api/v1/units/{unit}/touchpoints?",
    "/api/v1/comments?",
)


@pytest.fixture
def world(office: Office) -> World:
    world = make_world(office.owner)
    world.given = made_up(world, random.Random(31), days_of(MONDAY, LAST), 500)
    with office.owner.connection() as connection:
        write(connection, world.given)
        connection.execute(
            text(
                "insert into answer (response_id, question, occurred_on, branch_id, text) "
                "select r.id, 'why', r.occurred_on, r.branch_id, 'said at ' || u.code "
                "from response r join unit u on u.id = r.branch_id"
            )
        )
    fold(office.worker.database)
    return world


def logged_in(office: Office, role: str, unit: int) -> dict[str, str]:
    """The cookie of a new person with a role at a unit."""
    account, secret = new_id(), new_token(256)
    with office.owner.connection() as connection:
        connection.execute(
            text(
                "insert into account (id, name, language, status, created_at) "
                "values (:id, 'Someone', 'en', 'active', now())"
            ),
            {"id": account},
        )
        connection.execute(
            text(
                "insert into access_grant (id, account_id, role, unit_id, excluded, valid_from) "
                "values (:id, :account, :role, :unit, false, '2020-01-01')"
            ),
            {"id": new_id(), "account": account, "role": role, "unit": unit},
        )
        connection.execute(
            text(
                "insert into login_session (id_hash, account_id, created_at, last_seen_at, "
                "expires_at) values (:id, :account, :now, :now, :end)"
            ),
            {
                "id": token_hash(secret),
                "account": account,
                "now": NOW,
                "end": NOW + timedelta(days=1),
            },
        )
    return {"cookie": f"{SESSION_COOKIE}={secret}"}


def query(path: str, unit: str = "D101") -> str:
    joined = "" if path.endswith("?") else "&"
    return path.format(unit=unit) + joined + "&".join(f"{k}={v}" for k, v in DAYS.items())


def test_everyone_gets_documents_of_the_own_scope(office: Office, world: World) -> None:
    client = visitor(office.web)
    manager = logged_in(office, "branch_manager", world.branches[0])
    for path in PATHS:
        answer = client.get(query(path), headers=manager)
        assert answer.status_code == 200, answer.text
        for other in ("D102", "D103", "D201", "D202"):
            assert other not in answer.text
    rows = client.get(query(PATHS[0]), headers=manager).json()["rows"]
    assert [row["unit_code"] for row in rows] == ["D101"]
    assert list(rows[0]) == list(ROW_COLUMNS)


def test_comments_page_through_to_the_end(office: Office, world: World) -> None:
    client = visitor(office.web)
    headers = logged_in(office, "regional_manager", world.regions[1])
    address, seen = query(PATHS[3]) + "&limit=20", []
    body = client.get(address, headers=headers).json()
    while True:
        seen += [item["id"] for item in body["items"]]
        if body["next"] is None:
            break
        body = client.get(f"{address}&cursor={body['next']}", headers=headers).json()
    expected = [one for one in world.given if one.branch in world.branches[3:]]
    within = [one for one in expected if DAYS["from"] <= str(one.day) <= DAYS["to"]]
    assert len(seen) == len(set(seen)) == len(within)


def test_another_unit_is_not_found_on_every_address(office: Office, world: World) -> None:
    client = visitor(office.web)
    manager = logged_in(office, "branch_manager", world.branches[0])
    for path in PATHS:
        for unit in ("D102", "R1", "HQ", "nowhere"):
            address = query(path, unit) + ("" if "{unit}" in path else f"&unit={unit}")
            answer = client.get(address, headers=manager)
            assert answer.status_code == 404, address
            assert answer.headers["content-type"] == "application/problem+json"


def test_nobody_without_a_session_reads_anything(office: Office, world: World) -> None:
    client = visitor(office.web)
    for path in (*PATHS, "/api/v1/metrics?", "/api/v1/changes?"):
        assert client.get(query(path)).status_code == 401


@pytest.mark.parametrize(
    ("first", "last"),
    [("2026-02-01", "2026-01-01"), ("0001-01-01", "2026-01-01"), ("2026-01-01", "9999-12-31")],
)
def test_impossible_periods_are_refused(
    office: Office, world: World, first: str, last: str
) -> None:
    client = visitor(office.web)
    headers = logged_in(office, "hq_analyst", world.network)
    answer = client.get(f"/api/v1/league?metric=nps&from={first}&to={last}", headers=headers)
    assert answer.status_code == 422


def test_changes_are_told_once(office: Office, world: World) -> None:
    client = visitor(office.web)
    headers = logged_in(office, "branch_staff", world.branches[0])
    first = client.get("/api/v1/changes", headers=headers).json()
    assert first["changed"]
    again = client.get(f"/api/v1/changes?since={first['version']}", headers=headers).json()
    assert again == {"version": first["version"], "changed": False}


def test_metrics_are_listed_in_their_order(office: Office, world: World) -> None:
    headers = logged_in(office, "branch_staff", world.branches[0])
    rows = visitor(office.web).get("/api/v1/metrics", headers=headers).json()["rows"]
    assert [(row["code"], row["kind"]) for row in rows] == [
        ("nps", "nps"),
        ("service", "top2_box"),
        ("speed", "mean"),
    ]


def test_the_command_gives_ranks_at_once_and_the_same_as_the_web(
    office: Office, world: World
) -> None:
    first, last = (LAST - timedelta(weeks=7), LAST - timedelta(days=1))
    told = network_league(office.worker, "nps", period_of(first, last))
    assert not told.ranks_pending
    headers = logged_in(office, "hq_analyst", world.network)
    body = visitor(office.web).get(query(PATHS[0]), headers=headers).json()
    assert body["rows"] == told.as_dict()["rows"]
    assert (body["from"], body["to"]) == (DAYS["from"], DAYS["to"])
    assert compute_requested(office.worker.database) == 0
    part = network_league(office.worker, "nps", period_of(first, last), unit="R2")
    assert [row.unit_code for row in part.rows] == [
        row.unit_code for row in told.rows if row.unit_code.startswith("D2")
    ]


def test_the_table_as_csv_and_as_lines(office: Office, world: World) -> None:
    told = network_league(office.worker, "nps", period_of(LAST - timedelta(weeks=7), LAST))
    lines = as_csv(told).splitlines()
    assert lines[0] == ",".join(ROW_COLUMNS)
    assert len(lines) == 1 + len(told.rows)
    assert all(row.unit_code in as_lines(told) for row in told.rows)


def test_what_the_commands_cannot_use_is_said(office: Office, world: World) -> None:
    with pytest.raises(BadInput, match="before --from"):
        period_of(LAST, MONDAY)
    with pytest.raises(BadInput, match="known: nps, service, speed"):
        network_league(office.worker, "none", period_of(MONDAY, LAST))
    with pytest.raises(BadInput, match="no such unit"):
        network_league(office.worker, "nps", period_of(MONDAY, LAST), unit="D999")


def test_score_says_what_it_did(office: Office, world: World) -> None:
    assert bring_up_to_date(office.worker, from_scratch=True)["rebuilt"] == 0
    with office.owner.connection() as connection:
        write(connection, made_up(world, random.Random(32), [MONDAY], 1))
    assert bring_up_to_date(office.worker, from_scratch=False)["folded"] == 1
