"""Ten kinds of damage, each on both shapes of real files: a clear error, and nothing changes."""

import csv
import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from imports_support import Source, holdings, import_file, made_up_hospitals, made_up_practices

from api.imports.values import Refused
from tests.conftest import Office

Lines = list[str]
Damage = Callable[[Path], None]


@pytest.fixture
def practices(tmp_path: Path) -> Source:
    return made_up_practices(tmp_path / "answers.csv", rows=60)


@pytest.fixture
def hospitals(tmp_path: Path) -> Source:
    return made_up_hospitals(tmp_path / "counts.csv", rows=20)


def edited(path: Path, edit: Callable[[Lines], Lines]) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join(edit(lines)) + "\n", encoding="utf-8")


def with_cell(line: int, column: str, value: str) -> Damage:
    """Puts ``value`` into a cell; ``line`` as an editor counts."""

    def damage(path: Path) -> None:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
        rows[line - 1][rows[0].index(column)] = value
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(rows)

    return damage


def without_column(name: str) -> Damage:
    def damage(path: Path) -> None:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
        place = rows[0].index(name)
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([row[:place] + row[place + 1 :] for row in rows])

    return damage


def in_latin(path: Path) -> None:
    text = path.read_text(encoding="utf-8").replace("Surgery-1", "Chirurgie-é", 1)
    text = text.replace("HOSPITAL 3", "HÔPITAL 3", 1)
    path.write_bytes(text.encode("cp1252"))


def with_endless_line(path: Path) -> None:
    with path.open("ab") as file:
        for _ in range(200):
            file.write(b"x" * 1_000_000)


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def with_junk(path: Path) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write("-- 2282 rows selected --\n")


def with_semicolons(path: Path) -> None:
    path.write_text(path.read_text(encoding="utf-8").replace(",", ";"), encoding="utf-8")


def with_id_again(path: Path) -> None:
    """The second row comes again as the last one, with another content."""

    def edit(lines: Lines) -> Lines:
        return [*lines, lines[2].replace(",9/30/2017,", ",9/30/2018,")]

    edited(path, edit)


