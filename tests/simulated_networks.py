"""Made-up networks by branch and month, where it is known who sinks: for tests of the warnings."""

from dataclasses import dataclass

import numpy as np

from scoring.arrays import Counts, Flags, Floats
from scoring.scales import SCALES, Kind
from scoring.warnings import EarlyWarnings, Level, early_warnings

NPS3 = SCALES["nps3"]


@dataclass(frozen=True)
class Network:
    """How a network is made: levels and drops in NPS points."""

    branches: int = 2000
    months: int = 24
    baseline: int = 12
    answers: float = 15.0  # a month, median
    level: float = 45.0
    spread: float = 12.0
    sinking: float = 0.05  # share of branches
    drop: float = 20.0
    month_spread: float = 0.0  # of each branch from month to month
    waves: float = 0.0  # of the whole network from month to month

    def made(self, rng: np.random.Generator) -> tuple[Counts, Flags]:
        """Histograms (branches, months, 3), and who sinks from the first watched month on."""
        shape = (self.branches, self.months)
        volume = self.answers * np.exp(0.55 * rng.standard_normal(self.branches))
        n = rng.poisson(volume[:, np.newaxis], shape)
        sinks = np.arange(self.branches) < round(self.sinking * self.branches)
        true = self.level + self.spread * rng.standard_normal((self.branches, 1))
        true = true + self.month_spread * rng.standard_normal(shape)
        true = true + self.waves * rng.standard_normal(self.months)
        true[:, self.baseline :] -= self.drop * sinks[:, np.newaxis]
        return answered(n, true, rng), sinks


def answered(n: Counts, nps: Floats, rng: np.random.Generator) -> Counts:
    """Detractors, passives and promoters of ``n`` answers whose expected NPS is ``nps``."""
    balance = np.clip(nps / 100, -0.9, 0.95)
    passive = np.minimum((0.30 - 0.18 * np.abs(balance - 0.3)).clip(0.02), 1 - np.abs(balance))
    promoter = (1 - passive + balance) / 2
    up = rng.binomial(n, promoter)
    between = rng.binomial(n - up, np.clip(passive / (1 - promoter), 0, 1))
    return np.stack([n - up - between, between, up], axis=-1)


@dataclass(frozen=True)
class Record:
    """What warnings did in many networks."""

    false_share: float  # mean over months of false ones among those pointed out
    alarmed: float  # share of months with any false one
    false_ones: float  # a month
    found: dict[int, float]  # share of sinking branches pointed out by that month
    ever: float  # share of usual branches that were ever pointed out


def record(network: Network, level: Level, *, networks: int, seed: int) -> Record:
    """Judges ``networks`` made-up networks."""
    rng = np.random.default_rng(seed)
    shares, counts, found, ever = [], [], [], []
    for _ in range(networks):
        histograms, sinks = network.made(rng)
        judged = judge(histograms, network.baseline)
        pointed = judged.level >= level
        false = np.sum(pointed & ~sinks[:, np.newaxis], axis=0)
        shares.append(np.mean(false / np.maximum(pointed.sum(axis=0), 1)))
        counts.append(false)
        ever.append(np.mean(pointed.any(axis=1)[~sinks]))
        if sinks.any():
            found.append([pointed[sinks, :month].any(axis=1).mean() for month in MONTHS])
    by_month = np.mean(found, axis=0) if found else np.zeros(len(MONTHS))
    return Record(
        float(np.mean(shares)),
        float(np.mean(np.array(counts) > 0)),
        float(np.mean(counts)),
        dict(zip(MONTHS, by_month.tolist(), strict=True)),
        float(np.mean(ever)),
    )


MONTHS = (1, 2, 3, 6, 12)


def judge(histograms: Counts, baseline: int) -> EarlyWarnings:
    """Early warnings of NPS histograms."""
    return early_warnings(histograms, Kind.NPS, NPS3, baseline_months=baseline)
