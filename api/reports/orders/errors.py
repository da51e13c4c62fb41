"""What can go wrong when reports are ordered."""

from api.core.errors import Conflict, Invalid


class TooManyOrders(Conflict):
    """This person has so many orders being made that another one has to wait."""

    key = "orders.errors.too_many"


class NothingToReport(Invalid):
    """No branch below this unit was open in the period."""

    key = "orders.errors.nothing"


class NoPack(Invalid):
    """A pack is of a unit with branches below it."""

    key = "orders.errors.no_pack"


class AlreadyDone(Conflict):
    """The order is finished, or was cancelled before."""

    key = "orders.errors.done"
