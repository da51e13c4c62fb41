"""`branchpulse bench tickets`: what the board of tickets costs the server while very many are open.

A network of made-up branches with open tickets, each with its clocks, behind one real web process.
Timed is the one request that brings the board's contents, of headquarters, a region and a branch,
one after the other. The reference is a page of nothing (the health check) over the same line.
"""

import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import psycopg

from api.core.bench import Target, percentile, report, temporary_installation, web_process
from api.insights.bench_seed import Size, connected, seed, vacuum
from dashboard.benches.bench_pages_seed import Person, let_in
from dashboard.benches.bench_readers import Line, Protocol, Reader

BOARD = "/app/tickets?lang=en"
LATE = "/app/tickets?state=late&lang=en"
FULL = (1_000, 10_000, 60)  # branches, open tickets, requests of each reader
TENTH = (100, 1_000, 15)
AT_MOST_MS = 80.0
WARM = 3
_FIGURES = ("headquarters", "headquarters_late", "region", "branch")

_TICKETS = """
insert into ticket (id, branch_id, kind, severity, state, version, role, level, loop_version,
    named, summary, source, external_id, opened_at, due_at, state_at, reopened)
select gen_random_uuid(), branch.id, 'complaint', 1 + n %% 3,
    (array['new', 'acknowledged', 'contacted', 'reopened'])[1 + n %% 4], 1, 'branch_manager',
    case when n %% 20 = 0 then 1 else 0 end, 1, false,
    'Made-up words about a visit that did not go well, number ' || n, 'bench', n::text,
    now() - n %% 200 * interval '1 hour', now() + (n %% 300 - 100) * interval '1 hour',
    now() - n %% 200 * interval '1 hour', 0
from generate_series(1, %(tickets)s) n
join (select id, row_number() over (order by id) - 1 as place from unit where kind = 'branch')
    branch on branch.place = n %% %(branches)s
"""
_CLOCKS = """
insert into ticket_clock (ticket_id, kind, calendar, branch_id, started_at, target_seconds,
    due_at, escalated)
select t.id, k.kind, k.calendar, t.branch_id, t.opened_at, 7200, t.due_at + k.after, 0
from ticket t cross join (values ('acknowledge', 'business', interval '0'),
    ('contact', 'business', interval '4 hours'), ('contact', 'customer', interval '1 day'),
    ('resolve', 'business', interval '3 days'), ('resolve', 'customer', interval '4 days'))
    k(kind, calendar, after)
"""


def bench_tickets(full: bool) -> dict[str, Any]:
    """The bench's document; ``full`` is the stated size."""
    branches, tickets, requests = FULL if full else TENTH
    with temporary_installation() as settings:
        assert settings.admin_database_url is not None
        owner = settings.admin_database_url.get_secret_value()
        seed(owner, Size(branches=branches, answers=branches * 10, viewers=(branches,)))
        with connected(owner) as connection:
            _open_tickets(connection, branches, tickets)
            people = let_in(connection, branches, 20)
        vacuum(owner)
        with web_process(settings) as address:
            figures: dict[str, Any] = {"branches": branches, "open_tickets": tickets}
            for name, person in _readers(people).items():
                figures |= _timed(name, address, person, BOARD, requests)
            office = _readers(people)["headquarters"]
            figures |= _timed("headquarters_late", address, office, LATE, requests)
            alone = _alone(address, requests)
    # A tenth is run where others work too: the median, not the worst of a few.
    share = "p95" if full else "p50"
    targets = [Target(f"{name}_ms_{share}", at_most=AT_MOST_MS) for name in _FIGURES]
    return report("tickets", full=full, figures=figures, targets=targets, reference=alone)


def _open_tickets(connection: psycopg.Connection[Any], branches: int, tickets: int) -> None:
    connection.execute(_TICKETS, {"tickets": tickets, "branches": branches})
    connection.execute(_CLOCKS)
    connection.commit()


def _readers(people: list[Person]) -> dict[str, Person]:
    """One of each kind."""
    roles = {"headquarters": "hq_analyst", "region": "regional_manager", "branch": "branch_manager"}
    return {name: next(one for one in people if one.role == role) for name, role in roles.items()}


def _timed(name: str, address: str, person: Person, path: str, requests: int) -> dict[str, Any]:
    """Milliseconds of the board's contents, warm."""
    line = Line(address)
    reader = Reader(person.secret, (path,), Protocol.of(line, person.secret))
    reader.open_page(line)
    taken = _milliseconds(partial(reader.make_again, line, 0), requests)
    line.close()
    return {
        f"{name}_ms_p50": round(statistics.median(taken), 1),
        f"{name}_ms_p95": round(percentile(taken, 0.95), 1),
    }


def _alone(address: str, requests: int) -> dict[str, Any]:
    line = Line(address)
    taken = _milliseconds(partial(line.ask, "GET", "/healthz", ""), requests)
    line.close()
    return {"what": "the health check over the same line", "ms": round(statistics.median(taken), 2)}


def _milliseconds(ask: Callable[[], Any], times: int) -> list[float]:
    taken = []
    for turn in range(times + WARM):
        start = time.perf_counter()
        ask()
        if turn >= WARM:
            taken.append(1000 * (time.perf_counter() - start))
    return taken
