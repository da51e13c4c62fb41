"""`branchpulse bench league`: how long the league table takes, against the same from raw answers.

Measured from the session cookie to the finished JSON document, in the web role with row-level
security on, with stored ranks, for viewers of few and of all branches. The reference is one SQL
statement over the raw answers, in the same transaction with the same scope.
"""

import json
import statistics
import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from api.boundary.visits import visit_of_session
from api.cells.service import rebuild
from api.core.bench import Target, report, temporary_installation
from api.core.installation import Installation
from api.core.settings import Settings
from api.insights.bench_seed import END, WEEKS, Size, seed, vacuum
from api.insights.league import League, league
from api.insights.league_store import compute_requested
from api.insights.periods import Period, full_weeks

PERIOD: Period = full_weeks(WEEKS, before=END)
FULL = Size(branches=1_000, answers=2_000_000, viewers=(1, 300, 1_000))
TENTH = Size(branches=100, answers=200_000, viewers=(1, 30, 100))
_REPEATS = 15

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
        rebuild_seconds = _count_everything(settings)
        vacuum(owner)
        web = Installation.open(settings, "web")
        try:
            measured = {
                count: _measure(web, settings, secret) for count, secret in seeded.sessions.items()
            }
        finally:
            web.close()
    return _document(size, full, rebuild_seconds, measured)


def _count_everything(settings: Settings) -> float:
    worker = Installation.open(settings, "worker")
    try:
        start = time.perf_counter()
        rebuild(worker.database)
        seconds = time.perf_counter() - start
    finally:
        worker.close()
    return seconds


def _measure(web: Installation, settings: Settings, secret: str) -> dict[str, float]:
    """Milliseconds of the table, and of its raw reference, for one viewer."""
    _ask(web, secret)
    worker = Installation.open(settings, "worker")
    compute_requested(worker.database)
    worker.close()
    ready = _ask(web, secret)
    assert not ready.ranks_pending
    table = _milliseconds(lambda: _ask(web, secret), _REPEATS)
    raw = _milliseconds(lambda: _ask_raw(web, secret), 3)
    _compare(ready, _ask_raw(web, secret))
    return {"table_ms": table, "raw_ms": raw, "ratio": raw / table, "rows": len(ready.rows)}


def _ask(web: Installation, secret: str) -> League:
    with visit_of_session(web, secret) as visit:
        found = league(visit.session, visit.viewer, "nps", PERIOD, now=visit.now)
        json.dumps(found.as_dict())
    return found


def _ask_raw(web: Installation, secret: str) -> dict[int, float]:
    with visit_of_session(web, secret) as visit:
        return _raw_scores(visit.session)


def _raw_scores(session: Session) -> dict[int, float]:
    days = {"start": PERIOD.start, "end": PERIOD.end, "before": PERIOD.before().start}
    rows = session.execute(_FROM_RAW_ANSWERS, days).all()
    return {row.branch_id: float(row.score) for row in rows if row.score is not None}


def _compare(found: League, raw: dict[int, float]) -> None:
    """Fast is not enough: both must say the same."""
    for row in found.rows:
        if row.score is not None:
            assert abs(row.score - raw[row.branch_id]) < 1e-9


def _milliseconds(work: Callable[[], object], repeats: int) -> float:
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
    whole = max(measured)
    targets = [Target(f"ratio_for_{whole}", at_least=5)]
    if full:
        targets += [Target(f"table_ms_for_{count}", at_most=50) for count in measured]
    reference = {
        "what": "the same table by one SQL statement over the raw answers, same role and scope",
        **{f"ms_for_{count}": round(values["raw_ms"], 2) for count, values in measured.items()},
    }
    return report("league", full=full, figures=figures, targets=targets, reference=reference)
