"""What may be expected of messages: answers, follow-ups, cost, and how sure a score gets. Pure.

Response rates are those that channels really had, each drawn towards the network's by how little is
known of it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from api.invitations.repository.replaying import Outcomes
from api.invitations.tallies import Tally
from scheduler.planner import Channel, Rule, RuleSet
from scheduler.planner.sampling import expected_margin, shrunken_rates

PRIOR = 0.2  # share of answers where nothing is known yet
Volume = Counter[tuple[date, str]]


@dataclass(frozen=True)
class Expectations:
    """Per channel the share of messages that are answered, refused by the provider, not opened."""

    rates: Mapping[str, float]
    undelivered: Mapping[str, float]
    unopened: Mapping[str, float]
    rate: float  # over all channels

    def answers(self, sent: Mapping[str, int]) -> float:
        """How many answers so many first messages per channel bring."""
        return sum(count * self.rates[channel] for channel, count in sent.items())


def expectations(known: Sequence[Outcomes]) -> Expectations:
    """What the messages so far teach about those to come."""
    by = {one.channel: one for one in known}
    found = [by.get(channel.value, Outcomes(channel.value, 0, 0, 0, 0)) for channel in Channel]
    sent = [one.sent for one in found]
    return Expectations(
        _shares(found, [one.answered for one in found], sent, PRIOR),
        _shares(found, [one.undelivered for one in found], sent, 0.0),
        _shares(found, [one.unopened for one in found], sent, 1 - PRIOR),
        (sum(one.answered for one in found) + PRIOR) / (sum(sent) + 1),
    )


def follow_ups(
    tally: Tally, rules: RuleSet | None, expected: Expectations
) -> dict[tuple[date, str], float]:
    """Reminders and fall-backs to be expected after the first messages, by day and channel.

    A reminder goes to those who have not answered. The next channel is tried after what could not
    be delivered and, where the rule says so, after what was not opened.
    """
    found: dict[tuple[date, str], float] = {}
    for (day, channel, touchpoint, segment), count in tally.volume.items():
        rule = rules.rule_for(touchpoint) if rules else None
        if rule is None:
            continue
        for after, by, share in _steps(rule, segment, Channel(channel), expected):
            key = (day + after, by.value)
            found[key] = found.get(key, 0.0) + count * share
    return found


def cost_of(messages: Mapping[tuple[date, str], float], rules: RuleSet | None) -> float | None:
    """What messages cost; None where the price of one that goes is not known."""
    prices = rules.costs if rules else {}
    total = 0.0
    for (_, channel), count in messages.items():
        price = prices.get(Channel(channel))
        if price is None:
            return None
        total += price * count
    return total


def margin_of(answers: float, events: int) -> float | None:
    """Half the width of the score's 90 % interval in NPS points; None without an answer."""
    if answers <= 0:
        return None
    population = max(float(events), answers)
    return float(expected_margin(answers, population)) * 100


def _steps(
    rule: Rule, segment: str, channel: Channel, expected: Expectations
) -> list[tuple[timedelta, Channel, float]]:
    """What follows a first message: after how long, by which channel, for which share."""
    steps = []
    open_share = 1 - expected.rates[channel.value]
    after = timedelta(0)
    for reminder in rule.reminders:
        after += reminder.after
        steps.append((after, reminder.channel or channel, open_share))
    order = rule.channels.get(segment, ())
    rest = order[order.index(channel) + 1 :] if channel in order else ()
    if rest and rule.fallback.undeliverable:
        steps.append((timedelta(0), rest[0], expected.undelivered[channel.value]))
    if rest and rule.fallback.unopened_after is not None:
        delivered = 1 - expected.undelivered[channel.value]
        share = delivered * expected.unopened[channel.value]
        steps.append((rule.fallback.unopened_after, rest[0], share))
    return steps


def _shares(
    channels: Sequence[Outcomes], hits: Sequence[int], sent: Sequence[int], prior: float
) -> dict[str, float]:
    if sum(sent) == 0:
        return {one.channel: prior for one in channels}
    rates = shrunken_rates(hits, sent, prior=prior)
    return {one.channel: float(rate) for one, rate in zip(channels, rates, strict=True)}
