"""`branchpulse bench pages`: how long readers wait, in a real browser and many at once.

The network of the league bench behind real web processes, with the worker that counts and stores
tables. Everything is computed for every request: there is no cache of results. The reference is the
bare time of the page's contents for one reader alone.
"""

import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

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
from api.insights.bench_seed import END, TOUCHPOINTS, WEEKS, Size, connected, seed, vacuum
from dashboard.benches.bench_browser import chromium, filter_ms, first_row_ms, opened, signed_in
from dashboard.benches.bench_monday import Load, monday
from dashboard.benches.bench_pages_seed import Person, let_in
from dashboard.benches.bench_readers import Line, Protocol, Reader

FIRST, LAST = END - timedelta(weeks=WEEKS), END - timedelta(days=1)
DAYS = f"from={FIRST}&to={LAST}"
LEAGUE = f"/app/league?{DAYS}&metric=nps"
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


FULL = Scale(
    Size(branches=1_000, answers=2_000_000, viewers=(1_000,)),
    loads=7,
    filters=60,
    reading=30.0,
    people=200,
    load=Load(seconds=120.0, openings=20.0, answers=1.0),
)
TENTH = Scale(
    Size(branches=100, answers=200_000, viewers=(100,)),
    loads=2,
    filters=8,
    reading=3.0,
    people=20,
    load=Load(seconds=8.0, openings=2.0, answers=1.0),
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
            _worker(settings),
            connected(owner) as connection,
        ):
            protocol = _store_tables(address, secret)
            alone = _alone(address, secret, protocol)
            figures = _in_the_browser(address, secret, scale)
            figures |= _side_by_side(
                "page", scale, partial(_page_reader, address, secret, protocol)
            )
            figures |= _side_by_side("document", scale, partial(_document_reader, address, secret))
            readers = [Reader(one.secret, _paths(one), protocol) for one in people]
            seen = monday(address, connection, readers, scale.load, str(LAST))
            figures |= seen.figures(scale.load)
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
        Target("page_per_second", at_least=25),
        Target("page_ms_p95", at_most=600),
        Target("document_per_second", at_least=25),
        Target("document_ms_p95", at_most=600),
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
            with signed_in(browser, address, secret) as context:
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


def _page_reader(address: str, secret: str, protocol: Protocol) -> Any:
    line, reader = Line(address), Reader(secret, (LEAGUE,), protocol)
    return partial(reader.open_page, line)


def _document_reader(address: str, secret: str) -> Any:
    return partial(Line(address).ask, "GET", DOCUMENT, secret)


def _side_by_side(name: str, scale: Scale, reader: Any) -> dict[str, Any]:
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
