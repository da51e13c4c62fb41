"""What drives an outcome: weights with intervals that know that customers come in branches.

Owns the cluster bootstrap of driver weights from per-group cross-products, and the quadrants of
importance by performance. Which answers are grouped how is the caller's business.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from scoring.arrays import Counts, Flags, Floats
from scoring.composite import Moments
from scoring.crossed import Crossed, centred, correlations, group_means
from scoring.importance import (
    CollinearError,
    TooManyDriversError,
    explained_share,
    johnson_weights,
    lmg_weights,
    standardised_coefficients,
    suppressed,
    variance_inflation,
)
from scoring.resampling import DRAWS, cluster_sums, draw_weights, limits, resampled, weighted


class NeverTogetherError(ValueError):
    """Two questions were not answered together, or one has no spread: nothing to relate."""


@dataclass(frozen=True, slots=True, eq=False)
class Drivers:
    """What explains an outcome and how sure that is; arrays of shape (k,), one place per driver.

    Attributes
    ----------
    explained, explained_low, explained_high : float
        R squared, 0..1, with its 95 % interval.
    weight, low, high : float arrays
        Share of R squared, 0..1; the weights sum to 1.
    correlation : float array
        Of each driver with the outcome.
    coefficient, coefficient_low, coefficient_high : float arrays
        Standardised coefficients of the multiple regression.
    inflation : float array
        Variance inflation factors.
    suppressed : bool array
        The coefficient has the opposite sign of the correlation, beyond chance.
    closest : float array
        Largest absolute correlation with another driver; 0 for a single one.
    shapley : float array
        LMG shares, for the audit; nan where they cannot be had (many drivers, or collinear ones).
    clusters : int
        How many were resampled.
    """

    explained: float
    explained_low: float
    explained_high: float
    weight: Floats
    low: Floats
    high: Floats
    correlation: Floats
    coefficient: Floats
    coefficient_low: Floats
    coefficient_high: Floats
    inflation: Floats
    suppressed: Flags
    closest: Floats
    shapley: Floats
    clusters: int


def within_drivers(
    parts: Crossed, cluster: Counts, *, seed: int, draws: int = DRAWS, coverage: float = 0.95
) -> Drivers:
    """Drivers among customers of the same group: what a happier customer saw differently.

    Parameters
    ----------
    parts : Crossed
        Of shape (g, m, m), m = 1 + k questions: the outcome first, then the drivers. The means of
        a branch (or of a branch at a touchpoint) are taken out: `scoring.crossed.centred`.
    cluster : int array, shape (g,)
        Which cluster (branch) each part belongs to, from 0: clusters are resampled whole.
    seed, draws, coverage
        Of the bootstrap.

    Returns
    -------
    Drivers

    Raises
    ------
    NeverTogetherError, scoring.resampling.TooFewClustersError

    Notes
    -----
    Weights are Johnson's, their intervals percentiles of the cluster bootstrap: customers of one
    branch are alike, so that resampling customers would promise too much. A weight is never below
    0 and so is its interval: a driver that explains nothing still has a small positive share.
    Association, not effect: a driver may stand for something that was not asked.

    References
    ----------
    Johnson (2000), see `scoring.importance.johnson_weights`. Field, C. A. and Welsh, A. H. (2007).
    Bootstrapping clustered data. JRSS B 69, 369-390.
    """
    crossed = cluster_sums(parts, cluster)
    drawn = resampled(crossed, seed, draws)
    found = correlations(crossed.pooled), correlations(drawn)
    return _drivers(*found, coverage=coverage, clusters=len(crossed.products))


def between_drivers(
    branches: Moments, *, seed: int, draws: int = DRAWS, coverage: float = 0.95, least: int = 10
) -> Drivers:
    """Drivers among branches: what branches with happier customers are rated better for.

    Parameters
    ----------
    branches : Moments
        Of shape (p,), the outcome first.
    seed, draws, coverage
        Of the bootstrap over branches.
    least : int
        Branches with fewer answers to any question are left out.

    Returns
    -------
    Drivers

    Raises
    ------
    NeverTogetherError, scoring.resampling.TooFewClustersError

    Notes
    -----
    Means of branches, weighted by their answers. They carry chance, which draws these drivers
    towards the within-branch ones, and whatever else differs between branches (city, customers,
    size). For choosing what to work on within a branch, use `within_drivers`.
    """
    means = _counted(group_means(branches, least=least))
    clusters = len(means.respondents)
    weights = draw_weights(clusters, seed, draws)
    drawn = correlations(centred(_mapped(means, lambda one: weighted(weights, one))))
    return _drivers(_between(means), drawn, coverage=coverage, clusters=clusters)


def within_shares(parts: Crossed) -> Floats:
    """The weights of `within_drivers` alone, shape (k,), without intervals.

    Parameters
    ----------
    parts : Crossed
        Of shape (g, m, m), the outcome first.

    Raises
    ------
    NeverTogetherError
    """
    return _weights(correlations(parts.pooled))


def between_shares(branches: Moments, *, least: int = 10) -> Floats:
    """The weights of `between_drivers` alone, shape (k,), without intervals.

    Parameters
    ----------
    branches : Moments
        Of shape (p,), the outcome first.
    least : int
        Branches with fewer answers to any question are left out.

    Raises
    ------
    NeverTogetherError
    """
    return _weights(_between(_counted(group_means(branches, least=least))))


def _between(means: Moments) -> Floats:
    return correlations(centred(_mapped(means, lambda one: one.sum(axis=0))))


def _counted(means: Moments) -> Moments:
    """Without the groups that do not count."""
    kept = means.respondents > 0
    return _mapped(means, lambda one: one[kept])


def _mapped(moments: Moments, change: Callable[[Floats], Floats]) -> Moments:
    arrays = (moments.respondents, moments.counts, moments.sums, moments.products)
    return Moments(*(change(one) for one in arrays))


def _weights(matrix: Floats) -> Floats:
    if np.isnan(matrix).any():
        raise NeverTogetherError("two questions were never answered together, or have no spread")
    return _shares(johnson_weights(matrix[1:, 1:], matrix[0, 1:]))


def _drivers(matrix: Floats, drawn: Floats, *, coverage: float, clusters: int) -> Drivers:
    """Read everything off the correlations, the outcome's first."""
    weights = _weights(matrix)
    drawn = drawn[~np.isnan(drawn).any(axis=(1, 2))]
    inner, outcome = matrix[1:, 1:], matrix[0, 1:]
    inner_drawn, outcome_drawn = drawn[:, 1:, 1:], drawn[:, 0, 1:]
    low, high = limits(_shares(johnson_weights(inner_drawn, outcome_drawn)), coverage, clusters)
    betas = standardised_coefficients(inner, outcome)
    betas_drawn = standardised_coefficients(inner_drawn, outcome_drawn)
    beta_limits = limits(betas_drawn, coverage, clusters)
    explained = limits(explained_share(inner_drawn, outcome_drawn), coverage, clusters)
    sure = (beta_limits[0] > 0) | (beta_limits[1] < 0)
    others = np.abs(inner - np.eye(len(inner)))
    return Drivers(
        explained=float(explained_share(inner, outcome)),
        explained_low=float(explained[0]),
        explained_high=float(explained[1]),
        weight=weights,
        low=low,
        high=high,
        correlation=outcome,
        coefficient=betas,
        coefficient_low=beta_limits[0],
        coefficient_high=beta_limits[1],
        inflation=variance_inflation(inner),
        suppressed=suppressed(inner, outcome) & sure,
        closest=others.max(axis=1),
        shapley=_shapley(inner, outcome),
        clusters=clusters,
    )


