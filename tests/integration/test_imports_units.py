"""Units from files: history kept, contradictions refused with line and column."""

from datetime import date
from pathlib import Path

import pytest
from imports_support import EXAMPLES, holdings, import_file, query, write_csv

from api.imports.values import ImportSummary
from tests.conftest import Office

MAPPING = """\
kind = "units"
[columns.code]
from = "code"
[columns.kind]
from = "kind"
[columns.parent]
from = "parent"
[columns.name]
from = "name"
[columns.timezone]
from = "zone"
[columns.brand]
from = "brand"
[columns.former_codes]
from = "former"
[columns.merged_into]
from = "into"
[columns.valid_from]
from = "from"
[columns.valid_to]
from = "to"
[columns.attribute_floor]
from = "floor"
"""
HEADER = "code,kind,parent,name,zone,brand,former,into,from,to,floor".split(",")
GOOD = [
    ["HQ", "network", "", "Motors", "Asia/Shanghai"],
    ["N", "region", "HQ", "North"],
    ["S", "region", "HQ", "South"],
    ["D1", "branch", "N", "One", "", "Alpha", "X1;X2", "", "", "", "1st"],
    ["D2", "branch", "S", "Two"],
]


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    path = tmp_path / "map.toml"
    path.write_text(MAPPING, encoding="utf-8")
    return path


def run(office: Office, mapping: Path, rows: list[list[str]]) -> ImportSummary:
    filled = [[*row, *[""] * (len(HEADER) - len(row))] for row in rows]
    path = write_csv(mapping.with_name("units.csv"), HEADER, filled)
    return import_file(office.worker, "units", path, mapping)


def parents(office: Office, code: str) -> list[tuple[object, ...]]:
    return query(
        office.worker,
        "select p.code, l.valid_from, l.valid_to from unit_parent l "
        "join unit u on u.id = l.unit_id "
        f"join unit p on p.id = l.parent_id where u.code = '{code}' order by l.valid_from",
    )


def test_units_come_with_parents_attributes_and_former_codes(office: Office, mapping: Path) -> None:
    done = run(office, mapping, GOOD)
    assert (done.read, done.written, done.errors) == (5, 5, 0)
    assert parents(office, "D1") == [("N", date(1990, 1, 1), None)]
    profile = query(office.worker, "select brand, attributes from unit_profile")
    assert profile == [("Alpha", {"floor": "1st"})]
    former = query(office.worker, "select code from unit_former_code order by code")
    assert former == [("X1",), ("X2",)]
    network = query(office.worker, "select name_en, default_timezone from network")
    assert network == [("Motors", "Asia/Shanghai")]


def test_parents_may_come_after_their_children(office: Office, mapping: Path) -> None:
    assert run(office, mapping, GOOD[::-1]).written == 5
    assert parents(office, "D2") == [("S", date(1990, 1, 1), None)]


def test_the_same_units_again_change_nothing(office: Office, mapping: Path) -> None:
    run(office, mapping, GOOD)
    before = holdings(office.worker)
    again = run(office, mapping, GOOD)
    assert (again.written, again.unchanged) == (0, 5)
    assert holdings(office.worker) == before


def test_a_move_keeps_the_history(office: Office, mapping: Path) -> None:
    run(office, mapping, GOOD)
    moved = ["D1", "branch", "S", "One", "", "Alpha", "", "", "2026-01-01", "", "1st"]
    done = run(office, mapping, [moved])
    assert (done.written, done.errors) == (1, 0)
    assert parents(office, "D1") == [
        ("N", date(1990, 1, 1), date(2026, 1, 1)),
        ("S", date(2026, 1, 1), None),
    ]
    assert run(office, mapping, [moved]).unchanged == 1


def test_history_in_one_file_needs_no_second_import(office: Office, mapping: Path) -> None:
    then = ["D1", "branch", "N", "One", "", "", "", "", "2020-01-01", "2024-07-01"]
    now = ["D1", "branch", "S", "One", "", "", "", "", "2024-07-01", ""]
    run(office, mapping, [*GOOD[:3], then, now])
    assert parents(office, "D1") == [
        ("N", date(2020, 1, 1), date(2024, 7, 1)),
        ("S", date(2024, 7, 1), None),
    ]


def test_a_changed_name_is_written_and_nothing_else(office: Office, mapping: Path) -> None:
    run(office, mapping, GOOD)
    renamed = [[*row] for row in GOOD]
    renamed[4][3] = "Zwei"
    done = run(office, mapping, renamed)
    assert (done.written, done.unchanged) == (1, 4)
    assert query(office.worker, "select name_en from unit where code = 'D2'") == [("Zwei",)]


def test_a_merge_points_to_the_unit_it_went_into(office: Office, mapping: Path) -> None:
    run(office, mapping, [*GOOD, ["D3", "branch", "S", "Three", "", "", "", "D2"]])
    into = query(
        office.worker,
        "select i.code from unit u join unit i on i.id = u.merged_into_id where u.code = 'D3'",
    )
    assert into == [("D2",)]


