"""What is kept back of a table with totals, so that nothing hidden can be worked out from it.

Pure. Each row and each column adds up to its total: of a line whose total is told never one part
alone is hidden, nor parts that together are still too few; where a total is hidden, so is a part.
"""

import numpy as np

from scoring.arrays import Counts, Flags
from scoring.tiers import DEFAULT_THRESHOLDS, Thresholds


def hidden_cells(answers: Counts, thresholds: Thresholds = DEFAULT_THRESHOLDS) -> Flags:
    """Which cells and totals are hidden.

    ``answers`` are counts, shape (rows, columns); the result has a row and a column more, the
    totals. What has no answers gives nothing away and is never hidden.
    """
    whole = _with_totals(answers)
    hidden = (whole > 0) & (whole < thresholds.count)
    while True:
        more = hidden | _further(whole, hidden, thresholds)
        more |= _further(whole.T, more.T, thresholds).T
        if np.array_equal(more, hidden):
            return hidden
        hidden = more


def _with_totals(answers: Counts) -> Counts:
    rows = np.concatenate([answers, answers.sum(axis=1, keepdims=True)], axis=1)
    found: Counts = np.concatenate([rows, rows.sum(axis=0, keepdims=True)], axis=0)
    return found


def _further(whole: Counts, hidden: Flags, thresholds: Thresholds) -> Flags:
    """What must be hidden besides: in each line that tells too much its smallest visible part.

    Where no part is left, the total itself.
    """
    n, kept = whole[:, :-1], hidden[:, :-1]
    many, left = kept.sum(axis=1), np.where(kept, n, 0).sum(axis=1)
    open_total = (many == 1) | ((many > 0) & (left < thresholds.count))
    exposed = np.where(hidden[:, -1], many == 0, open_total) & (whole[:, -1] > 0)
    candidates = np.where((n > 0) & ~kept, n, np.iinfo(np.int64).max)
    found = np.zeros_like(hidden)
    if not n.shape[1]:
        return found
    smallest = candidates.argmin(axis=1)
    any_left = ((n > 0) & ~kept).any(axis=1)
    lines = np.arange(len(whole))
    found[lines[exposed & any_left], smallest[exposed & any_left]] = True
    found[exposed & ~any_left, -1] = True
    return found
