"""`branchpulse bench league`: how long the league table takes, against the same from raw answers.

Measured from the session cookie to the finished JSON document, in the web role with row-level
security on, for viewers of few and of all branches, before the ranks are stored (``pending``:
scores from cells) and after. The reference is one SQL statement over the raw answers.
"""

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from api.boundary.visits import visit_of_session
from api.cells.service import rebuild
from api.core.bench import Target, report, temporary_installation
from api.core.installation import Installation, Role
from api.core.settings import Settings
from api.insights.bench_seed import END, WEEKS, Size, seed, vacuum
from api.insights.league import League, league
from api.insights.league_store import compute_requested
from api.insights.periods import Period, full_weeks

PERIOD: Period = full_weeks(WEEKS, before=END)
FULL = Size(branches=1_000, answers=2_000_000, viewers=(1, 300, 1_000))
TENTH = Size(branches=100, answers=200_000, viewers=(1, 30, 100))
_REPEATS = 9
_ROUNDS = 5

_FROM_RAW_ANSWERS = text(
    """
    select branch_id, count(*) filter (where occurred_on >= :start) as n,
        100.0 * (count(*) filter (where occurred_on >= :start and value >= 9)
            - count(*) filter (where occurred_on >= :start and value <= 6))
            / nullif(count(*) filter (where occurred_on >= :start), 0) as score,
        100.0 * (count(*) filter (where occurred_on < :start and value >= 9)
            - count(*) filter (where occurred_on < :start and value <= 6))
            / nullif(count(*) filter (where occurred_on < :start), 0) as score_before
    from answer
    where metric = 'nps' and occurred_on >= :before and occurred_on < :end
    group by branch_id
    """
)


def bench_league(full: bool) -> dict[str, Any]:
    """The bench's document; ``full`` is the stated size."""
    size = FULL if full else TENTH
    with temporary_installation() as settings:
        assert settings.admin_database_url is not None
        owner = settings.admin_database_url.get_secret_value()
        seeded = seed(owner, size)
        rebuild_seconds = count_everything(settings)
        vacuum(owner)
        with opened(settings, "web") as web, opened(settings, "worker") as worker:
            measured = _measure(web, worker, seeded.sessions)
    return _document(size, full, rebuild_seconds, measured)


@contextmanager
def opened(settings: Settings, role: Role) -> Iterator[Installation]:
    """The installation as one role sees it."""
    installation = Installation.open(settings, role)
    try:
        yield installation
    finally:
        installation.close()


def count_everything(settings: Settings) -> float:
    """Rebuilds all cells; the seconds it took."""
    with opened(settings, "worker") as worker:
        start = time.perf_counter()
        rebuild(worker.database)
        return time.perf_counter() - start


def _measure(
    web: Installation, worker: Installation, sessions: dict[int, str]
) -> dict[int, dict[str, float]]:
    """Milliseconds per viewer: before the ranks are stored, with them, and from raw answers."""
    measured: dict[int, dict[str, float]] = {count: {} for count in sessions}
    for count, secret in sessions.items():
        assert ask(web, secret).ranks_pending
        measured[count]["pending_ms"] = milliseconds(partial(ask, web, secret), _REPEATS)
    compute_requested(worker.database)
    for count, secret in sessions.items():
        ready = ask(web, secret)
        assert not ready.ranks_pending
        _compare(ready, ask_raw(web, secret))
        rounds = [_one_round(web, worker, secret) for _ in range(_ROUNDS)]
        for name in rounds[0]:
            measured[count][name] = statistics.median(one[name] for one in rounds)
        measured[count]["ratio"] = measured[count]["raw_network_ms"] / measured[count]["table_ms"]
    return measured


def _one_round(web: Installation, worker: Installation, secret: str) -> dict[str, float]:
    """Table and reference in turn, so that whatever else the machine does hits both."""
    return {
        "table_ms": milliseconds(partial(ask, web, secret), _REPEATS),
        "raw_own_rows_ms": milliseconds(partial(ask_raw, web, secret), 1),
        "raw_network_ms": milliseconds(partial(ask_raw_network, worker), 1),
    }


def ask(web: Installation, secret: str) -> League:
    """The league table from the session cookie to the finished document."""
    with visit_of_session(web, secret) as visit:
        found = league(visit.session, visit.viewer, "nps", PERIOD, now=visit.now)
        found.as_json()
    return found


def ask_raw(web: Installation, secret: str) -> dict[int, float]:
    """The viewer's own rows by one statement over raw answers."""
    with visit_of_session(web, secret) as visit:
        return _raw_scores(visit.session)


def ask_raw_network(worker: Installation) -> dict[int, float]:
    """The rows of the network by one statement over raw answers."""
    with worker.database.transaction() as session:
        return _raw_scores(session)


def _raw_scores(session: Session) -> dict[int, float]:
    days = {"start": PERIOD.start, "end": PERIOD.end, "before": PERIOD.before().start}
    rows = session.execute(_FROM_RAW_ANSWERS, days).all()
    return {row.branch_id: float(row.score) for row in rows if row.score is not None}


def _compare(found: League, raw: dict[int, float]) -> None:
    """Fast is not enough: both must say the same."""
    for row in found.rows:
        if row.score is not None:
            assert abs(row.score - raw[row.branch_id]) < 1e-9


def milliseconds(work: Callable[[], object], repeats: int) -> float:
    """The median time that ``work`` takes."""
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return 1000 * statistics.median(seconds)


def _document(
    size: Size, full: bool, rebuild_seconds: float, measured: dict[int, dict[str, float]]
) -> dict[str, Any]:
    figures: dict[str, Any] = {
        "branches": size.branches,
        "answers": size.answers,
        "weeks": WEEKS,
        "rebuild_s": round(rebuild_seconds, 2),
    }
    for count, values in measured.items():
        for name, value in values.items():
            figures[f"{name}_for_{count}"] = round(value, 2)
    targets = [Target(f"ratio_for_{count}", at_least=5) for count in measured]
    if full:
        targets += [Target(f"table_ms_for_{count}", at_most=50) for count in measured]
    reference = {
        "what": "the same table from the raw answers of the network by one SQL statement, without "
        "row-level security: a rank needs every branch, whoever looks; raw_own_rows_ms are the "
        "viewer's own rows without ranks",
        "ms": round(max(values["raw_network_ms"] for values in measured.values()), 2),
    }
    return report("league", full=full, figures=figures, targets=targets, reference=reference)
