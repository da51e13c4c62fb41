"""What a rule set did in a replay: messages, people, segments, branches, reasons. Pure."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from api.invitations.facts import DueEvent
from api.invitations.service import Decided
from scheduler.planner import Hold
from scheduler.planner.explain import kind_of

UNSEGMENTED = ""


class Sent(NamedTuple):
    """A message that was planned."""

    at: datetime
    day: date
    channel: str
    touchpoint: str
    branch: int
    segment: str
    person: UUID | None


@dataclass(slots=True)
class Tally:
    """The counts of one side; a message that still may give way is not counted yet."""

    zone: ZoneInfo
    pending: dict[UUID, Sent] = field(default_factory=dict)
    volume: Counter[tuple[date, str, str, str]] = field(default_factory=Counter)
    places: Counter[int] = field(default_factory=Counter)  # events
    branches: Counter[tuple[int, str]] = field(default_factory=Counter)
    segments: Counter[str] = field(default_factory=Counter)  # events
    asked: Counter[str] = field(default_factory=Counter)
    people: Counter[UUID] = field(default_factory=Counter)
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)
    segment_of: dict[UUID, str] = field(default_factory=dict)

    def note(self, event: DueEvent, decided: Decided, segment: str) -> None:
        """Counts one decision; what is held is counted when it ends."""
        for past in decided.outranked:
            if self.pending.pop(past.id, None) is not None:
                self.reasons["send", "passed"] -= 1
                self.reasons["drop", "outranked"] += 1
        if not event.held:
            self.segments[segment] += 1
            self.places[event.branch_id] += 1
        if event.person_id is not None:
            self.segment_of[event.person_id] = segment
        decision, row = decided.decision, decided.invitation
        if isinstance(decision, Hold):
            return
        self.reasons[kind_of(decision), decision.reason.value] += 1
        if row is not None:
            day = row.planned_at.astimezone(self.zone).date()
            self.pending[row.id] = Sent(
                row.planned_at,
                day,
                row.channel,
                event.touchpoint,
                row.branch_id,
                row.segment,
                row.person_id,
            )

    def fold(self, before: datetime | None = None) -> None:
        """Counts the messages that went before a moment; without one, all of them."""
        gone = [one for one, sent in self.pending.items() if before is None or sent.at < before]
        for one in gone:
            sent = self.pending.pop(one)
            self.volume[sent.day, sent.channel, sent.touchpoint, sent.segment] += 1
            self.branches[sent.branch, sent.channel] += 1
            self.asked[sent.segment] += 1
            if sent.person is not None:
                self.people[sent.person] += 1
