"""The order of the rooms is enforced: a forbidden import makes `make check` fail."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.rules.tree import PROJECT, ROOMS

PLANTINGS = {
    "scoring knows no database": (
        "scoring/planted.py",
        "import sqlalchemy",
        "Pure rooms import no framework, no table, no clock BROKEN",
    ),
    "the dashboard does not know the scheduler": (
        "dashboard/planted.py",
        "import scheduler.runner",
        "The dashboard does not know the scheduler's processes BROKEN",
    ),
    "the network does not know answers": (
        "api/network/planted.py",
        "import api.responses",
        "The order of the rooms BROKEN",
    ),
}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the rooms and of the declared order."""
    for room in ROOMS:
        shutil.copytree(PROJECT / room, tmp_path / room, ignore=shutil.ignore_patterns("*.pyc"))
    shutil.copy(PROJECT / "pyproject.toml", tmp_path)
    return tmp_path


def linted(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"],
        cwd=folder,
        env={"PYTHONPATH": str(folder), "PATH": "", "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
    )


def test_the_tree_as_it_is_keeps_the_order(copy: Path) -> None:
    done = linted(copy)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("planting", PLANTINGS.values(), ids=PLANTINGS.keys())
def test_a_planted_import_breaks_the_order(copy: Path, planting: tuple[str, str, str]) -> None:
    place, line, verdict = planting
    (copy / place).write_text(f'"""Planted."""\n\n{line}\n')
    done = linted(copy)
    assert done.returncode == 1, done.stdout + done.stderr
    assert verdict in done.stdout


def test_make_check_asks_for_the_order() -> None:
    shown = subprocess.run(
        ["make", "--dry-run", "--no-print-directory", "check"],
        cwd=PROJECT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    for tool in ("ruff format --check", "ruff check", "mypy", "lint-imports", "pytest"):
        assert tool in shown
