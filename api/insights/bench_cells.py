"""`branchpulse bench cells`: counting everything again, folding a day, reading the league table.

In the worker role with row-level security on: a rebuild of an installation that has nothing counted
yet (cells, cuts and moments in one transaction), then the answers of five more days folded in one
by one (the middle time counts), then one answer, then the league table from the session cookie to
the finished document with stored ranks. References: the day cells of one metric by one SQL
statement that writes nothing, the same league table from raw answers, and its sums by a bare
statement over the cells.
"""

import resource
import statistics
import time
from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy import text

from api.boundary.visits import visit_of_session
from api.cells.service import fold
from api.core.bench import Target, report, temporary_installation
from api.core.installation import Installation
from api.insights.bench import (
    PERIOD,
    ask,
    ask_raw_network,
    count_everything,
    milliseconds,
    opened,
)
from api.insights.bench_cells_seed import METRICS, WEEKS, Sample, seed, seed_day
from api.insights.bench_seed import END, Size, connected, vacuum
from api.insights.league_store import compute_requested

FULL = Size(branches=2_000, answers=10_000_000, viewers=(2_000,))
TENTH = Size(branches=200, answers=1_000_000, viewers=(200,))
_REPEATS = 9
_ROUNDS = 5
_SINGLE_ANSWERS = 9
_DAYS = 5
_TABLES = ("cell", "cut_day", "cut_month", "moment_day", "moment_cell")

_DAY_CELLS = text(
    """
    select count(*) from (
        select r.branch_id, r.touchpoint_id, r.survey_version_id, r.occurred_on, count(*),
            count(*) filter (where a.value >= 9), count(*) filter (where a.value <= 6)
        from response r join answer a on a.response_id = r.id and a.occurred_on = r.occurred_on
        where a.metric = 'nps' and r.excluded_at is null
        group by 1, 2, 3, 4) as counted
    """
)
_SUMS = ", ".join(f"sum(hist[{place}])" for place in range(1, 12))
_FROM_CELLS = text(
    f"""
    select branch_id, {_SUMS} from cell
    where metric = 'nps' and period = 'week' and period_from >= :start and period_from < :end
    group by branch_id
    """
)


def bench_cells(full: bool) -> dict[str, Any]:
    """The bench's document; ``full`` is the stated size."""
    size = FULL if full else TENTH
    with temporary_installation() as settings:
        assert settings.admin_database_url is not None
        owner = settings.admin_database_url.get_secret_value()
        sample = Sample.of(size)
        start = time.perf_counter()
        secret = seed(owner, sample)
        vacuum(owner)
        figures = {"seed_s": time.perf_counter() - start}
        figures["rebuild_s"] = count_everything(settings)
        figures["rebuild_memory_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        with opened(settings, "web") as web, opened(settings, "worker") as worker:
            figures |= _rows(worker)
            figures |= _raw_rebuild(worker, figures["rebuild_s"])
            vacuum(owner)
            figures |= _league(web, worker, secret)
            figures |= _folding(worker, owner, sample)
    return _document(size, full, figures)


def _rows(worker: Installation) -> dict[str, float]:
    """How many rows were written."""
    with worker.database.connection() as connection:
        return {
            f"{table}_rows": connection.execute(text(f"select count(*) from {table}")).scalar_one()
            for table in _TABLES
        }


def _raw_rebuild(worker: Installation, rebuild_s: float) -> dict[str, float]:
    with worker.database.connection() as connection:
        start = time.perf_counter()
        connection.execute(_DAY_CELLS).scalar_one()
        raw_s = time.perf_counter() - start
    return {"raw_day_cells_s": raw_s, "rebuild_to_raw": rebuild_s / raw_s}


def _league(web: Installation, worker: Installation, secret: str) -> dict[str, float]:
    """Milliseconds of the table, of its sums by a bare statement, and of raw answers, in turns."""
    assert ask(web, secret).ranks_pending
    compute_requested(worker.database)
    assert not ask(web, secret).ranks_pending
    rounds = [
        {
            "table_ms": milliseconds(partial(ask, web, secret), _REPEATS),
            "bare_cells_ms": milliseconds(partial(_bare, web, secret), _REPEATS),
            "raw_network_ms": milliseconds(partial(ask_raw_network, worker), 1),
        }
        for _ in range(_ROUNDS)
    ]
    found = {name: statistics.median(one[name] for one in rounds) for name in rounds[0]}
    return found | {
        "table_to_bare_cells": found["table_ms"] / found["bare_cells_ms"],
        "raw_to_table": found["raw_network_ms"] / found["table_ms"],
    }


def _bare(web: Installation, secret: str) -> None:
    """What the table is made of without stored ranks: sums of both periods, fetched."""
    with visit_of_session(web, secret) as visit:
        for period in (PERIOD, PERIOD.before()):
            days = {"start": period.start, "end": period.end}
            assert visit.session.execute(_FROM_CELLS, days).all()


def _folding(worker: Installation, owner: str, sample: Sample) -> dict[str, float]:
    """Days of the network, each at once, and answers one by one as the worker meets them."""
    days = []
    for after in range(_DAYS):
        responses = seed_day(owner, sample, END + timedelta(days=after))
        start = time.perf_counter()
        keys = fold(worker.database)
        days.append(time.perf_counter() - start)
    single = []
    for back in range(1, _SINGLE_ANSWERS + 1):
        _mark_one(owner, back)
        single.append(milliseconds(partial(fold, worker.database), 1))
    return {
        "day_responses": responses,
        "day_keys": keys,
        "fold_day_s": statistics.median(days),
        "fold_slowest_day_s": max(days),
        "fold_one_ms": statistics.median(single),
    }


def _mark_one(owner: str, back: int) -> None:
    """Somebody corrects an answer of some day."""
    with connected(owner) as connection:
        connection.execute(
            "with one as (select * from response where occurred_on = %s limit 1), "
            "changed as (update answer a set value = (value + 1) %% 11 from one where "
            "a.response_id = one.id and a.occurred_on = one.occurred_on and a.metric = 'nps') "
            "insert into dirty_mark (branch_id, occurred_on, touchpoint_id, survey_version_id) "
            "select branch_id, occurred_on, touchpoint_id, survey_version_id from one",
            (END - timedelta(weeks=back),),
        )


def _document(size: Size, full: bool, measured: dict[str, float]) -> dict[str, Any]:
    figures: dict[str, Any] = {
        "branches": size.branches,
        "answers": size.answers,
        "weeks": WEEKS,
        "metrics": len(METRICS),
    }
    figures |= {name: round(value, 3) for name, value in measured.items()}
    targets = [
        Target("rebuild_s", at_most=60 if full else 20),
        Target("fold_one_ms", at_most=1_000),
        Target("table_to_bare_cells", at_most=2),
    ]
    if full:
        targets += [Target("fold_day_s", at_most=1), Target("table_ms", at_most=60)]
    reference = {
        "what": "day cells of one metric of four by one SQL statement over the answers, nothing "
        "written; raw_network_ms is the league table by one statement over the answers, "
        "bare_cells_ms its sums by a bare statement over weekly cells under the same policies",
        "seconds": round(measured["raw_day_cells_s"], 3),
    }
    return report("cells", full=full, figures=figures, targets=targets, reference=reference)
