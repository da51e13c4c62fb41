"""SMS are counted as the networks count them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.surveys.definitions import sms_size


@pytest.mark.parametrize(
    ("text", "encoding", "units", "parts"),
    [
        ("", "GSM-7", 0, 1),
        ("a" * 160, "GSM-7", 160, 1),
        ("a" * 161, "GSM-7", 161, 2),
        ("a" * 306, "GSM-7", 306, 2),
        ("a" * 307, "GSM-7", 307, 3),
        ("€" * 80, "GSM-7", 160, 1),
        ("€" * 81, "GSM-7", 162, 2),
        ("é à Ö ñ [x]\n", "GSM-7", 14, 1),
        ("`", "UCS-2", 1, 1),
        ("ç", "UCS-2", 1, 1),
        ("汉" * 70, "UCS-2", 70, 1),
        ("汉" * 71, "UCS-2", 71, 2),
        ("汉" * 134, "UCS-2", 134, 2),
        ("汉" * 135, "UCS-2", 135, 3),
        ("😀" * 35, "UCS-2", 70, 1),
    ],
)
def test_known_sizes(text: str, encoding: str, units: int, parts: int) -> None:
    size = sms_size(text)
    assert (size.encoding, size.units, size.parts) == (encoding, units, parts)
    assert size.fits_one == (parts == 1)


def test_a_sign_of_two_units_is_not_parted() -> None:
    assert sms_size("a" * 152 + "€" + "a" * 152).units == 306
    assert sms_size("a" * 152 + "€" + "a" * 152).parts == 3
    assert sms_size("汉" * 66 + "😀" + "汉" * 66).parts == 3


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.text(max_size=400))
def test_units_are_those_of_the_encoding_and_parts_hold_them(text: str) -> None:
    size = sms_size(text)
    each = 153 if size.encoding == "GSM-7" else 67
    if size.encoding == "UCS-2":
        assert size.units == len(text.encode("utf-16-le", "surrogatepass")) // 2
    assert size.fits_one == (size.units <= size.single)
    if not size.fits_one:
        assert (size.parts - 1) * (each - 1) < size.units <= size.parts * each
