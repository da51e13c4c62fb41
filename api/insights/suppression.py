"""What else is kept back so that a hidden figure cannot be worked out from its parent's total.

A list of parts (branches of a region, touchpoints, channels, advisors) stands beside the whole they
add up to. Where a single part is hidden for too few answers, or several that together are still too
few, the smallest visible part is kept back with them. Pure; the rule is `scoring.tiers`'.
"""

from collections.abc import Sequence

import numpy as np

from api.insights.figures import Difference, Figure
from scoring.tiers import DEFAULT_THRESHOLDS, Thresholds, Tier, complementary_hidden, tiers

KEPT_BACK = Figure(None, None, None, None, Tier.HIDDEN.name.lower())
_UNTOLD = Difference(None, None)


def kept_back(
    answers: Sequence[int],
    parents: Sequence[int] | None = None,
    thresholds: Thresholds = DEFAULT_THRESHOLDS,
) -> list[bool]:
    """Which visible parts are hidden for the sake of a smaller one.

    ``answers`` are the true counts of the parts; ``parents`` numbers (from 0) whom each belongs to,
    by default all to one. Parts that are hidden for their own few answers are not among them.
    """
    n = np.array(answers, dtype=np.int64)
    group = np.zeros(n.shape, dtype=np.int64) if parents is None else np.array(parents)
    hidden = complementary_hidden(n, group, thresholds)
    found: list[bool] = (hidden & (tiers(n, thresholds) > Tier.HIDDEN)).tolist()
    return found


def told_parts(
    figures: Sequence[Figure],
    answers: Sequence[int],
    thresholds: Thresholds = DEFAULT_THRESHOLDS,
) -> list[Figure]:
    """The figures of parts that stand beside their whole."""
    return [
        KEPT_BACK if kept else figure
        for figure, kept in zip(figures, kept_back(answers, thresholds=thresholds), strict=True)
    ]


def told_change(figure: Figure, previous: Figure, difference: Difference) -> Difference:
    """A change is told only where both scores are: with one it would tell the other."""
    both = figure.score is not None and previous.score is not None
    return difference if both else _UNTOLD
