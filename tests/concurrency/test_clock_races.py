"""Two schedulers for an hour on a made-up clock, killed at random: no step twice or left out."""

import os
import random
import subprocess
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from clocked import Clocked, add_ticket, make_network, publish_rules, read_ticket, shanghai
from conftest import Office
from sqlalchemy import text

from api.models.tickets import OPEN_STATES
from api.tickets import escalating, ticking
from api.tickets.changing import Change, change
from api.tickets.errors import Stale
from api.tickets.published import loop_in_force

BEGIN = shanghai(2026, 11, 23, 9)  # a Monday, as the branches open
PROCESS = Path(__file__).parents[1] / "clock_process.py"
QUICK = "acknowledge_hours = 0.1, contact_hours = 0.2, resolve_hours = 0.4"
SLOWER = "acknowledge_hours = 0.1, contact_hours = 0.3, resolve_hours = 0.5"
TWICE = text("""
select ticket_id, detail ->> 'clock', detail ->> 'calendar', detail ->> 'step',
       detail ->> 'due_at', count(*)
from ticket_step where kind = 'escalated' group by 1, 2, 3, 4, 5 having count(*) > 1
""")
# Steps are counted from one again when a time did not hold; each run of them is whole.
UNCOUNTED = text("""
with step as (
    select ticket_id, detail ->> 'clock' as kind, detail ->> 'calendar' as calendar, at,
           cast(detail ->> 'step' as int) as number,
           cast(detail ->> 'due_at' as timestamptz) as due_at
    from ticket_step where kind = 'escalated'
), run as (
    select ticket_id, kind, calendar, max(at) as begun from step where number = 1 group by 1, 2, 3
)
select k.ticket_id, k.kind, k.calendar, k.escalated from ticket_clock k
left join run r using (ticket_id, kind, calendar)
where k.escalated <> (select count(*) from step s where s.ticket_id = k.ticket_id
    and s.kind = k.kind and s.calendar = k.calendar and s.at >= r.begun
    and (k.escalated > 0 or s.due_at = k.due_at))
""")
RUNNING = text("""
select k.ticket_id, k.kind, k.calendar, k.started_at, k.due_at, k.escalated
from ticket_clock k join ticket t on t.id = k.ticket_id
where k.met_at is null and k.stopped_at is null and t.state = any(cast(:open as text[]))
""")


class Schedulers:
    """Two processes that do the same work, one of which is killed now and then."""

    def __init__(self, office: Office, folder: Path) -> None:
        self.clock, self.done = folder / "clock", folder / "done"
        path = os.pathsep.join([str(PROCESS.parent), str(PROCESS.parents[1])])
        self.environment = {**os.environ, **office.settings.environment(), "PYTHONPATH": path}
        self.set(BEGIN)
        self.running = [self._start(), self._start()]

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, str(PROCESS), str(self.clock), str(self.done)]
        return subprocess.Popen(command, env=self.environment)

    def set(self, now: datetime) -> None:
        """Sets the clock, in one step for who reads it."""
        new = self.clock.with_suffix(".new")
        new.write_text(now.astimezone(UTC).isoformat(), encoding="ascii")
        new.replace(self.clock)

    def kill(self, which: int) -> None:
        """Kills one in the middle of whatever it does, and starts another."""
        self.running[which].kill()
        self.running[which].wait()
        self.running[which] = self._start()

    def rounds(self) -> int:
        """How many rounds were done so far, by both."""
        with suppress(FileNotFoundError):
            return len(self.done.read_text(encoding="ascii").splitlines())
        return 0

    def taken(self) -> int:
        """How many steps the two say they took; a killed one says nothing of its last."""
        return sum(int(line.split()[1]) for line in self.done.read_text().splitlines())

    def wait(self, rounds: int) -> None:
        """Until so many more rounds are done."""
        wanted, end = self.rounds() + rounds, time.monotonic() + 240
        while self.rounds() < wanted:
            assert time.monotonic() < end, "the schedulers do nothing"
            time.sleep(0.02)

    def stop(self) -> None:
        """Ends both."""
        for process in self.running:
            process.kill()
            process.wait()


