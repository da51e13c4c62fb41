"""What happened to a ticket, step by step, in words."""

from collections.abc import Sequence
from dataclasses import dataclass

from api.tickets.service import Step
from dashboard.data.board import state_text
from dashboard.data.sitting import Sitting
from dashboard.data.times import moment_text

# Kinds of steps that have words of their own.
_KINDS = (
    *("opened", "state", "note", "owner", "moved", "cause", "revealed", "dialled", "file"),
    *("escalated", "asked", "not_asked", "customer", "clock", "not_dialled", "again", "graver"),
)


@dataclass(frozen=True)
class StepLine:
    """One step: what, when, by whom, and the words that somebody left."""

    words: str
    when: str
    who: str
    note: str
    kind: str


def step_lines(sitting: Sitting, steps: Sequence[Step]) -> list[StepLine]:
    """The steps, the newest first."""
    ordered = sorted(steps, key=lambda one: one.at, reverse=True)
    return [
        StepLine(
            words=_words(sitting, one),
            when=moment_text(sitting, one.at),
            who=one.by or sitting.say("ticket.system"),
            note=one.note or "",
            kind=one.kind,
        )
        for one in ordered
    ]


def _words(sitting: Sitting, one: Step) -> str:
    say = sitting.say
    if one.to_state is not None and one.kind not in ("opened", "moved"):
        return say("ticket.step.state", state=state_text(sitting, one.to_state))
    return say(f"ticket.step.{one.kind if one.kind in _KINDS else 'other'}")
