"""Whether a branch can be told from the one above it in the table.

Owns the statistical tie of two neighbours. A tie does not pass on: a with b and b with c says
nothing of a and c, so no groups are made of it.
"""

import numpy as np

from scoring.arrays import Z95, Flags, Floats


def tied_with_above(scores: Floats, variances: Floats, rank: Floats, *, z: float = Z95) -> Flags:
    """Mark the branches whose score differs from that of the branch above by chance only.

    Parameters
    ----------
    scores, variances : float arrays, shape (p,)
        Raw scores and `scoring.variances.metric_variance`.
    rank : float array, shape (p,)
        Place in the table; nan where a branch has none.
    z : float
        Normal quantile of the comparison.

    Returns
    -------
    bool array, shape (p,)
        ``|x_j - x_k| <= z sqrt(s_j^2 + s_k^2)`` with k the branch one line above j; False for the
        first line and for branches without a place. Branches that share a place stand in the order
        given.

    Notes
    -----
    One comparison each, to be drawn as a bracket between two lines. Where a branch may stand in the
    whole table is what the rank interval says.
    """
    order = np.argsort(rank, kind="stable")[: np.count_nonzero(~np.isnan(rank))]
    x, v = scores[order], variances[order]
    tied = np.zeros(rank.shape, dtype=bool)
    tied[order[1:]] = np.abs(np.diff(x)) <= z * np.sqrt(v[1:] + v[:-1])
    return tied
