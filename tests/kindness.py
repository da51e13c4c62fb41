"""A made-up network whose customers are kinder on one channel than on the other."""

import random
from datetime import timedelta

from answered import LAST, MONDAY, World, days_of, made_up, make_world, write
from conftest import Office
from sqlmodel import Session

from api.cells.service import fold
from api.insights.case_mix.coefficients import (
    fit_metric,
)
from api.insights.case_mix.published import Coefficients
from api.insights.case_mix.scores import AdjustedScores, adjusted_scores
from api.insights.network_stats import network_histograms
from api.insights.periods import Period
from api.insights.queries import require_metric
from scoring.measured import Measured, measured

WHOLE = Period(MONDAY, LAST)
RAGGED = Period(MONDAY + timedelta(days=5), LAST - timedelta(days=3))


def answering(office: Office) -> World:
    """Branches whose customers come by different channels; who came by WeChat is kinder."""
    world = make_world(office.owner, sizes=(4, 3))
    luck = random.Random(5)
    world.given = made_up(world, luck, days_of(MONDAY, LAST), 1500)
    for one in world.given:
        share = 0.1 + 0.12 * world.branches.index(one.branch)
        one.channel = "wechat" if luck.random() < share else "sms"
        if one.channel == "wechat":
            one.values["nps"] = min(10, one.values["nps"] + 1)
    with office.owner.connection() as connection:
        write(connection, world.given)
    fold(office.worker.database)
    return world


def fitted(session: Session, code: str = "nps", period: Period = WHOLE) -> Coefficients:
    return fit_metric(session, require_metric(session, code), 2026, period)


def raw_of(session: Session, world: World, period: Period, place: int | None = None) -> Measured:
    metric = require_metric(session, "nps")
    counts = network_histograms(session, metric, period, place)
    keys = [(branch,) for branch in world.branches]
    return measured(counts.at(keys), metric.kind, metric.scale)


def adjusted_of(
    session: Session, world: World, period: Period, place: int | None = None
) -> tuple[Measured, AdjustedScores]:
    raw = raw_of(session, world, period, place)
    metric = require_metric(session, "nps")
    found = adjusted_scores(session, metric, period, world.branches, raw, touchpoint=place)
    assert found is not None
    return raw, found
