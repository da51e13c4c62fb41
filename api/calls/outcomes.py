"""What an outcome makes of a call: pure.

Who was not reached is tried again, with growing pauses and not without end. An appointment keeps
the number of tries; everything else ends the call.
"""

from datetime import datetime, timedelta
from typing import Literal

from api.calls.errors import NoSuchMoment
from api.calls.repository import Settled, TaskRow

Outcome = Literal[
    "answered", "appointment", "no_answer", "busy", "wrong_number", "refused", "opted_out"
]
NOT_REACHED = ("no_answer", "busy")
_MINUTES = {
    "no_answer": (120, 360, 1440, 2880),
    "busy": (15, 60, 240, 1440),
}
MOST_TRIES = 5
UNDELIVERED = {"wrong_number": "wrong_number", "gone": "not_reached"}


def became(
    task: TaskRow, outcome: Outcome, appointment_at: datetime | None, now: datetime
) -> Settled:
    """What becomes of ``task``; raises NoSuchMoment for an appointment that cannot be kept."""
    if outcome == "appointment":
        if appointment_at is None or not now < appointment_at < task.call_before:
            raise NoSuchMoment(
                fields=[{"field": "appointment_at", "message": "in the future, before call_before"}]
            )
        return Settled("waiting", outcome, task.tries, appointment_at, appointment=True)
    if outcome in NOT_REACHED:
        return _again(task, outcome, now)
    return Settled("done", outcome, task.tries + 1)


def _again(task: TaskRow, outcome: str, now: datetime) -> Settled:
    tries = task.tries + 1
    if tries < MOST_TRIES:
        at = now + timedelta(minutes=_MINUTES[outcome][tries - 1])
        if at < task.call_before:
            return Settled("waiting", outcome, tries, at)
    return Settled("gone", outcome, tries)
