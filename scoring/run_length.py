"""How long a control chart of one branch runs before it signals.

Owns average run lengths by Markov chains (Brook and Evans). They tell what a chart promises for one
branch with known normal and independent months; `scoring.warnings` judges many at once instead.
"""

import numpy as np
from scipy.special import ndtr

from scoring.arrays import Floats

STATES = 401
"""States of the chain; twice as many change the stated run lengths by less than 0.1 %."""


def ewma_run_length(
    smoothing: float, limit: float, *, shift: float = 0.0, states: int = STATES
) -> float:
    """Average number of months until a two-sided EWMA chart signals.

    Parameters
    ----------
    smoothing : float
        Weight of the newest month, above 0, at most 1.
    limit : float
        Distance of the limits from the centre, in standard deviations of the chart in the long run
        (``sqrt(l / (2 - l))`` of a month's).
    shift : float
        How far the true level lies from the centre, in standard deviations of a month.
    states : int
        States of the Markov chain.

    Returns
    -------
    float
        Months, from a chart that begins at its centre.

    References
    ----------
    Brook, D. and Evans, D. A. (1972). An approach to the probability distribution of CUSUM run
    length. Biometrika 59, 539-549. Lucas, J. M. and Saccucci, M. S. (1990). Exponentially weighted
    moving average control schemes. Technometrics 32, 1-12 (tables).
    """
    half = limit * np.sqrt(smoothing / (2 - smoothing))
    edges = np.linspace(-half, half, states + 1)
    centres = (edges[1:] + edges[:-1]) / 2
    reached = (edges - (1 - smoothing) * centres[:, np.newaxis]) / smoothing - shift
    return float(_steps(np.diff(ndtr(reached), axis=1))[states // 2])


def cusum_run_length(
    reference: float, limit: float, *, shift: float = 0.0, states: int = STATES
) -> float:
    """Average number of months until a one-sided CUSUM chart signals.

    Parameters
    ----------
    reference, limit : float
        ``k`` and ``h``, in standard deviations of a month.
    shift : float
        How far the true level lies from the centre, towards the signal.
    states : int
        States of the Markov chain.

    Returns
    -------
    float
        Months, from a chart that begins at 0. A two-sided chart of two equal halves runs half as
        long while nothing has changed.

    References
    ----------
    Brook and Evans (1972), see `ewma_run_length`.
    """
    width = 2 * limit / (2 * states - 1)
    levels = width * np.arange(states)
    ends = levels + width / 2
    reached = ndtr(ends - levels[:, np.newaxis] - shift + reference)
    return float(_steps(np.diff(reached, axis=1, prepend=0.0))[0])


def _steps(moves: Floats) -> Floats:
    """Mean steps to leave the chain from each state, from its probabilities of staying inside."""
    size = moves.shape[0]
    return np.asarray(np.linalg.solve(np.eye(size) - moves, np.ones(size)), dtype=np.float64)