DAMAGE: dict[str, tuple[str, Damage, tuple[str, ...]]] = {
    "missing column": (
        "responses", without_column("rating"),
        ('answers.csv:1, column "rating": column "rating" is missing', "the file has: time, "),
    ),
    "missing column of counts": (
        "counts", without_column("H_HSP_RATING_7_8"),
        ('counts.csv:1, column "H_HSP_RATING_7_8"', 'did you mean "H_HSP_RATING_0_6"?'),
    ),
    "bad date": (
        "responses", with_cell(7, "time", "2024-13-01 10:00:00"),
        ('answers.csv:7, column "time": not a date in the form %Y-%m-%d %H:%M:%S', "2024-12-31"),
    ),
    "bad date of counts": (
        "counts", with_cell(4, "Measure.Start.Date", "2016-10-01"),
        ('counts.csv:4, column "Measure.Start.Date": not a date in the form %m/%d/%Y',
         "such as 12/31/2024"),
    ),
    "wrong encoding": (
        "responses", in_latin,
        ("answers.csv:", "byte 0xE9 at position ", "is not utf-8", "cp1252",
         "set encoding in the mapping"),
    ),
    "wrong encoding of counts": (
        "counts", in_latin, ("counts.csv:5: byte 0xD4", "is not utf-8", "cp1252"),
    ),
    "percentages that do not add up": (
        "counts", with_cell(9, "H_HSP_RATING_9_10", "3"),
        ('counts.csv:9, column "H_HSP_RATING_0_6": the percentages add up to ', "not to 100 (±2"),
    ),
    "duplicate ids": (
        "counts", with_id_again,
        ('counts.csv:22, column "Provider.ID": a second row for the same 000001', "line 3"),
    ),
    "a line of 200 MB": (
        "responses", with_endless_line,
        ("answers.csv:62: the line is longer than 10 MB", "line ends are missing"),
    ),
    "a line of 200 MB of counts": (
        "counts", with_endless_line, ("counts.csv:22: the line is longer than 10 MB",),
    ),
    "formula in a mapped cell": (
        "responses", with_cell(5, "surgery", "=HYPERLINK(\"x\")"),
        ('answers.csv:5, column "surgery": formula in cell', "put the plain value there"),
    ),
    "formula in a cell nobody reads": (
        "responses", with_cell(5, "sentiment_free_text", "=cmd|' /C calc'!A0"),
        ('answers.csv:5, column "sentiment_free_text": formula in cell',),
    ),
    "formula in a name": (
        "counts", with_cell(6, "Hospital.Name", "@SUM(A1:A9)"),
        ('counts.csv:6, column "Hospital.Name": formula in cell',),
    ),
    "empty file": (
        "responses", emptied,
        ("answers.csv:1: the file is empty; a line with the column names is needed",),
    ),
    "trailing junk": (
        "responses", with_junk,
        ('answers.csv:62, column "rating": the row has 1 cells, the column names are 15',),
    ),
    "trailing junk of counts": (
        "counts", with_junk,
        ('counts.csv:22, column "Hospital.Name": the row has 1 cells, the column names are 10',),
    ),
    "wrong delimiter": (
        "responses", with_semicolons,
        ('answers.csv:1: the columns are separated by ";", not by ","', 'delimiter = ";"'),
    ),
    "wrong delimiter of counts": (
        "counts", with_semicolons, ('counts.csv:1: the columns are separated by ";"',),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_refused_clearly_and_changes_nothing(
    office: Office, practices: Source, hospitals: Source, name: str
) -> None:
    kind, damage, parts = DAMAGE[name]
    source = practices if kind == "responses" else hospitals
    damage(source.path)
    before = holdings(office.worker)
    try:
        done = import_file(office.worker, kind, source.path, source.mapping)
        message = done.first_error()
        assert done.errors >= 1
        assert (done.written, done.unchanged) == (0, 0)
    except Refused as refused:
        message = str(refused)
    for part in parts:
        assert part in message
    assert "\n" not in message
    assert holdings(office.worker) == before


def test_damage_after_a_good_import_leaves_the_good_one(office: Office, hospitals: Source) -> None:
    import_file(office.worker, "counts", hospitals.path, hospitals.mapping)
    before = holdings(office.worker)
    with_cell(9, "H_HSP_RATING_9_10", "3")(hospitals.path)
    with_cell(4, "Number.of.Completed.Surveys", "9999")(hospitals.path)
    done = import_file(office.worker, "counts", hospitals.path, hospitals.mapping)
    assert done.errors == 1
    assert holdings(office.worker) == before


def test_every_bad_row_is_in_the_rejects_file_and_safe_to_open(
    office: Office, practices: Source, tmp_path: Path
) -> None:
    with_cell(5, "surgery", "=1+1")(practices.path)
    with_cell(9, "rating", "brilliant")(practices.path)
    rejects = tmp_path / "rejects.csv"
    done = import_file(
        office.worker, "responses", practices.path, practices.mapping, rejects=rejects
    )
    with rejects.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["line", "column", "severity", "reason", "value"]
    errors = [row for row in rows if row[2] == "error"]
    assert [(row[0], row[1], row[4]) for row in errors] == [
        ("5", "surgery", "'=1+1"), ("9", "rating", "brilliant"),
    ]  # fmt: skip
    assert sum(row[2] == "skipped" for row in rows) == done.skipped
    document = json.loads(json.dumps(done.as_json()))
    assert {"read", "written", "unchanged", "skipped", "errors", "rows"} <= set(document)
    assert document["errors"] == 2
    assert document["read"] == 60
    assert done.first_error().endswith("(and 1 more errors; nothing was written)")


def test_an_answer_id_with_other_content_is_an_error_and_the_same_row_is_skipped(
    office: Office, tmp_path: Path
) -> None:
    mapping = tmp_path / "map.toml"
    mapping.write_text(
        'kind = "responses"\ntimezone = "Asia/Shanghai"\n'
        '[columns.network]\nvalue = "net"\n[columns.touchpoint]\nvalue = "visit"\n'
        '[columns.answered_at]\nfrom = "at"\n'
        '[units]\npath = [["network", "value"], ["store", "store"]]\ncreate = true\n'
        '[[metrics]]\ncode = "sat"\nscale = "1-5"\nfrom = "score"\n[key]\nexternal_id = "id"\n',
        encoding="utf-8",
    )
    path = tmp_path / "a.csv"
    good = "id,at,store,score\n1,2026-01-05T10:00,s1,5\n1,2026-01-05T10:00,s1,5\n"
    path.write_text(good, encoding="utf-8")
    done = import_file(office.worker, "responses", path, mapping)
    assert (done.written, done.skipped, dict(done.reasons)) == (1, 1, {"duplicate": 1})
    before = holdings(office.worker)

    path.write_text(good + "1,2026-01-05T10:00,s1,2\n", encoding="utf-8")
    twice = import_file(office.worker, "responses", path, mapping)
    assert twice.first_error() == (
        'a.csv:4, column "id": the same id as line 2, with other content; ids must be unique'
    )
    path.write_text("id,at,store,score\n1,2026-01-05T10:00,s1,2\n", encoding="utf-8")
    later = import_file(office.worker, "responses", path, mapping)
    assert later.first_error().startswith('a.csv:2, column "id": an answer with this id is known')
    assert holdings(office.worker) == before


def test_a_packed_file_cut_off_changes_nothing(office: Office, hospitals: Source) -> None:
    packed = gzip.compress(hospitals.path.read_bytes())
    hospitals.path.write_bytes(packed[: len(packed) * 2 // 3])
    before = holdings(office.worker)
    with pytest.raises(Refused, match=r"counts.csv:\d+: the packed file is damaged, cut off"):
        import_file(office.worker, "counts", hospitals.path, hospitals.mapping)
    assert holdings(office.worker) == before
