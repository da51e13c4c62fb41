"""How asking goes, as its page shows it: the way from events to answers, channels, what waits."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd

from api.insights.asking import Asking, Decided, Queue, asking
from api.insights.collection import Share, answer_share
from api.security.permissions import Permission
from dashboard.data.collection import Collection, collection_of
from dashboard.data.dead_letters import DeadLetters, dead_letters
from dashboard.data.periods import days_text, shown_period
from dashboard.data.rule_words import channel_word
from dashboard.data.sitting import Sitting
from dashboard.data.times import moment_text
from dashboard.figures.volume import COLUMNS

MOST_BARS = 45  # more days than this are shown week by week


@dataclass(frozen=True)
class Stage:
    """A step on the way to an answer, and its share of the step that it is measured by."""

    name: str
    number: int
    share: float | None
    of: str


@dataclass(frozen=True)
class Reason:
    """Why events were not asked about; ``held`` ones may still be."""

    words: str
    events: int
    share: float
    held: bool


@dataclass(frozen=True)
class Waiting:
    """One line of the queue."""

    name: str
    number: int
    when: str
    tone: str = ""


@dataclass(frozen=True)
class AskingView:
    """The page of how asking goes; ``unit`` None: everything the viewer sees."""

    unit: str | None
    period: str
    decided: Decided
    stages: list[Stage]
    rate: Share | None
    reasons: list[Reason]
    volume: pd.DataFrame
    by_week: bool
    queue: list[Waiting]
    dead: DeadLetters
    collection: Collection

    @property
    def is_empty(self) -> bool:
        """True when nothing happened in the period."""
        return self.decided.events == 0


def asking_view(sitting: Sitting) -> AskingView:
    """How asking goes for the unit and period that the address names."""
    viewer, address = sitting.viewer, sitting.address
    node = None if address.unit is None else viewer.require_unit_code(address.unit)
    viewer.require(Permission.VIEW_NETWORK, node.id if node else None)
    found = asking(
        sitting.session,
        viewer,
        shown_period(sitting),
        now=sitting.now,
        unit=address.unit,
        touchpoint=address.touchpoint,
    )
    volume, by_week = _volume(sitting, found)
    return AskingView(
        unit=node.name(sitting.language) if node else None,
        period=days_text(sitting.say, found.period),
        decided=found.decided,
        stages=_stages(sitting, found),
        rate=answer_share(found.asked.completed, found.asked.sent),
        reasons=_reasons(sitting, found.decided),
        volume=volume,
        by_week=by_week,
        queue=_queue(sitting, found.queue),
        dead=dead_letters(sitting),
        collection=collection_of(sitting, found, by_week=by_week),
    )


def _stages(sitting: Sitting, found: Asking) -> list[Stage]:
    """Each step with its share of the step before; the last ones of those that were sent."""
    decided, asked = found.decided, found.asked
    numbers = {
        "events": (decided.events, None),
        "eligible": (decided.send + decided.hold, "events"),
        "planned": (asked.planned, "events"),
        "sent": (asked.sent, "planned"),
        "delivered": (asked.delivered, "sent"),
        "opened": (asked.opened, "sent"),
        "answered": (asked.answered, "sent"),
        "completed": (asked.completed, "sent"),
    }
    return [
        Stage(
            sitting.say(f"asked.stage.{name}"),
            number,
            _share(number, numbers[base][0]) if base else None,
            sitting.say(f"asked.of.{base}") if base else "",
        )
        for name, (number, base) in numbers.items()
    ]


def _reasons(sitting: Sitting, decided: Decided) -> list[Reason]:
    return [
        Reason(
            sitting.say(f"asking.reason.{one.reason}"),
            one.events,
            one.events / decided.events,
            one.action == "hold",
        )
        for one in decided.reasons
    ]


def _volume(sitting: Sitting, found: Asking) -> tuple[pd.DataFrame, bool]:
    """Messages sent per day (of long periods: per week) and channel."""
    by_week = found.period.days > MOST_BARS
    rows = [
        (
            day.day - timedelta(days=day.day.weekday()) if by_week else day.day,
            channel_word(day.channel, sitting.say),
            day.sent,
            day.answered,
        )
        for day in found.days
    ]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    summed = frame.groupby(["day", "channel"], as_index=False, sort=True)[["sent", "answered"]]
    return summed.sum(), by_week


def _queue(sitting: Sitting, queue: Queue) -> list[Waiting]:
    say = sitting.say
    lines = [
        Waiting(
            say("asked.queue.account", account=one.account),
            0,
            say("asked.queue.until", when=moment_text(sitting, one.until)),
            "bp-down",
        )
        for one in queue.accounts
    ]
    if queue.undecided:
        lines.append(Waiting(say("asked.queue.undecided"), queue.undecided, ""))
    for planned in queue.planned:
        late = say("asked.queue.late", count=planned.late) if planned.late else ""
        lines.append(
            Waiting(
                say("asked.queue.planned", channel=channel_word(planned.channel, say)),
                planned.messages,
                late or _span(sitting, planned.first_at, planned.last_at),
                "bp-down" if late else "",
            )
        )
    for held in queue.held:
        reason = say(f"asking.reason.{held.reason}")
        lines.append(
            Waiting(
                say("asked.queue.held", reason=reason),
                held.events,
                _span(sitting, held.first_at, held.last_at),
            )
        )
    return lines


def _span(sitting: Sitting, first: datetime, last: datetime) -> str:
    """When the first and the last of them is due."""
    begin, end = moment_text(sitting, first), moment_text(sitting, last)
    return begin if begin == end else sitting.say("asked.queue.span", first=begin, last=end)


def _share(number: int, whole: int) -> float | None:
    return number / whole if whole else None
