"""Cross-products of answers, within branches and between them, and the correlations they give.

Owns what regressions of any kind need of respondents: centred sums of products per group, which
add up over groups in any order. Made from `scoring.composite.Moments`, which are counted, not
computed; knows nothing of what is regressed on what.
"""

from dataclasses import dataclass

import numpy as np

from scoring.arrays import Counts, Floats, floats, ratio
from scoring.composite import Moments

SMALLEST_EIGENVALUE = -1e-9
"""Below that a matrix of correlations is no rounding error away from one that can be."""


@dataclass(frozen=True, slots=True, eq=False)
class Crossed:
    """Centred cross-products of m questions; two of them pool by ``+``.

    Attributes
    ----------
    products : float array, shape (..., m, m)
        Sum over people who answered both a and b of (answer to a - mean)(answer to b - mean).
    freedom : float array, shape (..., m, m)
        Degrees of freedom of each sum: people who answered both, less one per group.
    """

    products: Floats
    freedom: Floats

    def __add__(self, other: "Crossed") -> "Crossed":
        return Crossed(self.products + other.products, self.freedom + other.freedom)

    @property
    def pooled(self) -> "Crossed":
        """All groups of the leading axis together."""
        return Crossed(self.products.sum(axis=0), self.freedom.sum(axis=0))


def centred(moments: Moments) -> Crossed:
    """Take the group's own means out of every group: what is left differs *within* groups.

    Parameters
    ----------
    moments : Moments
        Of shape (...): one group each. People who left out a question count in the pairs of the
        questions that they did answer.

    Returns
    -------
    Crossed
        Of shape (..., m, m); a group with a single person adds nothing.

    Notes
    -----
    A pair's means are those of the people who answered both. Pool the groups with
    ``Crossed.pooled`` for the relation within branches: a branch that is better at everything
    does not make everything look connected.
    """
    n = floats(moments.counts)
    mirrored = np.swapaxes(moments.sums, -1, -2)
    expected = np.nan_to_num(ratio(moments.sums * mirrored, n))
    return Crossed(np.where(n > 0, moments.products - expected, 0.0), np.maximum(n - 1, 0.0))


def centred_parts(parts: Moments, group: Counts) -> Crossed:
    """Parts of groups, with the means of the whole group taken out of each.

    Parameters
    ----------
    parts : Moments
        Of shape (parts,): the months of a branch, say.
    group : int array, shape (parts,)
        Which group each part belongs to, from 0.

    Returns
    -------
    Crossed
        Of shape (parts, m, m). The parts of a group add up to what `centred` makes of the group, so
        that parts can be resampled without another estimate.
    """
    many = int(group.max()) + 1 if group.size else 0
    counts, sums = (np.zeros((many, *parts.counts.shape[1:])) for _ in range(2))
    np.add.at(counts, group, parts.counts)
    np.add.at(sums, group, parts.sums)
    mean = np.nan_to_num(ratio(sums, counts))[group]
    mirrored = np.swapaxes(mean, -1, -2)
    crossed = parts.sums * mirrored
    n = floats(parts.counts)
    products = parts.products - crossed - np.swapaxes(crossed, -1, -2) + n * mean * mirrored
    return Crossed(products, n * (1 - np.nan_to_num(ratio(1.0, counts)))[group])


def group_means(moments: Moments, *, least: int = 10) -> Moments:
    """Each group as one person who gives the group's means, counted once per real respondent.

    Parameters
    ----------
    moments : Moments
        Of shape (groups,).
    least : int
        A group with fewer answers to any of the questions is left out (its counts are 0).

    Returns
    -------
    Moments
        Of shape (groups,): add them up and take `centred` for the relation *between* groups.

    Notes
    -----
    Group means carry the chance of their answers, and the people's own relation leaks into them by
    it: between-branch drivers of few answers per branch look like the within-branch ones.
    """
    answered = np.diagonal(moments.counts, axis1=-2, axis2=-1)
    totals = np.diagonal(moments.sums, axis1=-2, axis2=-1)
    enough = np.min(answered, axis=-1) >= least
    weight = np.where(enough, np.min(answered, axis=-1), 0.0)[:, np.newaxis, np.newaxis]
    means = np.where(enough[:, np.newaxis], np.nan_to_num(ratio(totals, answered)), 0.0)
    counts = weight * np.ones(answered.shape[-1])[:, np.newaxis] * np.ones(answered.shape[-1])
    sums = weight * means[:, :, np.newaxis] * np.ones(answered.shape[-1])
    products = weight * means[:, :, np.newaxis] * means[:, np.newaxis, :]
    return Moments(weight[:, 0, 0], counts, sums, products)


def correlations(crossed: Crossed) -> Floats:
    """Pearson correlations, shape (..., m, m); nan where a question has no spread.

    Notes
    -----
    Each pair is correlated over its own respondents, each variance taken over all who answered the
    question. Where many answers are missing such a matrix may be impossible (some combination of
    answers with a negative variance): it is then replaced by `possible`.
    """
    covariance = ratio(crossed.products, crossed.freedom)
    variance = np.diagonal(covariance, axis1=-2, axis2=-1)
    scale = np.sqrt(np.where(variance > 0, variance, np.nan))
    matrix = covariance / (scale[..., :, np.newaxis] * scale[..., np.newaxis, :])
    # A pair that nobody answered says nothing: unknown, not unrelated.
    return possible(np.clip(matrix, -1.0, 1.0))


def possible(matrix: Floats) -> Floats:
    """The nearest matrix without negative eigenvalues, its diagonal set back to 1.

    Parameters
    ----------
    matrix : float array, shape (..., m, m)
        Symmetric, 1 on the diagonal; one with nan is left as it is.

    Returns
    -------
    float array, shape (..., m, m)

    References
    ----------
    Rebonato, R. and Jaeckel, P. (1999). The most general methodology to create a valid correlation
    matrix (spectral method).
    """
    known = np.asarray(~np.isnan(matrix).any(axis=(-2, -1)))[..., np.newaxis, np.newaxis]
    values, vectors = np.linalg.eigh(np.where(known, matrix, np.eye(matrix.shape[-1])))
    impossible = known[..., 0, 0] & (values[..., 0] < SMALLEST_EIGENVALUE)
    if not np.any(impossible):
        return matrix
    cut = (vectors * np.maximum(values, 0.0)[..., np.newaxis, :]) @ np.swapaxes(vectors, -1, -2)
    size = np.sqrt(np.diagonal(cut, axis1=-2, axis2=-1))
    scaled = cut / (size[..., :, np.newaxis] * size[..., np.newaxis, :])
    repaired: Floats = np.where(impossible[..., np.newaxis, np.newaxis], scaled, matrix)
    return repaired
