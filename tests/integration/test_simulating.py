"""A simulation decides as it really happens; it counts both sides and writes nothing."""

import json
import random
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from asking import EXAMPLES, Network, add_customer, add_event, change, make_network, rows
from conftest import Office
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from api.core.errors import BadInput
from api.core.ids import new_id
from api.core.languages import LANGUAGES
from api.invitations.dossiers import ground
from api.invitations.drawing import Drawing
from api.invitations.replaying import Side, replay
from api.invitations.repository import replaying
from api.invitations.repository.replaying import Window
from api.invitations.service import Decided, decide_due
from api.invitations.simulated import as_document
from api.invitations.simulating import TooManyEvents, begun, simulate
from api.invitations.simulation_command import as_lines, simulate_file
from api.models import PersonHold, SamplingPlan
from api.security.scope import Scope
from api.surveys.definitions import DefinitionInvalid, read_rules, rule_set
from api.surveys.service import publish_rules
from scheduler.planner import RuleSet
from scheduler.planner.explain import kind_of

BEGIN = datetime.fromisoformat("2026-09-01T00:00:00+08:00")
DAYS = (date(2026, 9, 1), date(2026, 10, 20))
EVERYONE = Scope.whole_network(reason="test")
TOUCHPOINTS = ("test_drive", "delivery", "service", "hotline")
CARS = (EXAMPLES / "rules/cars.toml").read_text("utf-8")
# Tight and loose at once, so that events are held, dropped, drawn and give way to one another.
LIVELY = (
    CARS.replace("days = 90\ncount = 1", "days = 12\ncount = 1", 1)
    .replace("days = 30\ncount = 1", "days = 4\ncount = 1", 1)
    .replace("days = 180", "days = 20")
    .replace("max_age_days = 3", "max_age_days = 9")
    .replace("max_age_days = 7", "max_age_days = 15")
    .replace("share = 0.05", "share = 0.5")
    .replace("expiry_days = 14", 'expiry_days = 14\nholidays = "CN"\nspread_minutes = 90', 1)
    .replace('quiet_hours = ["21:00", "09:00"]', 'quiet_hours = ["20:00", "10:00"]')
    .replace('not_for = ["premium"]\nwhen_full = "drop"', 'not_for = ["low_value"]')
)
LOOSER = LIVELY.replace("version = 1", "version = 2").replace("days = 12", "days = 3", 1)


def lively(written: str = LIVELY) -> RuleSet:
    return rule_set(read_rules(written, "lively.toml"))


@pytest.fixture
def network(office: Office) -> Network:
    network = make_network(office.owner, rules=None)
    with office.owner.transaction() as session:
        publish_rules(session, read_rules(LIVELY, "lively.toml"), BEGIN, written=LIVELY)
    return network


