"""`branchpulse bench pages`: how long readers wait, in a real browser and many at once.

The network of the league bench behind real web processes, with the worker that counts and stores
tables. ``stored_…`` reads the table that the worker keeps per data version; ``computed_…`` is
without any: the worker rests, the web processes keep no counts in memory, and every score and
interval of every request comes from the cells. The reference is the bare time of the page's
contents for one reader alone.
"""

import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import psycopg

from api.core.bench import (
    Target,
    environment_for,
    percentile,
    report,
    temporary_installation,
    web_process,
)
from api.core.migrate import ROOT
from api.core.settings import Settings
from api.insights.bench import count_everything, milliseconds
from api.insights.bench_seed import (
    END,
    TOUCHPOINTS,
    WEEKS,
    Size,
    branch_id,
    connected,
    seed,
    vacuum,
)
from dashboard.benches.bench_browser import (
    at_home,
    chromium,
    filter_ms,
    first_row_ms,
    open_facts,
    opened,
    seconds_until_told,
    signed_in,
)
from dashboard.benches.bench_monday import Load, monday, one_answer
from dashboard.benches.bench_pages_seed import Person, let_in
from dashboard.benches.bench_readers import Line, Protocol, Reader

FIRST, LAST = END - timedelta(weeks=WEEKS), END - timedelta(days=1)
DAYS = f"from={FIRST}&to={LAST}"
LEAGUE = f"/app/league?{DAYS}&metric=nps"
NEVER_STORED = f"from={FIRST - timedelta(days=1)}&to={LAST - timedelta(days=1)}"
WITHOUT_MEMORY = "dashboard.benches.bench_web:web_app"
DOCUMENT = f"/api/v1/league?{DAYS}&metric=nps"
READERS, WEB_PROCESSES = 8, 2


@dataclass(frozen=True)
class Scale:
    """How much is measured."""

    size: Size
    loads: int  # of the page in a browser, cold and warm each
    filters: int
    reading: float  # seconds of 8 readers
    people: int
    load: Load
    answers: int  # waited for on open pages


FULL = Scale(
    Size(branches=1_000, answers=2_000_000, viewers=(1_000,)),
    loads=7,
    filters=60,
    reading=30.0,
    people=200,
    load=Load(seconds=120.0, openings=20.0, answers=1.0, branches=1_000),
    answers=20,
)
TENTH = Scale(
    Size(branches=100, answers=200_000, viewers=(100,)),
    loads=2,
    filters=8,
    reading=3.0,
    people=20,
    load=Load(seconds=8.0, openings=2.0, answers=1.0, branches=100),
    answers=3,
)


def bench_pages(full: bool) -> dict[str, Any]:
    """The bench's document; ``full`` is the stated size."""
    scale = FULL if full else TENTH
    with temporary_installation() as settings:
        assert settings.admin_database_url is not None
        owner = settings.admin_database_url.get_secret_value()
        secret = seed(owner, scale.size).sessions[scale.size.branches]
        with connected(owner) as connection:
            people = let_in(connection, scale.size.branches, scale.people)
        count_everything(settings)
        vacuum(owner)
        with (
            web_process(settings, workers=WEB_PROCESSES) as address,
            connected(owner) as connection,
            _worker(settings),
        ):
            protocol = _store_tables(address, secret)
            alone = _alone(address, secret, protocol)
            figures = _in_the_browser(address, secret, scale)
            figures |= _new_answers(address, connection, people, scale.answers)
            figures |= _from_the_server("stored", address, secret, protocol, scale)
            readers = [Reader(one.secret, _paths(one), protocol) for one in people]
            seen = monday(address, connection, readers, scale.load, str(LAST))
            figures |= seen.figures(scale.load)
        with web_process(settings, WITHOUT_MEMORY, workers=WEB_PROCESSES) as address:
            figures |= _from_the_server("computed", address, secret, protocol, scale)
    size = {"branches": scale.size.branches, "answers": scale.size.answers, "people": scale.people}
    figures = size | figures
    return report("pages", full=full, figures=figures, targets=_targets(full), reference=alone)


def _targets(full: bool) -> list[Target]:
    right = [Target("monday_errors", at_most=0), Target("first_visit_megabytes", at_most=2.5)]
    if not full:
        return [*right, Target("warm_first_row_s", at_most=3.0)]
    return [
        *right,
        Target("cold_first_row_s", at_most=3.0),
        Target("warm_first_row_s", at_most=1.2),
        Target("filter_ms_p95", at_most=300),
        *(
            Target(f"new_answer_{name}_s_p95", at_most=3.0)
            for name in ("overview", "unit", "today")
        ),
        *(
            target
            for what in ("stored_page", "stored_document", "computed_page", "computed_document")
            for target in (
                Target(f"{what}_per_second", at_least=25),
                Target(f"{what}_ms_p95", at_most=600),
            )
        ),
        Target("monday_opening_ms_p95", at_most=2_000),
        Target("monday_web_megabytes", at_most=800),
    ]


