"""Clocks and lengths of time as a sentence for people: how long is left, or how late it is."""

from datetime import datetime

from dashboard.data.sitting import Sitting
from dashboard.data.words import Words

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


def length_text(say: Words, seconds: float) -> str:
    """A length of time in its largest unit that is worth telling: minutes, hours or days."""
    whole = abs(int(seconds))
    if whole < _HOUR:
        return say("board.minutes", n=max(1, whole // _MINUTE))
    if whole < 2 * _DAY:
        return say("board.hours" if whole >= 2 * _HOUR else "board.hour", n=whole // _HOUR)
    return say("board.days", n=whole // _DAY)


def due_text(sitting: Sitting, due_at: datetime) -> str:
    """How long is left until then, or since when it is over, as the clock on the wall counts."""
    left = (due_at - sitting.now).total_seconds()
    key = "board.late_by" if left < 0 else "board.due_in"
    return sitting.say(key, time=length_text(sitting.say, left))
