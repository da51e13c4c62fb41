"""Numbers are written by the kind of metric; what is unknown is a dash, never a zero."""

import pytest

from dashboard.numbers import MINUS, UNKNOWN, Metric, count, percent

NPS = Metric("nps", "NPS", "nps", -100, 100)
SHARE = Metric("top", "Satisfied", "share", 0, 1)
MEAN = Metric("mean", "Waiting", "mean", 1, 5)


@pytest.mark.parametrize(
    ("metric", "value", "text"),
    [
        (NPS, 41.4, "41"),
        (NPS, -8.6, f"{MINUS}9"),
        (NPS, -0.2, "0"),
        (SHARE, 0.844, "84\u202f%"),
        (NPS, 12.5, "13"),  # halves away from zero, as tables in the browser
        (NPS, -12.5, f"{MINUS}13"),
        (SHARE, 0.125, "13\u202f%"),
        (MEAN, 4.25, "4.3"),
        (NPS, None, UNKNOWN),
        (SHARE, None, UNKNOWN),
    ],
)
def test_a_score_is_written_by_its_kind(metric: Metric, value: float | None, text: str) -> None:
    assert metric.text(value) == text


@pytest.mark.parametrize(
    ("metric", "value", "text"),
    [
        (NPS, 5.2, "+5"),
        (NPS, -5.2, f"{MINUS}5"),
        (NPS, 0.3, "\u00b10"),
        (SHARE, -0.031, f"{MINUS}3\u202f%"),
        (MEAN, 0.24, "+0.2"),
        (MEAN, -0.04, "\u00b10.0"),
        (NPS, None, UNKNOWN),
    ],
)
def test_a_change_has_its_sign(metric: Metric, value: float | None, text: str) -> None:
    assert metric.signed(value) == text


def test_counts_have_their_thousands_apart() -> None:
    assert count(1234567) == "1\u202f234\u202f567"
    assert count(0) == "0"
    assert count(None) == UNKNOWN


def test_small_shares_keep_a_decimal() -> None:
    assert percent(0.331) == "33\u202f%"
    assert percent(0.0312) == "3.1\u202f%"
    assert percent(0.0) == "0\u202f%"
    assert percent(1.0) == "100\u202f%"
    assert percent(622 / 625) == "99.5\u202f%"
    assert percent(0.9996) == ">\u202f99.9\u202f%"
    assert percent(None) == UNKNOWN


def test_shares_are_percent_on_an_axis() -> None:
    assert SHARE.scaled(0.5) == 50
    assert NPS.scaled(-20.0) == -20
    assert SHARE.scaled(None) is None
