"""A changed rule set replayed over past events, beside the one in force."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pandas as pd

from api.core.errors import Invalid, NotAllowed
from api.insights.periods import Period
from api.invitations.simulated import as_document
from api.invitations.simulating import TooManyEvents, simulate
from api.security.permissions import Permission
from api.surveys.definitions import rule_set
from api.surveys.rulebook import (
    check_text,
    find_draft,
    list_versions,
    may_write_rules,
    read_version,
)
from dashboard.address import Page
from dashboard.data.periods import days_text, shown_period
from dashboard.data.rule_words import channel_word
from dashboard.data.segments import segment_name
from dashboard.data.sitting import Sitting
from dashboard.data.times import moment_text
from dashboard.figures.now_then import COLUMNS
from scheduler.planner import RuleSet

DRAFT = "draft"
MOST_EVENTS = 100_000  # about a minute; the command line takes more
MOST_BARS = 45  # more days than this are shown week by week


class NoDays(Invalid):
    """The first and the last day make no period."""

    key = "simulation.no_days"


class TooMuch(Invalid):
    """More events than one request may decide anew."""

    key = "simulation.too_many"


class FaultyDraft(Invalid):
    """The draft has faults, so there is nothing to try."""

    key = "simulation.faulty"


@dataclass(frozen=True)
class Choice:
    """A text that can be tried out."""

    value: str
    name: str


@dataclass(frozen=True)
class TryView:
    """What can be tried out, over which days."""

    choices: list[Choice]
    first: str
    last: str


@dataclass(frozen=True)
class Pair:
    """A number under the rules in force, and under the other ones; ``of``: what both are of."""

    name: str
    now: float
    then: float
    of: int | None = None


@dataclass(frozen=True)
class Outcome:
    """What the other rules would have done; ``costs`` None where the rules name none."""

    name: str
    period: str
    events: int
    invitations: Pair
    answers: Pair
    costs: Pair | None
    channels: list[Pair]
    volume: pd.DataFrame
    by_week: bool
    reach: list[Pair]
    more: int
    fewer: int
    same: int
    rows: list[dict[str, Any]]


def try_view(sitting: Sitting) -> TryView:
    """The viewer's draft and every version, and the days of the address."""
    if not may_write_rules(sitting.viewer):
        raise NotAllowed(permission=Permission.MANAGE_ASKING)
    period = shown_period(sitting)
    return TryView(_choices(sitting), str(period.start), str(period.end - timedelta(days=1)))


def tried(sitting: Sitting, chosen: str, first: str, last: str) -> Outcome:
    """What the chosen rules would have done on events of those days. Writes nothing."""
    days = _days(first, last)
    name, rules = _chosen(sitting, chosen)
    try:
        found = simulate(
            sitting.session, sitting.viewer.scope, rules, days, sitting.now, limit=MOST_EVENTS
        )
    except TooManyEvents as error:
        raise TooMuch() from error
    told = as_document(found)
    period = days_text(sitting.say, Period(days[0], days[1] + timedelta(days=1)))
    return _outcome(sitting, told, name, period)


def _choices(sitting: Sitting) -> list[Choice]:
    session, viewer, say = sitting.session, sitting.viewer, sitting.say
    draft = find_draft(session, viewer)
    named = [
        Choice(
            str(one.version),
            say(
                "simulation.version", version=one.version, state=say(f"rulebook.state.{one.state}")
            ),
        )
        for one in list_versions(session, viewer, sitting.now)
    ]
    if draft is None:
        return named
    saved = say("simulation.draft", when=moment_text(sitting, draft.saved_at))
    return [Choice(DRAFT, saved), *named]


def _chosen(sitting: Sitting, chosen: str) -> tuple[str, RuleSet]:
    """The name and the rules that were chosen; raises Invalid for a draft with faults."""
    session, viewer = sitting.session, sitting.viewer
    name = next((one.name for one in _choices(sitting) if one.value == chosen), None)
    if name is None:
        raise Invalid(fields=[{"field": "rules", "message": "unknown"}])
    if chosen != DRAFT:
        return name, read_version(session, viewer, int(chosen)).rules
    draft = find_draft(session, viewer)
    checked = check_text(session, viewer, draft.text if draft else "")
    if checked.file is None:
        raise FaultyDraft(problems=len(checked.problems))
    return name, rule_set(checked.file)


