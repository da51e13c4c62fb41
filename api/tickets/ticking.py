"""Starts, ends and computes anew the clocks of a ticket, in the transaction that changes it.

A clock is what is left to be done on one of two calendars: the branch's working hours, and the
hours that pass for the customer. It is computed from when it began, never counted, so that a move,
a reopening or other rules need nothing but the sum again. What was met stays met.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from api.core.errors import NotFound
from api.models import Ticket, TicketClock
from api.models.tickets import OPEN_STATES
from api.network.codes import load_codes
from api.security.hierarchy import Hierarchy, current_hierarchy
from api.tickets.clocks import due
from api.tickets.loop import Calendar, ClockKind, Loop, Target
from api.tickets.published import LoopInForce, loop_in_force, loop_of_version
from api.tickets.repository import clocks as repository
from api.tickets.repository import tickets

_Key = tuple[str, str]


@dataclass(frozen=True)
class Place:
    """On which calendar and in which zone a branch works."""

    calendar: Calendar | None
    zone: str

    def due(self, target: Target, started_at: datetime) -> datetime:
        """When a target that began then has to be done."""
        calendar = self.calendar if target.calendar == "business" else None
        return due(calendar, self.zone, started_at, target.seconds)


def place_of(session: Session, loop: Loop, branch_id: int, now: datetime) -> Place:
    """Where a branch works; the nearest unit above with a calendar, or a zone, says."""
    tree = current_hierarchy(session, now.date())
    above = tree.ancestors(branch_id)
    renamed = _renamed(session, loop, tree)
    calendar = loop.calendar_for(renamed.get(node.id, node.code) for node in above)
    return Place(calendar, tree.timezone(branch_id, repository.default_zone(session)))


def _renamed(session: Session, loop: Loop, tree: Hierarchy) -> dict[int, str]:
    """By unit the code that the rules use, where the unit has another by now."""
    former = loop.by_unit.keys() - tree.by_code.keys()
    if not former:
        return {}
    by_code = load_codes(session).by_code
    return {by_code[code]: code for code in former if code in by_code}


def foreseen(
    session: Session, loop: Loop, branch_id: int, severity: int, *, named: bool, now: datetime
) -> list[tuple[Target, datetime]]:
    """What would have to be done of a ticket opened now, and until when."""
    place = place_of(session, loop, branch_id, now)
    return [(one, place.due(one, now)) for one in _targets(loop, severity, named=named)]


def start_clocks(session: Session, ticket: Ticket, at: datetime) -> None:
    """Starts what the ticket's rules want of its severity; without rules nothing runs."""
    found = _rules_of(session, ticket)
    if found is None:
        return
    place = place_of(session, found.loop, ticket.branch_id, at)
    targets = _targets(found.loop, ticket.severity, named=ticket.named)
    repository.add_clocks(session, [_row(ticket, place, one, at) for one in targets])


def met(session: Session, ticket: Ticket, kind: ClockKind, at: datetime) -> None:
    """It was done, in time or late; what was done before stays as it is."""
    repository.set_running(session, ticket.id, [kind], met_at=at)


def stop(session: Session, ticket: Ticket, at: datetime) -> None:
    """Nothing of the ticket runs any more: it waits for the customer, or it is over."""
    kinds: tuple[ClockKind, ...] = ("acknowledge", "contact", "resolve")
    repository.set_running(session, ticket.id, kinds, stopped_at=at)


def recompute(session: Session, ticket: Ticket, now: datetime) -> None:
    """Sets the running clocks as branch and rules are now; after a move, reopening, other rules.

    A clock without a target runs no more, one with a new target begins, unless that was done
    before. What is reopened has to be resolved again, within a new target from then on: how the
    round before ended is kept as a step.
    """
    found = loop_in_force(session)
    if found is None or ticket.state not in OPEN_STATES:
        return
    place = place_of(session, found.loop, ticket.branch_id, now)
    wanted: dict[_Key, Target] = {
        (one.kind, one.calendar): one
        for one in _targets(found.loop, ticket.severity, named=ticket.named)
    }
    clocks = {(one.kind, one.calendar): one for one in repository.clocks_of(session, ticket.id)}
    changes = [
        (clock, _changed(clock, _now_wanted(ticket, clock, place, wanted.get(key), now)))
        for key, clock in clocks.items()
    ]
    _keep_rounds(session, ticket, [clock for clock, new in changes if "started_at" in new])
    for clock, values in changes:
        if values:
            repository.change_clock(session, clock, values)
    missing = _missing(ticket, wanted, clocks, now)
    repository.add_clocks(session, [_row(ticket, place, one, since) for one, since in missing])
    repository.set_rules(session, ticket.id, found.version)
    tickets.refresh_due(session, [ticket.id])


