"""Monday, five past eight: everybody has a page open, more are opened, answers keep coming.

Requests begin when they are due, whether or not earlier ones are answered, and a time is counted
from when it was due: a server that falls behind is seen to fall behind.
"""

import os
import random
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from api.core.bench import percentile
from api.insights.bench_seed import branch_id
from dashboard.benches.bench_readers import Line, NotAnswered, Reader

PULSE = 2.0  # seconds, as in the page's shell
_THREADS = 64
_ONE_ANSWER = """
with one as (select * from response where branch_id = %s limit 1),
made as (insert into response (id, survey_version_id, branch_id, touchpoint_id, occurred_on,
    channel, language, named, pages_done, started_at, submitted_at, completed_at)
    select gen_random_uuid(), survey_version_id, branch_id, touchpoint_id, %s, channel, language,
    false, 1, now(), now(), now() from one returning *),
said as (insert into answer (response_id, question, occurred_on, branch_id, metric, value)
    select id, 'nps', occurred_on, branch_id, 'nps', 9 from made)
insert into dirty_mark (branch_id, occurred_on, touchpoint_id, survey_version_id)
select branch_id, occurred_on, touchpoint_id, survey_version_id from made
"""


@dataclass(frozen=True)
class Load:
    """How much of a Monday."""

    seconds: float
    openings: float  # a second
    answers: float  # a second
    branches: int


@dataclass
class Seen:
    """Seconds that readers waited, and what went wrong."""

    opened: list[float] = field(default_factory=list)
    made_again: list[float] = field(default_factory=list)
    felt: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    most_megabytes: float = 0.0

    def figures(self, load: Load) -> dict[str, Any]:
        """What is reported."""
        return {
            "monday_openings": len(self.opened),
            "monday_openings_per_second": round(len(self.opened) / load.seconds, 1),
            "monday_opening_ms_p50": _ms(self.opened, 0.5),
            "monday_opening_ms_p95": _ms(self.opened, 0.95),
            "monday_pulse_ms_p95": _ms(self.felt, 0.95),
            "monday_made_again": len(self.made_again),
            "monday_made_again_ms_p95": _ms(self.made_again, 0.95),
            "monday_errors": len(self.faults),
            "monday_faults": sorted(set(self.faults))[:5],
            "monday_web_megabytes": round(self.most_megabytes),
        }


def _ms(seconds: list[float], share: float) -> float | None:
    return round(1000 * percentile(seconds, share), 1) if seconds else None


@dataclass(frozen=True)
class _Due:
    at: float
    kind: str
    reader: Reader


def monday(
    address: str, owner: psycopg.Connection[Any], readers: list[Reader], load: Load, day: str
) -> Seen:
    """Lets ``readers`` have their pages open and open others for ``load.seconds``."""
    seen, stop = Seen(), threading.Event()
    _all_at_once(address, readers, seen)
    plan = iter(_plan(readers, load))
    lock, began = threading.Lock(), time.perf_counter()
    threads = [
        threading.Thread(target=_read, args=(address, plan, lock, began, seen))
        for _ in range(_THREADS)
    ]
    answering = threading.Thread(target=_answer, args=(owner, load, stop, day))
    watching = threading.Thread(target=_watch, args=(seen, stop))
    for thread in (*threads, answering, watching):
        thread.start()
    for thread in threads:
        thread.join()
    stop.set()
    answering.join()
    watching.join()
    return seen


def _all_at_once(address: str, readers: list[Reader], seen: Seen) -> None:
    """Opens everybody's first page before the clock runs."""
    line = Line(address)
    for reader in readers:
        _tried(seen, lambda reader=reader: reader.open_page(line))
    line.close()


def _plan(readers: list[Reader], load: Load) -> list[_Due]:
    luck = random.Random(5)
    due = [
        _Due(number / load.openings, "open", luck.choice(readers))
        for number in range(int(load.seconds * load.openings))
    ]
    for reader in readers:
        phase = luck.random() * PULSE
        beats = int((load.seconds - phase) / PULSE) + 1
        due += [_Due(phase + beat * PULSE, "feel", reader) for beat in range(beats)]
    return sorted(due, key=lambda one: one.at)


def _read(
    address: str, plan: Iterator[_Due], lock: threading.Lock, began: float, seen: Seen
) -> None:
    line = Line(address)
    while True:
        with lock:
            due = next(plan, None)
        if due is None:
            line.close()
            return
        wait = began + due.at - time.perf_counter()
        if wait > 0:
            time.sleep(wait)
        _tried(seen, lambda due=due: _one(due, line, began, seen))


def _one(due: _Due, line: Line, began: float, seen: Seen) -> None:
    if due.kind == "open":
        due.reader.open_page(line)
        seen.opened.append(time.perf_counter() - began - due.at)
        return
    version = due.reader.feel(line)
    seen.felt.append(time.perf_counter() - began - due.at)
    if version is not None:
        start = time.perf_counter()
        due.reader.make_again(line, version)
        seen.made_again.append(time.perf_counter() - start)


def _tried(seen: Seen, work: Any) -> None:
    try:
        work()
    except (NotAnswered, OSError) as error:
        seen.faults.append(f"{type(error).__name__}: {error}")


def _answer(owner: psycopg.Connection[Any], load: Load, stop: threading.Event, day: str) -> None:
    number = 0
    while not stop.wait(1 / load.answers):
        number += 1
        one_answer(owner, branch_id(number * 997 % load.branches), day)


def one_answer(owner: psycopg.Connection[Any], branch: int, day: str) -> None:
    """Somebody has just answered about a branch."""
    owner.execute(_ONE_ANSWER, (branch, day))
    owner.commit()


def _watch(seen: Seen, stop: threading.Event) -> None:
    """The greatest memory that the web processes had together."""
    while not stop.wait(1.0):
        seen.most_megabytes = max(seen.most_megabytes, web_megabytes())


def web_megabytes() -> float:
    """Memory of the web processes below this one, together (what they share is counted once)."""
    parents = dict(_parents())
    web = {
        process
        for process in parents
        if os.getpid() in _above(process, parents) and b"branchpulse:web_app" in _command(process)
    }
    family = {one for one in parents if one in web or web & set(_above(one, parents))}
    return sum(_kilobytes(one) for one in family) / 1024


def _parents() -> Iterator[tuple[int, int]]:
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            said = (folder / "stat").read_text("utf-8")
        except OSError:
            continue
        yield int(folder.name), int(said.rpartition(")")[2].split()[1])


def _above(process: int, parents: dict[int, int]) -> Iterator[int]:
    while (process := parents.get(process, 0)) > 1:
        yield process


def _command(process: int) -> bytes:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return b""


def _kilobytes(process: int) -> int:
    try:
        rollup = Path(f"/proc/{process}/smaps_rollup").read_text("utf-8")
    except OSError:
        return 0
    return int(rollup.partition("\nPss:")[2].split()[0])
