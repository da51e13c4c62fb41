"""One row through a mapping: the ten kinds of damage that a row can have, and what is right."""

from datetime import UTC, date, datetime
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.core.formulas import harmless, is_formula
from api.imports.bands import adds_up, largest_remainder
from api.imports.convert import Converted, Converter
from api.imports.mapping import parse_mapping
from api.imports.source import open_table
from api.imports.values import Refused, Reject

RESPONSES = """\
kind = "responses"
timezone = "Europe/London"
[columns.network]
value = "practices"
[columns.answered_at]
from = "time"
format = "%Y-%m-%d %H:%M:%S"
[columns.touchpoint]
value = "visit"
[columns.rating]
from = "rating"
map = { "Very good" = 5, "Very  good" = 5, "Poor" = 2, "Don't know" = "" }
[columns.advisor]
from = "who"
regex = '^[A-Z]-(\\d+)$'
default = "none"
[columns.comment]
from = "said"
[units]
path = [["network", "value"], ["pcn", "pcn"], ["surgery", "surgery"]]
[[metrics]]
code = "recommend"
scale = "1-5"
from = "rating"
[key]
external_id = "id"
[[skip_when]]
column = "pcn"
matches = "^Demo-"
[[skip_when]]
column = "surgery"
equals = ""
"""
HEADING = "id,time,rating,pcn,surgery,who,said,other"
GOOD = "1,2024-07-01 12:30:00,Very good,Brompton,Chelsea,A-12,friendly,x"

COUNTS = """\
kind = "counts"
[columns.network]
value = "us"
[units]
path = [["network", "value"], ["state", "State"], ["hospital", "Id"]]
[[metrics]]
code = "nps"
scale = "nps3"
detractors = "low"
passives = "mid"
promoters = "high"
of = "n"
[period]
from = "start"
to = "end"
format = "%m/%d/%Y"
"""


def converted(tmp_path: Path, mapping: str, *lines: str) -> list[Converted | list[Reject]]:
    path = tmp_path / "rows.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    parsed = parse_mapping(mapping, "map.toml")
    with open_table(path, delimiter=parsed.delimiter) as table:
        converter = Converter(parsed, table.heading, mapping_file="map.toml")
        return [converter.convert(row) for row in table.rows]


def one(tmp_path: Path, row: str) -> Converted:
    (found,) = converted(tmp_path, RESPONSES, HEADING, row)
    assert isinstance(found, Converted), found
    return found


def rejects(tmp_path: Path, row: str, mapping: str = RESPONSES, heading: str = HEADING) -> list:
    (found,) = converted(tmp_path, mapping, heading, row)
    assert not isinstance(found, Converted)
    return [(r.line, r.column, r.severity, r.reason.text(), r.value) for r in found]


def test_a_good_row_has_typed_values(tmp_path: Path) -> None:
    row = one(tmp_path, GOOD)
    assert row.line == 2
    assert row.path == ("practices", "Brompton", "Chelsea")
    assert row.scores == {"recommend": 5}
    assert row.external_id == "1"
    assert row.fields["answered_at"] == datetime(2024, 7, 1, 11, 30, tzinfo=UTC)
    assert row.fields["advisor"] == "12"
    assert row.fields["comment"] == "friendly"


def test_label_variants_are_merged_and_no_opinion_is_no_score(tmp_path: Path) -> None:
    assert one(tmp_path, GOOD.replace("Very good", "Very  good")).scores == {"recommend": 5}
    assert one(tmp_path, GOOD.replace("Very good", "Don't know")).scores == {}
    assert one(tmp_path, GOOD.replace("Very good", "")).scores == {}


def test_a_default_fills_an_empty_cell_only(tmp_path: Path) -> None:
    assert one(tmp_path, GOOD.replace("A-12", "")).fields["advisor"] == "none"
    assert rejects(tmp_path, GOOD.replace("A-12", "12")) == [
        (2, "who", "error", r"does not match ^[A-Z]-(\d+)$", "12")
    ]


