"""How far asking gets, as its page tells it apart: by channel, segment, touchpoint, branch; what it
costs, how long answers take, whom branches can reach, and why not, over time."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, get_args

import pandas as pd

from api.insights.asking import Asking
from api.insights.collection import HOURS, Collected, Cut, Waited, answer_times, collected
from api.insights.costs import Prices, prices
from api.insights.reach import UnitReach, branch_reach
from api.surveys.rulebook import may_write_rules
from dashboard.address import Address, Page
from dashboard.data.frame import Link
from dashboard.data.periods import shown_period
from dashboard.data.rule_words import channel_word
from dashboard.data.segments import segment_name
from dashboard.data.sitting import Sitting
from dashboard.figures.reasons import COLUMNS
from dashboard.numbers import count

BY = "by"  # ?by=branch: what the table tells apart
CONTACTS = "contacts"
_CHOICES: tuple[str, ...] = (*get_args(Cut), CONTACTS)
_USUAL: Cut = "channel"
MOST_REASONS = 5
_LONG = 20  # rows from which on single wide ranges are cut off
_EXACT = 100  # amounts from here on are written without cents


@dataclass(frozen=True)
class CutTable:
    """The table: what it tells apart, its rows, and the ends of their drawn axis (0…1)."""

    by: str
    choices: list[Link]
    rows: list[dict[str, Any]]
    axis: tuple[float, float]
    whole: float | None
    currency: str


@dataclass(frozen=True)
class CostRow:
    """One channel's messages; ``price`` None: not known."""

    name: str
    messages: int
    price: str | None
    cost: str | None


@dataclass(frozen=True)
class Cost:
    """What messages cost; ``total`` None: no message has a price. ``edit`` leads to the prices."""

    total: str | None
    per_answer: str | None
    rows: list[CostRow]
    unpriced: list[str]
    version: int | None
    edit: str | None


@dataclass(frozen=True)
class Within:
    """Whole answers that took at most so many hours."""

    hours: float
    answers: int
    share: float


@dataclass(frozen=True)
class Time:
    """How long answers took: the middle one, the middle half's ends, nine in ten."""

    name: str
    answers: int
    middle: str
    low: str
    high: str
    most: str


@dataclass(frozen=True)
class Collection:
    """What the page about asking shows beside the way from events to answers."""

    table: CutTable
    cost: Cost
    times: list[Time]  # of all channels first; empty: too few answers
    within: list[Within]
    reasons: pd.DataFrame


def collection_of(sitting: Sitting, found: Asking, *, by_week: bool) -> Collection:
    """What is told apart of the unit and period that the address names."""
    priced = prices(sitting.session, sitting.now)
    waited = answer_times(
        sitting.session,
        sitting.viewer,
        found.period,
        unit=sitting.address.unit,
        touchpoint=sitting.address.touchpoint,
    )
    return Collection(
        table=_table(sitting, found, priced),
        cost=_cost(sitting, found, priced),
        times=[_time(sitting, one) for one in waited],
        within=_within(waited[0]) if waited else [],
        reasons=_reasons(sitting, found, by_week=by_week),
    )


def shown_cut(address: Address) -> str:
    """What the address wants told apart; the usual for what is not known."""
    wanted = address.word(BY)
    return wanted if wanted in _CHOICES else _USUAL


def _choices(sitting: Sitting, shown: str) -> list[Link]:
    """What can be told apart; branches only where there are several."""
    address = sitting.address
    node = sitting.viewer.hierarchy.by_code.get(address.unit or "")
    alone = node is not None and node.is_branch
    return [
        Link(
            sitting.say(f"collection.by.{by}"),
            address.with_words(by=None if by == _USUAL else by).href,
            by == shown,
        )
        for by in _CHOICES
        if not (alone and by == "branch")
    ]


def _table(sitting: Sitting, found: Asking, priced: Prices) -> CutTable:
    by = shown_cut(sitting.address)
    if by == CONTACTS:
        units = branch_reach(sitting.session, sitting.viewer, sitting.address.unit, now=sitting.now)
        rows, ends, whole = [_contact_row(sitting, one) for one in units], (0.0, 1.0), None
    else:
        cut: Cut = next(one for one in get_args(Cut) if one == by)
        cuts = collected(
            sitting.session,
            sitting.viewer,
            shown_period(sitting),
            cut,
            unit=sitting.address.unit,
            touchpoint=sitting.address.touchpoint,
        )
        names = _names(sitting, cut)
        rows = [_cut_row(sitting, cut, one, names, priced) for one in cuts]
        ends, asked = _axis(cuts), found.asked
        known = cut != "channel" and asked.sent
        whole = asked.completed / asked.sent if known else None
    return CutTable(by, _choices(sitting, by), rows, ends, whole, priced.currency or "")


def _names(sitting: Sitting, cut: Cut) -> dict[str, str]:
    """Names of what is told apart, by code."""
    if cut != "touchpoint":
        return {}
    rows = sitting.touchpoints
    return {row.code: row.name_en if sitting.language == "en" else row.name_zh for row in rows}


def _cut_row(
    sitting: Sitting, cut: Cut, one: Collected, names: dict[str, str], priced: Prices
) -> dict[str, Any]:
    counts, share = one.counts, one.share
    by_message = cut == "channel"
    return {
        "code": one.value or "",
        "name": _name(sitting, cut, one, names),
        "href": _href(sitting, cut, one),
        "events": counts.events,
        "eligible": counts.eligible,
        "sent": counts.messages if by_message else counts.sent,
        "delivered": counts.arrived if by_message else counts.delivered,
        "undelivered": counts.undelivered,
        "unknown": counts.unknown,
        "opened": counts.opened,
        "answered": counts.answered,
        "completed": counts.completed,
        "score": share and share.share,
        "low": share and share.low,
        "high": share and share.high,
        "messages": counts.messages,
        "cost": priced.cost(one.messages),
    }


