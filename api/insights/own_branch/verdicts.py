"""Whether a score stands apart from a usual one, or chance may explain the distance. Pure."""

from enum import StrEnum


class Verdict(StrEnum):
    """Where a score stands against the usual one."""

    ABOVE = "above"
    LEVEL = "level"
    BELOW = "below"


def verdict(low: float | None, high: float | None, usual: float | None) -> Verdict | None:
    """Apart only where the whole 95 % interval from ``low`` is; None where either is not told.

    The usual score is taken as it stands, since many more answers are behind it. Each comparison
    is judged alone: of twenty without any difference about one is called apart.
    """
    if low is None or high is None or usual is None:
        return None
    if low > usual:
        return Verdict.ABOVE
    return Verdict.BELOW if high < usual else Verdict.LEVEL