def test_an_identical_row_is_skipped(office: Office, mapping: Path) -> None:
    done = run(office, mapping, [*GOOD, GOOD[4]])
    assert (done.written, done.skipped, done.rows[0].line) == (5, 1, 7)
    assert done.rows[0].reason.text() == "the same row as line 6"


BAD = {
    "a circle": (
        [*GOOD[:1], ["N", "region", "S", "North"], ["S", "region", "N", "South"]],
        'units.csv:3, column "parent": the units stand under each other in a circle: N → S → N',
    ),
    "itself as parent": (
        [*GOOD[:1], ["N", "region", "N", "North"]],
        'units.csv:3, column "parent": the units stand under each other in a circle: N → N',
    ),
    "an orphan": (
        [*GOOD, ["D3", "branch", "", "Three"]],
        'units.csv:7, column "parent": the unit has no parent, and only a network may stand alone',
    ),
    "an unknown parent": (
        [*GOOD, ["D3", "branch", "W", "Three"]],
        'units.csv:7, column "parent": the parent W is neither in the file nor in the network',
    ),
    "two parents at once": (
        [*GOOD, ["D2", "branch", "N", "Two"]],
        'units.csv:7, column "parent": D2 stands under S since line 6 and under N at the same time',
    ),
    "two parents in overlapping years": (
        [*GOOD, ["D3", "branch", "N", "3", "", "", "", "", "2020-01-01", "2022-01-01"],
         ["D3", "branch", "S", "3", "", "", "", "", "2021-01-01", ""]],
        'units.csv:8, column "parent": D3 stands under N since line 7 and under S',
    ),
    "an unknown zone": (
        [*GOOD, ["D3", "branch", "S", "Three", "Asia/Shangai"]],
        'units.csv:7, column "zone": there is no time zone Asia/Shangai; '
        "did you mean Asia/Shanghai?",
    ),
    "an unknown kind": (
        [*GOOD, ["D3", "shop", "S", "Three"]],
        'units.csv:7, column "kind": unknown kind of unit shop; known are network, region, area,',
    ),
    "a unit under a branch": (
        [*GOOD, ["D3", "branch", "D1", "Three"]],
        'units.csv:7, column "parent": D1 is a branch, nothing stands under a branch',
    ),
    "a second network": (
        [*GOOD, ["HQ2", "network", "", "Other"]],
        'units.csv:7, column "kind": the network is HQ; there cannot be a second one, HQ2',
    ),
    "dates the wrong way round": (
        [*GOOD, ["D3", "branch", "S", "3", "", "", "", "", "2022-01-01", "2021-01-01"]],
        'units.csv:7, column "to": 2021-01-01 is not after 2022-01-01',
    ),
    "a former code that is a code": (
        [*GOOD, ["D3", "branch", "S", "3", "", "", "D1"]],
        'units.csv:7, column "former": the former code D1 is the code of another unit',
    ),
    "merged into nothing": (
        [*GOOD, ["D3", "branch", "S", "3", "", "", "", "D9"]],
        'units.csv:7, column "into": there is no unit with the code D9',
    ),
    "a formula as a name": (
        [*GOOD, ["D3", "branch", "S", "=A1"]],
        'units.csv:7, column "name": formula in cell',
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_contradiction_is_refused_with_line_and_column(
    office: Office, mapping: Path, name: str
) -> None:
    rows, message = BAD[name]
    before = holdings(office.worker)
    done = run(office, mapping, rows)
    assert done.first_error().startswith(message)
    assert done.written == 0
    assert holdings(office.worker) == before


def test_contradictions_to_the_network_are_refused_too(office: Office, mapping: Path) -> None:
    run(office, mapping, GOOD)
    before = holdings(office.worker)
    moved = run(office, mapping, [["D1", "branch", "S", "One"]])
    assert moved.first_error().startswith(
        'units.csv:2, column "parent": D1 stands under N in the network, the file says S; '
        "a move is imported as units with valid_from"
    )
    other = run(office, mapping, [["D1", "area", "N", "One"]])
    assert 'column "kind": D1 is a branch in the network' in other.first_error()
    circle = run(office, mapping, [["X", "region", "N", "X"], ["N", "region", "X", "North", "", "",
                                    "", "", "2026-05-01"]])  # fmt: skip
    assert "in a circle" in circle.first_error()
    assert holdings(office.worker) == before


def test_the_example_imports_and_again_changes_nothing(office: Office) -> None:
    for expected in ((12, 0), (0, 12)):
        done = import_file(office.worker, "units", EXAMPLES / "units.csv", EXAMPLES / "units.toml")
        assert (done.written, done.unchanged) == expected, done.first_error()
