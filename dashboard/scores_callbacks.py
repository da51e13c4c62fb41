"""The pages and callbacks of scores beside the league table: why a rank, published tables.

Registered by being imported, through the wiring like all others.
"""

from typing import Any

from dashboard.data.sitting import Sitting
from dashboard.data.why import why_view
from dashboard.pages.why import why_page


def scores_page(sitting: Sitting) -> tuple[Any, bool]:
    """The page of this group that the address names, and whether its ranks are being computed."""
    view = why_view(sitting)
    return why_page(view, sitting.say), view is not None and view.pending
