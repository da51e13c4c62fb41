"""Two schedulers for an hour on a made-up clock, killed at random: no step twice or left out."""

import random
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from clocked import Clocked, add_ticket, make_network, publish_rules, read_ticket, shanghai
from conftest import Office
from sqlalchemy import text
from two_schedulers import Schedulers

from api.models.tickets import OPEN_STATES
from api.tickets import escalating, ticking
from api.tickets.changing import Change, change
from api.tickets.errors import Stale
from api.tickets.published import loop_in_force, loop_of_version

BEGIN = shanghai(2026, 11, 23, 9)  # a Monday, as the branches open
WORK = [f"api.tickets.escalating:{name}" for name in ("keep_up_clocks", "escalate_due")]
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
CLOCKS = text("""
select k.kind, k.calendar, k.started_at, k.due_at, k.escalated, k.met_at is null
    and k.stopped_at is null and t.state = any(cast(:open as text[])) as runs
from ticket_clock k join ticket t on t.id = k.ticket_id
""")


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
    minutes = sorted(lot.sample(range(13, 57), kills))  # from then on there is something to do
    dying = {at: turn % 2 for turn, at in enumerate(minutes)}
    with Schedulers(office, folder, BEGIN, *WORK) as two:
        two.ready(0, 1)
        for minute in range(61):
            office.clock.now = BEGIN + timedelta(minutes=minute)
            if minute in dying:
                two.strike(office.clock.now, dying[minute], lambda: noted_steps(office))
            two.set(office.clock.now)
            if minute == 25:
                with office.worker.database.transaction() as session:
                    publish_rules(session, BEGIN, 2, business=SLOWER, customer=0.5, later=0.2)
            for one in lot.sample(made, max(1, tickets // 40)):
                colleague(office, world, one, lot)
            time.sleep(pause * lot.random())
        two.wait(4)
        return two.did()


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
        old, new = (
            {(one.kind, one.calendar): one for one in rules.loop.targets_of(2)}
            for rules in (loop_of_version(session, 1), found)
        )
        clocks = session.execute(CLOCKS, {"open": list(OPEN_STATES)}).all()
        for one in clocks:
            holds = [new] if one.runs else [old, new]  # what had ended keeps the time it was due
            due = [place.due(each[one.kind, one.calendar], one.started_at) for each in holds]
            assert one.due_at in due
        running = [one for one in clocks if one.runs]
        for one in running:
            steps = found.loop.escalations_of(one.kind, one.calendar)
            come = sum(escalating.ripe(s, place, one.due_at, office.clock()) for s in steps)
            assert one.escalated == come
        assert min(len(running), len(clocks) - len(running)) > 10
    return noted_steps(office)


def noted_steps(office: Office) -> int:
    """How many steps of escalation stand in the tickets."""
    with office.owner.connection() as connection:
        return int(connection.execute(_COUNT).scalar_one())


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
    assert 0 < taken < noted, "nobody died at work"
