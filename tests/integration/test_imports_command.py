"""`branchpulse import` with bad input: exit code 2 and one clear line, before any database."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CASES = {
    "kind": (
        ["answers", "examples/units.csv", "--mapping", "examples/units.toml"],
        "there is no import of answers; known are units, people, customers, events, responses",
    ),
    "mapping": (
        ["counts", "examples/units.csv", "--mapping", "examples/units.toml"],
        "units.toml:3: the mapping is for units, the command imports counts",
    ),
    "file": (
        ["units", "examples/nothing.csv", "--mapping", "examples/units.toml"],
        "examples/nothing.csv: no such file",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_bad_input_is_one_line_and_exit_code_2(tmp_path: Path, name: str) -> None:
    arguments, message = CASES[name]
    done = subprocess.run(
        [sys.executable, "branchpulse.py", "import", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, "BRANCHPULSE_HOME": str(tmp_path / "home")},
        timeout=60,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert message in done.stderr
    assert not (tmp_path / "home").exists()
