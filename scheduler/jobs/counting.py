"""Counting answers, storing league tables and warnings: the work of the numbers."""

from api.cells.service import fold
from api.core.installation import Installation
from api.insights.case_mix.coefficients import renew
from api.insights.league_store import compute_requested
from api.insights.warnings.keeping import keep_warnings
from scheduler.jobs.housekeeping import claim_window

RENEWED_EVERY = 86_400  # seconds
JUDGED_EVERY = 300  # seconds: months are judged, minutes do not matter


def fold_cells(installation: Installation) -> int:
    """Counts what was answered; how many marks it folded in."""
    return fold(installation.database)


def compute_leagues(installation: Installation) -> int:
    """Stores league tables that somebody waits for; how many."""
    return compute_requested(installation.database)


def keep_up_warnings(installation: Installation) -> None:
    """Judges the running month and the year before it again where answers were counted."""
    if claim_window(installation, "warnings", JUDGED_EVERY):
        keep_warnings(installation.database, installation.clock().date())


def renew_coefficients(installation: Installation) -> None:
    """Estimates coefficients of case mix anew for a year that has begun."""
    if claim_window(installation, "coefficients", RENEWED_EVERY):
        with installation.database.transaction() as session:
            renew(session, now=installation.clock())
