"""Branches whose events stop or fall against their own weekdays: a dead feed, or held back.

Counts by day come from the tables, the verdict from `scoring.volume`. Holidays of a branch's
business calendar are neither judged nor part of the pattern.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from sqlmodel import Session

from api.security.hierarchy import Hierarchy
from api.tickets.alerts.queries import default_zone
from api.tickets.alerts.raising import Found
from api.tickets.clocks import hours_of
from api.tickets.loop import AlertRule, Calendar, Loop
from api.tickets.watching import queries
from api.tickets.watching.queries import Days, Running
from scoring.arrays import Counts, Flags
from scoring.volume import Volume, VolumeRules, judge_volume

RECOVERED = 0.5
"""A feed lives again when this share of what was usual comes, or more."""


@dataclass(frozen=True, eq=False)
class Judged:
    """The verdict on every open branch, and on which days."""

    branches: tuple[int, ...]
    days: Days
    watched: Days
    volume: Volume


def judge_feed(
    session: Session, loop: Loop, rule: AlertRule, tree: Hierarchy, now: datetime
) -> Judged | None:
    """Judges the last full days of every branch; None where there is no branch."""
    zone = default_zone(session)
    branches = tuple(sorted(_open_branches(tree, now.date())))
    if not branches:
        return None
    end = min(now.astimezone(ZoneInfo(tree.timezone(one, zone))).date() for one in branches)
    start = end - timedelta(days=rule.days + 7 * rule.weeks)
    days = [start + timedelta(days=number) for number in range((end - start).days)]
    volume = judge_volume(
        _counts(session, rule, branches, days),
        np.array([day.weekday() for day in days], dtype=np.int64),
        watched=rule.days,
        counted=_counted(session, loop, tree, branches, days),
        rules=VolumeRules(rule.share, rule.events, rule.false_alarms),
    )
    watched = Days(end - timedelta(days=rule.days), end)
    return Judged(branches, Days(start, end), watched, volume)


def find_dead_feeds(session: Session, rule: AlertRule, judged: Judged) -> list[Found]:
    """The falls that are not known yet."""
    known = {one.branch_id for one in queries.running_alerts(session, "feed", rule.code)}
    return [
        _found(rule, judged, place)
        for place in np.flatnonzero(judged.volume.low).tolist()
        if judged.branches[place] not in known
    ]


def feeds_alive(session: Session, rule: AlertRule, judged: Judged) -> list[Running]:
    """Running alerts of branches from which at least half of what was usual comes again."""
    observed = dict(zip(judged.branches, judged.volume.observed.tolist(), strict=True))
    running = queries.running_alerts(session, "feed", rule.code)
    return [
        one
        for one in running
        if one.branch_id not in observed
        or observed[one.branch_id] >= max(RECOVERED, rule.share) * one.detail["expected"]
    ]


def _open_branches(tree: Hierarchy, today: date) -> Iterable[int]:
    for branch_id in tree.branch_ids:
        closed_on = tree.nodes[branch_id].closed_on
        if closed_on is None or closed_on > today:
            yield branch_id


def _counts(
    session: Session, rule: AlertRule, branches: Sequence[int], days: Sequence[date]
) -> Counts:
    row = {branch_id: number for number, branch_id in enumerate(branches)}
    counts = np.zeros((len(branches), len(days)), dtype=np.int64)
    span = Days(days[0], days[-1] + timedelta(days=1))
    for branch_id, day, events in queries.events_by_day(session, span, rule.touchpoints):
        if branch_id in row:
            counts[row[branch_id], (day - days[0]).days] = events
    return counts


def _counted(
    session: Session, loop: Loop, tree: Hierarchy, branches: Sequence[int], days: Sequence[date]
) -> Flags:
    """Days since a branch's first event that are no holidays there."""
    first = queries.first_event_days(session)
    shut: dict[int, list[bool]] = {}
    counted = np.zeros((len(branches), len(days)), dtype=np.bool_)
    for number, branch_id in enumerate(branches):
        if branch_id not in first:
            continue
        calendar = loop.calendar_for(node.code for node in tree.ancestors(branch_id))
        closed = shut.setdefault(id(calendar), [_is_holiday(calendar, day) for day in days])
        counted[number] = [
            day >= first[branch_id] and not off for day, off in zip(days, closed, strict=True)
        ]
    return counted


def _is_holiday(calendar: Calendar | None, day: date) -> bool:
    """Closed although the weekday is a working one: a Sunday that is always closed is a pattern."""
    if calendar is None:
        return False
    return bool(calendar.week.get(day.weekday())) and not hours_of(calendar, day)


def _found(rule: AlertRule, judged: Judged, place: int) -> Found:
    branch_id, volume = judged.branches[place], judged.volume
    return Found(
        branch_id=branch_id,
        rule=rule,
        kind="feed",
        cause_key=f"feed:{rule.code}:{branch_id}:{judged.watched.start.isoformat()}",
        detail={
            "observed": int(volume.observed[place]),
            "expected": round(float(volume.expected[place]), 1),
            "p": float(f"{volume.p[place]:.3g}"),
            "from": judged.watched.start.isoformat(),
            "days": rule.days,
        },
        told_by_caller=True,
    )
