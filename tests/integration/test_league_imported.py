"""Imported answers and imported counts stand in league tables as the files say them."""

import csv
import gzip
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from conftest import NOW, Office
from imports_support import EXAMPLES, import_file, made_up_hospitals, made_up_practices
from sqlalchemy import text

from api.cells.service import fold
from api.insights.commands import network_league, period_of
from api.insights.league import League, LeagueRow
from api.insights.overview import overview
from api.insights.sight import whole_network_viewer

SURVEYED = (date(2016, 10, 1), date(2017, 9, 30))


@pytest.fixture
def hospitals(shared_data: Path | None, tmp_path: Path) -> Path:
    """2,282 real hospitals, or made-up ones."""
    if shared_data is None:
        return made_up_hospitals(tmp_path / "hospitals.csv.gz").path
    return shared_data / "hcahps_2016_17" / "official_dev.csv.gz"


@pytest.fixture
def practices(shared_data: Path | None, tmp_path: Path) -> Path:
    """11,917 real answers, or made-up ones."""
    if shared_data is None:
        return made_up_practices(tmp_path / "practices.csv.gz").path
    return shared_data / "fft_gp_network" / "fft_2024_01_2025_02.csv.gz"


def read(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def by_code(found: League) -> dict[str, LeagueRow]:
    return {row.unit_code: row for row in found.rows}


def test_hospitals_stand_with_the_counts_of_the_file(office: Office, hospitals: Path) -> None:
    mapping = EXAMPLES / "hcahps_2016_17.toml"
    import_file(office.worker, "counts", hospitals, mapping)
    rows = by_code(network_league(office.worker, "nps", period_of(*SURVEYED)))
    given = read(hospitals)
    assert len(rows) == len(given)
    for line in given:
        row = rows[line["Provider.ID"]]
        n = int(line["Number.of.Completed.Surveys"])
        assert row.n == n if n >= 5 else row.n is None
        if row.score is not None:
            said = int(line["H_HSP_RATING_9_10"]) - int(line["H_HSP_RATING_0_6"])
            assert row.score == pytest.approx(said, abs=200 / n + 1), "percent are whole numbers"
            assert row.low <= row.score <= row.high
        assert row.ranked == (n >= 30) == (row.rank is not None)
    short = network_league(office.worker, "nps", period_of(SURVEYED[0], date(2017, 9, 29)))
    assert {row.n for row in short.rows} == {0}, "a part of the span is not the span"


def test_the_network_s_score_weighs_hospitals_by_their_answers(
    office: Office, hospitals: Path, shared_data: Path | None
) -> None:
    import_file(office.worker, "counts", hospitals, EXAMPLES / "hcahps_2016_17.toml")
    with office.worker.database.transaction() as session:
        viewer = whole_network_viewer(session, NOW.date(), reason="test")
        found = overview(session, viewer, "nps", period_of(*SURVEYED), now=NOW)
    given = read(hospitals)
    weights = [int(line["Number.of.Completed.Surveys"]) for line in given]
    said = [int(line["H_HSP_RATING_9_10"]) - int(line["H_HSP_RATING_0_6"]) for line in given]
    expected = sum(w * s for w, s in zip(weights, said, strict=True)) / sum(weights)
    assert found.figure.n == sum(weights)
    assert found.figure.score == pytest.approx(expected, abs=0.1)
    if shared_data is not None:
        assert found.figure.score == pytest.approx(64.14, abs=0.1)


def test_practices_stand_with_the_answers_of_the_file(office: Office, practices: Path) -> None:
    import_file(office.worker, "responses", practices, EXAMPLES / "fft_gp_network.toml")
    fold(office.worker.database)
    found = network_league(
        office.worker, "recommend", period_of(date(2023, 12, 31), date(2025, 3, 1))
    )
    with office.worker.database.transaction() as session:
        kind = session.execute(text("select kind from metric where code = 'recommend'")).scalar()
        answers = session.execute(
            text(
                "select u.name_en, a.value from answer a join unit u on u.id = a.branch_id "
                "where a.metric = 'recommend'"
            )
        ).all()
    counts: dict[str, Counter[int]] = {}
    for name, value in answers:
        counts.setdefault(name, Counter())[value] += 1
    assert counts
    ranked = [row for row in found.rows if row.ranked]
    assert ranked
    for row in found.rows:
        values = counts.get(row.unit_name, Counter())
        n = values.total()
        assert row.n == (n if n == 0 or n >= 5 else None)
        if row.score is not None:
            assert row.score == pytest.approx(scores(values)[kind])


def scores(values: Counter[int]) -> dict[str, float]:
    n = values.total()
    return {
        "nps": 100 * (values[5] - values[1] - values[2] - values[3]) / n,
        "top_box": values[5] / n,
        "top2_box": (values[4] + values[5]) / n,
        "mean": sum(value * count for value, count in values.items()) / n,
    }
