"""Several tests looked at together: how much each must show so that all have one error rate.

Owns the correction; knows nothing of what is tested. For long lists, where some false alarms are
the price of finding more, see `scoring.warnings.benjamini_hochberg`.
"""

from scipy.special import ndtri


def z_among(comparisons: int, *, alpha: float = 0.05) -> float:
    """Quantile for each of several tests, so that all together have one error rate (Bonferroni).

    Parameters
    ----------
    comparisons : int
        How many are looked at together, at least 1.
    alpha : float
        Probability of any false alarm among them, two-sided.

    Returns
    -------
    float
        ``z`` for `scoring.change.change_between`; 1.96 for a single test at 5 %.

    Notes
    -----
    Cautious where the comparisons hang together (several units against one and the same best).

    References
    ----------
    Dunn, O. J. (1961). Multiple comparisons among means. JASA 56, 52-64.

    Examples
    --------
    >>> round(z_among(1), 2), round(z_among(10), 2)
    (1.96, 2.81)
    """
    if comparisons < 1:
        raise ValueError("there is nothing to compare")
    return float(-ndtri(alpha / (2 * comparisons)))
