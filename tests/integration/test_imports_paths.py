"""Units named by their way in files of answers: found, made, or refused; and workbooks."""

import csv
from pathlib import Path

import pytest
from imports_support import holdings, import_file, made_up_hospitals, query
from openpyxl import Workbook

from api.imports.values import ImportSummary, Refused
from tests.conftest import Office

MAPPING = """\
kind = "responses"
timezone = "Asia/Shanghai"
[columns.network]
value = "net"
[columns.network_name]
value = "远航"
[columns.store_name]
from = "name"
[columns.store_timezone]
from = "zone"
[columns.touchpoint]
from = "touchpoint"
[columns.answered_at]
from = "at"
[columns.comment]
from = "said"
[columns.channel]
value = "kiosk"
[columns.advisor]
from = "who"
[columns.model]
from = "who"
[units]
path = [["network", "value"], ["region", "region"], ["store", "store"]]
create = true
[[metrics]]
code = "sat"
scale = "1-5"
from = "score"
[key]
external_id = "id"
"""
HEADER = "id,at,region,store,name,zone,touchpoint,score,said,who"
GOOD = [
    "1,2026-01-05T23:30,North,S1,One,,visit,5,,Li",
    "2,2026-01-05T23:30,West,S2,Two,Asia/Urumqi,visit,4,call me on 13800138000,",
]


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    path = tmp_path / "map.toml"
    path.write_text(MAPPING, encoding="utf-8")
    return path


def run(office: Office, mapping: Path, *rows: str) -> ImportSummary:
    path = mapping.with_name("a.csv")
    path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    return import_file(office.worker, "responses", path, mapping)


def test_new_units_are_made_with_name_level_and_zone(office: Office, mapping: Path) -> None:
    done = run(office, mapping, *GOOD)
    assert (done.written, done.errors) == (2, 0)
    units = query(
        office.worker, "select code, kind, level, name_zh, timezone from unit order by code"
    )
    assert units == [
        ("North", "region", "region", "North", None),
        ("S1", "branch", "store", "One", None),
        ("S2", "branch", "store", "Two", "Asia/Urumqi"),
        ("West", "region", "region", "West", None),
        ("net", "network", "network", "远航", None),
    ]


def test_an_answer_belongs_to_the_day_of_its_branch(office: Office, mapping: Path) -> None:
    run(office, mapping, *GOOD, "3,2026-01-05T23:30:00-05:00,North,S1,One,,visit,3,,")
    days = dict(query(office.worker, "select external_id, occurred_on::text from response"))
    assert days == {"1": "2026-01-05", "2": "2026-01-05", "3": "2026-01-06"}


def test_what_is_said_is_redacted_and_the_context_is_kept(office: Office, mapping: Path) -> None:
    run(office, mapping, *GOOD)
    texts = query(office.worker, "select text from answer where question = 'comment'")
    assert len(texts) == 1
    assert "call me on" in str(texts[0][0])
    assert "13800138000" not in str(texts[0][0])
    context = query(
        office.worker, "select channel, advisor, model from response order by external_id"
    )
    assert context == [("kiosk", "Li", "Li"), ("kiosk", None, None)]


def test_the_survey_of_the_source_is_published_once(office: Office, mapping: Path) -> None:
    run(office, mapping, *GOOD)
    run(office, mapping, *GOOD, "3,2026-01-06T10:00,North,S1,One,,visit,3,,")
    surveys = query(office.worker, "select code, version from survey_version")
    assert surveys == [("imported_net", 1)]
    assert query(office.worker, "select count(*) from response") == [(3,)]