@pytest.mark.parametrize(
    ("old", "new", "column", "part"),
    [
        ("2024-07-01 12:30:00", "01.07.2024", "time",
         "not a date in the form %Y-%m-%d %H:%M:%S, such as 2024-12-31 13:45:06"),
        ("2024-07-01", "2024-02-30", "time", "not a date"),
        ("2024-07-01", "0024-07-01", "time", "the year is not between 1900 and 2100"),
        ("2024-07-01 12", "2024-03-31 01", "time", "does not exist in Europe/London"),
        ("2024-07-01 12:30:00", "", "time", "the cell is empty, a value is needed"),
        ("Very good", "very good", "rating", "not in the mapping's map; it has \"Very good\""),
        ("Brompton", "", "pcn", "the pcn is needed"),
        ("Chelsea", "=1+1", "surgery", "formula in cell"),
        ("Chelsea", "@SUM(A1)", "surgery", "formula in cell"),
        ("Chelsea", "+A1", "surgery", "formula in cell"),
        ("friendly", "=HYPERLINK(A1)", "said", "formula in cell"),
        ("x", "=cmd|' /C calc'!A0", "other", "formula in cell"),
        ("Chelsea", "Chel\ufffdea", "surgery", "damaged before"),
        ("Chelsea", "C" * 301, "surgery", "the text has 301 characters, 300 fit"),
        ("1,2024", ",2024", "id", "the cell is empty"),
    ],
)  # fmt: skip
def test_a_bad_cell_is_an_error_with_line_column_and_what_is_right(
    tmp_path: Path, old: str, new: str, column: str, part: str
) -> None:
    assert old in GOOD
    row = GOOD[:-1] + new if old == "x" else GOOD.replace(old, new, 1)
    (found,) = rejects(tmp_path, row)
    assert found[:3] == (2, column, "error")
    assert part in found[3]


def test_all_bad_cells_of_a_row_are_named(tmp_path: Path) -> None:
    row = GOOD.replace("Very good", "super").replace("2024", "24")
    assert [found[1] for found in rejects(tmp_path, row)] == ["time", "rating"]


def test_a_customer_may_begin_with_a_dash(tmp_path: Path) -> None:
    assert one(tmp_path, GOOD.replace("friendly", "- too slow")).fields["comment"] == "- too slow"
    assert one(tmp_path, GOOD.replace(",x", ",-5")).line == 2


def test_trailing_junk_and_a_row_cut_off_are_errors(tmp_path: Path) -> None:
    (long,) = rejects(tmp_path, GOOD + ",junk")
    assert long[:3] == (2, "", "error")
    assert long[3].startswith("the row has 9 cells, the column names are 8")
    assert long[4] == "junk"
    (short,) = rejects(tmp_path, "Total: 11917 rows")
    assert short[:3] == (2, "time", "error")
    assert short[3].startswith("the row has 1 cells, the column names are 8")


def test_rows_left_out_say_why(tmp_path: Path) -> None:
    (demo,) = rejects(tmp_path, GOOD.replace("Brompton", "Demo-PCN"))
    assert demo == (2, "pcn", "skipped", "left out by the mapping: the cell matches ^Demo-",
                    "Demo-PCN")  # fmt: skip
    (without,) = rejects(tmp_path, GOOD.replace("Chelsea", ""))
    assert without[1:4] == ("surgery", "skipped", "left out by the mapping: the cell is empty")


def test_a_missing_column_is_named_with_what_is_there(tmp_path: Path) -> None:
    with pytest.raises(Refused) as caught:
        converted(tmp_path, RESPONSES, HEADING.replace("rating", "Rating"), GOOD)
    message = str(caught.value)
    assert message.startswith('rows.csv:1, column "rating": column "rating" is missing')
    assert 'did you mean "Rating"?' in message
    assert "id, time, Rating, pcn, surgery" in message


