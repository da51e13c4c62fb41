"""Prometheus reads the installation's figures by a machine token; nobody else sees them."""

import pytest
from conftest import Office
from web import visitor

from api.access.service import create_token
from api.demo.people import Login


@pytest.fixture
def token(demo_office: tuple[Office, list[Login]]) -> tuple[Office, str]:
    office, _ = demo_office
    with office.worker.database.transaction() as session:
        secret = create_token(session, "prometheus", ["read"], now=office.clock.now)
    return office, secret


def test_figures_count_what_waits(token: tuple[Office, str]) -> None:
    office, secret = token
    answer = visitor(office.web).get("/metrics", headers={"Authorization": f"Bearer {secret}"})
    assert answer.status_code == 200
    lines = dict(line.rsplit(" ", 1) for line in answer.text.splitlines() if line[0] != "#")
    assert float(lines["branchpulse_events_due"]) > 0
    assert float(lines['branchpulse_invitations{status="delivered"}']) > 0
    assert "process_resident_memory_bytes" in lines


def test_nobody_else_sees_them(token: tuple[Office, str]) -> None:
    office, _ = token
    assert visitor(office.web).get("/metrics").status_code == 401
