"""While callbacks of the dashboard hang, survey pages and the health check answer at once."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import Any

import httpx
import pytest
from conftest import Office
from slow_dashboard import HANGS_S
from two_regions import log_in_as, make_two_regions

from api.boundary.visits import SESSION_COOKIE
from api.core.bench import percentile, web_process
from dashboard.document import first_request
from dashboard.ids import Id

HANGING = 6
AT_ONCE_S = 0.1
WHERE = {"href": "/app/", "pathname": "/app/", "search": ""}


@pytest.fixture
def address(real_office: Office) -> Iterator[str]:
    """A real web process whose dashboard is slow."""
    real_office.clock.now = datetime.now(UTC)
    make_two_regions(real_office)
    with web_process(real_office.settings, factory="tests.slow_dashboard:web_app") as running:
        yield running


def test_survey_pages_answer_within_100_ms_while_callbacks_hang(
    real_office: Office, address: str
) -> None:
    cookies = {SESSION_COOKIE: log_in_as(real_office, "hq_admin")}
    with (
        httpx.Client(
            base_url=address,
            cookies=cookies,
            headers={"origin": address},
            timeout=30,
            trust_env=False,
        ) as person,
        httpx.Client(base_url=address, timeout=30, trust_env=False) as customer,
    ):
        assert customer.get("/healthz").status_code == 200
        assert customer.get(f"/s/{'x' * 22}").status_code == 404
        asked = first_request(person.get("/app/_dash-dependencies").json())
        for one in (*asked["inputs"], *asked["state"]):
            one["value"] = WHERE[one["property"]] if one["id"] == Id.ADDRESS else None
        _hang(person, asked, 0)  # the first callback of a process also reads the folder of assets
        waits, results = _together(partial(_hang, person, asked), customer)
    assert [status for status, _ in results] == [200] * HANGING
    assert min(seconds for _, seconds in results) >= HANGS_S
    # All at once, not one after the other: they would take six times as long.
    assert max(seconds for _, seconds in results) < HANGING * HANGS_S / 2
    assert percentile(waits, 0.9) < AT_ONCE_S, sorted(waits)
    assert max(waits) < HANGS_S / 2, sorted(waits)


def _together(
    hang: Callable[[int], tuple[int, float]], customer: httpx.Client
) -> tuple[list[float], list[tuple[int, float]]]:
    """How long customers wait while callbacks hang, and how the callbacks ended."""
    paths = ("/healthz", f"/s/{'x' * 22}")
    with ThreadPoolExecutor(HANGING) as pool:
        hanging = pool.map(hang, range(HANGING))
        time.sleep(0.2)
        waits = [_wait(customer, path) for _ in range(10) for path in paths]
        return waits, list(hanging)


def _hang(person: httpx.Client, asked: dict[str, Any], _: int) -> tuple[int, float]:
    begun = time.perf_counter()
    answer = person.post("/app/_dash-update-component", json=asked)
    return answer.status_code, time.perf_counter() - begun


def _wait(client: httpx.Client, path: str) -> float:
    begun = time.perf_counter()
    client.get(path)
    return time.perf_counter() - begun
