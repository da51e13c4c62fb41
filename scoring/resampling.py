"""The cluster bootstrap: resampled networks as weighted sums of the clusters' cross-products.

Owns how clusters are drawn and how limits are read off the draws, so that nothing is read twice and
no answer is touched. Knows nothing of what is estimated.
"""

import numpy as np
from scipy.special import ndtr, stdtrit

from scoring.arrays import Counts, Floats
from scoring.crossed import Crossed

DRAWS = 1000
FEWEST_CLUSTERS = 10
"""Below that, resampling clusters says too little of what other clusters would have shown."""


class TooFewClustersError(ValueError):
    """Intervals cannot be had from so few clusters."""


def cluster_sums(crossed: Crossed, cluster: Counts) -> Crossed:
    """Cross-products of shape (g, m, m) added up per cluster, shape (clusters, m, m)."""
    many = int(cluster.max()) + 1 if cluster.size else 0
    shape = (many, *crossed.products.shape[1:])
    products, freedom = np.zeros(shape), np.zeros(shape)
    np.add.at(products, cluster, crossed.products)
    np.add.at(freedom, cluster, crossed.freedom)
    return Crossed(products, freedom)


def resampled(crossed: Crossed, seed: int, draws: int) -> Crossed:
    """Pooled cross-products of networks made of resampled clusters, shape (draws, m, m)."""
    weights = draw_weights(len(crossed.products), seed, draws)
    return Crossed(weighted(weights, crossed.products), weighted(weights, crossed.freedom))


def draw_weights(clusters: int, seed: int, draws: int) -> Floats:
    """How often each cluster occurs in each draw, shape (draws, clusters)."""
    if clusters < FEWEST_CLUSTERS:
        raise TooFewClustersError(f"{clusters} clusters, {FEWEST_CLUSTERS} are needed")
    noise = np.random.default_rng(seed)
    return noise.multinomial(clusters, np.full(clusters, 1 / clusters), size=draws).astype(float)


def weighted(weights: Floats, arrays: Floats) -> Floats:
    """Sum ``arrays`` (clusters, ...) with each draw's weights: (draws, ...)."""
    summed = np.asarray(weights @ arrays.reshape(len(arrays), -1))
    return summed.reshape(len(weights), *arrays.shape[1:])


def limits(drawn: Floats, coverage: float, clusters: int) -> tuple[Floats, Floats]:
    """Lower and upper limit of what was drawn along the first axis.

    Parameters
    ----------
    drawn : float array, shape (draws, ...)
    coverage : float
        Wanted probability.
    clusters : int
        How many were resampled. Percentiles are taken further out for few of them, as a t quantile
        is further out than a normal one.

    Notes
    -----
    Plain percentiles of 10 clusters cover .88 of true driver weights, these .92; of 50 clusters
    .93 and .94 (simulated, 60 customers each).

    References
    ----------
    Hesterberg, T. C. (2015). What teachers should know about the bootstrap. The American
    Statistician 69, 371-386 (expanded percentile interval).
    """
    quantile = stdtrit(clusters - 1, (1 + coverage) / 2) * np.sqrt(clusters / (clusters - 1))
    edge = 1 - float(ndtr(quantile))
    low, high = np.quantile(drawn, [edge, 1 - edge], axis=0)
    return low, high
