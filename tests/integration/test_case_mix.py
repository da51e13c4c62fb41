"""Coefficients against the answers one by one; adjusted scores that add up."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from answered import MONDAY, Given, World
from conftest import NOW, Office
from isolation import lasting_office
from kindness import RAGGED, WHOLE, adjusted_of, answering, fitted
from sqlalchemy import text
from test_insights_http import logged_in
from web import visitor

from api.core.database import Database
from api.core.settings import Settings
from api.insights.case_mix.coefficients import (
    ADJUSTERS,
    NothingToAdjust,
    publish,
)
from api.insights.case_mix.published import Coefficients, coefficients_of
from api.insights.case_mix.scores import branch_mix
from api.insights.periods import Period

POINTS = {"nps": lambda v: 100 if v >= 9 else -100 if v <= 6 else 0,
          "service": lambda v: int(v >= 4), "speed": lambda v: v}  # fmt: skip


@pytest.fixture(scope="module")
def published(playground: Database, migrated: Settings) -> Iterator[tuple[Office, World]]:
    """A network with coefficients of its NPS, for tests that change nothing."""
    with lasting_office(playground, migrated) as office:
        world = answering(office)
        with office.worker.database.transaction() as session:
            publish(session, fitted(session), now=NOW)
        yield office, world


def level_of(given: Given, adjuster: str, touchpoints: dict[int, str]) -> str | None:
    """The level of one response."""
    own = {**vars(given), "touchpoint": touchpoints[given.touchpoint]}
    level: str | None = own[adjuster]
    return level


def one_by_one(world: World, office: Office, found: Coefficients, code: str) -> Any:
    """Least squares with a dummy per branch; unknown levels get the branch's mean."""
    with office.owner.connection() as connection:
        touchpoints = dict(map(tuple, connection.execute(text("select id, code from touchpoint"))))
    answers = [one for one in world.given if code in one.values]
    place = np.array([world.branches.index(one.branch) for one in answers])
    columns = []
    for adjuster in found.adjusters:
        for level in adjuster.levels[1:]:
            own = [level_of(one, adjuster.name, touchpoints) for one in answers]
            column = np.array([np.nan if one is None else float(one == level) for one in own])
            for branch in range(len(world.branches)):
                at = place == branch
                column[at & np.isnan(column)] = np.nanmean(column[at])
            columns.append(column)
    x = np.column_stack([*columns, np.eye(len(world.branches))[place]])
    y = np.array([POINTS[code](one.values[code]) for one in answers], dtype=float)
    return np.linalg.lstsq(x, y, rcond=None)[0][: len(columns)]


@pytest.mark.parametrize("code", ["nps", "service", "speed"])
def test_coefficients_are_those_of_the_answers_one_by_one(
    published: tuple[Office, World], code: str
) -> None:
    office, world = published
    with office.worker.database.transaction() as session:
        found = fitted(session, code)
    assert [adjuster.name for adjuster in found.adjusters] == list(ADJUSTERS)
    assert found.fit.answers == sum(code in one.values for one in world.given)
    np.testing.assert_allclose(
        found.fit.coefficients, one_by_one(world, office, found, code), rtol=1e-8, atol=1e-9
    )


def test_the_kinder_channel_is_found(published: tuple[Office, World]) -> None:
    office, _ = published
    with office.worker.database.transaction() as session:
        found = fitted(session)
    wechat = found.fit.coefficients[0]
    assert found.adjusters[0].levels == ("sms", "wechat")
    assert wechat > 3 * found.fit.standard_errors[0]


def test_too_few_answers_give_no_coefficients(published: tuple[Office, World]) -> None:
    office, _ = published
    day = Period(MONDAY, MONDAY + timedelta(days=7))
    with office.worker.database.transaction() as session, pytest.raises(NothingToAdjust):
        fitted(session, period=day)


