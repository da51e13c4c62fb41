"""Through which channel a customer can be asked: the segment's order, the first usable one.

Usable means: the rule has a template for it, an address is held, a consent stands.
"""

from dataclasses import dataclass

from scheduler.planner.decision import Reason
from scheduler.planner.facts import ADDRESS_OF, Channel, CustomerFacts
from scheduler.planner.rules import Rule

OK = "ok"


@dataclass(frozen=True, slots=True)
class Choice:
    """The channel found, or why there is none; ``findings`` has a word for each one tried."""

    channel: Channel | None
    findings: tuple[str, ...]
    reason: Reason | None


def choose_channel(rule: Rule, segment: str, customer: CustomerFacts) -> Choice:
    """The first usable channel of ``segment``.

    Parameters
    ----------
    rule : Rule
    segment : str
        Name of the customer's segment.
    customer : CustomerFacts

    Returns
    -------
    Choice
        Without a channel the reason is the obstacle that is nearest to sending: a missing consent
        before a missing address before a missing template.
    """
    findings: list[str] = []
    obstacles: set[Reason] = set()
    for channel in rule.channels.get(segment, ()):
        obstacle = _obstacle(rule, channel, customer)
        findings.append(f"{channel.value}:{obstacle.value if obstacle else OK}")
        if obstacle is None:
            return Choice(channel, tuple(findings), None)
        obstacles.add(obstacle)
    nearest = (Reason.NO_CONSENT, Reason.NO_ADDRESS, Reason.NO_TEMPLATE)
    reason = next((one for one in nearest if one in obstacles), Reason.NO_TEMPLATE)
    return Choice(None, tuple(findings), reason)


def _obstacle(rule: Rule, channel: Channel, customer: CustomerFacts) -> Reason | None:
    if channel not in rule.templates:
        return Reason.NO_TEMPLATE
    if ADDRESS_OF[channel] not in customer.contacts:
        return Reason.NO_ADDRESS
    return None if channel in customer.consents else Reason.NO_CONSENT