def _targets(loop: Loop, severity: int, *, named: bool) -> list[Target]:
    """What is to be done; who answered without a name is not to be called."""
    found = loop.targets_of(severity)
    return [one for one in found if named or one.kind != "contact"]


def _rules_of(session: Session, ticket: Ticket) -> LoopInForce | None:
    try:
        return loop_of_version(session, ticket.loop_version)
    except NotFound:
        return loop_in_force(session)


def _row(ticket: Ticket, place: Place, target: Target, since: datetime) -> dict[str, Any]:
    return {
        "ticket_id": ticket.id,
        "branch_id": ticket.branch_id,
        "kind": target.kind,
        "calendar": target.calendar,
        "started_at": since,
        "target_seconds": target.seconds,
        "due_at": place.due(target, since),
        "escalated": 0,
    }


def _now_wanted(
    ticket: Ticket, clock: TicketClock, place: Place, target: Target | None, now: datetime
) -> dict[str, Any]:
    """What of a clock has to be other than it is."""
    ended = clock.met_at or clock.stopped_at
    if clock.kind == "resolve" and ended is not None and _reopened_since(ticket, ended):
        return {} if target is None else _again(place, target, ticket.state_at)
    if clock.met_at is not None:
        return {}
    if target is None:
        return {} if clock.stopped_at else {"stopped_at": now}
    if clock.stopped_at is not None and (ticket.reopened or _done(ticket).get(clock.kind)):
        return {}  # it ended with the round before, or was done while it had no target
    due_at = place.due(target, clock.started_at)
    values: dict[str, Any] = {
        "target_seconds": target.seconds,
        "due_at": due_at,
        "stopped_at": None,
    }
    if due_at > now >= clock.due_at:
        values["escalated"] = 0  # told of a time that does not hold; of the new one nobody was
    return values


def _done(ticket: Ticket) -> dict[str, datetime | None]:
    return {"acknowledge": ticket.acknowledged_at, "contact": ticket.contacted_at}


def _reopened_since(ticket: Ticket, ended: datetime) -> bool:
    return ticket.state == "reopened" and ticket.state_at >= ended


def _again(place: Place, target: Target, since: datetime) -> dict[str, Any]:
    return {
        "started_at": since,
        "target_seconds": target.seconds,
        "due_at": place.due(target, since),
        "met_at": None,
        "stopped_at": None,
        "escalated": 0,
    }


def _changed(clock: TicketClock, values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if getattr(clock, name) != value}


def _keep_rounds(session: Session, ticket: Ticket, ended: list[TicketClock]) -> None:
    """One step that says how the clocks ended which now begin anew."""
    if ended:
        rounds = [_round_of(one) for one in sorted(ended, key=lambda one: one.calendar)]
        tickets.add_step(
            session, ticket, kind="clock", at=ticket.state_at, detail={"rounds": rounds}
        )


def _round_of(clock: TicketClock) -> dict[str, Any]:
    moments = (clock.started_at, clock.due_at, clock.met_at)
    started_at, due_at, met_at = (one.isoformat() if one else None for one in moments)
    return {
        "kind": clock.kind,
        "calendar": clock.calendar,
        "started_at": started_at,
        "due_at": due_at,
        "met_at": met_at,
        "escalated": clock.escalated,
    }


def _missing(
    ticket: Ticket, wanted: dict[_Key, Target], clocks: dict[_Key, TicketClock], now: datetime
) -> Iterator[tuple[Target, datetime]]:
    """Targets that have no clock yet, and since when each runs."""
    done = _done(ticket)
    for key, target in wanted.items():
        if key in clocks or done.get(target.kind):
            continue
        if not ticket.reopened:
            yield target, ticket.opened_at
        elif target.kind == "resolve":
            siblings = (one.started_at for one in clocks.values() if one.kind == "resolve")
            yield target, min(siblings, default=min(ticket.state_at, now))
