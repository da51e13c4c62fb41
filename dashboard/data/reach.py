"""How many customers could be reached by which channel."""

from dataclasses import dataclass

from dashboard.data.sitting import Sitting


@dataclass(frozen=True)
class ChannelReach:
    """One channel: customers with an address, of those with a consent, and reachable today."""

    name: str
    customers: int
    addressed: int
    consented: int
    reachable: int

    @property
    def share(self) -> float | None:
        """Customers who can be reached, of all."""
        return self.reachable / self.customers if self.customers else None


def reach_rows(sitting: Sitting) -> list[ChannelReach] | None:
    """Every channel with its customers; None where the viewer may not know."""
    return None
