"""What the leader looks at for the closed loop: silence, feeds, warnings, and digests that are due.

When is decided here; what is found, and who is told, in ``api.tickets``.
"""

from api.core.installation import Installation
from api.tickets.alerts.digests import tell_digests
from api.tickets.watching.watch import watch_network
from scheduler.jobs.housekeeping import claim_window

WATCHED_EVERY = 3600  # seconds: whole days are judged, minutes do not matter


def watch(installation: Installation) -> None:
    """Looks for silence, dead feeds and warnings; what is known is found no second time."""
    if claim_window(installation, "watch", WATCHED_EVERY):
        watch_network(installation)


def tell_due_digests(installation: Installation) -> None:
    """Tells what was held back, where the hour has come; each alert is taken once."""
    tell_digests(installation)
