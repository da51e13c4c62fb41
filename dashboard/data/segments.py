"""How many customers every segment holds at this moment."""

from dashboard.data.sitting import Sitting
from scheduler.planner import RuleSet


def segment_counts(sitting: Sitting, rules: RuleSet) -> dict[str, int] | None:
    """Customers by segment; None where they cannot be counted."""
    return None
