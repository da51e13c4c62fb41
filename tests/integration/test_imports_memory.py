"""Whatever the size of a file, reading it takes the same memory: measured, in a bounded process."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MEGABYTE = 1_000_000

READER = """
import json, os, resource, sys
from pathlib import Path
from api.imports.convert import Converted, Converter
from api.imports.mapping import load_mapping
from api.imports.source import open_table
from api.imports.values import Refused

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

path, mapping = Path(sys.argv[1]), load_mapping(Path(sys.argv[2]))
used = resident()
limit = int(sys.argv[3])
address = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
resource.setrlimit(resource.RLIMIT_AS, (address + limit, address + limit))
rows, message, early, late = 0, "", used, used
try:
    with open_table(path) as table:
        converter = Converter(mapping, table.heading)
        for row in table.rows:
            assert isinstance(converter.convert(row), Converted)
            rows += 1
            if rows == 20_000:
                early = resident()
        late = resident()
except Refused as refused:
    message = str(refused)
print(json.dumps({"rows": rows, "message": message, "grown": late - early}))
"""

MAPPING = """\
kind = "responses"
timezone = "UTC"
[columns.network]
value = "net"
[columns.touchpoint]
value = "visit"
[columns.answered_at]
from = "at"
[units]
path = [["network", "value"], ["store", "store"]]
[[metrics]]
code = "sat"
scale = "1-5"
from = "score"
[key]
external_id = "id"
"""
HEADER = b"id,at,store,score\n"


def read(path: Path, tmp_path: Path, limit: int) -> dict[str, object]:
    mapping = tmp_path / "map.toml"
    mapping.write_text(MAPPING, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", READER, str(path), str(mapping), str(limit)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, object] = json.loads(done.stdout)
    return found


needs_proc = pytest.mark.skipif(
    not Path("/proc/self/statm").exists(), reason="memory is measured by /proc, which is Linux's"
)


@needs_proc
def test_three_hundred_thousand_rows_take_the_memory_of_twenty_thousand(tmp_path: Path) -> None:
    path = tmp_path / "many.csv"
    with path.open("wb") as file:
        file.write(HEADER)
        for number in range(300_000):
            minute, second = divmod(number % 3600, 60)
            file.write(
                b"%d,2026-01-05T10:%02d:%02d,s%d,%d\n"
                % (number, minute, second, number % 500, number % 5 + 1)
            )
    found = read(path, tmp_path, limit=60 * MEGABYTE)
    assert found["rows"] == 300_000
    assert int(str(found["grown"])) < 4 * MEGABYTE


@needs_proc
def test_a_line_of_200_megabytes_is_refused_within_60(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    with path.open("wb") as file:
        file.write(HEADER + b"1,2026-01-05T10:00:00,s1,5\n2,2026-01-05T10:00:00,")
        for _ in range(200):
            file.write(b"x" * MEGABYTE)
    found = read(path, tmp_path, limit=60 * MEGABYTE)
    assert found["rows"] == 1
    assert str(found["message"]).startswith("long.csv:3: the line is longer than 10 MB")


@needs_proc
def test_a_quotation_mark_before_200_megabytes_is_refused_within_60(tmp_path: Path) -> None:
    path = tmp_path / "quote.csv"
    with path.open("wb") as file:
        file.write(HEADER + b'1,2026-01-05T10:00:00,"s1,5\n')
        for _ in range(2_000):
            file.write(b"x" * 99_999 + b"\n")
    found = read(path, tmp_path, limit=60 * MEGABYTE)
    assert found["rows"] == 0
    assert str(found["message"]).startswith("quote.csv:2: a field is longer than 1 MB")
