"""A simulation as plain data: what the command, the API and the dashboard show. Pure."""

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from api.invitations.expecting import cost_of, follow_ups, margin_of
from api.invitations.simulating import Simulation
from api.invitations.tallies import Tally
from scheduler.planner import RuleSet

Messages = Mapping[tuple[date, str], float]
MOST = 4  # so many invitations of a person or more are one row


def as_document(simulation: Simulation) -> dict[str, Any]:
    """The document of ``branchpulse simulate``: every figure beside that of the rules in force.

    Waves are left out on both sides: they make their events by themselves.
    """
    now = _Count(simulation, simulation.now, simulation.rules_now)
    then = _Count(simulation, simulation.then, simulation.rules_then)
    first, last = simulation.days
    return {
        "from": first.isoformat(),
        "to": last.isoformat(),
        "rules_now": simulation.rules_now.version if simulation.rules_now else None,
        "rules_then": simulation.rules_then.version,
        "events": simulation.events,
        "totals": {"now": now.totals(), "then": then.totals()},
        "volume": _volume(now, then),
        "reach": _reach(simulation),
        "branches": [_branch(simulation, now, then, one) for one in simulation.branch_ids],
        "people": _people(simulation),
        "changes": _changes(simulation),
        "reasons": _reasons(simulation),
        "left_out": ["waves"],
    }


class _Count:
    """The messages of one side, and what is to be expected of them."""

    def __init__(self, simulation: Simulation, tally: Tally, rules: RuleSet | None) -> None:
        self.tally, self.rules, self.expected = tally, rules, simulation.expected
        self.first: Counter[tuple[date, str]] = Counter()
        for (day, channel, _, _), count in tally.volume.items():
            self.first[day, channel] += count
        self.later = follow_ups(tally, rules, simulation.expected)
        self.sent: dict[int, Counter[str]] = {}
        for (branch, channel), count in tally.branches.items():
            self.sent.setdefault(branch, Counter())[channel] += count

    def totals(self) -> dict[str, Any]:
        """The whole side in one row."""
        by_channel: Counter[str] = Counter()
        for sent in self.sent.values():
            by_channel += sent
        return {
            "invitations": self.first.total(),
            "follow_ups": _rounded(sum(self.later.values())),
            "people": len(self.tally.people),
            "expected_answers": _rounded(self.expected.answers(by_channel)),
            "cost": _money(cost_of(self.all(), self.rules)),
        }

    def all(self) -> dict[tuple[date, str], float]:
        """First messages and follow-ups by day and channel."""
        keys = self.first.keys() | self.later.keys()
        return {key: self.first[key] + self.later.get(key, 0.0) for key in keys}

    def cost(self, key: tuple[date, str]) -> float | None:
        """What the messages of one day and channel cost."""
        count = self.first[key] + self.later.get(key, 0.0)
        return _money(cost_of({key: count}, self.rules)) if count else 0.0

    def branch(self, branch: int) -> tuple[int, float, float | None]:
        """Invitations of a branch, the answers they may bring, and the margin these would give."""
        sent = self.sent.get(branch, Counter())
        answers = self.expected.answers(sent)
        margin = margin_of(answers, self.tally.places[branch])
        return sent.total(), _rounded(answers), None if margin is None else _rounded(margin)


def _volume(now: _Count, then: _Count) -> list[dict[str, Any]]:
    keys = sorted(now.all().keys() | then.all().keys())
    return [
        {
            "day": key[0].isoformat(),
            "channel": key[1],
            "now": now.first[key],
            "then": then.first[key],
            "follow_ups_now": _rounded(now.later.get(key, 0.0)),
            "follow_ups_then": _rounded(then.later.get(key, 0.0)),
            "cost_now": now.cost(key),
            "cost_then": then.cost(key),
        }
        for key in keys
    ]


def _reach(simulation: Simulation) -> list[dict[str, Any]]:
    """Of the events of every segment, how many were asked about; "" is no segment."""
    now, then = simulation.now, simulation.then
    names = dict.fromkeys([*_in_order(simulation), *now.segments, *then.segments])
    return [
        {
            "segment": name,
            "events_now": now.segments[name],
            "asked_now": now.asked[name],
            "share_now": _share(now.asked[name], now.segments[name]),
            "events_then": then.segments[name],
            "asked_then": then.asked[name],
            "share_then": _share(then.asked[name], then.segments[name]),
        }
        for name in names
    ]


def _branch(simulation: Simulation, now: _Count, then: _Count, branch: int) -> dict[str, Any]:
    node = simulation.tree.nodes[branch]
    invitations, answers, margin = then.branch(branch)
    before = now.branch(branch)
    return {
        "unit_code": node.code,
        "events": then.tally.places[branch],
        "invitations": invitations,
        "expected_answers": answers,
        "margin": margin,
        "invitations_now": before[0],
        "expected_answers_now": before[1],
        "margin_now": before[2],
    }


def _people(simulation: Simulation) -> list[dict[str, Any]]:
    """How many people get how many invitations; the last row holds those with more, too."""
    now, then = (_spread(tally) for tally in (simulation.now, simulation.then))
    return [{"invitations": count, "now": now[count], "then": then[count]} for count in range(MOST)]


def _spread(tally: Tally) -> Counter[int]:
    found = Counter(min(count, MOST - 1) for count in tally.people.values())
    found[0] = len(tally.segment_of.keys() - tally.people.keys())
    return found


def _changes(simulation: Simulation) -> list[dict[str, Any]]:
    """Who would be asked more or less often, by segment of the changed rules; "" is no segment."""
    now, then = simulation.now, simulation.then
    found: dict[str, Counter[str]] = {}
    for person, segment in then.segment_of.items():
        found.setdefault(segment, Counter())[_change(now.people, then.people, person)] += 1
    order = [name for name in dict.fromkeys([*_in_order(simulation), *found]) if name in found]
    return [
        {"segment": name, **{way: found[name][way] for way in ("more", "fewer", "same")}}
        for name in order
    ]


def _change(now: Counter[UUID], then: Counter[UUID], person: UUID) -> str:
    difference = then.get(person, 0) - now.get(person, 0)
    return "same" if not difference else "more" if difference > 0 else "fewer"


def _reasons(simulation: Simulation) -> list[dict[str, Any]]:
    now, then = simulation.now.reasons, simulation.then.reasons
    keys = sorted(now.keys() | then.keys(), key=lambda key: (-now[key] - then[key], key))
    return [
        {"decision": kind, "reason": reason, "now": now[kind, reason], "then": then[kind, reason]}
        for kind, reason in keys
    ]


def _in_order(simulation: Simulation) -> list[str]:
    rules = simulation.rules_then.rules
    return [segment.name for segment in rules[0].segments] if rules else []


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _rounded(value: float) -> float:
    return round(value, 1)


def _money(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