def _shapley(inner: Floats, outcome: Floats) -> Floats:
    try:
        return _shares(lmg_weights(inner, outcome))
    except (TooManyDriversError, CollinearError):
        return np.full(len(outcome), np.nan)


def _shares(weights: Floats) -> Floats:
    """Weights that sum to 1; equal ones where nothing is explained."""
    total = weights.sum(axis=-1, keepdims=True)
    equal = np.full_like(weights, 1 / weights.shape[-1])
    np.divide(weights, total, out=equal, where=total > 0)
    return equal


class Quadrant(StrEnum):
    """What importance and performance together recommend."""

    PRIORITY = "priority"
    STRENGTH = "strength"
    SECONDARY = "secondary"
    SUFFICIENT = "sufficient"


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """An axis of the driver matrix: intervals of shape (k,) and the line they are held against."""

    low: Floats
    high: Floats
    line: float

    @property
    def above(self) -> Flags:
        """Wholly above the line."""
        clear: Flags = self.low > self.line
        return clear

    @property
    def below(self) -> Flags:
        """Wholly below the line."""
        clear: Flags = self.high < self.line
        return clear


def quadrants(importance: Placed, performance: Placed) -> list[Quadrant | None]:
    """The quadrant of each driver, None where an interval does not clear its line.

    Parameters
    ----------
    importance, performance : Placed
        Intervals of the weights and of the scores of the same drivers.

    Returns
    -------
    list of Quadrant or None
        ``priority``: important and weak. ``strength``: important and strong. ``secondary``: neither
        important nor strong. ``sufficient``: strong, and of little importance.

    Notes
    -----
    An importance-performance matrix of points always finds a priority, in pure noise too.
    """
    found: list[Quadrant | None] = [None] * len(importance.low)
    for quadrant, matters, scores in (
        (Quadrant.PRIORITY, importance.above, performance.below),
        (Quadrant.STRENGTH, importance.above, performance.above),
        (Quadrant.SECONDARY, importance.below, performance.below),
        (Quadrant.SUFFICIENT, importance.below, performance.above),
    ):
        for place in np.flatnonzero(matters & scores):
            found[place] = quadrant
    return found
