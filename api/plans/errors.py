"""What can go wrong with action plans."""

from api.core.errors import Conflict, Invalid


class PlanChanged(Conflict):
    """Somebody else changed the plan meanwhile."""

    key = "plans.errors.changed"


class PlanEnded(Conflict):
    """The plan is not open any more."""

    key = "plans.errors.ended"


class TooManySteps(Conflict):
    """So many actions that nobody does them."""

    key = "plans.errors.many"


class NotProven(Conflict):
    """What is to be shared with others has not helped beyond chance."""

    key = "plans.errors.not_proven"


class NamesItself(Invalid):
    """The words that others would read name the branch."""

    key = "plans.errors.names_itself"


class BadPlan(Invalid):
    """A plan or action with a field that makes no sense."""

    key = "plans.errors.bad"


class BadDay(BadPlan):
    """The day of a plan or action is none, or more than two years away."""

    key = "plans.errors.day"
