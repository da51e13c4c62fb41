"""``branchpulse bench submit``: sixteen customers at a time open a survey and answer all of it.

Real HTTP on keep-alive connections against real web processes on a temporary database with fsync
on. A customer opens the page, sends every page of the car service survey, follows each redirect as
a browser does, and is done when the thank-you has arrived.
"""

import threading
import time
from pathlib import Path
from typing import Any

from api.core.bench import Target, percentile, report, temporary_installation, web_process
from api.core.installation import Installation
from api.core.migrate import ROOT
from api.core.settings import Settings
from api.responses.bench import repository
from api.responses.bench.client import Customer, Run
from api.responses.bench.repository import seed_invitations
from api.surveys.definitions import load_text, read_survey
from api.surveys.service import publish_survey

CLIENTS = 16
ANSWERS = 6_000
WEB_PROCESSES = 2
WARM_UP = 160
_SURVEY = Path("examples/surveys/car_service.toml")


def bench_submit(full: bool) -> dict[str, Any]:
    """Complete answers per second and the time of one, beside bare inserts of the same rows."""
    wanted = ANSWERS if full else ANSWERS // 10
    with temporary_installation() as settings:
        tokens = _seeded(settings, wanted + WARM_UP)
        with web_process(settings, workers=WEB_PROCESSES) as address:
            _answered(address, tokens[:WARM_UP])
            began = time.perf_counter()
            runs = _answered(address, tokens[WARM_UP:])
            seconds = time.perf_counter() - began
        reference = _bare_inserts(settings)
    durations = [one for run in runs for one in run.durations]
    failures = [one for run in runs for one in run.failures]
    rate = len(durations) / seconds
    figures = {
        "clients": CLIENTS,
        "web_processes": WEB_PROCESSES,
        "complete_answers": len(durations),
        "requests_per_answer": runs[0].requests_per_answer,
        "failures": len(failures),
        "first_failure": failures[0] if failures else None,
        "complete_answers_per_second": round(rate, 1),
        "open_and_answer_p50_ms": round(percentile(durations, 0.5) * 1000, 1),
        "open_and_answer_p95_ms": round(percentile(durations, 0.95) * 1000, 1),
        "share_of_bare_inserts": round(rate / reference["responses_per_second"], 4),
        "stored_responses": reference["responses"],
    }
    targets = [
        Target("complete_answers_per_second", at_least=120 if full else None),
        Target("open_and_answer_p95_ms", at_most=300 if full else None),
        Target("share_of_bare_inserts", at_least=0.05),
        Target("failures", at_most=0),
        Target("stored_responses", at_least=wanted + WARM_UP, at_most=wanted + WARM_UP),
    ]
    return report("submit", full=full, figures=figures, targets=targets, reference=reference)


def _seeded(settings: Settings, invitations: int) -> list[str]:
    worker = Installation.open(settings, "worker")
    try:
        file = ROOT / _SURVEY
        survey = read_survey(load_text(file), str(file))
        with worker.database.transaction() as session:
            touchpoint = repository.seed_network(session, survey.touchpoints[0])
            published = publish_survey(session, survey, worker.clock())
        with worker.database.transaction() as session:
            return seed_invitations(
                session, touchpoint, published.id, invitations, now=worker.clock()
            )
    finally:
        worker.close()


def _answered(address: str, tokens: list[str]) -> list[Run]:
    """Every link answered by one of the clients, all at the same time."""
    customers = [Customer(address, number, tokens[number::CLIENTS]) for number in range(CLIENTS)]
    threads = [threading.Thread(target=customer.answer_all) for customer in customers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [customer.run for customer in customers]


def _bare_inserts(settings: Settings) -> dict[str, Any]:
    """The same responses and answers again, inserted by as many connections, one commit each."""
    worker = Installation.open(settings, "worker")
    try:
        copies = repository.stored_responses(worker.database)
        parts = [copies[number::CLIENTS] for number in range(CLIENTS)]
        threads = [
            threading.Thread(target=repository.insert_again, args=(worker.database, part))
            for part in parts
        ]
        began = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seconds = time.perf_counter() - began
    finally:
        worker.close()
    return {
        "name": "bare inserts of the same rows, one commit per response, fsync on",
        "responses": len(copies),
        "responses_per_second": round(len(copies) / seconds, 1),
    }
