"""Publishing and reading what is published, over HTTP and at the command line."""

import csv
import io
import json
from datetime import timedelta
from pathlib import Path

import pytest
from answered import LAST, World
from conftest import Office
from test_insights_http import logged_in
from test_league import QUARTER, ready_table
from test_published import NAME, world
from web import visitor

from api.core.errors import BadInput
from api.core.ids import new_id
from api.insights.commands import network_league
from api.insights.league_rows import CONTRACT_COLUMNS
from api.insights.published.commands import (
    as_lines,
    checked_lines,
    publish_table,
    published_table,
    published_tables,
)
from api.insights.published.service import Publishing

__all__ = ["world"]  # a fixture
LAST_DAY = LAST - timedelta(days=1)
BODY = {"metric": "nps", "from": str(QUARTER.start), "to": str(LAST_DAY)}
ADDRESS = "/api/v1/league/published"


def test_a_table_is_published_once_per_key_and_read_by_everybody(
    office: Office, world: World
) -> None:
    ready_table(office, world.network)
    client = visitor(office.web)
    admin = logged_in(office, "hq_admin", world.network) | {"origin": "http://testserver"}
    key = {"Idempotency-Key": str(new_id())}
    first = client.post(ADDRESS, json=BODY, headers=admin | key)
    assert first.status_code == 201, first.text
    again = client.post(ADDRESS, json=BODY, headers=admin | key)
    assert again.status_code == 201
    assert again.json() == first.json()
    other = client.post(ADDRESS, json=BODY, headers=admin)
    assert other.status_code == 409
    assert other.json()["number"] == 1
    listed = client.get(ADDRESS, headers=admin).json()["rows"]
    assert [one["number"] for one in listed] == [1]
    assert listed[0]["sha256"] == first.json()["sha256"]
    whole = client.get(f"{ADDRESS}/1", headers=admin).json()
    assert whole["intact"] is True
    assert len(whole["rows"]) == whole["parameters"]["rows"] == 7
    manager = logged_in(office, "branch_manager", world.branches[0])
    own = client.get(f"{ADDRESS}/1", headers=manager).json()
    assert [row["unit_code"] for row in own["rows"]] == ["D101"]
    assert own["intact"] is None
    assert client.get(f"{ADDRESS}/2", headers=manager).status_code == 404
    assert client.get(ADDRESS).status_code == 401


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"corrects": 9, "reason": "a reason"}, 404),
        ({"reason": "a reason"}, 422),
        ({"to": str(QUARTER.start - timedelta(days=9))}, 422),
        ({"set": "everybody"}, 422),
        ({"metric": "none"}, 404),
        ({"to": "2027-01-01"}, 409),
    ],
)
def test_what_cannot_be_published_is_told(
    office: Office, world: World, change: dict[str, object], status: int
) -> None:
    ready_table(office, world.network)
    client = visitor(office.web)
    admin = logged_in(office, "hq_admin", world.network) | {"origin": "http://testserver"}
    answer = client.post(ADDRESS, json=BODY | change, headers=admin)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


def test_why_stands_at_its_address(office: Office, world: World) -> None:
    ready_table(office, world.network)
    client = visitor(office.web)
    manager = logged_in(office, "branch_manager", world.branches[0])
    days = f"metric=nps&from={QUARTER.start}&to={LAST_DAY}"
    found = client.get(f"/api/v1/league/why?unit=D101&{days}", headers=manager)
    assert found.status_code == 200
    assert found.json()["place"]["low"] <= found.json()["place"]["rank"]
    for unit in ("D102", "R1", "nowhere"):
        answer = client.get(f"/api/v1/league/why?unit={unit}&{days}", headers=manager)
        assert answer.status_code == 404
    peers = client.get(f"/api/v1/league?{days}&set=peers", headers=manager).json()
    assert (peers["comparison_set"], peers["ranks_pending"]) == ("peers", True)


def test_advisors_stand_at_their_address(office: Office, world: World) -> None:
    client = visitor(office.web)
    manager = logged_in(office, "branch_manager", world.branches[0])
    days = f"metric=nps&from={QUARTER.start}&to={LAST_DAY}"
    found = client.get(f"/api/v1/units/D101/cuts/advisor?{days}", headers=manager).json()
    assert {row["value"] for row in found["rows"]} == {"Wang", "Li"}
    answer = client.get(f"/api/v1/units/D102/cuts/advisor?{days}", headers=manager)
    assert answer.status_code == 404


def test_the_command_line_publishes_and_checks(office: Office, world: World) -> None:
    done = publish_table(office.worker, Publishing(NAME))
    assert done.head.published_by == "system:command_line"
    (listed,) = published_tables(office.worker, None)
    assert listed == done
    assert "#" not in as_lines([listed])[0]
    assert done.rows_hash[:12] in as_lines([listed])[0]
    found = published_table(office.worker, 1)
    assert found.intact
    assert len(checked_lines(found)) == 2
    json.dumps(found.document())
    corrected = publish_table(office.worker, Publishing(NAME, corrects=1, reason="wrong"))
    first = next(one for one in published_tables(office.worker, "nps") if one.head.number == 1)
    assert first.corrected_by == corrected.head.number == 2
    with pytest.raises(BadInput):
        publish_table(office.worker, Publishing(type(NAME)("none", QUARTER, "network")))
    with pytest.raises(BadInput):
        publish_table(office.worker, Publishing(type(NAME)("nps", QUARTER, "network/none")))


def test_the_contract_s_columns_come_first_in_csv_and_json(
    office: Office, world: World, tmp_path: Path
) -> None:
    from api.insights.commands import as_csv

    found = network_league(office.worker, "nps", QUARTER, peers=True)
    header = next(csv.reader(io.StringIO(as_csv(found))))
    assert header[: len(CONTRACT_COLUMNS)] == list(CONTRACT_COLUMNS)
    assert json.loads(found.as_json()) == json.loads(json.dumps(found.as_dict()))
