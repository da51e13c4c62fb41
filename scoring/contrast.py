"""The penalty-reward contrast: whether a driver hurts when bad, delights when good, or both.

Owns the regression of an outcome on "low" and "high" marks of every driver and its classes. Works
on cross-products per cluster like `scoring.drivers`.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from scoring.arrays import Counts, Flags, Floats, ratio
from scoring.crossed import Crossed
from scoring.drivers import NeverTogetherError
from scoring.resampling import DRAWS, cluster_sums, limits, resampled

FEWEST_MARKS = 30
ASYMMETRY = 0.4


class Role(StrEnum):
    """What a driver does to the outcome at its two ends."""

    BASIC = "basic"
    EVEN = "even"
    EXCITER = "exciter"


@dataclass(frozen=True, slots=True, eq=False)
class Contrast:
    """Penalties and rewards in units of the outcome; arrays of shape (k,).

    Attributes
    ----------
    penalty, penalty_low, penalty_high : float arrays
        What low marks cost: usually below 0.
    reward, reward_low, reward_high : float arrays
        What high marks bring.
    asymmetry, asymmetry_low, asymmetry_high : float arrays
        ``(R - |P|) / (R + |P|)``, from -1 (only the penalty counts) to 1 (only the reward); a
        penalty above 0 or a reward below 0 counts as 0. nan where both are 0.
    known : bool array
        False where there are fewer than 30 low or 30 high marks: nothing is said then.
    """

    penalty: Floats
    penalty_low: Floats
    penalty_high: Floats
    reward: Floats
    reward_low: Floats
    reward_high: Floats
    asymmetry: Floats
    asymmetry_low: Floats
    asymmetry_high: Floats
    known: Flags

    @property
    def roles(self) -> list[Role | None]:
        """The class of each driver, None where the interval does not clear the threshold."""
        return [_role(*limits) if known else None for known, *limits in self._limits()]

    def _limits(self) -> list[tuple[bool, float, float]]:
        columns = (self.known, self.asymmetry_low, self.asymmetry_high)
        return list(zip(*(column.tolist() for column in columns), strict=True))


def _role(low: float, high: float) -> Role | None:
    if high < -ASYMMETRY:
        return Role.BASIC
    if low > ASYMMETRY:
        return Role.EXCITER
    return Role.EVEN if low > -ASYMMETRY and high < ASYMMETRY else None


def penalty_reward(
    parts: Crossed,
    cluster: Counts,
    marks: Floats,
    *,
    seed: int,
    draws: int = DRAWS,
    coverage: float = 0.95,
) -> Contrast:
    """Contrast what bad and what excellent marks of each driver go with.

    Parameters
    ----------
    parts : Crossed
        Of shape (g, m, m), m = 1 + 2 k columns: the outcome, then 1 where driver q was marked low
        for each of the k drivers, then 1 where it was marked high; means within branches taken out.
    cluster : int array, shape (g,)
        The cluster (branch) of each part, from 0.
    marks : float array, shape (2 k,)
        How many low marks each driver has, then how many high ones.
    seed, draws, coverage
        Of the cluster bootstrap.

    Returns
    -------
    Contrast

    Raises
    ------
    scoring.drivers.NeverTogetherError, scoring.resampling.TooFewClustersError

    Notes
    -----
    ``y = a + sum_q P_q 1[x_q low] + R_q 1[x_q high]``, least squares. A class needs its whole
    interval beyond +-.4. Where nine in ten give the top mark there is little left to tell a reward
    from: the interval says so. Drivers with few marks stay in the regression and get no class.

    References
    ----------
    Brandt, D. R. (1987). A procedure for identifying value-enhancing service components using
    customer satisfaction survey data. In C. Surprenant (ed.), Add Value to Your Service. Mikulic,
    J. and Prebezac, D. (2008). Prioritizing improvement of service attributes using impact
    range-performance analysis and impact-asymmetry analysis. Managing Service Quality 18, 559-576.
    """
    crossed = cluster_sums(parts, cluster)
    whole = _coefficients(crossed.pooled)
    drawn = _coefficients(resampled(crossed, seed, draws))
    if np.isnan(whole).any():
        raise NeverTogetherError("two drivers were never answered together")
    k = len(marks) // 2
    penalty, reward = whole[:k], whole[k:]
    drawn = drawn[~np.isnan(drawn).any(axis=1)]
    clusters = len(crossed.products)
    low, high = limits(drawn, coverage, clusters)
    leaning = np.nan_to_num(_asymmetry(drawn[:, :k], drawn[:, k:]))
    leaning_low, leaning_high = limits(leaning, coverage, clusters)
    return Contrast(
        penalty=penalty,
        penalty_low=low[:k],
        penalty_high=high[:k],
        reward=reward,
        reward_low=low[k:],
        reward_high=high[k:],
        asymmetry=_asymmetry(penalty, reward),
        asymmetry_low=leaning_low,
        asymmetry_high=leaning_high,
        known=np.minimum(marks[:k], marks[k:]) >= FEWEST_MARKS,
    )


def _coefficients(crossed: Crossed) -> Floats:
    """Least squares of the first column on the others, shape (..., 2 k)."""
    covariance = ratio(crossed.products, crossed.freedom)
    known = np.asarray(~np.isnan(covariance).any(axis=(-2, -1)))[..., np.newaxis, np.newaxis]
    inner = np.where(known, covariance[..., 1:, 1:], 0.0)
    solved = np.linalg.pinv(inner, hermitian=True, rcond=1e-10) @ np.where(
        known, covariance[..., 1:, :1], 0.0
    )
    coefficients: Floats = np.where(known[..., 0], solved[..., 0], np.nan)
    return coefficients


def _asymmetry(penalty: Floats, reward: Floats) -> Floats:
    cost, gain = np.maximum(-penalty, 0.0), np.maximum(reward, 0.0)
    return ratio(gain - cost, gain + cost)
