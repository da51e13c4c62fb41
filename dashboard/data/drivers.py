"""What drives a metric, as the page shows it: `api.insights.drivers` put into words.

Computes no number.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from api.insights.drivers.matrix import Caution, DriverMatrix, DriverRow, Ends, Level
from api.insights.drivers.questions import LeftOut
from api.insights.drivers.service import drivers
from dashboard.address import Page
from dashboard.data.frame import Link
from dashboard.data.metrics import shown_metric
from dashboard.data.periods import days_text, shown_period
from dashboard.data.sitting import Sitting
from dashboard.figures.drivers import COLUMNS, MatrixWords
from dashboard.numbers import MINUS, UNKNOWN, count, percent
from scoring.resampling import FEWEST_CLUSTERS
from scoring.scales import scale_of

MOST_PRIORITIES = 3
_CORNERS = ("priority", "strength", "secondary", "sufficient")


@dataclass(frozen=True)
class Line:
    """One question in the table."""

    name: str
    weight: str
    weight_range: str
    rating: str
    rating_range: str
    network: str
    quadrant: str
    tone: str
    ends: str
    role: str
    cautions: list[str]


@dataclass(frozen=True)
class Priority:
    """What to work on, and why, in a sentence."""

    title: str
    words: str
    tone: str


@dataclass(frozen=True)
class DriversView:
    """The page; with ``problem`` there is nothing else but the sentence."""

    outcome: str
    levels: list[Link]
    problem: str | None = None
    priorities: tuple[Priority, ...] = ()
    strength: str | None = None
    points: pd.DataFrame | None = None
    matrix: MatrixWords | None = None
    lines: tuple[float, float] | None = None
    sentence: str = ""
    table: tuple[Line, ...] = ()
    ends_unit: str | None = None
    compared: bool = False  # with the network: the viewer does not look at all of it
    how: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    places: tuple[Link, ...] = ()  # touchpoints with more questions
    instead: Link | None = None  # what the people of one branch read


def drivers_view(sitting: Sitting) -> DriversView | None:
    """The drivers of the address's metric; None when nothing is measured yet."""
    metric = shown_metric(sitting)
    if metric is None:
        return None
    address = sitting.address
    level = Level.BETWEEN if address.between else Level.WITHIN
    found = drivers(
        sitting.session,
        sitting.viewer,
        metric.code,
        shown_period(sitting),
        unit=address.unit,
        touchpoint=address.touchpoint,
        level=level,
    )
    return _view(sitting, found)


def _view(sitting: Sitting, found: DriverMatrix) -> DriversView:
    say, outcome = sitting.say, found.outcome.name(sitting.language)
    view = DriversView(
        outcome=outcome,
        levels=_levels(sitting, found),
        left_out=_left_out(sitting, found),
        places=_places(sitting, found),
    )
    if found.problem is not None:
        words = say(
            f"drivers.problem.{found.problem}", needed=found.needed, answers=count(found.answers)
        )
        return replace(view, problem=words, instead=_instead(sitting))
    lines = _lines(found)
    sentence = "drivers.figure.sentence" if lines else "drivers.figure.sentence_plain"
    return replace(
        view,
        priorities=_priorities(sitting, found),
        strength=_strength(sitting, found),
        points=_points(sitting, found),
        matrix=MatrixWords(
            say("drivers.figure.x"),
            say("drivers.figure.y"),
            {corner: say(f"drivers.corner.{corner}") for corner in _CORNERS},
        ),
        lines=lines,
        sentence=say(sentence, outcome=outcome),
        table=tuple(_line(sitting, row, outcome) for row in found.rows),
        compared=any(_differs(row) for row in found.rows),
        ends_unit=_ends_unit(sitting, found, outcome),
        how=_how(sitting, found, outcome),
    )


def _instead(sitting: Sitting) -> Link | None:
    """One branch seldom has enough answers: its own page takes the weights of the network."""
    home = sitting.viewer.home
    if home is None or not home.is_branch or len(sitting.viewer.scope.branches) > 1:
        return None
    href = sitting.address.to(Page.IMPROVE, home.code).href
    return Link(sitting.say("drivers.instead"), href)


def _levels(sitting: Sitting, found: DriverMatrix) -> list[Link]:
    """Whom to compare; there is nothing to choose where there are few branches."""
    if found.branches < FEWEST_CLUSTERS and found.level is Level.WITHIN:
        return []
    return [
        Link(
            sitting.say(f"drivers.level.{one}"),
            sitting.address.with_(between=one is Level.BETWEEN).href,
            one is found.level,
        )
        for one in Level
    ]


def _lines(found: DriverMatrix) -> tuple[float, float] | None:
    if found.performance_line is None or found.importance_line is None:
        return None
    return found.performance_line, found.importance_line


