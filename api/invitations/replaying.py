"""Replays past events under a rule set: every event is decided as it would have been at its time.

The decisions are those of ``service.Decider`` itself; only the clock and the ledger are made up. An
event is looked at when it arrived, and again whenever it was held until. The ledger is the real one
of everything outside the replay, and what the replay itself has planned. Writes nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from heapq import heapify, heappop, heappush, nsmallest
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import Session

from api.invitations.dossiers import Ground
from api.invitations.drawing import Drawing
from api.invitations.facts import Dossier, DueEvent, Key, Past, PastRow, Rows, received_on
from api.invitations.repository import gathering, replaying
from api.invitations.repository.gathering import Needs
from api.invitations.repository.replaying import HoldRow, Window
from api.invitations.repository.wire import one_trip
from api.invitations.service import Decided, Decider
from scheduler.planner import Compete, Hold, Holder, Inclusion

BATCH = 2000
_PRUNE_EVERY = 20  # batches
Place = tuple[datetime, UUID]
Seen = Callable[[DueEvent, datetime, Decided, Dossier], None]


@dataclass(slots=True)
class MovingDossier(Dossier):
    """A dossier whose moment moves on, with everything that depends on it."""

    drawing: Drawing | None = None

    def move_to(self, now: datetime) -> None:
        """Looks at everything as of another moment."""
        self.now = now
        self._customers.clear()
        today = now.astimezone(ZoneInfo(self.network.timezone)).date()
        if today != self.today:
            self.today = today
            self._places.clear()

    def _inclusion(self, event: DueEvent) -> Inclusion | None:
        stored = Dossier._inclusion(self, event)  # no super(): a class with slots is made anew
        if self.drawing is None:
            return stored
        return self.drawing.inclusion(event, received_on(event, self.network), stored)


@dataclass(slots=True)
class Ledger:
    """What one side of the replay has planned, found by whoever it is counted for."""

    rows: dict[UUID, PastRow] = field(default_factory=dict)
    gone: set[UUID] = field(default_factory=set)  # real ones that gave way
    _by_key: dict[Key, list[UUID]] = field(default_factory=dict)

    def add(self, row: PastRow) -> None:
        """Notes a message that was planned."""
        self.rows[row.id] = row
        for key in _keys(row):
            self._by_key.setdefault(key, []).append(row.id)

    def drop(self, invitation_id: UUID) -> None:
        """Notes that a message gave way."""
        if self.rows.pop(invitation_id, None) is None:
            self.gone.add(invitation_id)

    def of(self, keys: set[Key]) -> list[PastRow]:
        """The messages that any of the keys finds."""
        found = {one for key in keys for one in self._by_key.get(key, ())}
        return [self.rows[one] for one in sorted(found) if one in self.rows]

    def forget(self, before: datetime) -> None:
        """Lets go of what no cap looks back to any more."""
        self.rows = {
            one: row
            for one, row in self.rows.items()
            if max(row.at, row.completed_at or row.at) >= before
        }
        left = (
            (key, [one for one in some if one in self.rows]) for key, some in self._by_key.items()
        )
        self._by_key = {key: some for key, some in left if some}


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of the events of one step, whichever rules decide them."""

    rows: Rows
    standing: Sequence[PastRow]
    holds: Mapping[UUID, Sequence[HoldRow]]
    answered: Mapping[UUID, datetime]


@dataclass(slots=True)
class Side:
    """One rule set at work: the events that wait, and what it has planned."""

    on: Ground
    seen: Seen
    drawing: Drawing | None = None  # None: stored plans alone
    ledger: Ledger = field(default_factory=Ledger)
    waiting: list[tuple[datetime, UUID, DueEvent]] = field(default_factory=list)

    def arrive(self, arrivals: Sequence[tuple[datetime, DueEvent]]) -> None:
        """Lets events wait for their decision."""
        for at, event in arrivals:
            heappush(self.waiting, (at, event.id, event))

    def take(self, horizon: Place | None) -> list[tuple[datetime, UUID, DueEvent]]:
        """The events that are decided next: up to the horizon, without one the first ones."""
        if horizon is None and len(self.waiting) <= BATCH:
            taken, self.waiting = sorted(self.waiting), []
            return taken
        if horizon is None:
            horizon = nsmallest(BATCH, self.waiting)[-1][:2]
        taken = []
        while self.waiting and self.waiting[0][:2] <= horizon:
            taken.append(heappop(self.waiting))
        return taken

    def decide(
        self,
        session: Session,
        taken: list[tuple[datetime, UUID, DueEvent]],
        facts: Facts,
        horizon: Place | None,
    ) -> None:
        """Decides the events in the order of their moments; what is held for later waits."""
        if taken:
            last = taken[-1][:2] if horizon is None else horizon
            _Step(self, session, taken, facts).run(last)