@contextmanager
def _worker(settings: Settings) -> Iterator[None]:
    """The process that counts answers and stores league tables."""
    process = subprocess.Popen(
        [sys.executable, "-m", "branchpulse", "work", "--only", "fold,leagues"],
        cwd=ROOT,
        env=environment_for(settings),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(60)


def _store_tables(address: str, secret: str) -> Protocol:
    """Waits until the table of every touchpoint is stored; what callbacks there are."""
    line = Line(address)
    for place in ("", *(f"&touchpoint=t{number}" for number in range(1, TOUCHPOINTS + 1))):
        deadline = time.monotonic() + 120
        while b'"ranks_pending":true' in line.ask("GET", DOCUMENT + place, secret):
            if time.monotonic() > deadline:
                raise RuntimeError("the league table was not stored within two minutes")
            time.sleep(0.2)
    protocol = Protocol.of(line, secret)
    line.close()
    return protocol


def _paths(person: Person) -> tuple[str, ...]:
    """What somebody looks at on a Monday morning."""
    if person.role in ("branch_manager", "branch_staff"):
        return (f"/app/?{DAYS}", f"/app/unit/{person.unit}?{DAYS}")
    return (f"/app/?{DAYS}", LEAGUE, f"/app/unit/{person.unit}?{DAYS}")


def _alone(address: str, secret: str, protocol: Protocol) -> dict[str, Any]:
    line, reader = Line(address), Reader(secret, (LEAGUE,), protocol)
    size = reader.open_page(line)
    taken = milliseconds(partial(reader.open_page, line), 9)
    line.close()
    return {
        "what": "one reader alone, the league page's document and contents over HTTP",
        "ms": round(taken, 1),
        "bytes": size,
    }


def _in_the_browser(address: str, secret: str, scale: Scale) -> dict[str, Any]:
    cold: list[tuple[float, float]] = []
    warm: list[float] = []
    with chromium() as browser:
        for _ in range(scale.loads):
            with at_home(browser, address, secret) as context:
                cold.append(first_row_ms(context, address + LEAGUE))
                warm.append(first_row_ms(context, address + LEAGUE)[0])
        with signed_in(browser, address, secret) as context:
            page = opened(context, address + LEAGUE)
            places = [f"t{turn % TOUCHPOINTS + 1}" for turn in range(scale.filters)]
            filtered = [filter_ms(page, place) for place in places]
    return {
        "cold_first_row_s": round(statistics.median(ms for ms, _ in cold) / 1000, 3),
        "warm_first_row_s": round(statistics.median(warm) / 1000, 3),
        "filter_ms_p50": round(statistics.median(filtered), 1),
        "filter_ms_p95": round(percentile(filtered, 0.95), 1),
        "first_visit_megabytes": round(max(size for _, size in cold) / 1e6, 2),
    }


def _new_answers(
    address: str, owner: psycopg.Connection[Any], people: list[Person], answers: int
) -> dict[str, Any]:
    """Seconds from an answer until it is counted on pages that are open."""
    office = next(one for one in people if one.role == "hq_analyst")
    branch = next(one for one in people if one.role == "branch_manager")
    number = int(branch.unit.removeprefix("D"))
    taken: dict[str, list[float]] = {}
    with (
        chromium() as browser,
        signed_in(browser, address, office.secret) as desk,
        signed_in(browser, address, branch.secret) as phone,
    ):
        pages = {
            "overview": open_facts(desk, f"{address}/app/?{DAYS}"),
            "unit": open_facts(desk, f"{address}/app/unit/{branch.unit}?{DAYS}"),
            "today": open_facts(phone, f"{address}/app/?{DAYS}"),
        }
        for _ in range(answers):
            waited = seconds_until_told(
                pages, partial(one_answer, owner, branch_id(number), str(LAST))
            )
            for name, seconds in waited.items():
                taken.setdefault(name, []).append(seconds)
    return {
        f"new_answer_{name}_s_p95": round(percentile(seconds, 0.95), 2)
        for name, seconds in taken.items()
    }


def _from_the_server(
    how: str, address: str, secret: str, protocol: Protocol, scale: Scale
) -> dict[str, Any]:
    """League tables a second, as the page and as the service's document."""
    days = DAYS if how == "stored" else NEVER_STORED

    def page_reader() -> Callable[[], Any]:
        reader = Reader(secret, (f"/app/league?{days}&metric=nps",), protocol)
        return partial(reader.open_page, Line(address))

    def document_reader() -> Callable[[], Any]:
        return partial(Line(address).ask, "GET", f"/api/v1/league?{days}&metric=nps", secret)

    return {
        **_side_by_side(f"{how}_page", scale, page_reader),
        **_side_by_side(f"{how}_document", scale, document_reader),
    }


def _side_by_side(
    name: str, scale: Scale, reader: Callable[[], Callable[[], Any]]
) -> dict[str, Any]:
    """League tables a second for 8 readers at once, each asking again as soon as answered."""
    taken: list[float] = []
    until = time.perf_counter() + scale.reading

    def read() -> None:
        ask = reader()
        while (start := time.perf_counter()) < until:
            ask()
            taken.append(time.perf_counter() - start)

    threads = [threading.Thread(target=read) for _ in range(READERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {
        f"{name}_per_second": round(len(taken) / scale.reading, 1),
        f"{name}_ms_p95": round(1000 * percentile(taken, 0.95), 1),
    }
