"""What the address of drivers shows. It needs no callbacks: everything is in the address."""

from typing import Any

from dashboard.address import Page
from dashboard.data.drivers import drivers_view
from dashboard.data.sitting import Sitting
from dashboard.pages.drivers import drivers_page


def drivers_of(sitting: Sitting) -> Any:
    """The page; None when the address names another one."""
    if sitting.address.page is not Page.DRIVERS:
        return None
    return drivers_page(drivers_view(sitting), sitting.say, dark=sitting.dark)
