"""Tables: what is taken along is what is shown, nothing of it computes, Chinese sorts by pinyin."""

import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from dashboard.actions.files import as_csv, as_xlsx, harmless
from dashboard.data.order import in_order
from dashboard.data.tables import Column, Table, Wanted, picked, read_wanted
from dashboard.pages.grid import grid, table_in

COUNT = {"function": "bpCount(params)"}
SHARE = {"function": "bpScore(params, 'share')"}
COLUMNS: list[dict[str, Any]] = [
    {"field": "unit_name", "headerName": "网点"},
    {"field": "n", "headerName": "答卷", "valueFormatter": COUNT},
    {"field": "score", "headerName": "得分", "valueFormatter": SHARE},
    {"field": "range", "headerName": "区间", "sortable": False,
     "context": {"export": [{"field": "low", "head": "自", "kind": "share"}]}},
    {"field": "why", "headerName": "", "context": {"export": []}},
]  # fmt: skip
ROWS = [
    {"unit_code": "D1", "unit_name": "重庆一店", "n": 40, "score": 0.5, "low": 0.4, "why": "/app"},
    {"unit_code": "D2", "unit_name": "=1+1", "n": None, "score": None, "low": None},
    {"unit_code": "D3", "unit_name": "北京三店", "n": 12, "score": 0.25, "low": 0.1},
]


def wanted(**changes: Any) -> Wanted:
    """Rows and columns in an order of somebody's own."""
    given = {
        "grid": "g",
        "format": "csv",
        "rows": ("D3", "D2", "foreign"),
        "columns": ("score", "unit_name", "n", "range", "why", "never_was"),
    }
    return Wanted(**(given | changes))


def a_grid() -> Any:
    return grid("g", COLUMNS, ROWS, language="zh", row_id="unit_code")


def test_a_file_has_the_rows_and_columns_of_the_screen_in_its_order_and_no_others() -> None:
    found = table_in([None, "words", a_grid()], wanted())
    assert found is not None
    assert [column.head for column in found.columns] == ["得分", "网点", "答卷", "自"]
    assert found.rows == [[0.25, "北京三店", 12, 0.1], [None, "=1+1", "<5", None]]


def test_a_table_that_is_not_on_the_page_is_none() -> None:
    assert table_in(a_grid(), wanted(grid="another")) is None


@pytest.mark.parametrize("asked", [None, 7, {}, {"grid": "g", "format": "exe"}])
def test_what_makes_no_sense_is_not_asked_for(asked: Any) -> None:
    assert read_wanted(asked) is None


def test_a_wish_with_odd_parts_is_read_without_them() -> None:
    found = read_wanted({"grid": "g", "format": "xlsx", "rows": 7, "data": [1, {"a": 2}]})
    assert found == Wanted("g", "xlsx", (), (), ({"a": 2},))


@given(st.text(), st.sampled_from("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"), st.text(alphabet=" "))
def test_no_text_of_a_csv_is_a_formula(words: str, first: str, spaces: str) -> None:
    assert harmless(spaces + first + words) == f"'{spaces}{first}{words}"


def test_numbers_stay_numbers_and_names_stay_themselves() -> None:
    assert [harmless(one) for one in (-3.5, "D-1", None, True)] == [-3.5, "D-1", None, True]


def test_a_workbook_has_real_numbers_and_text_that_is_never_computed() -> None:
    table = picked(COLUMNS, ROWS, wanted(format="xlsx"), "unit_code")
    book = load_workbook(io.BytesIO(as_xlsx(table, ("排行榜?", "说明"), [("页面", "=x")])))
    sheet, about = book.worksheets
    assert [cell.value for cell in sheet[1]] == ["得分", "网点", "答卷", "自"]
    assert [cell.value for cell in sheet[2]] == [0.25, "北京三店", 12, 0.1]
    assert sheet["A2"].number_format == "0%"
    assert (sheet["B3"].value, sheet["B3"].data_type, sheet["B3"].quotePrefix) == (
        "=1+1",
        "s",
        True,
    )
    assert (about["B1"].value, about["B1"].data_type) == ("=x", "s")
    assert sheet.freeze_panes == "A2"


def test_a_csv_is_read_by_spreadsheets_of_every_language() -> None:
    table = Table([Column("a", "名", "text")], [["a,b"], ["=1"]])
    assert as_csv(table) == '\ufeff名\r\n"a,b"\r\n\'=1\r\n'


def test_chinese_sorts_as_it_is_read_out() -> None:
    names = ["重庆", "长沙", "北京", "Beihai", "阿克苏", "西安"]
    assert in_order(names) == ["阿克苏", "北京", "Beihai", "长沙", "重庆", "西安"]


def test_a_grid_is_told_how_its_chinese_words_sort() -> None:
    table = a_grid().children[-1]
    assert table.dashGridOptions["context"]["order"] == {
        "unit_name": ["=1+1", "北京三店", "重庆一店"]
    }
    assert "bpByWords" in table.columnDefs[0]["comparator"]["function"]
    assert "comparator" not in table.columnDefs[1]
