"""How many customers each segment takes, counted on the events of the last 90 days.

The same predicates and facts as in a decision, so that a count and a decision cannot disagree.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session

from api.invitations.dossiers import Ground, on_rules
from api.invitations.facts import Dossier, DueEvent, Past
from api.invitations.repository import replaying
from api.invitations.repository.gathering import Needs, read_frame
from api.invitations.repository.replaying import Window
from api.security.hierarchy import Hierarchy
from api.security.scope import Scope
from scheduler.planner import RuleSet, Segment
from scheduler.planner.segments import segment_of, subject_of
from scheduler.planner.timing import known_zone

BACK = timedelta(days=90)


@dataclass(frozen=True)
class SegmentCount:
    """A segment with its customers and events; a customer may be in several over time."""

    name: str
    customers: int
    events: int


def segment_counts(
    session: Session, scope: Scope, rules: RuleSet, now: datetime, *, back: timedelta = BACK
) -> list[SegmentCount]:
    """How many customers and events of the last days each segment takes, in their order.

    Events of touchpoints without a rule are left out.
    """
    if not rules.rules:
        return []
    on = on_rules(session, read_frame(session, now), rules, now)
    window = Window(branches_of(scope, on.tree), now - back, now)
    touchpoints = [rule.touchpoint for rule in rules.rules]
    events = replaying.read_active(session, window, touchpoints)
    dossier = _dossier(session, on, events)
    segments = rules.rules[0].segments
    customers: dict[str, set[UUID]] = {one.name: set() for one in segments}
    counts = dict.fromkeys(customers, 0)
    for event in events:
        found = taken_by(segments, event, dossier)
        if found is not None:
            counts[found.name] += 1
            if event.person_id is not None:
                customers[found.name].add(event.person_id)
    return [SegmentCount(name, len(customers[name]), count) for name, count in counts.items()]


def taken_by(segments: tuple[Segment, ...], event: DueEvent, dossier: Dossier) -> Segment | None:
    """The segment that a decision on ``event`` would find."""
    facts, customer = dossier.event_facts(event), dossier.customer_facts(event)
    zone = known_zone(customer.zone) or known_zone(facts.branch_zone)
    if zone is None:
        return None
    today = event.occurred_at.astimezone(zone).date()
    return segment_of(segments, subject_of(facts, customer, today=today))


def branches_of(scope: Scope, tree: Hierarchy) -> list[int]:
    """The branches of a scope, spelled out."""
    return sorted(tree.branch_ids if scope.whole else scope.branches)


def _dossier(session: Session, on: Ground, events: list[DueEvent]) -> Dossier:
    """A dossier that knows what segments ask of, and nothing else."""
    return Dossier(
        now=on.now,
        today=on.now.date(),
        network=on.frame.network,
        tree=on.tree,
        profiles=on.profiles,
        rows=replaying.read_people(session, events, Needs.of(on.rules), on.now),
        past=Past(),
    )
