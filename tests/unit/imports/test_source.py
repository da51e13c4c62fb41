"""Files as they come: whatever is wrong with them has a line and says what would be right."""

import csv
import gzip
import io
import zipfile
from datetime import datetime
from pathlib import Path

import pytest
from openpyxl import Workbook

from api.imports import csv_rows
from api.imports.source import SourceRow, open_table
from api.imports.values import Refused

MAY_DAY = datetime(2024, 5, 1)  # noqa: DTZ001 - a sheet knows no zone


def rows_of(path: Path, **form: str) -> list[SourceRow]:
    with open_table(path, **form) as table:
        return list(table.rows)


def refusal(path: Path, **form: str) -> str:
    with pytest.raises(Refused) as caught:
        rows_of(path, **form)
    return str(caught.value)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "table.csv"


def test_rows_have_the_line_they_begin_on(file: Path) -> None:
    file.write_text('a,b\n1,"two\nlines"\n\n3,4\n', encoding="utf-8")
    assert rows_of(file) == [SourceRow(2, ("1", "two\nlines")), SourceRow(5, ("3", "4"))]


def test_a_byte_order_mark_is_no_part_of_the_first_name(file: Path) -> None:
    file.write_bytes("\ufeffa,b\n1,2\n".encode())
    with open_table(file) as table:
        assert table.heading.names == ("a", "b")


def test_a_packed_file_is_known_by_its_bytes_not_its_name(file: Path) -> None:
    file.write_bytes(gzip.compress(b"a,b\n1,2\n"))
    assert rows_of(file) == [SourceRow(2, ("1", "2"))]


def test_chinese_is_read_in_the_encoding_given(file: Path) -> None:
    file.write_bytes("编号,名称\n1,北京朝阳店\n".encode("gb18030"))
    assert rows_of(file, encoding="gb18030")[0].cells == ("1", "北京朝阳店")


def test_a_wrong_encoding_has_line_byte_and_the_likely_one(file: Path) -> None:
    file.write_bytes("a,b\n1,北京朝阳店\n".encode("gb18030"))
    message = refusal(file)
    assert message.startswith("table.csv:2: byte 0xB1 at position 3 of the line is not utf-8")
    assert "gb18030" in message


def test_utf8_declared_as_another_encoding_does_not_become_other_letters(file: Path) -> None:
    file.write_text("a,b\n1,北京朝阳店\n", encoding="utf-8")
    for declared in ("gb18030", "cp1252", "latin-1"):
        message = refusal(file, encoding=declared)
        assert message.startswith("table.csv:2: ")
        assert "utf-8" in message


def test_utf16_is_named(file: Path) -> None:
    file.write_text("a,b\n1,2\n", encoding="utf-16")
    assert refusal(file) == "table.csv:1: the file is utf-16-le; save it as UTF-8"


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf"])
def test_an_empty_file_says_what_is_needed(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    assert refusal(file).startswith("table.csv:1: the file is empty; a line with the column names")


def test_an_empty_packed_file_is_empty(file: Path) -> None:
    file.write_bytes(gzip.compress(b""))
    assert "the file is empty" in refusal(file)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="no such file"):
        rows_of(tmp_path / "no.csv")


def test_an_endless_line_is_refused_by_its_number(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_rows, "MAX_LINE", 2_000_000)
    file.write_bytes(b"a,b\n1,2\n3," + b"x" * 3_000_000)
    assert refusal(file).startswith("table.csv:3: the line is longer than 2 MB")


def test_an_overlong_field_is_refused(file: Path) -> None:
    file.write_bytes(b"a,b\n1," + b"x" * 1_000_001 + b"\n")
    assert refusal(file).startswith("table.csv:2: a field is longer than 1 MB")


def test_a_quotation_mark_that_is_never_closed_points_to_its_row(file: Path) -> None:
    file.write_text('a,b\n1,2\n3,"x\n5,6\n', encoding="utf-8")
    assert refusal(file) == "table.csv:3: a quotation mark opened in this row is never closed"


def test_letters_behind_a_quotation_mark_are_refused(file: Path) -> None:
    file.write_text('a,b\n1,"x"y\n', encoding="utf-8")
    assert refusal(file).startswith("table.csv:2: there are characters after a closing quotation")


def test_a_nul_byte_has_its_position(file: Path) -> None:
    file.write_bytes(b"a,b\n1,x\0y\n")
    assert refusal(file).startswith("table.csv:2: byte 4 of the line is NUL")


def test_bytes_behind_a_packed_table_are_refused(file: Path) -> None:
    file.write_bytes(gzip.compress(b"a,b\n1,2\n") + b"junk")
    assert "followed by other bytes" in refusal(file)


def test_a_packed_table_cut_off_is_refused(file: Path) -> None:
    packed = gzip.compress(("a,b\n" + "".join(f"{i},{i * i}\n" for i in range(5000))).encode())
    file.write_bytes(packed[: len(packed) // 2])
    assert "damaged, cut off" in refusal(file)


def test_a_small_file_that_unpacks_to_a_huge_one_is_refused(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_rows, "ALWAYS_ALLOWED", 1_000_000)
    file.write_bytes(gzip.compress(b"a,b\n" + b"1,2\n" * 2_000_000))
    assert "unpacks to more than" in refusal(file)


def test_two_columns_of_one_name_are_refused(file: Path) -> None:
    file.write_text("a,b,a\n1,2,3\n", encoding="utf-8")
    assert refusal(file) == 'table.csv:1, column "a": two columns have this name; give each its own'


def test_empty_cells_beyond_the_heading_are_no_damage(file: Path) -> None:
    file.write_text("a,b,\n1,2,\n3,4,,,\n", encoding="utf-8")
    assert [row.cells for row in rows_of(file)] == [("1", "2"), ("3", "4")]


def test_old_excel_is_named(file: Path) -> None:
    file.write_bytes(b"\xd0\xcf\x11\xe0" + b"\0" * 600)
    assert "old Excel file (.xls); save it as .xlsx" in refusal(file)


def workbook(path: Path, rows: list[list[object]]) -> None:
    book = Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append(row)
    book.save(path)


def test_a_workbook_gives_text_whole_numbers_and_dates(tmp_path: Path) -> None:
    path = tmp_path / "table.xlsx"
    workbook(path, [["a", "b", "c"], ["x", 5.0, MAY_DAY], [None, None, None], [1, 2.5]])
    assert rows_of(path) == [
        SourceRow(2, ("x", "5", MAY_DAY)),
        SourceRow(4, ("1", "2.5", "")),
    ]


def test_a_formula_in_a_workbook_is_refused_with_row_and_column(tmp_path: Path) -> None:
    path = tmp_path / "table.xlsx"
    workbook(path, [["a", "b"], ["x", "=1+1"]])
    assert refusal(path).startswith('table.xlsx:2, column "B": formula in cell')


def test_a_file_that_only_begins_like_a_workbook_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "table.xlsx"
    path.write_bytes(b"PK\x03\x04 no zip at all")
    assert "the workbook is damaged" in refusal(path)


def test_a_zip_without_sheets_is_no_workbook(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("readme.txt", "hello")
    path = tmp_path / "table.xlsx"
    path.write_bytes(buffer.getvalue())
    assert "the workbook is damaged" in refusal(path)


def test_the_row_reader_and_the_csv_module_agree(file: Path) -> None:
    wanted = [["a", "b"], ['x "y"', "1,2"], ["", "z\r\nw"], ["é", "北京"]]
    with file.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows(wanted)
    assert [list(row.cells) for row in rows_of(file)] == wanted[1:]
