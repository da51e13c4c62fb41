"""A year of real answers, a week a file: every unhappy one is one alert and one ticket, no other.

Without the shared data a made-up file of the same shape goes the same way.
"""

import csv
import gzip
from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from conftest import Office
from imports_support import EXAMPLES, import_file, made_up_practices, query, write_csv

from api.access import service as access
from api.access.service import LoginNames
from api.tickets.alerts.digests import tell_digests
from api.tickets.alerts.marks import find_alerts
from api.tickets.definitions import read_loop
from api.tickets.loopbook import publish_loop

REAL = "fft_gp_network/fft_2024_01_2025_02.csv.gz"
MAPPING = EXAMPLES / "fft_gp_network.toml"
WEEK = timedelta(days=7)
RULES = """
code = "practices"
version = 1
default_calendar = "weekdays"
calendar = [ { code = "weekdays", holidays = "GB", open = [
  { days = ["mon", "tue", "wed", "thu", "fri"], from = "08:00", to = "18:00" } ] } ]
target = [ { severity = "high", calendar = "business", resolve_hours = 45 } ]
cause = [ { code = "other", name = { zh = "o", en = "o" } } ]
verify = { enabled = false }
digest = { after = 2, at = "17:00" }
[[alert]]
code = "worst"
kind = "answer"
name = { zh = "w", en = "w" }
severity = "urgent"
when = { score = { metric = "recommend", at_most = 1 } }
[[alert]]
code = "poor"
kind = "answer"
name = { zh = "p", en = "p" }
when = { score = { metric = "recommend", at_most = 2 } }
"""
LOW = {"Poor": "poor", "Very poor": "worst"}
Row = Mapping[str, str]


def read_weeks(path: Path) -> list[tuple[datetime, list[Row]]]:
    """The rows of every week, with the Monday after it."""
    weeks: dict[datetime, list[Row]] = defaultdict(list)
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            given = datetime.fromisoformat(row["time"]).replace(tzinfo=UTC)
            monday = (given - timedelta(days=given.weekday())).replace(hour=0, minute=0, second=0)
            weeks[monday + WEEK].append(row)
    return sorted(weeks.items())


def expected(rows: list[Row]) -> Counter[tuple[str, str]]:
    """Unhappy answers by practice and rule, counted without the database."""
    told = [name for name in rows[0] if not name.startswith(("sentiment", "emotion"))]
    told = [
        name for name in told if not name.endswith(("_labels", "_score")) and "has_" not in name
    ]
    once = {tuple(row[name] for name in told): row for row in rows}
    return Counter(
        (row["surgery"], LOW[row["rating"]])
        for row in once.values()
        if row["rating"] in LOW and row["surgery"] and not row["pcn"].startswith("Demo-")
    )


def prepared(office: Office, first: datetime) -> None:
    office.clock.now = first
    with office.worker.database.transaction() as session:
        publish_loop(session, read_loop(RULES, "r.toml"), first, written=RULES)


def replayed(office: Office, rows: list[Row], monday: datetime, folder: Path) -> Path:
    """Imports a week on the Monday behind it and looks at what came in."""
    office.clock.now = monday + timedelta(hours=9)
    path = write_csv(folder / f"{monday:%Y%m%d}.csv", rows[0], [list(row.values()) for row in rows])
    import_file(office.worker, "responses", path, MAPPING)
    while find_alerts(office.worker):
        pass
    return path


def found(office: Office) -> Counter[tuple[str, str]]:
    return Counter(
        {
            (str(code), str(rule)): int(str(count))
            for code, rule, count in query(
                office.worker,
                "select u.code, a.rule, count(*) from alert a join unit u on u.id = a.branch_id "
                "where a.ticket_id is not null group by 1, 2",
            )
        }
    )


def add_head(office: Office) -> None:
    """Somebody to be told: the practices have no managers here."""
    with office.worker.database.transaction() as session:
        made = access.create_account(
            session,
            office.worker.vault,
            LoginNames(staff_number="head"),
            name="head",
            now=office.clock.now,
        )
        root = query(office.worker, "select id from unit where kind = 'network'")[0][0]
        access.grant(session, made, "hq_admin", unit_id=int(str(root)), now=office.clock.now)
    with office.owner.connection() as connection:
        connection.exec_driver_sql("update account set status = 'active'")


def check_replay(office: Office, path: Path, folder: Path, weeks: int | None) -> None:
    """Week by week what is found is what the file says, and a file again finds nothing."""
    unhappy: Counter[tuple[str, str]] = Counter()
    for number, (monday, rows) in enumerate(read_weeks(path)[:weeks]):
        if number == 0:
            prepared(office, monday)
        last = replayed(office, rows, monday, folder)
        if number == 0:
            add_head(office)
        unhappy += expected(rows)
        assert found(office) == unhappy, monday
        office.clock.now = monday + timedelta(hours=20)
        tell_digests(office.worker)
    assert sum(unhappy.values()) > 0
    import_file(office.worker, "responses", last, MAPPING)
    find_alerts(office.worker)
    assert found(office) == unhappy
    assert query(office.worker, "select count(*) from alert") == [(sum(unhappy.values()),)]
    held = query(office.worker, "select count(*) from alert where detail @> '{\"held\": true}'")
    assert held == [(0,)], "everything that was held back was told"


def test_the_first_weeks_are_found_week_by_week(
    office: Office, shared_data: Path | None, tmp_path: Path
) -> None:
    source = made_up_practices(tmp_path / "practices.csv.gz").path
    path = source if shared_data is None else shared_data / REAL
    check_replay(office, path, tmp_path, 4)


@pytest.mark.soak
def test_the_whole_year_is_found_week_by_week(
    office: Office, shared_data: Path | None, tmp_path: Path
) -> None:
    if shared_data is None:
        pytest.skip("the shared data are not here")
    check_replay(office, shared_data / REAL, tmp_path, None)


def test_answers_of_long_ago_are_history_and_alarm_nobody(office: Office, tmp_path: Path) -> None:
    source = made_up_practices(tmp_path / "practices.csv.gz", 200).path
    prepared(office, office.clock.now)
    import_file(office.worker, "responses", source, MAPPING)
    assert find_alerts(office.worker) == 0
