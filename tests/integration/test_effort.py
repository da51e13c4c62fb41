"""Customer effort: a question from 1 to 7 is published, answered, and counted by who agrees."""

from datetime import date, timedelta

import pytest
from answered import Given, World, make_world, write
from conftest import NOW, Office
from sqlalchemy import text
from viewers import looking

from api.cells.service import fold
from api.core.ids import new_id
from api.indicators.reading import read_indicators
from api.indicators.service import publish_indicators
from api.insights.index_tree import index_tree
from api.insights.overview import overview
from api.insights.periods import Period
from api.surveys.definitions import read_survey
from api.surveys.errors import NotPublishable
from api.surveys.service import publish_survey

SURVEY = """
code = "effort"
version = 1
touchpoints = ["touch1"]
title = { zh = "一次办理", en = "A visit" }
thanks = { zh = "谢谢", en = "Thank you" }
[[page]]
[[page.question]]
code = "easy"
kind = "scale_1_7"
text = { zh = "很轻松。您同意吗？", en = "It was easy. Do you agree?" }
low = { zh = "不同意", en = "Disagree" }
high = { zh = "同意", en = "Agree" }
metric = "easy"
metric_kind = "ces"
metric_name = { zh = "轻松", en = "Ease" }
"""
TREE = """
code = "ease_index"
version = 1
effective_from = 2026-01-01
name = { zh = "轻松指数", en = "Ease index" }
[[question]]
metric = "easy"
weight = 1
kind = "ces"
"""
DAYS = Period(date(2026, 10, 1), date(2026, 11, 1))
VALUES = [7, 7, 6, 5, 5, 4, 3, 3, 2, 1, 7, 6]


@pytest.fixture
def world(office: Office) -> World:
    world = make_world(office.owner)
    with office.worker.database.transaction() as session:
        made = publish_survey(session, read_survey(SURVEY, "effort.toml"), NOW)
    for number, value in enumerate(VALUES):
        day = DAYS.start + timedelta(days=number)
        place = (world.branches[0], day, world.touchpoints[0], made.id)
        world.given.append(Given(new_id(), *place, "sms", None, None, {"easy": value}, "zh"))
    with office.owner.connection() as connection:
        write(connection, world.given)
    fold(office.worker.database)
    return world


def test_the_score_is_the_share_that_agrees(office: Office, world: World) -> None:
    with looking(office, world.network, "hq_analyst") as (session, viewer):
        found = overview(session, viewer, "easy", DAYS, now=NOW, unit="D101")
    assert found.metric.kind == "ces"
    assert (found.figure.n, found.figure.score) == (12, pytest.approx(7 / 12))
    assert found.figure.low is not None
    assert 0 < found.figure.low < 7 / 12


def test_it_counts_in_an_index_by_the_same_share(office: Office, world: World) -> None:
    with office.worker.database.transaction() as session:
        publish_indicators(session, read_indicators(TREE, "a.toml"), NOW, written=TREE)
    with looking(office, world.branches[0], "branch_manager") as (session, viewer):
        found = index_tree(session, viewer, DAYS, unit="D101")
    assert found is not None
    assert found.nodes[0].figure.score == pytest.approx(700 / 12)
    with office.owner.connection() as connection:
        row = connection.execute(
            text("select sum(n), sum(score_left) from moment_cell where metric_left = 'easy'")
        ).one()
    assert tuple(row) == (12, 7)


def test_no_metric_takes_the_name_of_an_index(office: Office, world: World) -> None:
    with office.worker.database.transaction() as session:
        publish_indicators(session, read_indicators(TREE, "a.toml"), NOW, written=TREE)
        other = SURVEY.replace('"effort"', '"other"').replace(
            'metric = "easy"', 'metric = "ease_index"'
        )
        with pytest.raises(NotPublishable, match="ease_index has the name of an index"):
            publish_survey(session, read_survey(other, "other.toml"), NOW)
