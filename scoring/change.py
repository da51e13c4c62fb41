"""What changed between two periods, and whether it is only noise.

Owns the comparison of a branch with itself in two periods that do not overlap. Knows nothing of
tiers: whether a change is shown is decided elsewhere.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, stdtrit

from scoring.arrays import Z95, Counts, Flags, Floats, floats
from scoring.scales import Kind, Scale, answers, point_score
from scoring.variances import PRIOR_ANSWERS, metric_variance, pooled_variance


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """Difference of two periods' scores, each field of shape (...).

    Attributes
    ----------
    change : float array
        Later minus earlier score, in units of the score; nan where a period has no answers.
    standard_error : float array
    is_noise : bool array
        True where chance explains the change, and where there is none to explain (nan).
    """

    change: Floats
    standard_error: Floats
    is_noise: Flags


def change_between(
    now: Counts,
    before: Counts,
    kind: Kind,
    scale: Scale,
    *,
    pooled: float | None = None,
    z: float = Z95,
) -> Change:
    """Compare each branch with itself in an earlier period.

    Parameters
    ----------
    now, before : int arrays, shape (..., bins)
        Histograms of two periods that share no answer, branches in the same order.
    kind, scale
        The metric.
    pooled : float, optional
        Within-branch variance of the comparison set, for a mean; by default from both periods'
        histograms.
    z : float
        Two-sided normal quantile of the test: 1.96 for 5 %.

    Returns
    -------
    Change

    Notes
    -----
    A change is noise unless ``|change| > z sqrt(v_now + v_before)``, with the raw scores and the
    adjusted variances of `scoring.variances.metric_variance`: without them a branch that goes from
    ten tens to nine tens and an eight would be "significant". For a mean the t quantile with
    ``n_now + n_before + 18`` degrees of freedom takes the place of z. The test is per branch: among
    1,000 branches without any change up to 50 are called a change, so a list of changes is a list
    of candidates. The two periods' customers are taken as independent.
    """
    spread = pooled
    if kind is Kind.MEAN and pooled is None:
        spread = pooled_variance(np.stack([now, before]), scale)
    error = np.sqrt(
        metric_variance(now, kind, scale, pooled=spread)
        + metric_variance(before, kind, scale, pooled=spread)
    )
    change = point_score(now, kind, scale) - point_score(before, kind, scale)
    critical = floats(z)
    if kind is Kind.MEAN:
        freedom = answers(now) + answers(before) + 2 * (PRIOR_ANSWERS - 1)
        critical = floats(stdtrit(freedom, ndtr(z)))
    return Change(change, error, ~(np.abs(change) > critical * error))