def _days(first: str, last: str) -> tuple[date, date]:
    try:
        days = date.fromisoformat(first), date.fromisoformat(last)
    except ValueError as error:
        raise NoDays() from error
    if days[1] < days[0]:
        raise NoDays()
    return days


def _outcome(sitting: Sitting, told: Mapping[str, Any], name: str, period: str) -> Outcome:
    totals, changes = told["totals"], told["changes"]
    by_week = (date.fromisoformat(told["to"]) - date.fromisoformat(told["from"])).days >= MOST_BARS
    volume = _volume(sitting, told["volume"], by_week=by_week)
    return Outcome(
        name=name,
        period=period,
        events=told["events"],
        invitations=_pair("", totals, "invitations"),
        answers=_pair("", totals, "expected_answers"),
        costs=None
        if None in (totals["now"]["cost"], totals["then"]["cost"])
        else _pair("", totals, "cost"),
        channels=_channels(volume),
        volume=volume,
        by_week=by_week,
        reach=[
            Pair(
                segment_name(sitting, row["segment"])
                if row["segment"]
                else sitting.say("simulation.no_segment"),
                row["asked_now"],
                row["asked_then"],
                row["events_then"],
            )
            for row in told["reach"]
            if row["events_now"] or row["events_then"]
        ],
        more=sum(row["more"] for row in changes),
        fewer=sum(row["fewer"] for row in changes),
        same=sum(row["same"] for row in changes),
        rows=[_row(sitting, row) for row in told["branches"]],
    )


def _pair(name: str, totals: Mapping[str, Any], key: str) -> Pair:
    return Pair(name, totals["now"][key], totals["then"][key])


def _volume(sitting: Sitting, rows: Sequence[Mapping[str, Any]], *, by_week: bool) -> pd.DataFrame:
    """All messages, follow-ups among them, by day (of long periods: by week) and channel."""
    frame = pd.DataFrame(
        [
            (
                _bar(date.fromisoformat(row["day"]), by_week=by_week),
                channel_word(row["channel"], sitting.say),
                row["now"] + row["follow_ups_now"],
                row["then"] + row["follow_ups_then"],
            )
            for row in rows
        ],
        columns=list(COLUMNS),
    )
    return frame.groupby(["day", "channel"], as_index=False, sort=True)[["now", "then"]].sum()


def _bar(day: date, *, by_week: bool) -> date:
    return day - timedelta(days=day.weekday()) if by_week else day


def _channels(volume: pd.DataFrame) -> list[Pair]:
    summed = volume.groupby("channel", sort=True)[["now", "then"]].sum()
    columns = summed["now"].tolist(), summed["then"].tolist()
    pairs = [Pair(str(name), *both) for name, *both in zip(summed.index, *columns, strict=True)]
    return sorted(pairs, key=lambda pair: -max(pair.now, pair.then))


def _row(sitting: Sitting, row: Mapping[str, Any]) -> dict[str, Any]:
    node = sitting.viewer.hierarchy.by_code.get(row["unit_code"])
    return {
        "unit_code": row["unit_code"],
        "unit_name": node.name(sitting.language) if node else row["unit_code"],
        "href": sitting.address.to(Page.UNIT, row["unit_code"]).href,
        "invitations_now": row["invitations_now"],
        "invitations_then": row["invitations"],
        "expected_answers_now": row["expected_answers_now"],
        "expected_answers_then": row["expected_answers"],
        "margin_now": row["margin_now"],
        "margin_then": row["margin"],
    }


def seen_rows(sitting: Sitting, rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Rows of branches that the viewer sees, of those that the browser has of a trial."""
    viewer = sitting.viewer
    if not may_write_rules(viewer):
        raise NotAllowed(permission=Permission.MANAGE_ASKING)
    units = [viewer.hierarchy.by_code.get(str(row.get("unit_code"))) for row in rows]
    return [
        row
        for row, unit in zip(rows, units, strict=True)
        if unit is not None and viewer.sees_unit(unit.id)
    ]
