"""The weekly ranking as an e-mail: HTML and text from the same values, in one language."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from api.core.languages import Language, say
from api.insights.periods import Period
from api.reports.weekly import WeeklyRanking
from scoring.tiers import DEFAULT_THRESHOLDS


@dataclass(frozen=True)
class Letter:
    """A message to one person."""

    subject: str
    text: str
    html: str


def render(ranking: WeeklyRanking, language: Language, link: str) -> Letter:
    """The letter about ``ranking``; ``link`` opens the same table in the dashboard."""
    name = ranking.unit.name(language)

    def words(key: str, **params: Any) -> str:
        return say(f"reports.{key}", language, **params)

    values = {
        "ranking": ranking,
        "name": name,
        "language": language,
        "link": link,
        "words": words,
        "number": signed,
        "days": lambda period: days(period, language),
        "day": lambda on: day_text(on, language),
        "place": place,
        "least": DEFAULT_THRESHOLDS.rank,
    }
    return Letter(
        subject=words("subject", unit=name, week=days(ranking.week, language)),
        text=_templates().get_template("weekly.txt").render(values),
        html=_templates().get_template("weekly.html").render(values),
    )


def signed(value: float | None) -> str:
    """A score or change as people read it: a whole number with its sign, a real minus."""
    if value is None:
        return "–"
    rounded = int(Decimal(value).quantize(Decimal(1), ROUND_HALF_UP))  # as pages round
    return f"+{rounded}" if rounded > 0 else str(rounded).replace("-", "−")


def place(value: float) -> float:
    """Where an NPS lies on a line from −100 to 100, in percent."""
    return round((max(-100.0, min(100.0, value)) + 100) / 2, 1)


def day_text(on: date, language: Language) -> str:
    """A date in the language's way."""
    return f"{on.month}月{on.day}日" if language == "zh" else f"{on.day} {on:%b}"


def days(period: Period, language: Language) -> str:
    """A period by its first and last day."""
    last = period.end - timedelta(days=1)
    return f"{day_text(period.start, language)} – {day_text(last, language)}"


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("api.reports", "templates"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
