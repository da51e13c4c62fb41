"""Bands A to E that a branch leaves only for a good reason.

Owns the cuts between the bands, which lie on the scale of the true scores and not on the observed
ones (quantiles of the observed reward noise), and the hysteresis: a branch moves when its true
score is probably beyond the cut. Who is compared with whom is decided by the caller.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from scipy.special import ndtr, ndtri

from scoring.arrays import Counts, Floats, floats

MOVE_PROBABILITY = 0.75
"""How probable it must be that a true score lies beyond a cut before a branch crosses it."""
SHARES_BELOW = (0.9, 0.7, 0.3, 0.1)
"""Share of true scores below each cut, from the top: A 10 %, B 20 %, C 40 %, D 20 %, E 10 %."""


class Band(IntEnum):
    """From the best, A, to the worst, E; C is the middle, where every branch begins."""

    A = 0
    B = 1
    C = 2
    D = 3
    E = 4


@dataclass(frozen=True, slots=True, eq=False)
class BandWindow:
    """What is known of the same branches in one window of time; see `next_bands`."""

    score: Floats
    sd: Floats
    mu: float
    tau: float


def band_cuts(mu: float, tau: float) -> Floats:
    """The four cuts between the bands, from the top: ``mu + tau * Phi^-1(.9, .7, .3, .1)``.

    Parameters
    ----------
    mu, tau : float
        Mean and standard deviation of the true scores, see `scoring.shrinkage.EmpiricalBayes`.

    Returns
    -------
    float array, shape (4,)
        In units of the score.
    """
    return mu + tau * floats(ndtri(SHARES_BELOW))


def next_bands(score: Floats, sd: Floats, mu: float, tau: float, previous: Counts) -> Counts:
    """The band of each branch now, given the one it was in.

    Parameters
    ----------
    score, sd : float arrays, shape (p,)
        Shrunken scores and their standard deviations; nan where a branch is not ranked.
    mu, tau : float
        Mean and standard deviation of the true scores of the comparison set.
    previous : int array, shape (p,)
        Values of `Band`.

    Returns
    -------
    int64 array, shape (p,)
        Values of `Band`. A branch moves up through every cut that its true score exceeds with
        probability .75 or more, down through every cut that it lies below with that probability;
        otherwise it stays. Without a score it stays too. With ``tau = 0`` chance alone explains the
        table: everyone with a score is in the middle.

    Notes
    -----
    The probability is that of the normal posterior. A band is a slow, quiet statement: a branch in
    B may for a while have a higher score than one in A that has not lost its place. Monthly
    quartiles of raw scores move most branches every month, and half of them the wrong way. Fit the
    scores with `scoring.variances.cautious_variance`: a spread that lucky variances feign is
    remembered by the bands.

    References
    ----------
    METHODS 2.6; for fixed cuts instead of a new clustering every period see there.
    """
    before = np.asarray(previous, dtype=np.int64)
    m, s = floats(score), floats(sd)
    known = np.isfinite(m) & (s > 0)
    if tau == 0:
        return np.where(np.isfinite(m), np.int64(Band.C), before)
    distance = m[:, np.newaxis] - band_cuts(mu, tau)
    above = ndtr(distance / np.where(known, s, 1.0)[:, np.newaxis])
    worst = len(SHARES_BELOW) - np.sum(above >= MOVE_PROBABILITY, axis=1)
    best = len(SHARES_BELOW) - np.sum(above > 1 - MOVE_PROBABILITY, axis=1)
    return np.where(known, np.clip(before, best, worst), before)


def band_chain(windows: Iterable[BandWindow]) -> Counts:
    """The bands after a chain of windows, oldest first, that every branch enters in the middle.

    Parameters
    ----------
    windows : iterable of BandWindow
        The same branches in the same order in each, at least one window. A branch that is not
        ranked in a window (nan) passes through it unchanged.

    Returns
    -------
    int64 array, shape (p,)
        Values of `Band`.

    Raises
    ------
    ValueError
        There is no window, or two differ in the number of branches.

    Notes
    -----
    The history is made of windows and not of stored bands, so that the same answers give the same
    bands, whenever and however often a table is computed.
    """
    bands: Counts | None = None
    for window in windows:
        if bands is None:
            bands = np.full(floats(window.score).shape, Band.C, dtype=np.int64)
        if bands.shape != floats(window.score).shape:
            raise ValueError("the windows of a chain hold the same branches")
        bands = next_bands(window.score, window.sd, window.mu, window.tau, bands)
    if bands is None:
        raise ValueError("a chain has at least one window")
    return bands


def band_letters(bands: Counts) -> list[str]:
    """``A`` to ``E`` for each value of `Band`."""
    return [Band(band).name for band in np.asarray(bands).tolist()]
