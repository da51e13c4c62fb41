"""The declared answer scales and what is read off a histogram over one of them.

Owns the bins of every scale, the kinds of metric, and the arithmetic of counts: merging, answers,
bands, hits, mean, variance. Knows nothing of uncertainty.

A histogram is an int64 array of shape ``(..., bins)``; the leading axes are branches, periods,
whatever the caller has. NPS is on -100..100, shares are 0..1, a mean is in the scale's own values.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from scoring.arrays import Counts, Floats, Numbers, ratio


class Kind(StrEnum):
    """What a metric says about its histogram."""

    NPS = "nps"
    TOP_BOX = "top_box"
    TOP2_BOX = "top2_box"
    MEAN = "mean"
    CES = "ces"


class UnknownScaleError(ValueError):
    """No scale of this code is declared."""


class NotOnScaleError(ValueError):
    """A value, a histogram or a kind of metric does not fit the scale."""


@dataclass(frozen=True, slots=True)
class Scale:
    """An answer scale: one bin per value, in ascending order.

    Attributes
    ----------
    code
        Name in surveys, mappings and cells.
    values
        The value of each bin; their number is the length of a histogram.
    passive_from, promoter_from
        First bin of the passives and of the promoters.
    kinds
        The kinds of metric that make sense on this scale.
    """

    code: str
    values: tuple[int, ...]
    passive_from: int
    promoter_from: int
    kinds: frozenset[Kind]

    @property
    def bins(self) -> int:
        """Length of a histogram over this scale."""
        return len(self.values)


SCALES: dict[str, Scale] = {
    scale.code: scale
    for scale in (
        Scale("0-10", tuple(range(11)), 7, 9, frozenset(Kind) - {Kind.CES}),
        # Promoter 5, passive 4, detractor 1-3: as the NHS Friends and Family Test first counted.
        Scale("1-5", tuple(range(1, 6)), 3, 4, frozenset(Kind)),
        # Disagree 1-3, neither 4, agree 5-7: the scale of customer effort.
        Scale("1-7", tuple(range(1, 8)), 3, 4, frozenset(Kind) - {Kind.NPS}),
        Scale("nps3", (-1, 0, 1), 1, 2, frozenset({Kind.NPS})),
    )
}
"""All declared scales by code; ``nps3`` holds detractors, passives, promoters (imported counts)."""

_BOXES = {Kind.TOP_BOX: 1, Kind.TOP2_BOX: 2}
_AGREE = {"1-5": 2, "1-7": 3}


def scale_of(code: str) -> Scale:
    """The declared scale called ``code``; `UnknownScaleError` if there is none."""
    try:
        return SCALES[code]
    except KeyError:
        raise UnknownScaleError(f"scale {code!r} is not one of {', '.join(SCALES)}") from None


def require_kind(kind: Kind, scale: Scale) -> None:
    """Raise `NotOnScaleError` when a metric of ``kind`` cannot be read off ``scale``."""
    if kind not in scale.kinds:
        raise NotOnScaleError(f"{kind} cannot be read off scale {scale.code}")


def require_histograms(histograms: Counts, scale: Scale) -> Counts:
    """``histograms`` as int64, or `NotOnScaleError` when bins or counts cannot be right."""
    counts = np.asarray(histograms)
    if counts.dtype.kind not in "iu" or counts.ndim == 0 or counts.shape[-1] != scale.bins:
        raise NotOnScaleError(
            f"scale {scale.code} needs whole counts in {scale.bins} bins, "
            f"not {counts.dtype} of shape {counts.shape}"
        )
    if counts.size and counts.min() < 0:
        raise NotOnScaleError("a histogram holds a negative count")
    return counts.astype(np.int64, copy=False)


def histogram(values: Counts, scale: Scale) -> Counts:
    """Count answers into the bins of ``scale``.

    Parameters
    ----------
    values : int array, shape (answers,)
        One value of the scale per answer.

    Returns
    -------
    int64 array, shape (bins,)

    Raises
    ------
    NotOnScaleError
        A value is not one of the scale's.
    """
    given = np.asarray(values)
    bins = np.searchsorted(scale.values, given)
    if not np.array_equal(np.take(scale.values, bins, mode="clip"), given):
        raise NotOnScaleError(f"a value is not on scale {scale.code}")
    return np.bincount(bins, minlength=scale.bins).astype(np.int64)


def merge(histograms: Counts, *, axis: int = 0) -> Counts:
    """Pool histograms along ``axis``: the parent's histogram is the sum of its children's."""
    pooled: Counts = np.sum(histograms, axis=axis, dtype=np.int64)
    return pooled


def answers(histograms: Counts) -> Counts:
    """Number of answers in each histogram, shape (...)."""
    return merge(histograms, axis=-1)


@dataclass(frozen=True, slots=True, eq=False)
class Bands:
    """Detractors, passives and promoters, each of shape (...)."""

    detractors: Counts
    passives: Counts
    promoters: Counts


def bands(histograms: Counts, scale: Scale) -> Bands:
    """Split each histogram into detractors, passives and promoters.

    ``0-10``: 0-6, 7-8, 9-10 (Reichheld 2003). ``1-5``: 1-3, 4, 5. ``1-7``: 1-3, 4, 5-7.
    ``nps3``: as it is.
    """
    return Bands(
        detractors=merge(histograms[..., : scale.passive_from], axis=-1),
        passives=merge(histograms[..., scale.passive_from : scale.promoter_from], axis=-1),
        promoters=merge(histograms[..., scale.promoter_from :], axis=-1),
    )


def to_nps3(histograms: Counts, scale: Scale) -> Counts:
    """The histograms over ``nps3``, so that counted answers and imported bands can be merged."""
    split = bands(histograms, scale)
    return np.stack([split.detractors, split.passives, split.promoters], axis=-1)


def boxes(kind: Kind, scale: Scale) -> int | None:
    """How many of the highest values are a hit; None for a kind that counts no hits.

    `Kind.TOP_BOX` 1, `Kind.TOP2_BOX` 2, `Kind.CES` (easy to deal with) those who agree: the top
    three of 1-7, the top two of 1-5 (Dixon, Freeman and Toman 2010, as asked since "CES 2.0").
    """
    require_kind(kind, scale)
    return _AGREE[scale.code] if kind is Kind.CES else _BOXES.get(kind)


def hits(histograms: Counts, kind: Kind, scale: Scale) -> Counts:
    """Answers in the boxes of a share (`boxes`)."""
    counted = boxes(kind, scale)
    if counted is None:
        raise NotOnScaleError(f"{kind} counts no hits")
    return merge(histograms[..., -counted:], axis=-1)


def mean(histograms: Counts, scale: Scale) -> Floats:
    """Mean value of the answers in each histogram; nan without answers."""
    return ratio(histograms @ np.asarray(scale.values), answers(histograms))


def variance(histograms: Counts, scale: Scale) -> Floats:
    """Sample variance (divisor n-1) of each histogram; nan below 2 answers.

    Squares are taken of distances from the mean: nothing overflows or cancels at a billion answers.
    """
    n = answers(histograms)
    distance = np.asarray(scale.values) - mean(histograms, scale)[..., np.newaxis]
    spread = np.sum(histograms * distance**2, axis=-1)
    return ratio(spread, np.where(n > 1, n - 1, 0))


def point_score(histograms: Counts, kind: Kind, scale: Scale) -> Floats:
    """The metric itself, without any correction: NPS -100..100, share 0..1, mean; nan if n = 0."""
    require_kind(kind, scale)
    n: Numbers = answers(histograms)
    match kind:
        case Kind.NPS:
            split = bands(histograms, scale)
            return 100 * ratio(split.promoters - split.detractors, n)
        case Kind.MEAN:
            return mean(histograms, scale)
        case _:
            return ratio(hits(histograms, kind, scale), n)