def _name(sitting: Sitting, cut: Cut, one: Collected, names: dict[str, str]) -> str:
    if one.unit is not None:
        return one.unit.name(sitting.language)
    if one.value is None:
        return sitting.say(f"collection.none.{cut}")
    if cut == "channel":
        return channel_word(one.value, sitting.say)
    if cut == "segment":
        return segment_name(sitting, one.value)
    return names.get(one.value, one.value)


def _href(sitting: Sitting, cut: Cut, one: Collected) -> str | None:
    """The same page about this row alone; a channel or a segment has none."""
    if one.unit is not None:
        return sitting.address.with_(unit=one.unit.code).with_words(by=None).href
    if cut == "touchpoint" and one.value is not None:
        return sitting.address.with_(touchpoint=one.value).with_words(by=None).href
    return None


def _axis(cuts: list[Collected]) -> tuple[float, float]:
    """The part of the scale that the ranges fit into; the widest of a long list are cut off."""
    known = sorted((one.share for one in cuts if one.share), key=lambda one: one.high - one.low)
    drawn = known if len(known) < _LONG else known[: len(known) * 9 // 10]
    if not drawn:
        return 0.0, 1.0
    low, high = min(one.low for one in drawn), max(one.high for one in drawn)
    air = 0.04 * max(high - low, 0.05)
    return max(0.0, low - air), min(1.0, high + air)


def _contact_row(sitting: Sitting, one: UnitReach) -> dict[str, Any]:
    shares = {row.channel: row.share for row in one.channels}
    return {
        "code": one.unit.code,
        "name": one.unit.name(sitting.language),
        "href": sitting.address.to(Page.ASKING, one.unit.code).with_words(by=None).href,
        "customers": one.customers,
        "anyhow": one.anyhow,
        "score": one.share,
        **shares,
    }


def _cost(sitting: Sitting, found: Asking, priced: Prices) -> Cost:
    sent = {code: one.sent for code, one in found.channels.items() if one.sent}
    total, whole = priced.known_cost(sent), priced.cost(sent)
    rows = [_cost_row(sitting, priced, code, number) for code, number in sent.items()]
    answers = found.asked.completed
    return Cost(
        total=None if total is None else _money(priced, total),
        per_answer=None if whole is None or not answers else _money(priced, whole / answers),
        rows=rows,
        unpriced=[row.name for row in rows if row.price is None],
        version=priced.rules_version,
        edit=sitting.address.to(Page.RULES_EDIT).href if may_write_rules(sitting.viewer) else None,
    )


def _cost_row(sitting: Sitting, priced: Prices, code: str, number: int) -> CostRow:
    price, name = priced.of.get(code), channel_word(code, sitting.say)
    if price is None:
        return CostRow(name, number, None, None)
    return CostRow(name, number, f"{price:g}", _money(priced, price * number))


def _money(priced: Prices, amount: float) -> str:
    whole = count(round(amount)) if amount >= _EXACT else f"{amount:.2f}"
    return f"{priced.currency}\u202f{whole}" if priced.currency else whole


def _time(sitting: Sitting, one: Waited) -> Time:
    say = sitting.say
    name = say("collection.all_channels") if one.channel is None else channel_word(one.channel, say)
    low, middle, high, most = (_span(sitting, hours) for hours in one.quantiles)
    return Time(name, one.answers, middle, low, high, most)


def _span(sitting: Sitting, hours: float) -> str:
    """A time in the unit in which it is said."""
    if hours < 1:
        return sitting.say("collection.minutes", n=max(1, round(hours * 60)))
    if hours < 48:
        return sitting.say("collection.hours", n=f"{hours:.1f}" if hours < 9.95 else round(hours))
    return sitting.say("collection.days", n=f"{hours / 24:.1f}")


def _within(whole: Waited) -> list[Within]:
    return [
        Within(hours, answers, answers / whole.answers)
        for hours, answers in zip(HOURS, whole.within, strict=True)
    ]


def _reasons(sitting: Sitting, found: Asking, *, by_week: bool) -> pd.DataFrame:
    """Of every day's or week's events the share that was not asked, by the most usual reasons."""
    rows = [
        (
            one.day - timedelta(days=one.day.weekday()) if by_week else one.day,
            one.reason,
            one.events,
        )
        for one in found.reason_days
    ]
    frame = pd.DataFrame(rows, columns=["day", "reason", "events"])
    whole = frame[frame["reason"].isna()].groupby("day")["events"].sum()
    why = frame[frame["reason"].notna()]
    usual = why.groupby("reason")["events"].sum().sort_values(ascending=False, kind="stable")
    words = {str(code): sitting.say(f"asking.reason.{code}") for code in usual.index[:MOST_REASONS]}
    other = sitting.say("collection.other_reasons")
    named = why.assign(reason=[words.get(str(code), other) for code in why["reason"]])
    counted = named.groupby(["reason", "day"])["events"].sum().to_dict()
    listed = [
        (day, reason, counted.get((reason, day), 0), events)
        for reason in [*words.values(), other]
        if reason in set(named["reason"])
        for day, events in whole.items()
    ]
    return pd.DataFrame(listed, columns=list(COLUMNS))
