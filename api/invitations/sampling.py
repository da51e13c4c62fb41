"""Sampling plans: for every branch and touchpoint how likely an event of the day is drawn.

Made once a day and whenever the rules change, from counts alone; who draws is the lot, never the
dealer. The same tables on the same day give the same plan.
"""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session

from api.invitations.repository import sampling
from api.invitations.repository.sampling import PlanRow, Spans
from api.surveys.published import rules_in_force
from scheduler.planner import RuleSet, Sampling
from scheduler.planner.sampling import Standing, period_of, plan_day, shrunken_rates

BUSY = timedelta(days=28)  # over which the events of a day are averaged: whole weeks
RATES = timedelta(days=180)
ANSWER_TIME = timedelta(days=7)  # most answers have come by then


def sampled_rules(session: Session, now: datetime) -> RuleSet | None:
    """The rules in force, when any of them draws a sample."""
    in_force = rules_in_force(session, now)
    rules = in_force.rules if in_force else None
    return rules if rules and any(rule.sampling for rule in rules.rules) else None


def plan(session: Session, rules: RuleSet, day: date, zone: ZoneInfo, now: datetime) -> int:
    """Makes and stores the plans of ``day``, on the network's clock; how many."""
    plans: list[PlanRow] = []
    for rule in rules.rules:
        touchpoint = sampling.read_touchpoint_id(session, rule.touchpoint)
        if rule.sampling is not None and touchpoint is not None:
            plans += _plans(session, rule.sampling, touchpoint, day, zone)
    sampling.forget_plans(session, day)
    sampling.store_plans(session, plans, now)
    return len(plans)


def _plans(
    session: Session, wanted: Sampling, touchpoint: int, day: date, zone: ZoneInfo
) -> list[PlanRow]:
    began = datetime.combine(day, datetime.min.time(), tzinfo=zone)
    since = sampling.first_event_at(session, touchpoint, began)
    busy_from = max(began - BUSY, since) if since is not None else began - BUSY
    spans = Spans(
        first=period_of(day, wanted.days)[0],
        busy_from=busy_from,
        rate_from=began - RATES,
        waits_from=began - ANSWER_TIME,
        began=began,
        day=day,
    )
    standings = sampling.read_standings(session, touchpoint, spans)
    if not standings:
        return []
    rates = shrunken_rates([one.replied for one in standings], [one.asked for one in standings])
    days = max((began - busy_from) / timedelta(days=1), 1.0)
    return [
        _plan(
            one.branch_id,
            (touchpoint, day),
            wanted,
            Standing(one.answered, one.pending, one.arrivals / days, float(rate)),
        )
        for one, rate in zip(standings, rates, strict=True)
    ]


def _plan(branch_id: int, key: tuple[int, date], wanted: Sampling, standing: Standing) -> PlanRow:
    touchpoint, day = key
    found = plan_day(
        standing, margin=wanted.margin, confidence=wanted.confidence, days=wanted.days, day=day
    )
    return PlanRow(
        day=day,
        branch_id=branch_id,
        touchpoint_id=touchpoint,
        needed=found.needed,
        answered=standing.answered,
        expected=standing.expected,
        response_rate=standing.rate,
        probability=found.probability,
        deficit=found.deficit,
    )
