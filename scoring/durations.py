"""How long something takes, where part of it is not done yet.

Owns the estimate of quantiles of a duration from finished and unfinished cases. One method, pure.
"""

import numpy as np

from scoring.arrays import Floats, Numbers, floats


def time_until(done: Numbers, waiting: Numbers, share: float = 0.5) -> float | None:
    """The time within which ``share`` of all cases is done, counting those that still wait.

    Parameters
    ----------
    done : array, shape (d,)
        How long the finished cases took; any unit, not negative.
    waiting : array, shape (w,)
        How long the unfinished ones have waited so far, in the same unit.
    share : float
        0.5 for the median; within 0..1.

    Returns
    -------
    float or None
        In the unit of the input. None when so large a share was never seen done: the data do not
        reach so far.

    Raises
    ------
    ValueError
        If a duration is negative or not a number, or ``share`` is not within 0..1.

    Notes
    -----
    The quantile of the product-limit estimate. A median of the finished cases alone makes a slow
    branch look quick, since what it has not done does not count. Misleads where cases are given up
    because they would take long: waiting must say nothing of how long it still takes.

    A case that ends at the moment at which another is last seen waiting ends first. Where the
    curve is flat at exactly ``share``, the beginning of the flat part is taken.

    References
    ----------
    Kaplan and Meier (1958), Nonparametric estimation from incomplete observations, JASA 53,
    457-481.

    Examples
    --------
    >>> time_until(np.array([1.0, 2.0, 3.0]), np.array([]))
    2.0
    >>> time_until(np.array([1.0, 2.0]), np.array([0.5, 5.0, 5.0]))
    2.0
    >>> time_until(np.array([1.0]), np.array([5.0, 5.0])) is None
    True
    """
    ended, seen = _checked(done), _checked(waiting)
    if not 0 < share < 1:
        raise ValueError("share must lie within 0..1")
    if not ended.size:
        return None
    moments, deaths = np.unique(ended, return_counts=True)
    everyone = np.sort(np.concatenate([ended, seen]))
    at_risk = everyone.size - np.searchsorted(everyone, moments, side="left")
    left = np.cumprod(1 - deaths / at_risk)
    reached = np.flatnonzero(left <= 1 - share + _ROUNDING)
    return float(moments[reached[0]]) if reached.size else None


_ROUNDING = 1e-12


def _checked(values: Numbers) -> Floats:
    found = floats(values)
    if not np.all(found >= 0):
        raise ValueError("a duration is a number that is not negative")
    return found
