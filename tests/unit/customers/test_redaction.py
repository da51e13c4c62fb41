"""The redactor takes out what identifies and leaves what was said."""

import re
import string
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.core.redaction import is_identity_number, passes_luhn, redact

PHRASES = tuple(
    """服务很好|等了2小时30分钟|花了128000元|价格25.8万-30万|3.5折|2026-11-18 10:30到店|一二三
    行驶了120000公里|新A6L2024款|工单RO-20261118|打了8折|下次还会来|满意度10分|空调坏了|十一月十八日
    Model 3 2024|0-100 in 3.3 s|waited 45 min|cost 1,299.00|room 1203|on 12/03/2026|50%
    after 15 000 km|version 2.10.4|from 9 to 5|the call centre""".replace("\n    ", "|").split("|")
)
ordinary = st.lists(st.sampled_from(PHRASES), max_size=4).map("，".join)
gaps = st.sampled_from(["", " ", "，", "：", "(", "号码", "\n", "是", "-> "])


@st.composite
def chinese_phones(draw: st.DrawFn) -> str:
    number = f"199{draw(st.integers(0, 99999999)):08d}"
    form = draw(st.sampled_from(["{}", "+86{}", "+86 {}", "0086-{}", "86{}"]))
    cut = draw(st.sampled_from(["{a}{b}{c}", "{a} {b} {c}", "{a}-{b}-{c}", "{a}.{b}.{c}"]))
    written = cut.format(a=number[:3], b=number[3:7], c=number[7:])
    wide = str.maketrans(string.digits, "０１２３４５６７８９")
    text = form.format(written)
    return text.translate(wide) if draw(st.booleans()) else text


@st.composite
def identity_numbers(draw: st.DrawFn) -> str:
    born = draw(st.dates(min_value=date(1930, 1, 1), max_value=date(2020, 1, 1)))
    head = f"110105{born:%Y%m%d}{draw(st.integers(0, 999)):03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(d) * w for d, w in zip(head, weights, strict=True))
    return head + "10X98765432"[total % 11]


@st.composite
def cards(draw: st.DrawFn) -> str:
    head = draw(st.from_regex(r"[3-6][0-9]{14}", fullmatch=True))
    check = next(d for d in string.digits if passes_luhn(head + d))
    digits = head + check
    parts = [digits[n : n + 4] for n in range(0, 16, 4)]
    return draw(st.sampled_from(["", " ", "-"])).join(parts)


plates = st.builds(
    lambda where, letter, dot, rest: f"{where}{letter}{dot}{rest}",
    st.sampled_from("京沪粤苏川"),
    st.sampled_from("ABCDE"),
    st.sampled_from(["", "·", " "]),
    st.from_regex(r"[0-9]{3}[A-HJ-NP-Z][0-9]|D[0-9]{5}", fullmatch=True),
)
vins = st.from_regex(r"LSV[A-HJ-NPR-Z]{2}[0-9]{4}[A-HJ-NPR-Z][0-9]{7}", fullmatch=True)
emails = st.builds(
    lambda name, host: f"{name}@{host}.com",
    st.from_regex(r"[a-z][a-z0-9._]{0,10}[a-z]", fullmatch=True),
    st.from_regex(r"[a-z]{2,10}", fullmatch=True),
)
personal = st.one_of(chinese_phones(), identity_numbers(), cards(), plates, vins, emails)


def half(text: str) -> str:
    return text.translate({code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)})


@given(before=ordinary, left=gaps, value=personal, right=gaps, after=ordinary)
def test_nothing_planted_survives(
    before: str, left: str, value: str, right: str, after: str
) -> None:
    text = f"{before}。{left}{value}{right}。{after}"
    left_over = half(redact(text))
    assert half(value) not in left_over
    digits = re.sub(r"\D", "", half(value))
    assert len(digits) < 6 or digits not in re.sub(r"[ .-]", "", left_over)


@given(text=ordinary)
def test_ordinary_words_prices_and_dates_stay(text: str) -> None:
    assert redact(text) == text


@given(
    amount=st.integers(0, 9_999_999), unit=st.sampled_from(["元", "公里", " km", "万", "%", " RMB"])
)
def test_amounts_stay(amount: int, unit: str) -> None:
    for written in (f"花了{amount}{unit}", f"paid {amount:,}{unit}", f"{amount / 100:.2f}{unit}"):
        assert redact(written) == written


@given(before=ordinary, value=personal, after=ordinary)
def test_a_redacted_text_is_left_alone(before: str, value: str, after: str) -> None:
    once = redact(f"{before} {value} {after}")
    assert redact(once) == once


@given(text=st.text())
def test_any_text_is_taken(text: str) -> None:
    assert isinstance(redact(text), str)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("请打19900001234找王先生", "请打［电话］找王先生"),
        ("call +44 7700 900123 now", "call [phone] now"),
        ("ring (202) 555-0123", "ring [phone]"),
        ("厂家电话（400-650-0000）补件", "厂家电话（［电话］）补件"),
        ("score 0.9528000354766846", "score 0.9528000354766846"),
        ("手机号是 88886666", "手机号是 ［电话］"),
        ("幺九九零零零零一二三四", "［电话］"),
        ("微信号 wx_abc123", "微信号 ［账号］"),
        ("京A12345的车主", "［车牌］的车主"),
        ("mail a.b+c@example.co.uk", "mail [e-mail]"),
    ],
)
def test_each_kind_becomes_its_word(text: str, left: str) -> None:
    assert redact(text) == left


def test_the_language_of_the_words_can_be_chosen() -> None:
    assert redact("打19900001234", "en") == "打[phone]"


def test_an_identity_number_has_a_checksum_or_a_birthday() -> None:
    assert is_identity_number("11010519491231002X")
    assert not is_identity_number("99999999999999999")
    assert not is_identity_number("110105194913320020")