REFUSED = {
    "one branch under two regions": (
        "3,2026-01-06T10:00,South,S1,One,,visit,3,,",
        'a.csv:4, column "store": S1 stands under net/North in line 2 and under net/South here',
    ),
    "an unknown zone": (
        "3,2026-01-06T10:00,South,S3,One,Asia/Shangai,visit,3,,",
        'a.csv:4, column "store": there is no time zone Asia/Shangai',
    ),
    "a region that is a branch": (
        "3,2026-01-06T10:00,S1,S3,One,,visit,3,,", 'a.csv:4, column "region": ',
    ),
    "an answer from the future": (
        "3,2027-01-06T10:00,North,S1,One,,visit,3,,",
        'a.csv:4, column "at": the moment lies in the future',
    ),
    "a touchpoint that is no code": (
        "3,2026-01-06T10:00,North,S1,One,,Visit!,3,,",
        'a.csv:4, column "touchpoint": there is no touchpoint Visit!',
    ),
    "a score off the scale": (
        "3,2026-01-06T10:00,North,S1,One,,visit,6,,",
        'a.csv:4, column "score": not on the scale 1-5 (whole numbers from 1 to 5)',
    ),
    "half a score": ("3,2026-01-06T10:00,North,S1,One,,visit,4.5,,", "not on the scale 1-5"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_is_refused(office: Office, mapping: Path, name: str) -> None:
    row, message = REFUSED[name]
    before = holdings(office.worker)
    done = run(office, mapping, *GOOD, row)
    assert message in done.first_error()
    assert holdings(office.worker) == before


def test_without_create_unknown_units_are_refused(office: Office, mapping: Path) -> None:
    mapping.write_text(MAPPING.replace("create = true", ""), encoding="utf-8")
    before = holdings(office.worker)
    done = run(office, mapping, *GOOD)
    reasons = [row.reason.text() for row in done.rows]
    assert any("import units first, or set create = true" in one for one in reasons)
    assert holdings(office.worker) == before


def test_a_branch_that_stands_elsewhere_is_not_moved_by_answers(
    office: Office, mapping: Path
) -> None:
    run(office, mapping, *GOOD)
    done = run(office, mapping, "3,2026-01-06T10:00,West,S1,One,,visit,3,,")
    assert done.first_error().startswith(
        'a.csv:2, column "store": S1 stands under North in the network, the file says West'
    )


def test_a_metric_keeps_its_scale(office: Office, mapping: Path) -> None:
    run(office, mapping, *GOOD)
    mapping.write_text(MAPPING.replace('scale = "1-5"', 'scale = "0-10"'), encoding="utf-8")
    done = run(office, mapping, "3,2026-01-06T10:00,North,S1,One,,visit,3,,")
    assert "metric sat is already known with the scale 1-5" in done.first_error()


def test_counts_of_overlapping_periods_are_refused(office: Office, tmp_path: Path) -> None:
    source = made_up_hospitals(tmp_path / "h.csv", rows=3)
    import_file(office.worker, "counts", source.path, source.mapping)
    before = holdings(office.worker)
    text = source.path.read_text(encoding="utf-8").replace("10/1/2016", "1/1/2017")
    source.path.write_text(text, encoding="utf-8")
    done = import_file(office.worker, "counts", source.path, source.mapping)
    assert done.errors == 3
    assert "has counts from 2016-10-01 to before 2017-10-01 already" in done.first_error()
    assert holdings(office.worker) == before


def workbook_of(path: Path) -> Path:
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.reader(file):
            sheet.append([int(cell) if cell.isdigit() and cell[0] != "0" else cell for cell in row])
    book.save(path.with_suffix(".xlsx"))
    return path.with_suffix(".xlsx")


def test_a_workbook_imports_like_the_csv_it_was_made_of(office: Office, tmp_path: Path) -> None:
    source = made_up_hospitals(tmp_path / "h.csv", rows=30)
    import_file(office.worker, "counts", source.path, source.mapping)
    again = import_file(office.worker, "counts", workbook_of(source.path), source.mapping)
    assert (again.read, again.written, again.unchanged) == (30, 0, 30)


def test_a_damaged_file_leaves_a_line_in_the_rejects_file(
    office: Office, mapping: Path, tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(HEADER.encode() + b"\n1,2026-01-05,\xff\xfe\n")
    rejects = tmp_path / "rejects.csv"
    with pytest.raises(Refused):
        import_file(office.worker, "responses", path, mapping, rejects=rejects)
    lines = rejects.read_text(encoding="utf-8").splitlines()
    assert lines[1].startswith('2,,error,"byte 0xFF at position 14 of the line is not utf-8')
