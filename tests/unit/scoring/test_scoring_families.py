"""Several tests together have the error rate of one."""

import numpy as np
import pytest
from scipy.stats import norm

from scoring.change import change_between
from scoring.families import z_among
from scoring.scales import SCALES, Kind


def test_a_single_test_is_the_usual_one_and_more_ask_for_more() -> None:
    assert z_among(1) == pytest.approx(norm.ppf(0.975))
    assert z_among(20) == pytest.approx(norm.ppf(1 - 0.025 / 20))
    with pytest.raises(ValueError, match="nothing to compare"):
        z_among(0)


def test_of_twenty_unchanged_units_hardly_ever_any_is_called_changed() -> None:
    luck = np.random.default_rng(5)
    shape = (400, 20)
    now = luck.multinomial(80, (0.2, 0.3, 0.5), shape)
    before = luck.multinomial(80, (0.2, 0.3, 0.5), shape)
    scale = SCALES["nps3"]

    def share_with_any(z: float) -> float:
        found = change_between(now, before, Kind.NPS, scale, z=z)
        return float((~found.is_noise).any(axis=1).mean())

    assert share_with_any(z_among(20)) < 0.09
    assert share_with_any(z_among(1)) > 0.4
