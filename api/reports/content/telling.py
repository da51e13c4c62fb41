"""Says values of a report in a language: words of the catalogue `files`, numbers as people read.

Pure. A number is rounded as pages round it; a workbook takes the number itself.
"""

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from api.core.languages import Language, say
from api.insights.periods import Period
from api.reports.content.blocks import Amount, Names, Said, Value
from api.security.hierarchy import Node

UNKNOWN = "–"


def tell(value: Value, language: Language) -> str:
    """The value as text."""
    match value:
        case Said():
            text = said(value, language)
        case Amount():
            text = amount_text(value, language)
        case Node():
            text = value.name(language)
        case Names():
            text = value.en if language == "en" else value.zh
        case Period():
            text = days_text(value, language)
        case date():
            text = day_text(value, language)
        case int():
            text = f"{value:,}"
        case _:
            text = UNKNOWN if value is None else value
    return text


def said(words: Said, language: Language) -> str:
    """The words, with their values put in; a key with a slash before it names its own catalogue."""
    values = {name: tell(value, language) for name, value in words.values.items()}
    key = words.key[1:] if words.key.startswith("/") else f"files.{words.key}"
    return say(key, language, **values)


def amount_text(amount: Amount, language: Language) -> str:
    """A number as pages round it: scores whole, shares in percent, changes with their sign."""
    if amount.value is None:
        return UNKNOWN
    if amount.kind == "count":
        return f"{amount.value:,.0f}"
    if amount.kind == "share":
        return _rounded(100 * amount.value, 0) + (
            "%" if language == "zh" else "\N{NO-BREAK SPACE}%"
        )
    if amount.kind == "hours":
        return _rounded(amount.value, 1)
    rounded = _rounded(amount.value, 1 if amount.kind in ("mark", "shift") else 0)
    text = rounded.replace("-", "−")
    return f"+{text}" if amount.kind in ("points", "shift") and float(rounded) > 0 else text


def _rounded(value: float, places: int) -> str:
    found = Decimal(value).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    return f"{abs(found) if found == 0 else found}"


def day_text(on: date, language: Language) -> str:
    """A date in the language's way."""
    if language == "zh":
        return f"{on.year}年{on.month}月{on.day}日"
    return f"{on.day} {on:%b} {on.year}"


def days_text(period: Period, language: Language) -> str:
    """A period by its first and last day."""
    last = period.end - timedelta(days=1)
    return f"{day_text(period.start, language)} – {day_text(last, language)}"


def text_width(text: str) -> int:
    """How wide a text is in letters; a Chinese sign takes two."""
    return sum(2 if sign > "\u2e80" else 1 for sign in text)
