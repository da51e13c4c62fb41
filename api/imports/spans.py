"""Half-open ranges of dates with a value each: what was true from when to before when.

Pure. A later statement about a range replaces what was known of it and leaves the rest.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Generic, TypeVar

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Span(Generic[Value]):
    """``value`` holds from ``start`` to before ``end``; without ``end`` it still holds."""

    start: date
    end: date | None
    value: Value

    def overlaps(self, other: "Span[Value]") -> bool:
        """Whether the two share a day."""
        return _before(self.start, other.end) and _before(other.start, self.end)

    def holds_on(self, day: date) -> bool:
        """Whether ``day`` lies in the range."""
        return self.start <= day and _before(day, self.end)


def overlay(known: Iterable[Span[Value]], stated: Sequence[Span[Value]]) -> list[Span[Value]]:
    """``known`` with what is ``stated`` laid over it, equal neighbours joined."""
    spans = list(known)
    for new in stated:
        spans = [piece for old in spans for piece in _without(old, new)]
        spans.append(new)
    return joined(spans)


def joined(spans: Iterable[Span[Value]]) -> list[Span[Value]]:
    """The ranges in order, with neighbours of the same value made one."""
    result: list[Span[Value]] = []
    for span in sorted(spans, key=lambda item: item.start):
        last = result[-1] if result else None
        if last is not None and last.end == span.start and last.value == span.value:
            result[-1] = replace(last, end=span.end)
        else:
            result.append(span)
    return result


def on_day(spans: Iterable[Span[Value]], day: date) -> Span[Value] | None:
    """The range that ``day`` lies in."""
    return next((span for span in spans if span.holds_on(day)), None)


def _without(old: Span[Value], new: Span[Value]) -> list[Span[Value]]:
    if not old.overlaps(new):
        return [old]
    pieces: list[Span[Value]] = []
    if old.start < new.start:
        pieces.append(replace(old, end=new.start))
    if new.end is not None and _before(new.end, old.end):
        pieces.append(replace(old, start=new.end))
    return pieces


def _before(day: date, end: date | None) -> bool:
    return end is None or day < end
