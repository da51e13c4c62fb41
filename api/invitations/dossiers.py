"""Gathers what the decisions of a batch look at: the rules in force and a dossier of facts.

Reads only, but for the locks. Whoever decides for good holds the locks before asking for a dossier;
whoever only wants to know what would be decided does not.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import Session

from api.invitations.facts import Dossier, DueEvent, Past, PastRow, ProfileRow, Rows
from api.invitations.repository import deciding, gathering
from api.invitations.repository.gathering import Frame, Needs, read_frame
from api.invitations.repository.wire import one_trip
from api.security.hierarchy import Hierarchy, hierarchy_of
from api.surveys.published import rules_of_version
from scheduler.planner import Compete, RuleSet

_Profiles = dict[int, list[ProfileRow]]
_profiles: dict[tuple[object, int], _Profiles] = {}
_KEPT = 8


@dataclass(frozen=True, slots=True)
class Ground:
    """What a batch is decided on: the frame, its rules, the tree of today."""

    frame: Frame
    rules: RuleSet | None
    tree: Hierarchy
    profiles: _Profiles
    now: datetime

    @property
    def version(self) -> int | None:
        """The version of the rules."""
        return self.rules.version if self.rules else None


def ground(session: Session, now: datetime, frame: Frame | None = None) -> Ground:
    """What holds at ``now``; ``frame`` where it was read already."""
    frame = frame or read_frame(session, now)
    rules = None
    if frame.rules_version is not None and frame.rules_hash is not None:
        rules = rules_of_version(session, frame.rules_version, frame.rules_hash)
    return on_rules(session, frame, rules, now)


def on_rules(session: Session, frame: Frame, rules: RuleSet | None, now: datetime) -> Ground:
    """The ground under rules that need not be in force."""
    today = now.astimezone(ZoneInfo(frame.network.timezone)).date()
    version = frame.structure_version
    tree = hierarchy_of(session, version, today)
    return Ground(frame, rules, tree, _profiles_of(session, frame), now)


def gather(
    session: Session, events: Sequence[DueEvent], on: Ground, *, without: Collection[UUID] = ()
) -> Dossier:
    """The dossier of ``events``; invitations in ``without`` are looked at as if not there."""
    with one_trip(session) as trip:
        asked = gathering.ask(trip, events, Needs.of(on.rules), on.frame.network, on.now)
    return _dossier(on, gathering.rows_of(asked), gathering.past_of(asked), without)


@dataclass(frozen=True, slots=True)
class Free:
    """Events whose facts nobody else can change until the transaction ends, and those facts."""

    events: list[DueEvent]
    dossier: Dossier


def hold_and_gather(
    session: Session, events: Sequence[DueEvent], on: Ground, *, without: Collection[UUID] = ()
) -> Free:
    """Those of ``events`` of which all that caps are counted by could be locked.

    A contact point that came to a person after the lock was taken is not locked: its person waits.
    """
    needs = Needs.of(on.rules)
    with one_trip(session) as trip:
        locks = deciding.ask_locks(trip, events, households=needs.household, vehicles=needs.vehicle)
        asked = gathering.ask(trip, events, needs, on.frame.network, on.now)
    people, points, objects = locks.held()
    rows = gathering.rows_of(asked)
    whole = {
        person
        for person in people
        if all(one.id in points for one in rows.contacts.get(person, ()))
    }
    free = [
        event
        for event in events
        if (event.person_id is None or event.person_id in whole)
        and (objects is None or event.object_hash is None or event.object_hash in objects)
    ]
    return Free(free, _dossier(on, rows, gathering.past_of(asked), without))


def _dossier(on: Ground, rows: Rows, past: Sequence[PastRow], without: Collection[UUID]) -> Dossier:
    dossier = Dossier(
        now=on.now,
        today=on.now.astimezone(ZoneInfo(on.frame.network.timezone)).date(),
        network=on.frame.network,
        tree=on.tree,
        profiles=on.profiles,
        rows=rows,
        past=Past(on.rules.compete if on.rules else Compete.PRIORITY),
        counted=frozenset(cap.per for cap in on.rules.caps) if on.rules else frozenset(),
    )
    for row in past:
        if row.id not in without:
            dossier.remember(row)
    return dossier


def _profiles_of(session: Session, frame: Frame) -> _Profiles:
    """What units were and when, kept in memory until the structure changes."""
    if frame.structure_version is None:
        return {}
    key = (str(session.get_bind().engine.url), frame.structure_version)
    if key not in _profiles:
        while len(_profiles) >= _KEPT:
            _profiles.pop(next(iter(_profiles)), None)
        _profiles[key] = gathering.read_profiles(session)
    return _profiles[key]