class _Step:
    """One side's decisions on the events of one step."""

    def __init__(
        self,
        side: Side,
        session: Session,
        taken: list[tuple[datetime, UUID, DueEvent]],
        facts: Facts,
    ) -> None:
        self.side, self.facts, self.taken = side, facts, taken
        heapify(self.taken)
        self.holds: dict[UUID, frozenset[str]] = {}
        self.dossier = _dossier(side, facts, taken[0][0], self.holds)
        self.decider = Decider(session, side.on, self.dossier, holding=False)
        self.changes: list[tuple[datetime, UUID, bool]] = []  # sent, or else completed
        self._remember(taken[0][0])

    def run(self, last: Place) -> None:
        """Goes through the events until nothing is due up to ``last``."""
        while self.taken:
            now, _, event = heappop(self.taken)
            self._move_to(now, event)
            decided = self.decider.decide(event)
            self._note(event, decided)
            self.side.seen(event, now, decided, self.dossier)
            if isinstance(decided.decision, Hold):
                until = decided.decision.until
                item = (until, event.id, replace(event, held=True))
                due = (until, event.id) <= last
                heappush(self.taken if due else self.side.waiting, item)

    def _move_to(self, now: datetime, event: DueEvent) -> None:
        while self.changes and self.changes[0][0] < now:
            _, one, sent = heappop(self.changes)
            self._change(one, sent=sent)
        if event.person_id is not None and event.person_id in self.facts.holds:
            self.holds[event.person_id] = _standing(self.facts.holds[event.person_id], now)
        self.dossier.move_to(now)

    def _change(self, one: UUID, *, sent: bool) -> None:
        row = self.dossier.past.row(one)
        if row is None or row.status == "dropped":
            return
        if sent:
            self.dossier.past.change(one, "sent")
        else:
            kept = self.side.ledger.rows.get(one)
            at = kept.completed_at if kept else self._really_completed(one)
            self.dossier.remember(replace(row, completed_at=at))

    def _really_completed(self, one: UUID) -> datetime | None:
        return next((row.completed_at for row in self.facts.standing if row.id == one), None)

    def _note(self, event: DueEvent, decided: Decided) -> None:
        for past in decided.outranked:
            self.side.ledger.drop(past.id)
        if decided.invitation is None:
            return
        planned = self.decider.fresh[decided.invitation.id]
        answered = self.facts.answered.get(event.id)
        completed = answered if answered is not None and answered > planned.at else None
        row = replace(planned, completed_at=completed)
        self.side.ledger.add(row)
        if self.side.drawing is not None:
            self.side.drawing.note(event, received_on(event, self.dossier.network))
        self._expect(row, self.dossier.now)

    def _remember(self, begin: datetime) -> None:
        """Puts what is outside the replay, and what it has planned so far, before the decider."""
        for row in self.facts.standing:
            if row.id not in self.side.ledger.gone:
                self.dossier.remember(self._as_of(row, begin))
        keys = {key for _, _, event in self.taken for key in _keys_of(event, self.facts.rows)}
        for row in self.side.ledger.of(keys):
            self.dossier.remember(self._as_of(row, begin))

    def _as_of(self, row: PastRow, begin: datetime) -> PastRow:
        """A message as it stood at the beginning of the step; what comes later is expected."""
        self._expect(row, begin)
        later = row.completed_at is not None and row.completed_at >= begin
        known = replace(row, completed_at=None) if later else row
        gone = row.status == "planned" and row.at < begin
        return replace(known, status="sent") if gone else known

    def _expect(self, row: PastRow, begin: datetime) -> None:
        if row.status == "planned" and row.at >= begin:
            heappush(self.changes, (row.at, row.id, True))
        if row.completed_at is not None and row.completed_at >= begin:
            heappush(self.changes, (row.completed_at, row.id, False))