def make_events(office: Office, network: Network, seed: int, people: int = 30) -> None:
    """Customers of all kinds with events close together, some with a complaint for a while."""
    dice = random.Random(seed)  # the lots, too: they are drawn from the events' ids
    late = []
    for number in range(people):
        contacts = dice.choice([("phone",), ("phone", "wechat"), ("wechat",), ("phone", "email")])
        someone = add_customer(
            office.owner,
            office.worker.vault,
            network.branches[number % 2],
            consents=[("any", dice.random() < 0.95)],
            value_tier=dice.choice([None, "premium", "low", "usual"]),
            birth_year=dice.choice([None, 1950, 1980, 2000]),
            household_hash=bytes([1 + number // 3]) * 8 if number < 15 else None,
            timezone=dice.choice([None, "Asia/Urumqi"]),
            **{kind: f"{kind}-{number}" for kind in contacts},
        )
        if number % 9 == 0:
            late.append(someone.id)
        if dice.random() < 0.2:
            add_complaint(office, someone.id, BEGIN + timedelta(days=dice.randrange(30)))
        for _ in range(dice.randrange(1, 8)):
            at = BEGIN + timedelta(hours=dice.randrange(24 * 16))
            add_event(
                office.owner,
                network,
                someone,
                id=UUID(int=dice.getrandbits(128)),
                touchpoint=dice.choice(TOUCHPOINTS),
                branch=number % 2,
                occurred_at=at,
                due_at=at,
                object_hash=bytes([dice.randrange(9)]) * 8,
                status="cancelled" if dice.random() < 0.05 else "active",
            )
    with office.owner.transaction() as session:
        said = "update consent set given_at = :at where (person_id = any(:late)) = :is_late"
        for is_late in (False, True):  # some say yes in the middle of it all
            at = BEGIN + timedelta(days=15 * is_late)
            session.execute(text(said), {"at": at, "late": late, "is_late": is_late})
        for day in range(40):
            for branch in network.branches[:2]:
                plan = sampled(network, branch, DAYS[0] + timedelta(days=day), dice)
                session.add(plan)


def sampled(network: Network, branch: int, day: date, dice: random.Random) -> SamplingPlan:
    return SamplingPlan(
        day=day, branch_id=branch, touchpoint_id=network.touchpoints["service"], needed=60,
        answered=1, expected=1.0, response_rate=0.2, probability=0.7, deficit=dice.random(),
        computed_at=BEGIN,
    )  # fmt: skip


def add_complaint(office: Office, person: UUID, at: datetime) -> None:
    with office.owner.transaction() as session:
        session.add(
            PersonHold(
                id=new_id(), person_id=person, reason="complaint", source="crm",
                external_id=str(person), opened_at=at,
                closed_at=at + timedelta(days=6),
            )
        )  # fmt: skip


def live_through(office: Office) -> dict[UUID, list[tuple[Any, ...]]]:
    """Decides everything when it is due, with messages sent and some of them answered meanwhile."""
    due = "select min(due_at) as at from event where asking <> 'decided'"
    while True:
        (row,) = rows(office.worker, due)
        if row.at is None:
            break
        office.clock.now = row.at
        change(
            office.worker,
            "update invitation set status = 'sent', sent_at = planned_at "
            "where status = 'planned' and planned_at < :now",
            now=row.at,
        )
        change(
            office.worker,
            "update invitation set answered_at = planned_at + interval '1 hour' where status = "
            "'sent' and planned_at + interval '1 hour' < :now and hashtext(event_id::text) % 3 = 0",
            now=row.at,
        )
        decide_due(office.worker)
    found: dict[UUID, list[tuple[Any, ...]]] = {}
    for one in rows(office.worker, "select * from decision order by decided_at, id"):
        told = (one.decided_at, one.action, one.reason, one.at, one.inclusion_probability)
        found.setdefault(one.event_id, []).append(told)
    return found


def replayed(session: Session, rules: RuleSet, now: datetime) -> dict[UUID, list[tuple[Any, ...]]]:
    """Every decision of a replay, in the shape of :func:`live_through`."""
    found: dict[UUID, list[tuple[Any, ...]]] = {}

    def note(event: Any, at: datetime, decided: Decided, _dossier: Any) -> None:
        decision = decided.decision
        when = None if kind_of(decision) == "drop" else decision.earliest_at
        what = (kind_of(decision), decision.reason.value)
        told = found.setdefault(event.id, [])
        told.append((at, *what, when, decision.inclusion_probability))
        for past in decided.outranked:
            told = found[past.event_id]
            if told[-1][:2] == (at, "send"):  # planned at this very moment: never stored
                told.pop()
            told.append((at, "drop", "outranked", None, None))

    on = ground(session, now)
    branches = sorted(on.tree.branch_ids)
    window = Window(branches, BEGIN, BEGIN + timedelta(days=50))
    assert on.rules is not None
    replay(session, window, [Side(on, note, Drawing(on.rules, on.rules, {}, 0.2))])
    assert begun(rules, BEGIN).rules == on.rules.rules
    return found


@pytest.mark.parametrize("seed", [1, 12])
def test_a_simulation_decides_what_really_happened(
    office: Office, network: Network, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr("api.invitations.replaying.BATCH", 25)  # many steps, with held events
    monkeypatch.setattr("api.invitations.replaying._PRUNE_EVERY", 2)
    make_events(office, network, seed)
    real = live_through(office)
    with office.worker.database.transaction() as session:
        simulated = replayed(session, lively(), office.clock())
    assert simulated.keys() == real.keys()
    different = {one: (real[one], simulated[one]) for one in real if real[one] != simulated[one]}
    assert not different
    reasons = {told[2] for one in real.values() for told in one}
    assert {"passed", "capped", "not_drawn", "open_complaint", "outranked"} <= reasons


def test_both_sides_are_counted_and_agree_with_what_happened(
    office: Office, network: Network
) -> None:
    make_events(office, network, seed=3)
    live_through(office)
    scope, now = EVERYONE, office.clock()
    with office.worker.database.transaction() as session:
        document = as_document(simulate(session, scope, lively(LOOSER), DAYS, now))
    made = rows(
        office.worker,
        "select i.channel, i.branch_id, u.code, i.planned_at::date from invitation i "
        "join unit u on u.id = i.branch_id where i.status <> 'dropped'",
    )
    totals = document["totals"]
    assert totals["now"]["invitations"] == len(made)
    assert totals["then"]["invitations"] > totals["now"]["invitations"]
    assert totals["then"]["cost"] > totals["now"]["cost"] > 0
    for channel in ("sms", "wechat", "call"):
        counted = sum(one["now"] for one in document["volume"] if one["channel"] == channel)
        assert counted == sum(one.channel == channel for one in made)
    branches = {one["unit_code"]: one for one in document["branches"]}
    assert branches["D1"]["invitations_now"] == sum(one.code == "D1" for one in made)
    assert branches["D1"]["margin"] < branches["D1"]["margin_now"]
    assert branches["GB"]["margin"] is None
    assert sum(one["invitations"] for one in document["branches"]) == totals["then"]["invitations"]
    assert sum(one["asked_then"] for one in document["reach"]) == totals["then"]["invitations"]
    assert sum(one["events_now"] for one in document["reach"]) == document["events"]
    people = rows(office.worker, "select count(distinct person_id) as count from event")[0].count
    assert sum(one["then"] for one in document["people"]) == people
    assert sum(one["more"] for one in document["changes"]) > 0
    ended = sum(one["then"] for one in document["reasons"])
    assert ended == document["events"]
    assert (document["rules_now"], document["rules_then"]) == (1, 2)
    assert totals["now"]["expected_answers"] > 0


def test_the_same_rules_change_nothing(office: Office, network: Network) -> None:
    make_events(office, network, seed=4, people=10)
    with office.worker.database.transaction() as session:
        later = BEGIN + timedelta(days=60)
        document = as_document(simulate(session, EVERYONE, lively(), DAYS, later))
    assert document["totals"]["now"] == document["totals"]["then"]
    assert all(one["now"] == one["then"] for one in document["volume"])
    assert {(one["more"], one["fewer"]) for one in document["changes"]} == {(0, 0)}


def test_a_simulation_cannot_write_and_leaves_everything_as_it_was(
    office: Office, network: Network
) -> None:
    make_events(office, network, seed=5, people=6)
    before = _everything(office)
    with office.worker.database.transaction() as session:
        simulate(session, EVERYONE, lively(LOOSER), DAYS, BEGIN + timedelta(days=60))
        with pytest.raises(DBAPIError, match="read-only"):
            _try_to_write(session)
        session.execute(text("update network set name_en = name_en"))  # only the simulation may not
    assert _everything(office) == before


def test_the_command_tells_both_sides(office: Office, network: Network, tmp_path: Path) -> None:
    make_events(office, network, seed=7, people=5)
    file = tmp_path / "rules.toml"
    file.write_text(LOOSER, "utf-8")
    with office.worker.database.transaction() as session:
        document = simulate_file(session, file, DAYS, BEGIN + timedelta(days=60))
    contract = {"events", "volume", "reach", "branches"}
    assert contract <= document.keys()
    assert {"day", "channel", "now", "then"} <= document["volume"][0].keys()
    branch = {"unit_code", "invitations", "expected_answers", "margin"}
    assert branch <= document["branches"][0].keys()
    assert json.loads(json.dumps(document)) == document
    for language in LANGUAGES:
        lines = as_lines(document, language).splitlines()
        assert str(document["totals"]["then"]["invitations"]) in lines[2]
        assert not [line for line in lines if "asking." in line]
    file.write_text(LOOSER.replace('sms = "invite_sms"', 'sms = "unknown"'), "utf-8")
    with office.worker.database.transaction() as session, pytest.raises(DefinitionInvalid):
        simulate_file(session, file, DAYS, BEGIN)
    with office.worker.database.transaction() as session, pytest.raises(BadInput, match="before"):
        simulate_file(session, file, DAYS[::-1], BEGIN)


def test_more_events_than_a_request_may_replay_are_refused(
    office: Office, network: Network
) -> None:
    make_events(office, network, seed=6, people=4)
    with (
        office.worker.database.transaction() as session,
        pytest.raises(TooManyEvents) as refused,
    ):
        simulate(session, EVERYONE, lively(), DAYS, BEGIN + timedelta(days=60), limit=2)
    assert refused.value.params["limit"] == 2


def _try_to_write(session: Session) -> None:
    with session.begin_nested():
        replaying.forbid_writing(session)
        session.execute(text("update event set due_at = due_at"))


def _everything(office: Office) -> list[Any]:
    tables = ("decision", "invitation", "event", "rule_set_version", "audit_entry")
    return [rows(office.worker, f"select * from {table} order by 1") for table in tables]
