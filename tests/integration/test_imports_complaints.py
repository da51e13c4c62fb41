"""Complaints of another system: each a ticket, the same complaint once, nobody flooded."""

import csv
import gzip
import random
from collections.abc import Iterable
from pathlib import Path

import pytest
from conftest import NOW, Office
from imports_support import EXAMPLES, import_file, query, write_csv
from ticketed import LOOP

from api.imports.values import ImportSummary, Refused
from api.tickets.definitions import read_loop
from api.tickets.filing import folded
from api.tickets.loopbook import publish_loop

MAPPING = EXAMPLES / "cn_car_complaints.toml"
REAL = "cn_car_complaints/dev_2024_01_29_to_03_31.csv.gz"
COLUMNS = ("投诉编号", "投诉品牌", "投诉车系", "投诉车型", "投诉简述", "投诉问题", "问题类型",
           "投诉日期")  # fmt: skip
ROWS = 90


def complaint(number: int, words: str, **other: str) -> list[str]:
    """A row in the shape of the portal's file."""
    row = {
        "brand": "别克", "series": "君越", "model": "2018款", "problem": "悬架系",
        "day": "2024-03-31",
    } | other  # fmt: skip
    return [
        f"2024033122{number:010d}", row["brand"], row["series"], row["model"], words,
        row["problem"], "异响", row["day"],
    ]  # fmt: skip


def made_up(rows: int) -> Iterable[list[str]]:
    """Complaints of a few series, some filed again."""
    chance = random.Random(3)
    for number in range(rows):
        words = f"异响{number if number % 7 else 1}, 4S店不处理"
        yield complaint(number, words, series=f"车系{chance.randint(1, 3)}", model="一款")


@pytest.fixture
def portal(shared_data: Path | None, tmp_path: Path) -> Path:
    """The first rows of the real file, or made-up ones."""
    if shared_data is None:
        return write_csv(tmp_path / "complaints.csv", COLUMNS, made_up(ROWS))
    with gzip.open(shared_data / REAL, "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    return write_csv(tmp_path / "complaints.csv", rows[0], rows[1 : ROWS + 1])


def publish(office: Office) -> None:
    written = LOOP.read_text("utf-8")
    with office.worker.database.transaction() as session:
        publish_loop(session, read_loop(written, "loop.toml"), NOW, written=written)


def filed(office: Office, path: Path) -> ImportSummary:
    return import_file(office.worker, "complaints", path, MAPPING)


def once_each(path: Path) -> int:
    """How many complaints the file holds, counted without the database."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return len(
        {
            (row["投诉车系"], folded(row["投诉车型"]), folded(row["投诉简述"]) or row["投诉编号"])
            for row in rows
        }
    )


def test_every_complaint_is_a_ticket_of_its_series_and_filed_once(
    office: Office, portal: Path
) -> None:
    publish(office)
    expected = once_each(portal)
    done = filed(office, portal)
    assert (done.read, done.errors, done.written) == (ROWS, 0, expected)
    assert dict(done.reasons) == ({"same_complaint": ROWS - expected} if expected < ROWS else {})
    tickets = "select count(*), count(distinct external_id), min(kind), min(state) from ticket"
    assert query(office.worker, tickets) == [(expected, expected, "complaint", "new")]
    placed = """
        select count(*) from ticket t join unit u on u.id = t.branch_id and u.kind = 'branch'
        join unit_parent p on p.unit_id = u.id join unit r on r.id = p.parent_id
        where r.kind = 'region'
    """
    assert query(office.worker, placed) == [(expected,)]
    again = filed(office, portal)
    assert (again.written, again.unchanged, again.errors) == (0, expected, 0)
    assert again.skipped == ROWS - expected
    assert query(office.worker, tickets) == [(expected, expected, "complaint", "new")]


def test_the_same_words_under_another_number_are_noted_at_the_ticket(
    office: Office, tmp_path: Path
) -> None:
    publish(office)
    rows = [
        complaint(1, "刹车异响，4S店不处理！"),
        complaint(2, "刹车 异响 4s店不处理", day="2024-04-02"),
        complaint(3, "刹车异响，4S店不处理！", model="2020款"),
        complaint(4, "刹车异响，4S店不处理！", series="昂科威"),
        complaint(5, ""),
        complaint(6, ""),
    ]
    done = filed(office, write_csv(tmp_path / "a.csv", COLUMNS, rows))
    assert (done.written, done.skipped, done.errors) == (5, 1, 0)
    filed(office, tmp_path / "a.csv")
    steps = "select detail->>'number', detail->>'complained_on' from ticket_step where kind = :kind"
    found = query(office.worker, steps.replace(":kind", "'again'"))
    assert found == [("20240331220000000002", "2024-04-02")]


def test_a_number_that_says_something_else_is_an_error_and_nothing_is_written(
    office: Office, tmp_path: Path
) -> None:
    publish(office)
    filed(office, write_csv(tmp_path / "a.csv", COLUMNS, [complaint(1, "异响")]))
    rows = [complaint(2, "漏油"), complaint(1, "起火")]
    done = filed(office, write_csv(tmp_path / "b.csv", COLUMNS, rows))
    assert (done.errors, done.written) == (1, 0)
    assert dict(done.reasons) == {"known_other": 1}
    assert query(office.worker, "select count(*) from ticket") == [(1,)]


def test_personal_words_are_redacted_and_nobody_gets_a_message_for_each(
    office: Office, tmp_path: Path
) -> None:
    publish(office)
    rows = [complaint(number, f"第{number}次，请回电13800138000") for number in range(1, 9)]
    done = filed(office, write_csv(tmp_path / "a.csv", COLUMNS, rows))
    assert done.written == 8
    said = query(office.worker, "select summary from ticket order by number limit 1")
    assert "13800138000" not in str(said)
    assert query(office.worker, "select count(*) from notice") == [(0,)]
    held = "select count(*) from alert where detail @> '{\"held\": true}' and kind = 'complaint'"
    assert query(office.worker, held) == [(8,)]


def test_what_is_dangerous_is_urgent(office: Office, tmp_path: Path) -> None:
    publish(office)
    rows = [complaint(1, "刹车失灵", problem="制动系"), complaint(2, "座椅", problem="车身")]
    filed(office, write_csv(tmp_path / "a.csv", COLUMNS, rows))
    assert query(office.worker, "select severity from ticket order by number") == [(3,), (2,)]


def test_without_rules_of_the_loop_no_complaint_is_taken(office: Office, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", COLUMNS, [complaint(1, "异响")])
    with pytest.raises(Refused, match="closed loop"):
        filed(office, path)


@pytest.mark.soak
def test_the_whole_of_the_real_file_is_filed(office: Office, shared_data: Path | None) -> None:
    if shared_data is None:
        pytest.skip("the shared data are not here")
    publish(office)
    done = filed(office, shared_data / REAL)
    assert (done.read, done.written, done.errors) == (3_014, 2_858, 0)
    assert dict(done.reasons) == {"same_complaint": 156}
