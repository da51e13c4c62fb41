"""What messages cost, at the prices of the rules that are in force.

A price is that of one message, by channel (``[costs]`` of the rules). What was sent at other prices
is counted at those of now: the rules keep no prices of providers' past bills.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from api.surveys.published import rules_in_force


@dataclass(frozen=True, slots=True)
class Prices:
    """Of one message by channel, in ``currency`` (None: nobody said which)."""

    rules_version: int | None
    currency: str | None
    of: Mapping[str, float]

    def cost(self, messages: Mapping[str, int]) -> float | None:
        """What messages cost; None where the price of one that went is not known."""
        sent = {channel: number for channel, number in messages.items() if number}
        if any(channel not in self.of for channel in sent):
            return None
        return sum(self.of[channel] * number for channel, number in sent.items())

    def known_cost(self, messages: Mapping[str, int]) -> float | None:
        """What those cost that have a price; None where none has."""
        priced = {channel: number for channel, number in messages.items() if channel in self.of}
        return self.cost(priced) if any(priced.values()) else None


def prices(session: Session, now: datetime) -> Prices:
    """The prices of the rules in force; none without rules."""
    found = rules_in_force(session, now)
    if found is None:
        return Prices(None, None, {})
    costs = {channel.value: float(price) for channel, price in found.rules.costs.items()}
    return Prices(found.rules.version, found.file.currency, costs)
