"""The report of a run adds up, and its last line is the plain sum."""

from pathlib import Path

from tests.report import report

FILE = """<testsuites><testsuite name="x" time="1.5">
<testcase classname="a" name="good"/>
<testcase classname="a" name="bad"><failure message="no"/></testcase>
<testcase classname="a" name="broken"><error message="no"/></testcase>
<testcase classname="a" name="left"><skipped message="no browser"/></testcase>
</testsuite></testsuites>"""


def test_the_last_line_is_the_plain_sum(tmp_path: Path) -> None:
    (tmp_path / "fast.xml").write_text(FILE)
    (tmp_path / "browser.xml").write_text(FILE)
    lines, well = report(tmp_path)
    assert lines[-1] == "2 passed, 4 failed, 2 skipped"
    assert "skipped 1 in fast: no browser" in lines
    assert not well


def test_a_broken_off_file_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "fast.xml").write_text(FILE[:100])
    lines, well = report(tmp_path)
    assert lines[-1] == "0 passed, 1 failed, 0 skipped"
    assert not well


def test_nothing_to_sum_is_not_well(tmp_path: Path) -> None:
    assert report(tmp_path) == (["nothing was skipped", "0 passed, 0 failed, 0 skipped"], False)
