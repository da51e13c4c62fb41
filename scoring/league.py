"""The league table of a comparison set: raw, adjusted and shrunken scores, places, bands, ties.

Owns what enters the table, what is blanked, and that branches are compared within their group only.
Statistics are computed over the whole comparison set; who may see which row is decided elsewhere,
after. Knows scores and variances (`scoring.measured`), not where they come from.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import numpy as np

from scoring.arrays import Counts, Flags, Floats
from scoring.bands import Band, BandWindow, band_chain
from scoring.change import Change
from scoring.measured import Measured
from scoring.rank_sets import rank_sets
from scoring.shrinkage import EmpiricalBayes, empirical_bayes, posterior_ranks
from scoring.tiers import DEFAULT_THRESHOLDS, Thresholds, Tier, tiers
from scoring.ties import tied_with_above
from scoring.variances import cautious_variance

DRAWS = 2_000
"""Tables drawn for the posterior rank intervals."""
SET_DRAWS = 1_000
"""Draws behind the critical values of the rank confidence sets."""


@dataclass(frozen=True, slots=True)
class GroupFit:
    """One group of branches that are compared with each other, and the crowd fitted to them.

    Attributes
    ----------
    group : str, optional
        Name of the group; None when the whole comparison set is one.
    branches : int
        Branches that are ranked in it.
    mu, tau : float
        Mean and standard deviation of their true scores; nan if none is ranked.
    """

    group: str | None
    branches: int
    mu: float
    tau: float


@dataclass(frozen=True, slots=True, eq=False)
class League:
    """The complete table; every array of shape (p,), one entry per branch as given.

    Attributes
    ----------
    n : int array
        Answers, also of hidden branches (who shows them looks at ``tier``).
    score, low, high : float arrays
        Raw score and its 95 % interval; nan below tier `Tier.SHOWN`.
    adjusted, adjusted_low, adjusted_high : float arrays
        The same for the usual mix of customers and channels; nan without adjustment.
    shrunk : float array
        Adjusted score (raw without adjustment) drawn towards its group; nan unless ranked.
    own_weight : float array
        How much of its distance from the group a shrunken score keeps, 0..1; nan unless ranked.
    tier : int array
        Values of `Tier`.
    ranked : bool array
        Whether the branch takes part: enough answers, and enough ranked branches in its group.
    change : float array
        Raw score minus that of the period before; nan unless both periods are shown.
    change_is_noise : bool array
        Whether chance explains the change; meaningless (True) where ``change`` is nan.
    rank, rank_low, rank_high : float arrays
        Place in the group, 1 = highest, and the places that chance leaves open (95 % of branches,
        `scoring.shrinkage.posterior_ranks`); whole numbers, nan unless ranked.
    p_top : float array
        Probability of belonging to the top tenth of the group; nan unless ranked.
    tied_above : bool array
        Whether chance explains the distance to the branch one line above in the group.
    simultaneous_low, simultaneous_high, marginal_low, marginal_high : float arrays
        Rank confidence sets within the group (`scoring.rank_sets`); nan unless ranked.
    band : list of str or None
        ``A`` to ``E``; None unless ranked.
    groups : tuple of GroupFit
        The groups in order of their names.
    """

    n: Counts
    score: Floats
    low: Floats
    high: Floats
    adjusted: Floats
    adjusted_low: Floats
    adjusted_high: Floats
    shrunk: Floats
    own_weight: Floats
    tier: Counts
    ranked: Flags
    change: Floats
    change_is_noise: Flags
    rank: Floats
    rank_low: Floats
    rank_high: Floats
    p_top: Floats
    tied_above: Flags
    simultaneous_low: Floats
    simultaneous_high: Floats
    marginal_low: Floats
    marginal_high: Floats
    band: list[str | None]
    groups: tuple[GroupFit, ...]


def league_seed(*parts: str) -> int:
    """Seed of a stored table, from what names it (metric, first and last day, comparison set)."""
    return crc32("\x1f".join(parts).encode())


def first_known(adjusted: Measured, raw: Measured) -> Measured:
    """What branches are compared by: the adjusted score where there is one, else the raw one."""
    known = np.isfinite(adjusted.score) & np.isfinite(adjusted.variance)
    columns = (
        np.where(known, getattr(adjusted, name), getattr(raw, name))
        for name in ("score", "low", "high", "variance")
    )
    return Measured(raw.n, *columns)


def score_league(
    raw: Measured,
    before: Measured,
    change: Change,
    *,
    seed: int,
    adjusted: Measured | None = None,
    groups: Sequence[str] | None = None,
    fewest: int = 1,
    windows: Sequence[Measured] = (),
    thresholds: Thresholds = DEFAULT_THRESHOLDS,
    draws: int = DRAWS,
    set_draws: int = SET_DRAWS,
) -> League:
    """Make the complete table of a comparison set.

    Parameters
    ----------
    raw, before : Measured
        Raw scores of the period and of the one before, the same branches in the same order.
    change : Change
        Later minus earlier, of the same branches (`change.change_between`, `measured.change_of`).
    seed : int
        See `league_seed`; to be stored with the table. The same seed gives the same table.
    adjusted : Measured, optional
        Adjusted scores; a branch without one (nan) is compared by its raw score.
    groups : sequence of str, length p, optional
        Name of each branch's group of peers. Branches are fitted, ranked and banded within it.
    fewest : int
        Ranked branches that a group needs; in a smaller one nobody is ranked.
    windows : sequence of Measured
        The same branches in earlier windows of time, oldest first, measured as those now are
        (adjusted, where they are): the history of the bands. The present window is added.
    thresholds : Thresholds
        Fewest answers to be shown and ranked.
    draws, set_draws : int
        Random draws behind the rank intervals and behind the rank confidence sets.

    Returns
    -------
    League

    Notes
    -----
    Branches that are not ranked do not touch the others' numbers, and neither do other groups. The
    order of the branches changes nothing.
    """
    tier = tiers(raw.n, thresholds)
    shown = tier >= Tier.SHOWN
    compared = raw if adjusted is None else first_known(adjusted, raw)
    history = [*windows, compared]
    table = _blank(raw, adjusted, shown, tier)
    table |= _shown_change(raw, before, change, thresholds)
    fits = []
    for name, members in _groups(groups, len(raw.n)):
        group = _Group(name, members, history, thresholds)
        fits.append(group.summary())
        if group.at.size >= max(fewest, 1):
            own = seed if name is None else league_seed(str(seed), name)
            group.fill(table, seed=own, draws=draws, set_draws=set_draws)
    return League(**table, groups=tuple(fits))


def _groups(names: Sequence[str] | None, branches: int) -> list[tuple[str | None, Flags]]:
    """Each group with its members, in order of the names."""
    if names is None:
        return [(None, np.ones(branches, dtype=bool))]
    column = np.array(names, dtype=object)
    return [(name, column == name) for name in sorted(set(names))]


def _blank(raw: Measured, adjusted: Measured | None, shown: Flags, tier: Counts) -> dict[str, Any]:
    """The columns before anyone is ranked."""
    size = raw.n.shape
    table: dict[str, Any] = {"n": raw.n, "tier": tier, "band": [None] * len(raw.n)}
    for name in ("score", "low", "high"):
        table[name] = np.where(shown, getattr(raw, name), np.nan)
    for name, of in (("adjusted", "score"), ("adjusted_low", "low"), ("adjusted_high", "high")):
        table[name] = (
            np.full(size, np.nan)
            if adjusted is None
            else np.where(shown, getattr(adjusted, of), np.nan)
        )
    for name in _RANKED_COLUMNS:
        table[name] = np.full(size, np.nan)
    for name in ("ranked", "tied_above"):
        table[name] = np.zeros(size, dtype=bool)
    return table


_RANKED_COLUMNS = (
    *("shrunk", "own_weight", "rank", "rank_low", "rank_high", "p_top"),
    *("simultaneous_low", "simultaneous_high", "marginal_low", "marginal_high"),
)


def _shown_change(
    now: Measured, before: Measured, change: Change, thresholds: Thresholds
) -> dict[str, Any]:
    """Change and noise, blanked where one of the periods is not shown."""
    hidden = tiers(np.minimum(now.n, before.n), thresholds) < Tier.SHOWN
    return {
        "change": np.where(hidden, np.nan, change.change),
        "change_is_noise": change.is_noise | hidden,
    }


def _in_order(found: Measured, taking_part: Flags) -> Counts:
    """Places of the branches that take part, best first: the order given must not matter."""
    at = np.flatnonzero(taking_part)
    return at[np.lexsort((found.variance[at], -found.score[at]))]


class _Group:
    """The ranked branches of one group, best first, and their fit now and in the past."""

    def __init__(
        self,
        name: str | None,
        members: Flags,
        history: Sequence[Measured],
        thresholds: Thresholds,
    ) -> None:
        *earlier, now = history
        self.name = name
        self.at, self._fit, self._present = _window(now, members, thresholds)
        self._now = now.at(self.at)
        self._past = [_window(one, members, thresholds)[2] for one in earlier]

    def summary(self) -> GroupFit:
        """The fitted crowd."""
        return GroupFit(self.name, self.at.size, self._fit.mu, float(np.sqrt(self._fit.tau2)))

    def fill(self, table: dict[str, Any], *, seed: int, draws: int, set_draws: int) -> None:
        """Write what is known of its ranked branches to their places in the table."""
        fit, now = self._fit, self._now
        places = posterior_ranks(fit.score, fit.sd, seed=seed, draws=draws)
        cautious = cautious_variance(now.variance, now.n)
        sets = rank_sets(now.score, cautious, seed=seed, draws=set_draws)
        ranks = places.rank.astype(np.float64)
        columns = {
            "ranked": True,
            "shrunk": fit.score,
            "own_weight": fit.b,
            "rank": ranks,
            "rank_low": places.low,
            "rank_high": places.high,
            "p_top": places.p_top,
            "tied_above": tied_with_above(now.score, now.variance, ranks),
            "simultaneous_low": sets.simultaneous_low,
            "simultaneous_high": sets.simultaneous_high,
            "marginal_low": sets.marginal_low,
            "marginal_high": sets.marginal_high,
        }
        for name, values in columns.items():
            table[name][self.at] = values
        chain = band_chain([*self._past, self._present])
        for place in self.at.tolist():
            table["band"][place] = Band(chain[place]).name


def _window(
    found: Measured, members: Flags, thresholds: Thresholds
) -> tuple[Counts, EmpiricalBayes, BandWindow]:
    """Who is ranked in a window, best first, the fit, and what it says of every branch."""
    at = _in_order(found, members & (tiers(found.n, thresholds) >= Tier.RANKED))
    # Lucky variances feign a spread between branches, and the bands would remember it.
    fit = empirical_bayes(found.score[at], cautious_variance(found.variance[at], found.n[at]))
    score, sd = np.full(found.n.shape, np.nan), np.full(found.n.shape, np.nan)
    score[at], sd[at] = fit.score, fit.sd
    return at, fit, BandWindow(score, sd, fit.mu, float(np.sqrt(fit.tau2)))