def test_a_wrong_delimiter_is_recognised(tmp_path: Path) -> None:
    with pytest.raises(Refused) as caught:
        converted(tmp_path, RESPONSES, HEADING.replace(",", ";"), GOOD.replace(",", ";"))
    assert str(caught.value) == (
        'rows.csv:1: the columns are separated by ";", not by ","; '
        'set delimiter = ";" in the mapping'
    )


def counts(tmp_path: Path, row: str) -> Converted | list[Reject]:
    heading = "State,Id,low,mid,high,n,start,end"
    (found,) = converted(tmp_path, COUNTS, heading, row)
    return found


def test_percentages_become_people_that_sum_to_all(tmp_path: Path) -> None:
    row = counts(tmp_path, "AL,010005,8,18,74,1198,10/1/2016,9/30/2017")
    assert isinstance(row, Converted)
    assert row.counts == {"nps": [96, 216, 886]}
    assert sum(row.counts["nps"]) == 1198
    assert row.period == (date(2016, 10, 1), date(2017, 10, 1))
    assert row.path == ("us", "AL", "010005")


@pytest.mark.parametrize(
    ("row", "column", "part"),
    [
        ("AL,1,8,18,79,100,10/1/2016,9/30/2017", "low", "add up to 105, not to 100 (±2"),
        ("AL,1,8,18,,100,10/1/2016,9/30/2017", "high", "the cell is empty"),
        ("AL,1,8,18,174,100,10/1/2016,9/30/2017", "high", "not a percentage from 0 to 100"),
        ("AL,1,8,18,74,many,10/1/2016,9/30/2017", "n", "not a whole number"),
        ("AL,1,8,18,74,-5,10/1/2016,9/30/2017", "n", "cannot be negative"),
        ("AL,1,8,18,74,100,2016-10-01,9/30/2017", "start", "not a date in the form %m/%d/%Y"),
        ("AL,1,8,18,74,100,10/1/2016,9/30/2015", "end", "the period ends on 2015-09-30, before"),
    ],
)
def test_bad_counts_are_errors(tmp_path: Path, row: str, column: str, part: str) -> None:
    found = counts(tmp_path, row)
    assert isinstance(found, list)
    assert found[0].column == column
    assert found[0].severity == "error"
    assert part in found[0].reason.text()


def test_rounding_of_whole_percentages_is_no_mistake() -> None:
    assert adds_up([Fraction(33), Fraction(33), Fraction(33)])
    assert adds_up([Fraction(34), Fraction(34), Fraction(34)])
    assert not adds_up([Fraction(30), Fraction(30), Fraction(37)])


@given(
    st.lists(st.integers(0, 100), min_size=3, max_size=3).filter(any),
    st.integers(0, 20_000),
)
def test_largest_remainder_sums_and_is_off_by_less_than_one(shares: list[int], n: int) -> None:
    counted = largest_remainder([Fraction(share) for share in shares], n)
    assert sum(counted) == n
    for share, count in zip(shares, counted, strict=True):
        assert abs(count - Fraction(share * n, sum(shares))) < 1


@given(st.text())
def test_what_is_written_out_is_never_run(text: str) -> None:
    assert harmless(text)[:1] not in set("=+-@\t\r")


@pytest.mark.parametrize(
    "text",
    [
        "-5",
        "-1.5E-7",
        "+86-199-0000-0001",
        "+86 199 0000 0001",
        "-3.5 %",
        "+1 202-555-0100",
        "",
        "-",
    ],
)
def test_numbers_and_phones_are_no_formulas(text: str) -> None:
    assert not is_formula(text)


@pytest.mark.parametrize(
    "text", ["=1+1", "+1+1", "@SUM(A1)", "-A1+3", "+cmd|' /C calc'!A0", " =B2"]
)
def test_formulas_are_found(text: str) -> None:
    assert is_formula(text)


@pytest.mark.parametrize(
    "text", ["-5 stars", "- ok", "+1 for the staff", "@home it was fine", ":)"]
)
def test_prose_is_no_formula(text: str) -> None:
    assert not is_formula(text, prose=True)