def _priorities(sitting: Sitting, found: DriverMatrix) -> tuple[Priority, ...]:
    say, line = sitting.say, found.performance_line
    if line is None:
        return (Priority(say("drivers.priority.none_told"), say("drivers.priority.no_lines"), ""),)
    named = [row for row in found.rows if row.quadrant == "priority"][:MOST_PRIORITIES]
    if not named:
        words = say("drivers.priority.none"), say("drivers.priority.none_words")
        return (Priority(*words, ""),)
    return tuple(
        Priority(
            say("drivers.priority.one", driver=_name(sitting, row)),
            say(
                "drivers.priority.one_words",
                outcome=found.outcome.name(sitting.language),
                weight=percent(row.weight),
                score=_rating(row.performance.score),
                line=_rating(line),
            ),
            "bp-low",
        )
        for row in named
    )


def _strength(sitting: Sitting, found: DriverMatrix) -> str | None:
    names = [_name(sitting, row) for row in found.rows if row.quadrant == "strength"]
    return (
        sitting.say("drivers.priority.strength", drivers=_listed(sitting, names)) if names else None
    )


def _points(sitting: Sitting, found: DriverMatrix) -> pd.DataFrame:
    rows = []
    for row in found.rows:
        rating = row.performance
        if rating.score is None or rating.low is None or rating.high is None:
            continue
        name = _name(sitting, row)
        hover = sitting.say(
            "drivers.figure.hover",
            driver=name,
            weight=percent(row.weight),
            low=percent(row.low),
            high=percent(row.high),
            score=_rating(rating.score),
            from_=_rating(rating.low),
            to=_rating(rating.high),
        )
        numbers = (row.weight, row.low, row.high, rating.score, rating.low, rating.high)
        rows.append((name, *numbers, row.quadrant or "", hover))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _line(sitting: Sitting, row: DriverRow, outcome: str) -> Line:
    say, rating, ends = sitting.say, row.performance, row.ends
    tones = {"priority": "bp-down", "strength": "bp-up"}
    unclear = "result" if Caution.RESULT in row.cautions else "unclear"
    return Line(
        name=_name(sitting, row),
        weight=percent(row.weight),
        weight_range=f"{percent(row.low)} – {percent(row.high)}",
        rating=_rating(rating.score),
        rating_range=f"{_rating(rating.low)} – {_rating(rating.high)}",
        network=_rating(row.network_performance),
        quadrant=say(f"drivers.quadrant.{row.quadrant or unclear}"),
        tone=tones.get(row.quadrant or "", ""),
        ends=_ends(sitting, ends) if ends is not None else "",
        role=say(f"drivers.role.{ends.role}") if ends is not None and ends.role else "",
        cautions=[say(f"drivers.caution.{one}", outcome=outcome) for one in row.cautions],
    )


def _differs(row: DriverRow) -> bool:
    usual = row.network_performance
    return usual is not None and usual != row.performance.score


def _ends(sitting: Sitting, ends: Ends) -> str:
    return sitting.say(
        "drivers.ends.points", penalty=_signed(ends.penalty), reward=_signed(ends.reward)
    )


def _ends_unit(sitting: Sitting, found: DriverMatrix, outcome: str) -> str | None:
    if not any(row.ends for row in found.rows):
        return None
    values = scale_of(found.outcome.declared_scale).values
    return sitting.say("drivers.ends.unit", outcome=outcome, low=values[0], high=values[-1])


def _how(sitting: Sitting, found: DriverMatrix, outcome: str) -> tuple[str, ...]:
    say = sitting.say
    answered = say(
        f"drivers.how.{found.level}",
        answers=count(found.answers),
        branches=count(found.branches),
        months=days_text(say, found.months),
    )
    explained = say(
        "drivers.how.explained",
        outcome=outcome,
        explained=percent(found.explained),
        low=percent(found.explained_low),
        high=percent(found.explained_high),
    )
    ranges = say(f"drivers.how.{found.resampled}", clusters=count(found.clusters))
    return answered, explained, ranges, say("drivers.how.effect", outcome=outcome)


def _left_out(sitting: Sitting, found: DriverMatrix) -> tuple[str, ...]:
    told = []
    outcome = found.outcome.name(sitting.language)
    for reason in LeftOut:
        named = [info.name(sitting.language) for info, why in found.left_out if why is reason]
        if named:
            words = {"drivers": _listed(sitting, named), "outcome": outcome}
            told.append(sitting.say(f"drivers.left_out.{reason}", **words))
    return tuple(told)


def _places(sitting: Sitting, found: DriverMatrix) -> tuple[Link, ...]:
    """Touchpoints to choose from, where some questions are asked at some of them only."""
    if not any(why is LeftOut.ELSEWHERE for _, why in found.left_out):
        return ()
    return tuple(
        Link(
            row.name_en if sitting.language == "en" else row.name_zh,
            sitting.address.with_(touchpoint=row.code).href,
        )
        for row in sitting.touchpoints
        if row.id in found.touchpoints
    )


def _listed(sitting: Sitting, names: Sequence[str]) -> str:
    return sitting.say("drivers.between_names").join(names)


def _name(sitting: Sitting, row: DriverRow) -> str:
    return row.metric.name(sitting.language)


def _rating(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:.0f}"


def _signed(value: float) -> str:
    size = f"{abs(value):.1f}"
    if float(size) == 0:
        return f"\u00b1{size}"
    return ("+" if value > 0 else MINUS) + size
