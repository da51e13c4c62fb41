"""Takes personal details out of free text before it is stored.

Phone numbers, identity numbers, number plates, VINs, bank cards, e-mail addresses and chat names
become a word for their kind, in the language of the text. Prices, dates, mileages and model names
stay. Pure.
"""

import re
from collections.abc import Iterator
from datetime import date

import phonenumbers

from api.core.languages import Language, say

_Span = tuple[int, int, str]

# Full-width forms and the characters people use to split or disguise numbers, one for one.
_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_HALF_WIDTH = {**_WIDE, 0x3000: 0x20, 0xB7: 0x2E, 0x2022: 0x2E, 0x2013: 0x2D, 0x2014: 0x2D}
_SPOKEN = str.maketrans("零〇一二三四五六七八九幺", "0012345678" + "91")

_EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_VIN = re.compile(
    r"(?<![0-9A-Za-z])(?=[0-9A-Za-z]*[A-HJ-NPR-Za-hj-npr-z])(?=(?:[A-Za-z]*[0-9]){5})"
    r"[A-HJ-NPR-Za-hj-npr-z0-9]{17}(?![0-9A-Za-z])"
)
_PLATE = re.compile(
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-HJ-NP-Za-hj-np-z][ .-]?"
    r"(?:(?=(?:[A-Za-z]*[0-9]){3})[A-HJ-NP-Za-hj-np-z0-9]{4}[A-HJ-NP-Za-hj-np-z0-9挂学警港澳]"
    r"|[DFdf][A-HJ-NP-Za-hj-np-z0-9][0-9]{4}|[0-9]{5}[DFdf])(?![0-9A-Za-z])"
)
_LONG = re.compile(r"(?<![0-9A-Za-z.])[0-9](?:[ -]?[0-9]){11,21}[ -]?[0-9Xx]?(?![0-9A-Za-z])")
_PHONES = (
    re.compile(r"(?<![0-9])(?:(?:\+|00)?86[ -]?)?1[3-9](?:[ .-]?[0-9]){9}(?![0-9])"),
    re.compile(r"(?<![0-9])\+[0-9](?:[ .()-]{0,2}[0-9]){6,14}(?![0-9])"),
    re.compile(r"(?<![0-9.,])\(?0[1-9](?:[ )-]{0,2}[0-9]){7,10}(?![0-9])"),
    re.compile(
        r"(?<![0-9])(?:1[ .-])?\(?[2-9][0-9]{2}\)?[ .-]{1,2}[2-9][0-9]{2}[ .-][0-9]{4}(?![0-9])"
    ),
    re.compile(
        r"(?:电话|手机|号码|致电|联系|拨打|打给我?|短信|(?i:\b(?:tel|phone|mobile|call|cell|number)\b))"
        r"[^0-9\n\]］]{0,8}(?!(?:19|20)[0-9]{2}[-./年])"
        r"(?P<number>\+?[0-9](?:[ .-]?[0-9]){6,14})(?![0-9])"
    ),
)
_SPOKEN_PHONE = re.compile(r"[幺一][三四五六七八九](?:[ -]?[零〇一二三四五六七八九幺]){9}")
_CHAT = re.compile(
    r"(?:微信|(?i:\b(?:vx|wx|wechat|weixin|qq)))[号是:： ]{0,4}"
    r"(?P<name>(?=[A-Za-z_-]*[0-9])[A-Za-z0-9][A-Za-z0-9_-]{4,19})(?![0-9A-Za-z])"
)
_CJK = re.compile(r"[\u3400-\u9fff]")
_ENOUGH_DIGITS = 7


def redact(text: str, language: Language | None = None) -> str:
    """``text`` with personal details replaced; ``language`` is the text's own when not given."""
    plain = text.translate(_HALF_WIDTH)
    spans = _apart(_found(plain))
    if not spans:
        return text
    spoken: Language = language or ("zh" if _CJK.search(text) else "en")
    kept: list[str] = []
    place = 0
    for begin, end, kind in spans:
        opened = plain[begin] == "(" and ")" not in plain[begin:end]  # a bracket of the sentence
        start = begin + opened
        kept += [text[place:start], say(f"redaction.{kind}", spoken)]
        place = end
    return "".join([*kept, text[place:]])


def _found(plain: str) -> Iterator[_Span]:
    """Every span that may be personal, the surest kinds first."""
    for kind, pattern in (("email", _EMAIL), ("vin", _VIN), ("plate", _PLATE)):
        yield from ((*match.span(), kind) for match in pattern.finditer(plain))
    yield from _long_numbers(plain)
    yield from ((*match.span(), "phone") for match in _SPOKEN_PHONE.finditer(plain))
    for pattern in _PHONES:
        group = "number" if "number" in pattern.groupindex else 0
        yield from ((*match.span(group), "phone") for match in pattern.finditer(plain))
    yield from ((*match.span("name"), "chat") for match in _CHAT.finditer(plain))
    yield from _written_phones(plain)


def _long_numbers(plain: str) -> Iterator[_Span]:
    for match in _LONG.finditer(plain):
        digits = re.sub(r"[ -]", "", match.group())
        if is_identity_number(digits):
            yield (*match.span(), "identity")
        elif 13 <= len(digits) <= 19 and digits.isdigit() and passes_luhn(digits):
            yield (*match.span(), "card")


def _written_phones(plain: str) -> Iterator[_Span]:
    """What the numbering plans know, where it is written like a phone number."""
    if sum(sign.isdigit() for sign in plain) < _ENOUGH_DIGITS:
        return
    for match in phonenumbers.PhoneNumberMatcher(plain, "CN"):
        written = match.raw_string
        if written[:1] in "+(0" or re.search(r"[0-9][ -]+[0-9]", written):
            yield match.start, match.end, "phone"


def _apart(found: Iterator[_Span]) -> list[_Span]:
    """Spans in order, none overlapping: of two, the one found first."""
    taken: list[_Span] = []
    for start, end, kind in found:
        if all(end <= other[0] or start >= other[1] for other in taken):
            taken.append((start, end, kind))
    return sorted(taken)


_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def is_identity_number(value: str) -> bool:
    """True for a Chinese identity number: 18 signs or 15, with a birthday inside."""
    if len(value) == 15 and value.isdigit():
        return _is_birthday(f"19{value[6:12]}")
    if len(value) != 18 or not value[:17].isdigit():
        return False
    total = sum(int(sign) * weight for sign, weight in zip(value, _WEIGHTS, strict=False))
    checks = "10X98765432"[total % 11] == value[-1].upper()
    return checks or _is_birthday(value[6:14])


def _is_birthday(digits: str) -> bool:
    try:
        born = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    return 1900 <= born.year <= 2099


def passes_luhn(digits: str) -> bool:
    """True when the last digit checks the others, as on every bank card."""
    total = 0
    for place, sign in enumerate(reversed(digits)):
        value = int(sign) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0
