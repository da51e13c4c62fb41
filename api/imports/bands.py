"""Percentages of bands turned into counts of people that sum to the number of answers."""

from collections.abc import Sequence
from fractions import Fraction

TOLERANCE = 2


def adds_up(percents: Sequence[Fraction]) -> bool:
    """Whether the percentages are 100 as far as rounding to whole ones allows."""
    return abs(sum(percents, start=Fraction(0)) - 100) <= TOLERANCE


def largest_remainder(shares: Sequence[Fraction], n: int) -> list[int]:
    """``n`` split in proportion to ``shares``: whole numbers that sum to ``n``."""
    total = sum(shares)
    if total == 0 or n == 0:
        return [0] * len(shares)
    exact = [share * n / total for share in shares]
    counts = [int(value) for value in exact]
    by_remainder = sorted(range(len(shares)), key=lambda i: (counts[i] - exact[i], i))
    for index in by_remainder[: n - sum(counts)]:
        counts[index] += 1
    return counts
