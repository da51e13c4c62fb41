"""The way from a branch's answers to its fair score, one step in words at a time.

Pure: figures and words in, steps out. Adds nothing up but where a step begins and ends.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from api.core.languages import catalogue
from dashboard.data.words import Words
from dashboard.numbers import Metric, count, percent

SHOWN_LEVELS = 6  # of what moves an adjusted score; the rest is one step
_SMALLEST = 0.0005  # of the scale: less is not told on its own


Range = tuple[float | None, float | None]
Names = Mapping[tuple[str, str], str]  # of levels that have no words in the catalogue


@dataclass(frozen=True)
class Step:
    """One line on the way from answers to the fair score.

    ``kind`` is ``total`` (a score) or ``step`` (what is added to it); a step is drawn from
    ``start`` to ``end``, a total at ``end`` within its 95 % range. ``code`` names it for tests.
    """

    code: str
    kind: str
    name: str
    words: str
    value: str
    start: float | None
    end: float | None
    tone: str = ""
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Way:
    """The figures of the way, in units of the metric; None where a step does not exist."""

    n: int | None
    raw: float
    adjusted: float | None
    mix: list[Mapping[str, Any]]
    shrunk: float | None
    own_weight: float | None
    mean: float | None
    raw_range: Range = (None, None)
    adjusted_range: Range = (None, None)
    names: Names = field(default_factory=dict)


def steps_of(way: Way, metric: Metric, say: Words, *, own: bool, unadjusted: str) -> list[Step]:
    """Every step in its order; ``unadjusted`` says why nothing was adjusted."""
    whose = "own" if own else "theirs"
    low, high = metric.range_texts(*way.raw_range)
    raw = say(f"why.raw.{whose}", n=count(way.n), low=low, high=high)
    steps = [_total("raw", way.raw, raw, metric, say, way.raw_range)]
    if way.adjusted is None:
        steps.append(Step("unadjusted", "note", say("why.step.unadjusted"), unadjusted, "", None,
                          None))  # fmt: skip
    else:
        steps += _levels(way, metric, say, whose)
        words = say("why.total.adjusted")
        steps.append(_total("adjusted", way.adjusted, words, metric, say, way.adjusted_range))
    if way.shrunk is not None:
        steps.append(_shrinking(way, metric, say, whose))
        steps.append(_total("shrunk", way.shrunk, say("why.total.shrunk"), metric, say))
    return steps


def _total(  # noqa: PLR0917
    code: str,
    value: float,
    words: str,
    metric: Metric,
    say: Words,
    between: Range = (None, None),
) -> Step:
    low, high = between
    name, text = say(f"why.step.{code}"), metric.finely(value)
    return Step(code, "total", name, words, text, None, value, low=low, high=high)


def _levels(way: Way, metric: Metric, say: Words, whose: str) -> Iterable[Step]:
    """What each kind of customer, channel or touchpoint adds, the largest first."""
    ordered = sorted(way.mix, key=lambda one: -abs(one["points"]))
    least = _SMALLEST * (metric.high - metric.low)
    told = [one for one in ordered[:SHOWN_LEVELS] if abs(one["points"]) >= least]
    at = way.raw
    for one in told:
        yield _step(
            f"{one['adjuster']}:{one['level']}",
            adjuster_name(say, one["adjuster"], one["level"], way.names),
            because(one, say, whose, way.names),
            (at, one["points"]),
            metric,
        )
        at += one["points"]
    assert way.adjusted is not None
    rest = way.adjusted - at
    if len(told) < len(ordered) and abs(rest) >= least / 5:
        yield _step(
            "rest", say("why.step.rest"), say("why.rest", n=len(ordered) - len(told)), (at, rest),
            metric
        )  # fmt: skip


def _step(code: str, name: str, words: str, moved: tuple[float, float], metric: Metric) -> Step:
    start, points = moved
    tone = "bp-up" if points > 0 else "bp-down"
    return Step(
        code, "step", name, words, metric.finely_signed(points), start, start + points, tone
    )


def because(part: Mapping[str, Any], say: Words, whose: str, names: Names) -> str:
    """Why a level moves the score: how many of the answers are of it, and how many usually are."""
    key = f"why.because.{part['adjuster']}.{whose}"
    known = key in catalogue(say.language)
    return say(
        key if known else f"why.because.other.{whose}",
        share=percent(part["share"]),
        usual=percent(part["usual"]),
        level=level_name(say, part["adjuster"], part["level"], names),
    )


def _shrinking(way: Way, metric: Metric, say: Words, whose: str) -> Step:
    assert way.shrunk is not None
    start = way.raw if way.adjusted is None else way.adjusted
    words = say(
        f"why.shrinking.{whose}",
        n=count(way.n),
        own=percent(way.own_weight),
        rest=percent(None if way.own_weight is None else 1 - way.own_weight),
        mean=metric.finely(way.mean),
    )
    return _step("shrinking", say("why.step.shrinking"), words, (start, way.shrunk - start), metric)


def level_name(say: Words, adjuster: str, level: str, names: Names) -> str:
    """A channel, language or segment as one says it; what has no words keeps its code."""
    key = f"why.level.{adjuster}.{level}"
    return say(key) if key in catalogue(say.language) else names.get((adjuster, level), level)


def adjuster_name(say: Words, adjuster: str, level: str, names: Names) -> str:
    """What is adjusted for, with its level: "Channel: phone"."""
    key = f"why.adjuster.{adjuster}"
    name = say(key) if key in catalogue(say.language) else adjuster
    shown = level_name(say, adjuster, level, names)
    return say("why.adjuster_level", adjuster=name, level=shown)
