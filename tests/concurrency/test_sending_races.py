"""One invitation is sent once, whoever sends at the same moment and whoever dies doing it."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from asking import change, one, rows
from conftest import NOW, Office
from side_by_side import plan_texts, work_side_by_side

from api.core.ids import new_id
from api.invitations.sending import LEASE
from api.models import OutboxMessage
from scheduler.jobs.housekeeping import settle_claims
from scheduler.jobs.letters import send_letters
from scheduler.jobs.sending import send_due, settle_stale
from scheduler.senders.recorder import Only, Recorder

STATUSES = "select status, count(*) as n from invitation group by status"
PROCESS = Path(__file__).parents[1] / "worker_process.py"


def statuses(office: Office) -> dict[str, int]:
    return {row.status: row.n for row in rows(office.worker, STATUSES)}


def test_workers_side_by_side_send_each_invitation_once(real_office: Office) -> None:
    plan_texts(real_office, 60)
    recorder = Recorder()
    work_side_by_side(
        real_office,
        lambda installation: send_due(installation, limit=3, senders=Only(recorder)),
        6,
    )
    assert len(recorder.sent) == 60
    assert set(Counter(message.id for message in recorder.sent).values()) == {1}
    assert statuses(real_office) == {"sent": 60}


def test_plans_of_persons_who_turn_out_to_be_one_are_sent_once(real_office: Office) -> None:
    plan_texts(real_office, 24)
    for table in ("contact_point", "invitation", "event", "consent"):
        change(
            real_office.worker,
            f"update {table} set person_id = (select id from person order by id limit 1)",
        )
    recorder = Recorder()
    work_side_by_side(
        real_office,
        lambda installation: send_due(installation, limit=1, senders=Only(recorder)),
        8,
    )
    while send_due(real_office.worker, senders=Only(recorder)):
        pass
    assert len(recorder.sent) == 1
    assert statuses(real_office) == {"sent": 1, "dropped": 23}


def test_letters_are_sent_once_by_workers_side_by_side(real_office: Office) -> None:
    vault = real_office.worker.vault
    with real_office.worker.database.transaction() as session:
        for number in range(20):
            session.add(
                OutboxMessage(
                    kind="ranking",
                    dedupe_key=str(new_id()),
                    recipient_encrypted=vault.encrypt(f"m{number}@example.com"),
                    subject="Ranking",
                    body_text_encrypted=vault.encrypt("text"),
                    created_at=NOW,
                )
            )
    recorder = Recorder()
    work_side_by_side(
        real_office,
        lambda installation: send_letters(installation, limit=2, senders=Only(recorder)),
        4,
    )
    assert set(Counter(message.id for message in recorder.sent).values()) == {1}
    assert len(recorder.sent) == 20
    assert (
        one(real_office.worker, "select count(*) as n from outbox_message where status = 'sent'").n
        == 20
    )


def test_the_death_of_a_sending_worker_sends_nothing_twice(
    real_office: Office, tmp_path: Path
) -> None:
    plan_texts(real_office, 3)
    happened = tmp_path / "happened"
    worker = subprocess.Popen(
        [sys.executable, str(PROCESS), "hang", str(happened)],
        env={**os.environ, **real_office.settings.environment(), "PYTHONPATH": _python_path()},
    )
    try:
        _wait_for(happened, "sending")
    finally:
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()
    assert statuses(real_office) == {"claimed": 3}
    recorder = Recorder()

    def everything() -> None:
        send_due(real_office.worker, senders=Only(recorder))
        settle_stale(real_office.worker, senders=Only(recorder))

    everything()
    assert statuses(real_office) == {"claimed": 3}
    real_office.clock.now = NOW + LEASE + timedelta(seconds=1)
    everything()
    everything()
    settle_claims(real_office.worker)
    assert statuses(real_office) == {"unknown": 3}
    assert not recorder.sent


def _wait_for(file: Path, beginning: str, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with suppress(FileNotFoundError):
            if any(line.startswith(beginning) for line in file.read_text().splitlines()):
                return
        time.sleep(0.05)
    pytest.fail(f"no line {beginning!r} within {seconds} s")


def _python_path() -> str:
    return os.pathsep.join([str(PROCESS.parent), str(PROCESS.parents[1])])
