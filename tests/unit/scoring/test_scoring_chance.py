"""The probability of a difference says the same as its test."""

import numpy as np
import pytest

from scoring.change import chance_of, change_between
from scoring.scales import Kind, scale_of

KINDS = [(Kind.NPS, "nps3"), (Kind.TOP2_BOX, "1-5"), (Kind.MEAN, "1-5")]


@pytest.mark.parametrize(("kind", "scale"), KINDS)
def test_it_is_below_five_percent_exactly_where_the_change_is_no_noise(
    kind: Kind, scale: str
) -> None:
    known, random = scale_of(scale), np.random.default_rng(7)
    now, before = (random.integers(0, 40, (500, known.bins)) for _ in range(2))
    noise = change_between(now, before, kind, known, pooled=1.1).is_noise
    chance = chance_of(now, before, kind, known, pooled=1.1)
    assert np.array_equal(chance < 0.05, ~noise)
    assert 0 < noise.sum() < len(noise)


def test_without_answers_nothing_is_known() -> None:
    one, none = np.array([[1, 2, 3]]), np.zeros((1, 3), dtype=np.int64)
    assert np.isnan(chance_of(one, none, Kind.NPS, scale_of("nps3"))).all()
