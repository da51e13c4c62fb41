"""What the addresses of the journey and of own questions show.

They need no callbacks: everything is in the address.
"""

from dashboard.address import Page
from dashboard.data.explore import explore_view
from dashboard.data.journey import journey_view
from dashboard.data.sitting import Sitting
from dashboard.made import Made
from dashboard.pages.explore import explore_page
from dashboard.pages.journey import journey_page


def explore_room(sitting: Sitting) -> Made | None:
    """The page; None when the address names another one."""
    match sitting.address.page:
        case Page.JOURNEY:
            page = journey_page(journey_view(sitting), sitting.say, dark=sitting.dark)
            return Made(page, follows=True)
        case Page.EXPLORE:
            view = explore_view(sitting)
            follows = view is not None and not view.scans
            return Made(explore_page(view, sitting.say), follows=follows)
        case _:
            return None
