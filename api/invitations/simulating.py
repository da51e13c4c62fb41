"""A changed rule set beside the one in force, both replayed over the same past events.

Both sides are decided by the planner with the facts of the time, so that they differ by the rules
alone. Expected answers come from the response rates that channels really had. Writes nothing: the
database itself refuses to.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session

from api.core.errors import Conflict, Invalid
from api.invitations.counting import branches_of, taken_by
from api.invitations.dossiers import Ground, ground, on_rules
from api.invitations.drawing import Drawing
from api.invitations.expecting import Expectations, expectations
from api.invitations.facts import Dossier, DueEvent
from api.invitations.replaying import Seen, Side, replay
from api.invitations.repository import replaying
from api.invitations.repository.replaying import Window
from api.invitations.service import Decided
from api.invitations.tallies import UNSEGMENTED, Tally
from api.security.hierarchy import Hierarchy
from api.security.scope import Scope
from scheduler.planner import RuleSet

LEARNED_OVER = timedelta(days=365)  # response rates
_A_DAY = timedelta(days=1)
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
Progress = Callable[[int, int], None]


class TooManyEvents(Invalid):
    """A simulation over more events than may be replayed in one request."""

    key = "asking.too_many_events"


class SimulationRunning(Conflict):
    """Another simulation is being computed; only one runs at a time in the web processes."""

    key = "asking.simulation_running"


@dataclass(frozen=True)
class Simulation:
    """Both sides of a simulation, counted."""

    now: Tally
    then: Tally
    events: int
    rules_now: RuleSet | None
    rules_then: RuleSet
    expected: Expectations
    tree: Hierarchy
    branch_ids: tuple[int, ...]
    days: tuple[date, date]


def simulate(
    session: Session,
    scope: Scope,
    rules: RuleSet,
    days: tuple[date, date],
    now: datetime,
    *,
    limit: int | None = None,
    progress: Progress = lambda _done, _events: None,
) -> Simulation:
    """Replays the events of some days under ``rules`` and under the rules in force at ``now``.

    Parameters
    ----------
    session : Session
    scope : Scope
        Whose events.
    rules : RuleSet
    days : (date, date)
        The first and the last day, both included, on the network's clock.
    now : datetime
    limit : int or None
        Raises TooManyEvents when there are more, and SimulationRunning when another one with a
        limit is being computed: somebody waits for a page.
    progress : callable
        Is told how many events have arrived so far, and how many there are.
    """
    with session.begin_nested():
        replaying.forbid_writing(session)
        if limit is not None and not replaying.alone(session):
            raise SimulationRunning
        current = ground(session, now)
        zone = ZoneInfo(current.frame.network.timezone)
        window = _window(branches_of(scope, current.tree), days, zone)
        events = replaying.count_events(session, window)
        if limit is not None and events > limit:
            raise TooManyEvents(events=events, limit=limit)
        changed = on_rules(session, current.frame, begun(rules, window.since), now)
        before = None if current.rules is None else begun(current.rules, window.since)
        expected = expectations(replaying.read_outcomes(session, now - LEARNED_OVER, now, now))
        daily = _daily(session, window)
        tallies = [Tally(zone), Tally(zone)]
        sides = [
            Side(on, _noting(on, tally), Drawing(on.rules, current.rules, daily, expected.rate))
            for on, tally in zip((replace(current, rules=before), changed), tallies, strict=True)
        ]
        replay(session, window, sides, lambda done: progress(done, events))
    for tally in tallies:
        tally.fold()
    return Simulation(
        now=tallies[0],
        then=tallies[1],
        events=events,
        rules_now=current.rules,
        rules_then=rules,
        expected=expected,
        tree=current.tree,
        branch_ids=tuple(window.branches),
        days=days,
    )


def begun(rules: RuleSet, since: datetime) -> RuleSet:
    """The rules as if they had been in force all along."""
    return replace(rules, effective_from=min(rules.effective_from, since - LEARNED_OVER))


def _daily(session: Session, window: Window) -> dict[tuple[int, int], float]:
    """Events a day of every branch and touchpoint."""
    days = (window.until - window.since) / _A_DAY
    counts = replaying.count_by_place(session, window)
    return {place: count / days for place, count in counts.items()}


def _noting(on: Ground, tally: Tally) -> Seen:
    """Counts decisions as they are made, and lets go of those that can no longer change."""
    segments = on.rules.rules[0].segments if on.rules and on.rules.rules else ()
    latest = _LONG_AGO

    def note(event: DueEvent, now: datetime, decided: Decided, dossier: Dossier) -> None:
        nonlocal latest
        found = [one.limit for one in decided.decision.checks if one.rule == "segment"]
        if found:
            segment = str(found[0] or UNSEGMENTED)
        else:
            taken = taken_by(segments, event, dossier)
            segment = taken.name if taken else UNSEGMENTED
        tally.note(event, decided, segment)
        if now - latest > _A_DAY:
            tally.fold(now)
            latest = now

    return note


def _window(branches: list[int], days: tuple[date, date], zone: ZoneInfo) -> Window:
    first, last = days
    if last < first:
        raise Invalid(fields=[{"field": "to", "message": f"lies before {first}"}])
    begin = datetime.combine(first, time(), zone)
    return Window(branches, begin, datetime.combine(last + _A_DAY, time(), zone))
