"""Funnel plots: how far scores may scatter by chance, the wider the fewer answers stand behind.

Owns overdispersion (Spiegelhalter) and the limits of the funnel. A funnel compares branches with
each other in one period; whether a branch has fallen below its own normal is `scoring.warnings`.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaincinv, ndtri

from scoring.arrays import Counts, Floats, Numbers, floats

WINSORISED = 0.1
"""Share of the standardised scores at each end that is drawn in before their spread is taken."""
LIMITS = (0.95, 0.998)
"""Shares of branches inside the inner and the outer funnel when nothing sets them apart."""


@dataclass(frozen=True, slots=True, eq=False)
class Funnel:
    """A funnel through the scores of one period.

    Attributes
    ----------
    target : float
        The level that branches are compared with.
    phi : float
        Mean square of the winsorised standardised scores; 1 when chance alone is at work.
    tau2 : float
        Variance between branches beyond chance, which widens the funnel.
    z : float array, shape (p,)
        Distance from the target in standard deviations of the widened funnel.
    outside : int array, shape (p,)
        Below (-) or above (+) the inner limits (1) or the outer ones (2); 0 within.
    """

    target: float
    phi: float
    tau2: float
    z: Floats
    outside: Counts


def winsorised(z: Floats, share: float = WINSORISED) -> Floats:
    """``z`` with its lowest and highest ``share`` drawn in to the quantiles there."""
    values = floats(z)
    if values.size == 0:
        return values
    low, high = np.quantile(values, [share, 1 - share])
    return np.clip(values, low, high)


def overdispersion(z: Floats, *, share: float = WINSORISED) -> float:
    """Mean square ``phi`` of standardised scores, winsorised; nan without any.

    Parameters
    ----------
    z : float array, shape (p,)
        ``(score - target) / se``.
    share : float
        How much is drawn in at each end, so that outliers do not excuse themselves.
    """
    return float(np.mean(winsorised(z, share) ** 2)) if np.size(z) else float("nan")


def between_variance(phi: float, se: Floats) -> float:
    """Variance between branches that explains an overdispersion ``phi``.

    ``max(0, (p phi - (p - 1)) / (sum w - sum w^2 / sum w))`` with ``w = 1 / se^2``: the moment
    estimate of DerSimonian and Laird, as Spiegelhalter uses it.

    Parameters
    ----------
    phi : float
        See `overdispersion`.
    se : float array, shape (p,)
        Standard errors at the target; above 0.

    Returns
    -------
    float
        In squared units of ``se``; 0 for fewer than 2 branches.
    """
    weight = 1 / floats(se) ** 2
    if weight.size < 2:
        return 0.0
    room = float(np.sum(weight) - np.sum(weight**2) / np.sum(weight))
    return max(0.0, (weight.size * phi - (weight.size - 1)) / room)


def funnel(
    scores: Floats, se: Floats, target: float, *, share: float = WINSORISED, widen: bool = True
) -> Funnel:
    """Place every branch in a funnel around ``target``.

    Parameters
    ----------
    scores, se : float arrays, shape (p,)
        Scores and their standard errors if the target were true (one answer's variance at the
        target, divided by n); finite, ``se`` above 0.
    target : float
        The network's level.
    share : float
        How much is winsorised at each end.
    widen : bool
        Whether differences between branches beyond chance widen the funnel.

    Returns
    -------
    Funnel

    Notes
    -----
    Misleads with few branches: half a dozen cannot tell how much a network scatters. Branches
    outside the funnel are unusual, not bad by proof: with 1,000 branches about 50 lie outside the
    inner limits by chance alone.

    References
    ----------
    Spiegelhalter, D. J. (2005). Funnel plots for comparing institutional performance. Statistics
    in Medicine 24, 1185-1202.
    """
    plain = (floats(scores) - target) / floats(se)
    phi = overdispersion(plain, share=share)
    tau2 = between_variance(phi, se) if widen else 0.0
    z = (floats(scores) - target) / np.sqrt(floats(se) ** 2 + tau2)
    inner, outer = (float(ndtri((1 + limit) / 2)) for limit in LIMITS)
    beyond = (np.abs(z) > inner).astype(np.int64) + (np.abs(z) > outer)
    return Funnel(target, phi, tau2, z, np.where(z < 0, -beyond, beyond))


def funnel_limits(
    target: float, se: Numbers, tau2: float, *, coverage: float = LIMITS[0]
) -> tuple[Floats, Floats]:
    """Lower and upper edge of the funnel: ``target -+ z sqrt(se^2 + tau2)``.

    Parameters
    ----------
    target, tau2 : float
        See `Funnel`.
    se : array, shape (...)
        Standard errors at the target, for example over a grid of answers.
    coverage : float
        Share of branches inside when nothing sets them apart.

    Returns
    -------
    low, high : float arrays, shape (...)
    """
    reach = float(ndtri((1 + coverage) / 2)) * np.sqrt(floats(se) ** 2 + tau2)
    return target - reach, target + reach


def exact_ratio_limits(expected: Numbers, *, coverage: float = LIMITS[0]) -> tuple[Floats, Floats]:
    """Edges of a funnel of observed to expected counts, where counts are rare (Poisson).

    Parameters
    ----------
    expected : array, shape (...)
        Expected counts, above 0.
    coverage : float
        Share of branches inside.

    Returns
    -------
    low, high : float arrays, shape (...)
        Ratios of observed to expected.

    Notes
    -----
    Chi-square quantiles over ``2 expected``; no overdispersion: with counts large enough for it,
    use `funnel` on the logarithm of the ratio with ``se = 1 / sqrt(expected)``.

    References
    ----------
    Spiegelhalter (2005), see `funnel`; values of R FunnelPlotR.
    """
    counts, tail = floats(expected), (1 - coverage) / 2
    low = gammaincinv(counts, tail) / counts
    high = gammaincinv(counts + 1, 1 - tail) / counts
    return floats(low), floats(high)