def colleague(office: Office, world: Clocked, ticket_id: UUID, lot: random.Random) -> None:
    """Somebody does something to a ticket, at the same time as the schedulers."""
    now = office.clock()
    with suppress(Stale), office.worker.database.transaction() as session:
        ticket = read_ticket(session, ticket_id)
        wanted = {
            "new": [
                Change(kind="state", to_state="acknowledged"),
                Change(kind="state", to_state="contacted"),
                Change(kind="moved", values={"branch_id": world.units["east2"]}),
            ],
            "acknowledged": [Change(kind="state", to_state="contacted")],
            "contacted": [Change(kind="state", to_state="resolved")],
            "resolved": [Change(kind="state", to_state="reopened")],
        }.get(ticket.state)
        if wanted:
            change(session, ticket, lot.choice(wanted), now)


def an_hour(office: Office, folder: Path, *, tickets: int, kills: int, pause: float) -> int:
    """Lets two schedulers and a colleague work for an hour; how many steps were taken."""
    lot = random.Random(4432)
    with office.worker.database.transaction() as session:
        world = make_network(session, office.worker.vault, BEGIN)
        publish_rules(session, BEGIN, business=QUICK, customer=0.5, later=0.2)
        made = [
            add_ticket(
                session, world.units["east1"], BEGIN + timedelta(seconds=lot.randrange(2400))
            ).id
            for _ in range(tickets)
        ]
    schedulers = Schedulers(office, folder)
    dying = set(lot.sample(range(3, 57), kills))
    try:
        schedulers.wait(2)
        for minute in range(61):
            office.clock.now = BEGIN + timedelta(minutes=minute)
            schedulers.set(office.clock.now)
            if minute == 25:
                with office.worker.database.transaction() as session:
                    publish_rules(session, BEGIN, 2, business=SLOWER, customer=0.5, later=0.2)
            for one in lot.sample(made, max(1, tickets // 40)):
                colleague(office, world, one, lot)
            time.sleep(pause * lot.random())
            if minute in dying:
                schedulers.kill(lot.randrange(2))
        schedulers.wait(4)
        return schedulers.taken()
    finally:
        schedulers.stop()


def check_everything(office: Office) -> int:
    """That no step was taken twice or left out, and that every clock says what it should."""
    while escalating.keep_up_clocks(office.worker):
        pass
    assert escalating.escalate_due(office.worker) == 0, "the schedulers left steps"
    with office.worker.database.transaction() as session:
        assert session.execute(TWICE).all() == []
        assert session.execute(UNCOUNTED).all() == []
        found = loop_in_force(session)
        assert found is not None
        assert found.version == 2
        place = ticking.place_of(session, found.loop, _branch(session), office.clock())
        wanted = {(one.kind, one.calendar): one for one in found.loop.targets_of(2)}
        running = session.execute(RUNNING, {"open": list(OPEN_STATES)}).all()
        for one in running:
            target = wanted[one.kind, one.calendar]
            assert one.due_at == place.due(target, one.started_at)
            steps = found.loop.escalations_of(one.kind, one.calendar)
            come = sum(escalating.ripe(s, place, one.due_at, office.clock()) for s in steps)
            assert one.escalated == come
        assert len(running) > 10
        return int(session.execute(_COUNT).scalar_one())


_COUNT = text("select count(*) from ticket_step where kind = 'escalated'")


def _branch(session: object) -> int:
    query = text("select id from unit where code = 'east1'")
    return int(session.execute(query).scalar_one())  # type: ignore[attr-defined]


def test_two_schedulers_killed_at_random_take_each_step_once(
    real_office: Office, tmp_path: Path
) -> None:
    taken = an_hour(real_office, tmp_path, tickets=40, kills=2, pause=0.06)
    noted = check_everything(real_office)
    assert noted > 30
    assert 0 < taken <= noted


@pytest.mark.soak
def test_two_schedulers_killed_two_dozen_times_take_each_step_once(
    real_office: Office, tmp_path: Path
) -> None:
    taken = an_hour(real_office, tmp_path, tickets=500, kills=24, pause=4.0)
    noted = check_everything(real_office)
    assert noted > 500
    assert 0 < taken <= noted
