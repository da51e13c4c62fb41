"""Airport lounges with fewer than three answers each: nothing is ranked that should not be."""

import csv
import gzip
import random
from collections import Counter, defaultdict
from datetime import date
from pathlib import Path

import pytest
from conftest import NOW, Office
from imports_support import import_file, write_csv

from api.cells.service import fold
from api.insights.commands import network_league, period_of
from api.insights.comparison import NETWORK
from api.insights.league import League
from api.insights.published.commands import publish_table
from api.insights.published.errors import NothingToPublish
from api.insights.published.service import BONUS_FROM, Publishing
from api.insights.queries import TableName, require_metric
from scoring.scales import Kind
from scoring.tiers import DEFAULT_THRESHOLDS

DAYS = (date(2006, 5, 1), date(2015, 8, 2))
COLUMNS = ("airline_name", "author", "date", "content", "lounge_name", "airport", "overall_rating")
# Most ratings are of 1 to 5; those above are of another scale that nobody names.
MAPPING = """
kind = "responses"
encoding = "utf-8"
delimiter = ","
timezone = "UTC"

[columns]
network.value = "lounges"
network_name.value = "Airport lounges"
answered_at = { from = "date", format = "%Y-%m-%d" }
touchpoint.value = "lounge"
touchpoint_name_zh.value = "候机休息室"
touchpoint_name_en.value = "Airport lounge"
channel.value = "imported"
language.value = "en"

[columns.overall]
from = "overall_rating"
map = { "1.0" = 1, "2.0" = 2, "3.0" = 3, "4.0" = 4, "5.0" = 5, "6.0" = "", "7.0" = "", "8.0" = "", "9.0" = "", "10.0" = "" }

[units]
path = [["network", "value"], ["lounge", "lounge_name"]]
create = true

[key]
external_id = ["airline_name", "airport", "lounge_name", "author", "date", "content"]

[[skip_when]]
column = "lounge_name"
equals = ""

[[metrics]]
code = "overall"
scale = "1-5"
from = "overall"
name_zh = "总体评分"
name_en = "Overall rating"
"""  # noqa: E501


@pytest.fixture
def lounges(shared_data: Path | None, tmp_path: Path) -> Path:
    """2,264 real reviews, or made-up ones."""
    if shared_data is not None:
        return shared_data / "skytrax" / "lounge.csv.gz"
    luck = random.Random(5)
    rows = []
    for number in range(1_500):
        place = 0 if number % 30 == 0 else int(luck.expovariate(0.001))
        rating = f"{luck.choice([1, 2, 3, 4, 5, 5, 9])}.0"
        rows.append(
            (f"airline {place % 60}", f"author {number}", f"2014-0{1 + number % 9}-11",
             f"words {number}", f"lounge {place}", "" if place % 7 else "Airport", rating)
        )  # fmt: skip
    return write_csv(tmp_path / "lounges.csv.gz", COLUMNS, rows)


def given(path: Path) -> dict[str, Counter[int]]:
    """Ratings from 1 to 5 of each lounge, every review once."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["lounge_name"]]
    found: dict[str, Counter[int]] = defaultdict(Counter)
    for row in {tuple(row[name] for name in COLUMNS): row for row in rows}.values():
        value = float(row["overall_rating"] or 0)
        found[" ".join(row["lounge_name"].split())].update([int(value)] if 1 <= value <= 5 else [])
    return found


@pytest.fixture
def imported(office: Office, lounges: Path, tmp_path: Path) -> dict[str, Counter[int]]:
    mapping = tmp_path / "lounges.toml"
    mapping.write_text(MAPPING, "utf-8")
    done = import_file(office.worker, "responses", lounges, mapping)
    assert done.errors == 0
    fold(office.worker.database)
    return given(lounges)


def test_lounges_with_a_handful_of_answers_have_no_rank_and_mostly_no_score(
    office: Office, imported: dict[str, Counter[int]]
) -> None:
    found = network_league(office.worker, "overall", period_of(*DAYS))
    answers = {lounge: values for lounge, values in imported.items() if values}
    assert sum(values.total() for values in answers.values()) / len(answers) < 3
    assert len(found.rows) == len(imported)
    shown = sorted(row.n for row in found.rows if row.n)
    expected = sorted(n for n in (values.total() for values in answers.values()) if n >= 5)
    assert shown == expected
    assert_honest(found)
    with office.worker.database.transaction() as session:
        assert require_metric(session, "overall").kind is Kind.TOP2_BOX
    content = sorted(
        (values[4] + values[5]) / values.total()
        for values in answers.values()
        if values.total() >= DEFAULT_THRESHOLDS.score
    )
    scores = sorted(row.score for row in found.rows if row.score is not None)
    assert scores == pytest.approx(content)


def assert_honest(found: League) -> None:
    """Whoever has too few answers has no score, no rank and no band."""
    ranked = [row for row in found.rows if row.ranked]
    for row in found.rows:
        n = row.n or 0
        assert row.ranked == (n >= DEFAULT_THRESHOLDS.rank)
        assert (row.score is not None) == (n >= DEFAULT_THRESHOLDS.score)
        told = (row.rank, row.shrunk, row.band, row.p_top, row.marginal_low, row.tied_above)
        assert (None in told) == (not row.ranked)
        if row.ranked:
            assert 1 <= row.rank_low <= row.rank <= row.rank_high <= len(ranked)
            assert row.low < row.score < row.high


def test_no_lounge_has_enough_answers_to_be_paid_for(
    office: Office, imported: dict[str, Counter[int]]
) -> None:
    assert max(values.total() for values in imported.values()) < BONUS_FROM
    period = period_of(*DAYS)
    assert period.end < NOW.date()
    wanted = Publishing(TableName("overall", period, NETWORK), for_bonus=True)
    with pytest.raises(NothingToPublish):
        publish_table(office.worker, wanted)
