"""Action plans: who may write them, what they brought, and what others are offered of it."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime

import numpy as np
import pytest
from answered import LAST, MONDAY, World, make_world
from conftest import Office
from isolation import lasting_office
from sqlmodel import Session
from test_drivers import settle, visits
from viewers import looking

from api.core.database import Database
from api.core.errors import NotAllowed, NotFound
from api.core.settings import Settings
from api.insights.own_branch.improve import Like
from api.models import Account
from api.plans import practices, service
from api.plans.effect import Unknown, effect_of, periods_of
from api.plans.errors import BadPlan, NamesItself, NotProven, PlanChanged, PlanEnded, TooManySteps
from api.plans.service import PlanWish, StepWish
from api.security.viewer import Viewer
from scoring.before_after import difference_in_differences
from scoring.scales import SCALES, Kind

NOW = datetime(2026, 11, 16, 9, tzinfo=UTC)
BEGUN = date(2026, 9, 16)
WISH = PlanWish("D101", "nps", "Shorter waiting", BEGUN, driver="service")


@pytest.fixture(scope="module")
def office(playground: Database, migrated: Settings) -> Iterator[Office]:
    """One office for all tests of this file: each writes plans of its own."""
    with lasting_office(playground, migrated) as built:
        yield built


@pytest.fixture(scope="module")
def world(office: Office) -> World:
    """Eighteen branches; at the first one service is perfect after the plan began."""
    world = make_world(office.owner, sizes=(12, 6))
    given = visits(world, random.Random(4), 60, range(18))
    for one in given:
        if one.branch == world.branches[0]:
            one.values["service"] = 5 if one.day > BEGUN else 2
    settle(office, world, given)
    return world


@contextmanager
def acting(office: Office, unit: int, role: str) -> Iterator[tuple[Session, Viewer]]:
    """As ``looking``, by somebody who has an account."""
    with looking(office, unit, role) as (session, viewer):
        assert viewer.account_id is not None
        session.add(Account(id=viewer.account_id, name="someone", status="active", created_at=NOW))
        session.flush()
        yield session, viewer


def counted(world: World, first: date, end: date) -> dict[int, np.ndarray]:
    """Histograms of service from the answers themselves."""
    found = {branch: np.zeros(5, dtype=np.int64) for branch in world.branches}
    for one in world.given:
        if first <= one.day < end and "service" in one.values:
            found[one.branch][one.values["service"] - 1] += 1
    return found


def test_an_effect_is_that_of_the_answers_before_and_after(office: Office, world: World) -> None:
    with acting(office, world.branches[0], "branch_manager") as (session, viewer):
        plan_id = service.start_plan(session, viewer, WISH, NOW)
        plan = service.require_plan(session, viewer, plan_id)
        effect = effect_of(session, viewer.hierarchy, plan.row, plan.measured, NOW)
    before, after = periods_of(BEGUN, NOW.date())
    assert after is not None
    assert (before.end, after.start, after.end) == (
        date(2026, 9, 14), date(2026, 9, 21), date(2026, 11, 16),
    )  # fmt: skip
    parts = [counted(world, each.start, each.end) for each in (before, after)]
    own, others = world.branches[:1], world.branches[1:]
    wanted = difference_in_differences(
        *[tuple(np.array([part[one] for one in who]) for part in parts) for who in (own, others)],  # type: ignore[arg-type]
        Kind.TOP2_BOX,
        SCALES["1-5"],
    )
    assert effect.found == wanted
    assert wanted is not None
    assert wanted.low > 0.5
    assert effect.like is Like.PEERS  # all are of one unknown kind
    assert effect.own_after is not None
    assert effect.own_after.n == int(parts[1][own[0]].sum())


def test_nothing_is_said_too_early_or_of_too_few(office: Office, world: World) -> None:
    with acting(office, world.branches[0], "branch_manager") as (session, viewer):
        young = service.start_plan(
            session, viewer, PlanWish("D101", "nps", "New", date(2026, 11, 2)), NOW
        )
        plan = service.require_plan(session, viewer, young)
        effect = effect_of(session, viewer.hierarchy, plan.row, "nps", NOW)
        assert effect.unknown is Unknown.TOO_EARLY
        assert effect.told_from == date(2026, 12, 7)
        before = service.start_plan(session, viewer, PlanWish("D101", "nps", "Old", MONDAY), NOW)
        row = service.require_plan(session, viewer, before).row
        unknown = effect_of(session, viewer.hierarchy, row, "nps", NOW).unknown
    assert unknown is Unknown.TOO_FEW_ANSWERS  # nobody was asked before


def test_a_regions_plan_is_about_all_its_branches_and_no_branch_sees_it(
    office: Office, world: World
) -> None:
    with acting(office, world.regions[0], "regional_manager") as (session, viewer):
        made = service.start_plan(session, viewer, PlanWish("R1", "nps", "All", BEGUN), NOW)
        plan = service.require_plan(session, viewer, made)
        assert plan.row.branches == world.branches[:12]
        effect = effect_of(session, viewer.hierarchy, plan.row, "nps", NOW)
        assert effect.found is not None
        assert effect.found.peers == 6
        assert made in {one.row.id for one in service.list_plans(session, viewer)}
    with acting(office, world.branches[0], "branch_manager") as (session, viewer):
        assert made not in {one.row.id for one in service.list_plans(session, viewer)}
        with pytest.raises(NotFound):
            service.require_plan(session, viewer, made)


def test_who_may_only_look_writes_no_plan(office: Office, world: World) -> None:
    with acting(office, world.network, "hq_analyst") as (session, viewer):
        with pytest.raises(NotAllowed):
            service.start_plan(session, viewer, WISH, NOW)
        with pytest.raises(NotFound):
            service.start_plan(session, viewer, PlanWish("X", "nps", "abc", BEGUN), NOW)
    with acting(office, world.branches[0], "branch_manager") as (session, viewer):
        for wish in (
            PlanWish("D101", "nps", "x", BEGUN),
            PlanWish("D101", "nps", "Good words", date(2031, 1, 1)),
        ):
            with pytest.raises(BadPlan):
                service.start_plan(session, viewer, wish, NOW)


def test_actions_are_added_ticked_and_taken_out_until_the_plan_ends(
    office: Office, world: World
) -> None:
    with acting(office, world.branches[0], "branch_manager") as (session, viewer):
        plan = service.start_plan(session, viewer, WISH, NOW)
        first = service.add_step(session, viewer, plan, StepWish("Call 13812345678", BEGUN), NOW)
        second = service.add_step(session, viewer, plan, StepWish("Two counters", LAST), NOW)
        found = service.require_plan(session, viewer, plan)
        assert [one.id for one in found.steps] == [first, second]
        assert "13812345678" not in found.steps[0].what
        assert found.overdue(NOW.date()) == 1
        service.tick_step(session, viewer, plan, first, done=True, now=NOW)
        assert service.require_plan(session, viewer, plan).overdue(NOW.date()) == 0
        service.remove_step(session, viewer, plan, second)
        for number in range(19):
            service.add_step(session, viewer, plan, StepWish(f"Step {number}", LAST), NOW)
        with pytest.raises(TooManySteps):
            service.add_step(session, viewer, plan, StepWish("One more", LAST), NOW)
        ending = {"status": "done", "lesson": "It helped", "now": NOW}
        service.end_plan(session, viewer, plan, version=1, **ending)  # type: ignore[arg-type]
        with pytest.raises(PlanEnded):
            service.add_step(session, viewer, plan, StepWish("Too late", LAST), NOW)
        with pytest.raises(PlanChanged):
            service.reopen_plan(session, viewer, plan, version=1, now=NOW)
        service.reopen_plan(session, viewer, plan, version=2, now=NOW)
        assert service.require_plan(session, viewer, plan).row.status == "open"


def test_what_helped_is_offered_to_others_without_a_name(office: Office, world: World) -> None:
    with acting(office, world.branches[0], "branch_manager") as (session, viewer):
        plan = service.start_plan(session, viewer, WISH, NOW)
        with pytest.raises(NamesItself):
            practices.share(session, viewer, plan, "At unit D101 we call back", NOW)
        practices.share(session, viewer, plan, "We call back within an hour", NOW)
        idle = PlanWish("D101", "speed", "Nothing", BEGUN)
        nothing = service.start_plan(session, viewer, idle, NOW)
        with pytest.raises(NotProven):
            practices.share(session, viewer, nothing, "We did nothing", NOW)
    with acting(office, world.branches[14], "branch_manager") as (session, viewer):
        (offered,) = practices.offered_to(session, viewer, "D203", ["service", "speed"])
        assert offered.practice.what == "We call back within an hour"
        assert offered.practice.low > 0
        assert practices.offered_to(session, viewer, "D203", ["speed"]) == []
        with pytest.raises(NotFound):
            practices.offered_to(session, viewer, "D101", ["service"])
    with acting(office, world.branches[0], "branch_manager") as (session, viewer):
        practices.withdraw(session, viewer, plan, NOW)
        assert practices.offered_to(session, viewer, "D101", ["service"]) == []
