"""Through which channel a customer can be asked: the segment's order, the first usable one.

Usable means: the rule has a template for it, an address is held, a consent stands, and nothing
keeps the channel from reaching the customer now. A small share gets one of the usable by lot.
"""

from dataclasses import dataclass

from scheduler.planner.decision import Reason
from scheduler.planner.facts import ADDRESS_OF, Channel, CustomerFacts
from scheduler.planner.lots import lot
from scheduler.planner.rules import Lot, Rule

OK = "ok"
_BY_LOT = "lot"
# The obstacle that is nearest to sending is the reason.
_NEAREST = (Reason.BARRED, Reason.NO_CONSENT, Reason.NO_ADDRESS, Reason.NO_TEMPLATE)


@dataclass(frozen=True, slots=True)
class Choice:
    """The channel found, or why there is none; ``findings`` has a word for each one looked at."""

    channel: Channel | None
    findings: tuple[str, ...]
    reason: Reason | None
    probability: float | None = None
    by_lot: bool = False


def choose_channel(
    rule: Rule, segment: str, customer: CustomerFacts, event_id: str = "", rule_set: str = ""
) -> Choice:
    """The channel for a customer of ``segment``: the first usable one, or that of the lot.

    Parameters
    ----------
    rule : Rule
    segment : str
        Name of the customer's segment.
    customer : CustomerFacts
    event_id, rule_set : str
        What the lot is drawn from; looked at only where the rule has one.

    Returns
    -------
    Choice
        Without a channel the reason is the obstacle that is nearest to sending: a channel that
        cannot reach the customer before a missing consent, a missing address, a missing template.

    Notes
    -----
    With a lot of share :math:`s` among the :math:`k \\ge 2` usable ones of its channels, a channel
    has the probability :math:`s/k`, and the first usable one :math:`1 - s` more; that of the
    channel taken is recorded, so that channels can be compared by weighting with its inverse.
    The lot draws only among channels of the segment's own order.
    """
    if rule.lot is not None:
        return _with_lot(rule, rule.lot, segment, customer, lot(event_id, rule_set, _BY_LOT))
    findings: list[str] = []
    obstacles: set[Reason] = set()
    for channel in rule.channels.get(segment, ()):
        obstacle = obstacle_of(rule, channel, customer)
        if obstacle is None:
            findings.append(_said(channel, None))
            return Choice(channel, tuple(findings), None)
        findings.append(_said(channel, obstacle))
        obstacles.add(obstacle)
    return Choice(None, tuple(findings), _nearest(obstacles))


def _with_lot(
    rule: Rule, drawn: Lot, segment: str, customer: CustomerFacts, number: float
) -> Choice:
    """Everything is looked at, since the probabilities depend on all that is usable."""
    order = rule.channels.get(segment, ())
    obstacles = {channel: obstacle_of(rule, channel, customer) for channel in order}
    findings = tuple(_said(channel, obstacle) for channel, obstacle in obstacles.items())
    usable = [channel for channel in order if obstacles[channel] is None]
    if not usable:
        found = {obstacle for obstacle in obstacles.values() if obstacle is not None}
        return Choice(None, findings, _nearest(found))
    first = usable[0]
    among = [channel for channel in usable if channel in drawn.channels]
    if len(among) < 2:
        return Choice(first, findings, None)
    each = drawn.share / len(among)
    by_lot = number < drawn.share
    channel = among[min(int(number / each), len(among) - 1)] if by_lot else first
    probability = (1 - drawn.share if channel is first else 0.0) + (
        each if channel in among else 0.0
    )
    return Choice(channel, findings, None, probability, by_lot)


def obstacle_of(rule: Rule, channel: Channel, customer: CustomerFacts) -> Reason | None:
    """What keeps ``channel`` from being used for this customer; None when nothing does."""
    if channel not in rule.templates:
        return Reason.NO_TEMPLATE
    if ADDRESS_OF[channel] not in customer.contacts:
        return Reason.NO_ADDRESS
    if channel not in customer.consents:
        return Reason.NO_CONSENT
    return Reason.BARRED if channel in customer.barred else None


def _nearest(obstacles: set[Reason]) -> Reason:
    return next((one for one in _NEAREST if one in obstacles), Reason.NO_TEMPLATE)


def _said(channel: Channel, obstacle: Reason | None) -> str:
    return f"{channel}:{obstacle or OK}"
