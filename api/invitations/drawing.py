"""The sample that each side of a replay draws: by the plan of a day, stored or made. Pure.

Where a rule's sampling is that of the rules in force, the plans that were really stored hold. For
another margin, or a day without plan, the day's plan is made from what the replay has asked so far.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from api.invitations.facts import DueEvent
from scheduler.planner import Inclusion, RuleSet, Sampling
from scheduler.planner.sampling import Standing, period_of, plan_day

Place = tuple[int, int]  # branch, touchpoint


@dataclass(slots=True)
class Drawing:
    """How likely events are drawn under one rule set.

    Parameters
    ----------
    rules, in_force : RuleSet or None
        Those that are tried, and those that the stored plans were made for.
    daily : mapping
        Events a day of each branch and touchpoint.
    rate : float
        Share of those asked that answer.
    """

    rules: RuleSet | None
    in_force: RuleSet | None
    daily: Mapping[Place, float]
    rate: float
    _asked: Counter[tuple[Place, date]] = field(default_factory=Counter)
    _made: dict[tuple[Place, date], Inclusion] = field(default_factory=dict)

    def inclusion(self, event: DueEvent, day: date, stored: Inclusion | None) -> Inclusion | None:
        """How likely an event that arrived on ``day`` is drawn; None: no sample is drawn."""
        wanted = _sampling(self.rules, event)
        if wanted is None:
            return None
        if stored is not None and _sampling(self.in_force, event) == wanted:
            return stored
        place = (event.branch_id, event.touchpoint_id)
        if (place, day) not in self._made:
            self._made[place, day] = self._plan(place, day, wanted)
        return self._made[place, day]

    def note(self, event: DueEvent, day: date) -> None:
        """Notes that somebody is asked."""
        wanted = _sampling(self.rules, event)
        if wanted is not None:
            place = (event.branch_id, event.touchpoint_id)
            self._asked[place, period_of(day, wanted.days)[0]] += 1

    def _plan(self, place: Place, day: date, wanted: Sampling) -> Inclusion:
        asked = self._asked[place, period_of(day, wanted.days)[0]]
        answered = round(asked * self.rate)
        standing = Standing(answered, 0, self.daily.get(place, 0.0), self.rate)
        found = plan_day(
            standing, margin=wanted.margin, confidence=wanted.confidence, days=wanted.days, day=day
        )
        return Inclusion(found.probability, found.deficit)


def _sampling(rules: RuleSet | None, event: DueEvent) -> Sampling | None:
    rule = rules.rule_for(event.touchpoint) if rules else None
    return rule.sampling if rule else None
