"""Which rules a customer's answer meets: rules and answers in, one finding out.

Pure: knows neither tables nor time. One answer is one cause, however many rules it meets; the
gravest rule leads and the others are named with it.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from uuid import UUID

from api.tickets.loop import (
    AlertRule,
    AllOf,
    AnyOf,
    Condition,
    SaysWord,
    ScoreFell,
    ScoreIs,
    TierIs,
    WantsCall,
    leaves,
)


@dataclass(frozen=True, slots=True)
class Given:
    """The answer to one question; ``value`` is on the scale of its metric."""

    question: str
    metric: str | None = None
    value: int | None = None
    choices: tuple[str, ...] = ()
    text: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Answered:
    """A response as the rules look at it.

    ``earlier`` holds, by metric, what the same person said the time before; ``tier`` is the
    customer's value tier.
    """

    response_id: UUID
    touchpoint: str
    answers: tuple[Given, ...]
    earlier: Mapping[str, int] = field(default_factory=dict)
    tier: str | None = None

    def score(self, metric: str) -> int | None:
        """What was answered on a metric."""
        said = (one.value for one in self.answers if one.metric == metric)
        return next((value for value in said if value is not None), None)


@dataclass(frozen=True, slots=True)
class Finding:
    """An answer that somebody has to know of.

    ``rule`` leads; ``rules`` are the codes of all that were met. ``metric`` and ``score`` are those
    that the leading rule looked at, else the answer's first score. ``words`` are words of the
    rules, never the customer's own.
    """

    rule: AlertRule
    rules: tuple[str, ...]
    metric: str | None
    score: int | None
    words: tuple[str, ...]

    @property
    def severity(self) -> int:
        """1 low, 2 high, 3 urgent."""
        return self.rule.severity


def find(rules: Iterable[AlertRule], answered: Answered) -> Finding | None:
    """What an answer is to be told as; None when it meets no rule of kind ``answer``."""
    met = [rule for rule in rules if rule.kind == "answer" and meets_rule(rule, answered)]
    if not met:
        return None
    # Of equal gravity what opens a ticket leads, and a complaint before a wish.
    leading = min(met, key=lambda one: (-one.severity, not one.ticket, one.wish))
    metric = _metric_of(leading, answered)
    return Finding(
        rule=leading,
        rules=tuple(rule.code for rule in met),
        metric=metric,
        score=None if metric is None else answered.score(metric),
        words=tuple(dict.fromkeys(word for rule in met for word in _said(rule, answered))),
    )


def meets_rule(rule: AlertRule, answered: Answered) -> bool:
    """Whether an answer of the rule's touchpoints meets its condition."""
    here = rule.touchpoints is None or answered.touchpoint in rule.touchpoints
    return here and rule.when is not None and meets(rule.when, answered)


def meets(condition: Condition, answered: Answered) -> bool:
    """Whether a condition holds; what was not answered meets nothing."""
    match condition:
        case AllOf(conditions):
            return all(meets(one, answered) for one in conditions)
        case AnyOf(conditions):
            return any(meets(one, answered) for one in conditions)
        case _:
            return _meets_one(condition, answered)


def metrics_fallen(rules: Iterable[AlertRule]) -> frozenset[str]:
    """Metrics of which the rules want to know what the person said before."""
    conditions = (one for rule in rules if rule.when is not None for one in leaves(rule.when))
    return frozenset(one.metric for one in conditions if isinstance(one, ScoreFell))


def says(text: str, word: str) -> bool:
    """Whether a word stands in a text, whatever its case and width.

    A word in Latin letters has to stand alone ("fire" is not in "fired"); Chinese has no spaces.
    """
    return _pattern(word).search(_folded(text)) is not None


def _meets_one(
    condition: ScoreIs | ScoreFell | SaysWord | TierIs | WantsCall, answered: Answered
) -> bool:
    match condition:
        case ScoreIs(metric, at_most, at_least):
            return _within(answered.score(metric), at_most, at_least)
        case ScoreFell(metric, points):
            before, said = answered.earlier.get(metric), answered.score(metric)
            return before is not None and said is not None and before - said >= points
        case SaysWord(words):
            return any(_said_words(words, answered))
        case TierIs(values):
            return answered.tier in values
        case WantsCall(question, values):
            asked = (one for one in answered.answers if one.question == question)
            return any(_chosen(one) & values for one in asked)


def _within(value: int | None, at_most: float | None, at_least: float | None) -> bool:
    if value is None:
        return False
    return (at_most is None or value <= at_most) and (at_least is None or value >= at_least)


def _chosen(given: Given) -> frozenset[str]:
    """The options chosen, or the value as it would be written in the rules."""
    return frozenset(given.choices) | ({str(given.value)} if given.value is not None else set())


def _said(rule: AlertRule, answered: Answered) -> Iterator[str]:
    for one in leaves(rule.when) if rule.when is not None else ():
        if isinstance(one, SaysWord):
            yield from _said_words(one.words, answered)


def _said_words(words: Iterable[str], answered: Answered) -> Iterator[str]:
    texts = [one.text for one in answered.answers if one.text]
    return (word for word in words if any(says(text, word) for text in texts))


def _metric_of(rule: AlertRule, answered: Answered) -> str | None:
    """The metric that the rule looked at, else the first that was answered."""
    looked_at = [
        one.metric
        for one in (leaves(rule.when) if rule.when is not None else ())
        if isinstance(one, ScoreIs | ScoreFell) and meets(one, answered)
    ]
    scored = [one.metric for one in answered.answers if one.metric and one.value is not None]
    return next(iter([*looked_at, *scored]), None)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


@lru_cache(maxsize=4096)
def _pattern(word: str) -> re.Pattern[str]:
    folded = _folded(word)
    before = r"(?<![a-z0-9])" if folded[:1].isascii() and folded[:1].isalnum() else ""
    after = r"(?![a-z0-9])" if folded[-1:].isascii() and folded[-1:].isalnum() else ""
    return re.compile(before + re.escape(folded) + after)
