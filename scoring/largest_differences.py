"""The largest standardised difference that chance alone makes between branches, draw by draw.

Owns the search that `scoring.rank_sets` stands on, exact and without looking at every pair of
every draw. Knows nothing of levels, steps or places.

A difference seen from branch ``j`` has a *rival*: ``k`` where ``k`` stood above ``j``, ``p + k``
where ``k`` stood below. A table over rivals has shape (p, 2p): above, then below.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from scoring.arrays import Counts, Flags, Floats
from scoring.equals import Equals

Singles: TypeAlias = NDArray[np.float32]
Rivals: TypeAlias = NDArray[np.uint16] | NDArray[np.uint32]


@dataclass(frozen=True, slots=True, eq=False)
class LargestDifferences:
    """The largest difference of each branch in each draw, and who it is with.

    Attributes
    ----------
    value : float32 array, shape (p, draws)
        At least 0.
    rival : unsigned int array, shape (p, draws)
    """

    value: Singles
    rival: Rivals

    def copy(self) -> "LargestDifferences":
        """The same, to be changed."""
        return LargestDifferences(self.value.copy(), self.rival.copy())

    def depends_on(self, excluded: Flags) -> Flags:
        """Where the rival is one of those ``excluded``, shape (p, draws)."""
        return np.take_along_axis(excluded, self.rival.astype(np.int64), axis=1)


@dataclass(frozen=True, slots=True, eq=False)
class Differences:
    """Observed and drawn differences of branches sorted by variance, then score.

    Attributes
    ----------
    order : int array, shape (p,)
        ``order[i]`` is the branch, as the caller counts them, at place i.
    equals : Equals
        Branches with the same score and variance.
    observed : float array, shape (p, p)
        ``(x_j - x_k) / sqrt(s_j^2 + s_k^2)``.
    variance : float array, shape (p,)
        Ascending, in units of the largest.
    inverse : float32 array, shape (p, p)
        ``1 / sqrt(s_j^2 + s_k^2)`` in the same units.
    errors : float32 array, shape (draws, p)
        Drawn errors in the same units.
    """

    order: Counts
    equals: Equals
    observed: Floats
    variance: Floats
    inverse: Singles
    errors: Singles

    @classmethod
    def drawn(cls, score: Floats, variance: Floats, *, seed: int, draws: int) -> "Differences":
        """Draw the errors of all branches; the order of the branches does not matter."""
        order = np.lexsort((score, variance))
        x, v = score[order], variance[order]
        unit = v / v[-1] if v.size else v
        inverse = 1 / np.sqrt(unit[:, np.newaxis] + unit)
        observed = (x[:, np.newaxis] - x) * inverse
        if v.size:
            observed /= np.sqrt(v[-1])
        noise = np.random.default_rng(seed).standard_normal((draws, v.size), dtype=np.float32)
        noise *= np.sqrt(unit).astype(np.float32)
        return cls(order, Equals.of(v, x), observed, unit, inverse.astype(np.float32), noise)

    def beyond(self, critical: Floats) -> Flags:
        """Observed differences above the branch's critical value, by rival, shape (p, 2p)."""
        limit = critical[:, np.newaxis]
        return np.hstack([self.observed < -limit, self.observed > limit])

    def largest(self) -> LargestDifferences:
        """The largest difference of each branch in each draw, over all other branches.

        Notes
        -----
        ``(z_k - z_j) / sqrt(v_k + v_j)`` as a function of the point ``(v_k, z_k)`` falls with
        ``v_k`` and rises with ``z_k``, and those points where it stays below a value form a convex
        set. So whatever ``j``, the largest is taken at a corner of the upper hull of the points,
        between the one of least variance and the highest: some 7 of 2,000. Below likewise.
        """
        draws, branches = self.errors.shape
        kind = np.uint16 if 2 * branches < 1 << 16 else np.uint32
        value = np.zeros((draws, branches), dtype=np.float32)
        rival = np.zeros((draws, branches), dtype=kind)
        if branches < 2:
            return LargestDifferences(value.T, rival.T)
        tops, bottoms = _records(self.errors), _records(-self.errors)
        for draw, (above, below) in enumerate(zip(tops, bottoms, strict=True)):
            z = self.errors[draw]
            high, low = self._corners(z, above), self._corners(-z, below)
            found = np.concatenate(
                [
                    (z[high, np.newaxis] - z) * self.inverse[high],
                    (z - z[low, np.newaxis]) * self.inverse[low],
                ]
            )
            best = found.argmax(axis=0)
            value[draw] = np.take_along_axis(found, best[np.newaxis], axis=0)[0]
            rival[draw] = np.concatenate([high, low + branches])[best]
        return LargestDifferences(np.ascontiguousarray(value.T), np.ascontiguousarray(rival.T))

    def _corners(self, z: Singles, candidates: Counts) -> Counts:
        """Corners of the upper hull of points that rise to the right."""
        v, height = self.variance[candidates].tolist(), z[candidates].tolist()
        kept: list[int] = []
        for new in range(len(v)):
            while len(kept) > 1:
                first, last = kept[-2], kept[-1]
                rise = (height[last] - height[first]) * (v[new] - v[first])
                if rise > (height[new] - height[first]) * (v[last] - v[first]):
                    break
                kept.pop()
            kept.append(new)
        return candidates[kept]

    def search_again(self, largest: LargestDifferences, where: Flags, excluded: Flags) -> None:
        """Find the largest difference anew, in place, without the rivals that are ``excluded``.

        Parameters
        ----------
        where : bool array, shape (p, draws)
            Which to find.
        excluded : bool array, shape (p, 2p)
        """
        for branch in np.flatnonzero(where.any(axis=1)).tolist():
            draws = np.flatnonzero(where[branch])
            z = self.errors[draws]
            above = (z - z[:, branch, np.newaxis]) * self.inverse[branch]
            found = np.concatenate([above, -above], axis=1)
            found *= ~excluded[branch]
            best = found.argmax(axis=1)
            largest.value[branch, draws] = np.take_along_axis(found, best[:, np.newaxis], axis=1)[
                :, 0
            ]
            largest.rival[branch, draws] = best


def _records(errors: Singles) -> list[Counts]:
    """Of each draw, the branches above all that are before them (of smaller variance)."""
    record = np.ones(errors.shape, dtype=bool)
    record[:, 1:] = errors[:, 1:] > np.maximum.accumulate(errors, axis=1)[:, :-1]
    draw, place = np.nonzero(record)
    return np.split(place, np.searchsorted(draw, np.arange(1, errors.shape[0])))