def replay(
    session: Session,
    window: Window,
    sides: Sequence[Side],
    progress: Callable[[int], None] = lambda _done: None,
) -> None:
    """Decides every event of the window on every side; the caller has forbidden writing.

    Parameters
    ----------
    session : Session
    window : Window
    sides : sequence of Side
        Each with rules of its own.
    progress : callable
        Is told how many events have arrived so far.
    """
    needs = needs_of(sides)
    reach = max(needs.sent, needs.completed or needs.sent)
    with replaying.stream_events(session, window) as stream:
        done = steps = 0
        while True:
            arrivals = stream.next(BATCH)
            horizon = (arrivals[-1][0], arrivals[-1][1].id) if arrivals else None
            for side in sides:
                side.arrive(arrivals)
            taken = [side.take(horizon) for side in sides]
            if not any(taken) and not arrivals:
                return
            facts = _facts(session, window, taken, sides[0].on, needs)
            for side, mine in zip(sides, taken, strict=True):
                side.decide(session, mine, facts, horizon)
            done, steps = done + len(arrivals), steps + 1
            if steps % _PRUNE_EVERY == 0 and horizon is not None:
                for side in sides:
                    side.ledger.forget(horizon[0] - reach)
            progress(done)


def needs_of(sides: Sequence[Side]) -> Needs:
    """What the rules of any side ask of the facts."""
    asked = [Needs.of(side.on.rules) for side in sides]
    completed = [one.completed for one in asked if one.completed is not None]
    return Needs(
        returning=any(one.returning for one in asked),
        wechat=any(one.wechat for one in asked),
        sampling=any(one.sampling for one in asked),
        household=any(one.household for one in asked),
        vehicle=any(one.vehicle for one in asked),
        event_attributes=any(one.event_attributes for one in asked),
        customer_attributes=any(one.customer_attributes for one in asked),
        sent=max(one.sent for one in asked),
        completed=max(completed, default=None),
    )


def _facts(
    session: Session,
    window: Window,
    taken: Sequence[Sequence[tuple[datetime, UUID, DueEvent]]],
    on: Ground,
    needs: Needs,
) -> Facts:
    items = {item[1]: item for some in taken for item in some}
    events = [item[2] for item in items.values()]
    begin = min(item[0] for item in items.values())
    with one_trip(session) as trip:
        asked = gathering.ask(trip, events, needs, on.frame.network, begin)
        more = replaying.ask_sidelights(trip, events)
    past = gathering.past_of(asked)
    standing = replaying.standing(session, window, [row.id for row in past])
    return Facts(
        rows=gathering.rows_of(asked),
        standing=[row for row in past if row.id in standing],
        holds=more.holds(),
        answered=more.answered(),
    )


def _dossier(
    side: Side, facts: Facts, now: datetime, holds: Mapping[UUID, frozenset[str]]
) -> MovingDossier:
    on = side.on
    return MovingDossier(
        now=now,
        today=now.astimezone(ZoneInfo(on.frame.network.timezone)).date(),
        network=on.frame.network,
        tree=on.tree,
        profiles=on.profiles,
        rows=replace(facts.rows, holds=holds),
        past=Past(on.rules.compete if on.rules else Compete.PRIORITY),
        counted=frozenset(cap.per for cap in on.rules.caps) if on.rules else frozenset(),
        drawing=side.drawing,
    )


def _standing(rows: Sequence[HoldRow], now: datetime) -> frozenset[str]:
    return frozenset(
        one.reason
        for one in rows
        if one.opened_at <= now and (one.closed_at is None or one.closed_at > now)
    )


def _keys(row: PastRow) -> list[Key]:
    found: list[Key] = []
    if row.person_id is not None:
        found.append((Holder.PERSON, row.person_id))
    if row.household_hash is not None:
        found.append((Holder.HOUSEHOLD, row.household_hash))
    if row.object_hash is not None:
        found.append((Holder.VEHICLE, row.object_hash))
    return found


def _keys_of(event: DueEvent, rows: Rows) -> list[Key]:
    found: list[Key] = []
    person = rows.people.get(event.person_id) if event.person_id else None
    if person is not None:
        found.append((Holder.PERSON, person.id))
        if person.household_hash is not None:
            found.append((Holder.HOUSEHOLD, person.household_hash))
    if event.object_hash is not None:
        found.append((Holder.VEHICLE, event.object_hash))
    return found
