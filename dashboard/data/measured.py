"""How well tickets are closed, as its page shows it: times, targets, recovery, causes, by unit."""

from dataclasses import dataclass

from api.tickets.measures import (
    CauseCount,
    Kept,
    LoopMeasures,
    Share,
    TimeTo,
    measure_days,
)
from dashboard.address import Page
from dashboard.data.clock_words import length_text
from dashboard.data.loop_now import cause_name, loop_now
from dashboard.data.periods import days_text, shown_period
from dashboard.data.sitting import Sitting
from dashboard.numbers import UNKNOWN, Metric, count, percent

_HOUR = 3_600
MOST_CAUSES = 12
FEWEST = 5  # cases below which a share is told as counts only


@dataclass(frozen=True)
class Number:
    """A number with its name and one sentence."""

    name: str
    value: str
    words: str


@dataclass(frozen=True)
class TimeRow:
    """How long it takes until something is done."""

    name: str
    half: str
    most: str
    answers: str


@dataclass(frozen=True)
class KeptRow:
    """A share within its time, with its interval; None: too few cases, told as counts."""

    name: str
    share: float | None
    low: float | None
    high: float | None
    answers: str
    counts: str


@dataclass(frozen=True)
class CauseRow:
    """A root cause: how often, at how many branches, how often again."""

    name: str
    n: str
    share: float
    words: str


@dataclass(frozen=True)
class UnitRow:
    """A unit below, beside the others."""

    name: str
    href: str
    opened: str
    open: str
    in_time: str
    resolved: str
    recovered: str


@dataclass(frozen=True)
class MeasuredView:
    """The page."""

    unit: str
    days: str
    opened: int
    numbers: list[Number]
    times: list[TimeRow]
    kept: list[KeptRow]
    causes: list[CauseRow]
    units: list[UnitRow]
    metric: Metric


def measured_view(sitting: Sitting) -> MeasuredView:
    """The closed loop of the unit in the address, about tickets opened in its period."""
    period = shown_period(sitting)
    unit = sitting.address.unit
    days = (period.start, period.end)
    own, *below = measure_days(sitting.session, sitting.viewer, unit, days, sitting.now)
    say = sitting.say
    return MeasuredView(
        unit=own.unit.name(sitting.language),
        days=days_text(say, period),
        opened=own.opened,
        numbers=_numbers(sitting, own),
        times=[_time(sitting, one) for one in own.times],
        kept=[_kept(sitting, one) for one in own.kept],
        causes=_causes(sitting, own.causes[:MOST_CAUSES]),
        units=[_unit(sitting, one) for one in below],
        metric=Metric("in_time", say("measured.in_time"), "share", 0.0, 1.0),
    )


def _numbers(sitting: Sitting, own: LoopMeasures) -> list[Number]:
    say, ends = sitting.say, own.ends
    return [
        Number(say("measured.opened"), count(own.opened),
               say("measured.opened_words", n=count(own.open))),
        Number(say("measured.recovered"), _share_text(ends.recovered),
               _share_words(sitting, ends.recovered, "recovered")),
        Number(say("measured.unverified"), count(ends.unverified),
               say("measured.unverified_words", n=count(ends.waiting))),
        Number(say("measured.reopened"), _share_text(ends.reopened),
               _share_words(sitting, ends.reopened, "reopened")),
    ]  # fmt: skip


def _share_text(share: Share) -> str:
    """A share, or counts where there are too few cases for one."""
    if share.share is None:
        return UNKNOWN
    return percent(share.share) if share.n >= FEWEST else f"{count(share.hits)}/{count(share.n)}"


def _share_words(sitting: Sitting, share: Share, name: str) -> str:
    say = sitting.say
    if share.share is None or share.low is None or share.high is None:
        return say(f"measured.{name}_none")
    if share.n < FEWEST:
        return say("measured.too_few", n=count(share.n), needed=FEWEST)
    return say(f"measured.{name}_words", hits=count(share.hits), n=count(share.n),
               low=percent(share.low), high=percent(share.high))  # fmt: skip


def _time(sitting: Sitting, one: TimeTo) -> TimeRow:
    say = sitting.say
    return TimeRow(
        name=say(f"measured.until.{one.state}"),
        half=_hours(sitting, one.median_hours),
        most=_hours(sitting, one.most_hours),
        answers=say("measured.reached", reached=count(one.reached), n=count(one.n)),
    )


def _hours(sitting: Sitting, hours: float | None) -> str:
    if hours is None:
        return sitting.say("measured.not_yet")
    return length_text(sitting.say, hours * _HOUR)


def _kept(sitting: Sitting, one: Kept) -> KeptRow:
    say, share = sitting.say, one.in_time
    enough = share.n >= FEWEST
    name = say("measured.clock", kind=say(f"board.clock.{one.kind}"),
               calendar=say(f"ticket.calendar.{one.calendar}"))  # fmt: skip
    return KeptRow(
        name=name,
        share=share.share if enough else None,
        low=share.low if enough else None,
        high=share.high if enough else None,
        answers=say("measured.cases", n=count(share.n)),
        counts=say("measured.of", hits=count(share.hits), n=count(share.n)),
    )


def _causes(sitting: Sitting, causes: tuple[CauseCount, ...]) -> list[CauseRow]:
    found = loop_now(sitting)
    loop = found.loop if found else None
    most = max((one.n for one in causes), default=1)
    return [
        CauseRow(
            name=cause_name(loop, one.cause, sitting),
            n=count(one.n),
            share=one.n / most,
            words=sitting.say("measured.repeats", branches=count(one.branches),
                              n=count(one.repeats)),
        )
        for one in causes
    ]  # fmt: skip


def _counted(sitting: Sitting, hits: int, n: int) -> str:
    """A share with the number of cases behind it; counts where there are too few."""
    if n < FEWEST:
        return f"{count(hits)}/{count(n)}" if n else UNKNOWN
    return sitting.say("measured.share_of", share=percent(hits / n), n=count(n))


def _unit(sitting: Sitting, one: LoopMeasures) -> UnitRow:
    resolved = next((time for time in one.times if time.state == "resolved"), None)
    clocks = [each.in_time for each in one.kept]
    hits, n = sum(each.hits for each in clocks), sum(each.n for each in clocks)
    return UnitRow(
        name=one.unit.name(sitting.language),
        href=sitting.address.to(Page.LOOP, one.unit.code).href,
        opened=count(one.opened),
        open=count(one.open),
        in_time=_counted(sitting, hits, n),
        resolved=UNKNOWN if resolved is None else _hours(sitting, resolved.median_hours),
        recovered=_counted(sitting, one.ends.recovered.hits, one.ends.recovered.n),
    )
