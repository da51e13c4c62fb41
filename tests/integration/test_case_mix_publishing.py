"""Coefficients are frozen once published, and every table of their year follows."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest
from answered import World, mark
from conftest import NOW, Office
from kindness import RAGGED, WHOLE, adjusted_of, answering, fitted, raw_of
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from typer.testing import CliRunner

from api.cells.service import fold
from api.core.errors import BadInput
from api.demo.people import Login
from api.demo.story import CALL_BONUS
from api.insights.case_mix import cli
from api.insights.case_mix.coefficients import (
    ADJUSTERS,
    FEWEST_OF_LEVEL,
    AlreadyPublished,
    publish,
    publish_all,
    renew,
    usual_period,
)
from api.insights.case_mix.commands import (
    apart_lines,
    coefficient_lines,
    fit_coefficients,
    shown_coefficients,
    taken_apart,
)
from api.insights.case_mix.published import coefficients_of, scoring_year
from api.insights.case_mix.scores import adjusted_scores
from api.insights.league_store import compute_requested, compute_table
from api.insights.periods import Period
from api.insights.queries import TableName, metric_version, require_metric
from scheduler.jobs import TICKS
from scheduler.jobs.counting import renew_coefficients


@pytest.fixture
def world(office: Office) -> World:
    """A network without published coefficients."""
    return answering(office)


def test_answers_that_were_excluded_do_not_count(office: Office, world: World) -> None:
    gone = [one.id for one in world.given[:40]]
    with office.owner.connection() as connection:
        connection.execute(
            text("update response set excluded_at = now() where id = any(:ids)"), {"ids": gone}
        )
    with office.worker.database.transaction() as session:
        assert fitted(session).fit.answers == len(world.given) - 40


def test_levels_that_are_rare_or_not_known_are_not_adjusted_for(
    office: Office, world: World
) -> None:
    with office.owner.connection() as connection:
        connection.execute(
            text("update response set channel = 'email' where id = any(:ids)"),
            {"ids": [one.id for one in world.given[: FEWEST_OF_LEVEL - 1]]},
        )
    with office.worker.database.transaction() as session:
        found = fitted(session)
    assert found.adjusters[0].levels == ("sms", "wechat")
    assert found.adjusters[1].levels in (("young", "old"), ("old", "young"))


def test_a_years_coefficients_are_frozen(office: Office, world: World) -> None:
    with office.worker.database.transaction() as session:
        publish(session, fitted(session), now=NOW)
    with office.worker.database.transaction() as session, pytest.raises(AlreadyPublished):
        publish(session, fitted(session, period=RAGGED), now=NOW)
    for statement in ("update adjustment_fit set answers = 1", "delete from adjustment_fit"):
        with pytest.raises(DBAPIError), office.web.database.transaction() as session:
            session.execute(text(statement))


def test_publishing_makes_the_years_tables_out_of_date(office: Office, world: World) -> None:
    before_year = Period(date(2025, 1, 1), date(2026, 1, 1))
    with office.worker.database.transaction() as session:
        before = metric_version(session, "nps", WHOLE)
        publish(session, fitted(session), now=NOW)
        assert metric_version(session, "nps", WHOLE) > before
        assert metric_version(session, "service", WHOLE) <= before
        assert metric_version(session, "nps", before_year) == 0


def test_a_period_takes_the_coefficients_of_the_year_of_its_last_day() -> None:
    assert scoring_year(Period(date(2025, 12, 1), date(2026, 1, 1))) == 2025
    assert scoring_year(Period(date(2025, 12, 1), date(2026, 1, 2))) == 2026


def test_a_year_that_lasts_is_fitted_from_the_latest_twelve_months() -> None:
    assert usual_period(2025, date(2026, 11, 23)) == Period(date(2025, 1, 1), date(2026, 1, 1))
    assert usual_period(2026, date(2026, 11, 23)) == Period(date(2025, 11, 24), date(2026, 11, 24))
    assert usual_period(2027, date(2026, 12, 31)) == Period(date(2026, 1, 1), date(2027, 1, 1))


def test_a_branch_whose_mix_is_not_known_is_not_adjusted(office: Office, world: World) -> None:
    with office.worker.database.transaction() as session:
        publish(session, fitted(session), now=NOW)
        for table in ("cut_day", "cut_month"):
            session.execute(
                text(f"delete from {table} where branch_id = :id"), {"id": world.branches[0]}
            )
        raw, found = adjusted_of(session, world, WHOLE, world.touchpoints[0])
    assert found.measured.score[0] == raw.score[0]
    assert found.mix[0] == []
    assert (found.measured.score[1:] != raw.score[1:]).all()


def test_a_branch_with_one_channel_only_is_told_how_unsure_that_is(
    office: Office, world: World
) -> None:
    branch = world.branches[2]
    moved = [one for one in world.given if one.branch == branch]
    with office.owner.connection() as connection:
        connection.execute(
            text("update response set channel = 'wechat' where branch_id = :id"), {"id": branch}
        )
        mark(connection, {one.key for one in moved})
    fold(office.worker.database)
    with office.worker.database.transaction() as session:
        publish(session, fitted(session), now=NOW)
        _, found = adjusted_of(session, world, WHOLE)
    others = np.delete(found.mix_variance, 2)
    assert found.mix_variance[2] > 1.5 * np.median(others)


def test_without_published_coefficients_nothing_is_adjusted(office: Office, world: World) -> None:
    with office.worker.database.transaction() as session:
        metric, raw = require_metric(session, "nps"), raw_of(session, world, WHOLE)
        assert adjusted_scores(session, metric, WHOLE, world.branches, raw) is None


def test_the_league_table_carries_adjusted_scores_and_their_parts(
    office: Office, world: World
) -> None:
    with office.worker.database.transaction() as session:
        publish(session, fitted(session), now=NOW)
    compute_table(office.worker.database, TableName("nps", WHOLE, "network"))
    with office.worker.database.transaction() as session:
        _, found = adjusted_of(session, world, WHOLE)
        rows = session.execute(text("select branch_id, adjusted, mix, tier from league_row")).all()
    expected = dict(zip(world.branches, found.measured.score.tolist(), strict=True))
    shown = [row for row in rows if row.tier in ("shown", "ranked")]
    assert shown
    for row in shown:
        assert row.adjusted == pytest.approx(expected[row.branch_id])
        assert {part["adjuster"] for part in row.mix} == {*ADJUSTERS}


def test_publishing_has_the_stored_table_computed_anew(office: Office, world: World) -> None:
    name = TableName("nps", WHOLE, "network")
    compute_table(office.worker.database, name)
    with office.worker.database.transaction() as session:
        publish(session, fitted(session), now=NOW)
    compute_table(office.worker.database, name)
    compute_requested(office.worker.database)
    with office.worker.database.transaction() as session:
        adjusted = session.execute(
            text("select count(*) from league_row where adjusted is not null")
        ).scalar_one()
    assert adjusted > 0


def test_the_command_fits_freezes_shows_and_takes_apart(office: Office, world: World) -> None:
    tried = fit_coefficients(office.worker, "nps", 2026, WHOLE, dry_run=True)
    assert shown_coefficients(office.worker, "nps", None) == {"rows": []}
    done = fit_coefficients(office.worker, "nps", 2026, WHOLE, dry_run=False)
    assert tried | {"published": True} == done
    with pytest.raises(AlreadyPublished):
        fit_coefficients(office.worker, "nps", 2026, WHOLE, dry_run=False)
    with pytest.raises(BadInput, match="no such metric"):
        fit_coefficients(office.worker, "nothing", 2026, WHOLE, dry_run=True)
    (row,) = shown_coefficients(office.worker, "nps", 2026)["rows"]
    assert row["levels"] == done["levels"]
    assert "channel wechat" in coefficient_lines(row)
    apart = taken_apart(office.worker, "nps", WHOLE, "D101")
    total = sum(part["points"] for part in apart["rows"])
    assert apart["adjusted"]["score"] - apart["raw"]["score"] == pytest.approx(total)
    assert "as answered" in apart_lines(apart)
    with pytest.raises(BadInput, match="no such unit"):
        taken_apart(office.worker, "nps", WHOLE, "X9")
    with pytest.raises(BadInput, match="not a branch"):
        taken_apart(office.worker, "nps", WHOLE, "R1")


def test_dates_of_the_command_go_together() -> None:
    found = CliRunner().invoke(cli.app, ["fit", "nps", "--from", "2026-01-01"])
    assert found.exit_code == 2
    assert "--from and --to go together" in found.output


def test_publishing_everything_leaves_alone_what_is_published(office: Office, world: World) -> None:
    with office.worker.database.transaction() as session:
        publish(session, fitted(session, "speed"), now=NOW)
        made = publish_all(session, (2025, 2026), now=NOW, by="system:test")
        again = publish_all(session, (2025, 2026), now=NOW, by="system:test")
    assert [(found.metric, found.year) for found in made] == [("nps", 2026), ("service", 2026)]
    assert again == []


def test_the_demo_network_finds_its_own_telephone(
    demo_office: tuple[Office, list[Login]],
) -> None:
    """The truth: who is called answers eight points higher. Only the old are called."""
    office, _ = demo_office
    (row,) = shown_coefficients(office.worker, "nps", office.clock().year)["rows"]
    levels = {(level["adjuster"], level["level"]): level for level in row["levels"]}
    call = levels["channel", "call"]
    first = max(levels.values(), key=lambda one: one["share"] * (one["adjuster"] == "channel"))
    assert first["against_first"] == 0
    assert abs(call["against_first"] - CALL_BONUS) < 3 * call["against_first_error"]
    old = levels["segment", "from_60"]
    assert not old["estimable"]
    assert old["same_as"] == [["channel", "call"]]
    assert Path(office.settings.home / "demo_truth.json").exists()


def test_coefficients_are_estimated_anew_when_a_year_begins(office: Office, world: World) -> None:
    office.clock.now = NOW.replace(year=2027, month=1, day=2)
    with office.worker.database.transaction() as session:
        assert renew(session, now=office.clock.now) == []
        publish(session, fitted(session), now=NOW)
    renew_coefficients(office.worker)
    with office.worker.database.transaction() as session:
        found = coefficients_of(session, "nps", 2027)
        others = coefficients_of(session, "speed", 2027)
    assert found is not None
    assert found.published_by == "system:yearly"
    assert found.coefficients.fitted.end == date(2027, 1, 3)
    assert others is None
    assert any(tick.step is renew_coefficients for tick in TICKS)