def test_published_coefficients_come_back_as_they_were(published: tuple[Office, World]) -> None:
    office, _ = published
    with office.worker.database.transaction() as session:
        found = fitted(session)
        stored = coefficients_of(session, "nps", 2026)
    assert stored is not None
    for name in ("coefficients", "covariance", "between", "estimable", "reference"):
        np.testing.assert_array_equal(
            getattr(stored.coefficients.fit, name), getattr(found.fit, name)
        )
    assert stored.coefficients.adjusters == found.adjusters
    assert stored.coefficients.fitted == WHOLE
    assert stored.coefficients.usual_at.keys() == {"touch1", "touch2"}
    assert stored.published_at == NOW


@pytest.mark.parametrize("period", [WHOLE, RAGGED], ids=["weeks", "ragged"])
def test_the_mix_of_a_branch_is_that_of_its_answers(
    published: tuple[Office, World], period: Period
) -> None:
    office, world = published
    with office.worker.database.transaction() as session:
        found = fitted(session)
        mix = branch_mix(session, found, period, world.branches)
    for branch, own in zip(world.branches, mix, strict=True):
        answers = [
            one
            for one in world.given
            if one.branch == branch and period.start <= one.day < period.end
        ]
        wechat = np.mean([one.channel == "wechat" for one in answers])
        known = [one.segment for one in answers if one.segment is not None]
        second = found.adjusters[1].levels[1]
        assert own[0] == pytest.approx(wechat)
        assert own[1] == pytest.approx(np.mean([segment == second for segment in known]))


def test_the_parts_of_a_branch_add_up_to_its_adjustment(
    published: tuple[Office, World],
) -> None:
    office, world = published
    with office.worker.database.transaction() as session:
        raw, found = adjusted_of(session, world, RAGGED)
    for number, parts in enumerate(found.mix):
        total = sum(part["points"] for part in parts)
        assert raw.score[number] + total == pytest.approx(found.measured.score[number])
        by_adjuster: dict[str, float] = {}
        for part in parts:
            by_adjuster[part["adjuster"]] = by_adjuster.get(part["adjuster"], 0) + part["share"]
        assert list(by_adjuster.values()) == pytest.approx([1.0] * len(by_adjuster))


def test_kindness_by_channel_is_taken_away_again(
    published: tuple[Office, World],
) -> None:
    office, world = published
    with office.worker.database.transaction() as session:
        _, found = adjusted_of(session, world, WHOLE)
    few, many = found.mix[0], found.mix[-1]
    gained = {part["level"]: part["points"] for part in few if part["adjuster"] == "channel"}
    lost = {part["level"]: part["points"] for part in many if part["adjuster"] == "channel"}
    assert sum(gained.values()) > 0 > sum(lost.values())


def test_the_network_keeps_its_total_over_the_answers_of_the_fit(
    published: tuple[Office, World],
) -> None:
    office, world = published
    with office.worker.database.transaction() as session:
        raw, found = adjusted_of(session, world, WHOLE)
    assert raw.n @ found.measured.score == pytest.approx(raw.n @ raw.score, rel=1e-9)


def test_at_one_touchpoint_nobody_differs_in_touchpoints(published: tuple[Office, World]) -> None:
    office, world = published
    place = world.touchpoints[0]
    with office.worker.database.transaction() as session:
        raw, found = adjusted_of(session, world, WHOLE, place)
    assert all(part["adjuster"] != "touchpoint" for parts in found.mix for part in parts)
    # Nearly the same total: segments that are not known are put to the branch's mean over all.
    assert raw.n @ found.measured.score == pytest.approx(raw.n @ raw.score, rel=0.01)


def test_everyone_may_read_the_coefficients(published: tuple[Office, World]) -> None:
    office, world = published
    client = visitor(office.web)
    assert client.get("/api/v1/adjustments").status_code == 401
    headers = logged_in(office, "branch_staff", world.branches[0])
    (row,) = client.get("/api/v1/adjustments?metric=nps&year=2026", headers=headers).json()["rows"]
    assert (row["metric"], row["year"], row["meaning"]) == ("nps", 2026, "association")
    wechat = next(level for level in row["levels"] if level["level"] == "wechat")
    assert wechat["points"] > 0 < wechat["standard_error"]
    assert client.get("/api/v1/adjustments?year=2025", headers=headers).json() == {"rows": []}
