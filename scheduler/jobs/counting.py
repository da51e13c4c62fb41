"""Counting answers and storing league tables: the loops of the numbers."""

from api.cells.service import fold
from api.core.installation import Installation
from api.insights.league_store import compute_requested


def fold_cells(installation: Installation) -> int:
    """Counts what was answered; how many marks it folded in."""
    return fold(installation.database)


def compute_leagues(installation: Installation) -> int:
    """Stores league tables that somebody waits for; how many."""
    return compute_requested(installation.database)
