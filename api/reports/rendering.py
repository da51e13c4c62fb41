"""The weekly ranking as a letter: HTML, text and a short message from the same values.

The HTML is of tables with inline styles, 600 pixels wide, so that Outlook shows it as phones do;
what a mail program leaves out of the head (dark colours, narrow screens, print) is not missed.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from api.core.languages import Language, say
from api.insights.periods import Period
from api.reports.ranking_rows import Step
from api.reports.weekly import WeeklyRanking
from scoring.tiers import DEFAULT_THRESHOLDS

BAR = 92  # pixels, from an NPS of -100 to 100
MOST_BARS = 60  # rows; above, a mail program would soon cut the letter off (100 kB)


@dataclass(frozen=True)
class Letter:
    """A message to one person; ``short`` is for ways that take a few lines only."""

    subject: str
    text: str
    html: str
    short: str


def render(ranking: WeeklyRanking, language: Language, links: dict[str, str]) -> Letter:
    """The letter about ``ranking``; ``links`` open what it tells of in the dashboard."""
    name = ranking.unit.name(language)

    def words(key: str, **params: Any) -> str:
        return say(f"reports.{key}", language, **params)

    def told(step: Step) -> str:
        return step_words(step, language)

    values = {
        "ranking": ranking,
        "name": name,
        "language": language,
        "links": links,
        "words": words,
        "told": told,
        "movers_note": lambda: movers_note(ranking, language),
        "number": signed,
        "days": lambda period: days(period, language),
        "day": lambda on: day_text(on, language),
        "month": lambda on: month_text(on, language),
        "place": place,
        "bars": len(ranking.ranked) <= MOST_BARS,
        "least": DEFAULT_THRESHOLDS.rank,
    }
    subject = words("subject", unit=name, week=days(ranking.week, language))
    return Letter(
        subject=subject,
        text=_templates().get_template("weekly.txt").render(values),
        html=_templates().get_template("weekly.html").render(values).strip() + "\n",
        short="\n".join(
            [words("short", title=subject, first=told(ranking.steps[0])), links["league"]]
        ),
    )


def movers_note(ranking: WeeklyRanking, language: Language) -> str:
    """Why so few branches are said to have moved, when the table says it of more."""
    key = "reports.movers_why" if ranking.movers else "reports.no_movers"
    note = say(key, language, compared=ranking.compared)
    alone = ranking.beyond_noise - len(ranking.movers)
    return note if alone <= 0 else f"{note} {say('reports.alone', language, alone=alone)}"


def step_words(step: Step, language: Language) -> str:
    """One thing to do, as a sentence."""
    counts = step.kind in ("overdue", "nearly")
    number = step.number if counts else signed(step.number)
    if step.kind == "warning":
        number = signed(step.number).lstrip("+")
    return say(f"reports.step.{step.kind}", language, unit=step.unit_name, number=number)


def signed(value: float | None) -> str:
    """A score or change as people read it: a whole number with its sign, a real minus."""
    if value is None:
        return "–"
    rounded = int(Decimal(value).quantize(Decimal(1), ROUND_HALF_UP))  # as pages round
    return f"+{rounded}" if rounded > 0 else str(rounded).replace("-", "−")


def place(value: float) -> int:
    """Where an NPS lies on a bar from −100 to 100, in pixels."""
    return round((max(-100.0, min(100.0, value)) + 100) / 200 * BAR)


def day_text(on: date, language: Language) -> str:
    """A date in the language's way."""
    return f"{on.month}月{on.day}日" if language == "zh" else f"{on.day} {on:%b}"


def month_text(on: date, language: Language) -> str:
    """A month in the language's way."""
    return f"{on.year}年{on.month}月" if language == "zh" else f"{on:%B %Y}"


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
