"""The files the rules look at: what belongs to the project, and nothing that was made by it."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
ROOMS = ("api", "dashboard", "scheduler", "scoring")
_OTHERS = (".ci", "docker", "docs", "examples", "migrations", "tests")
_TEXT = {".py", ".toml", ".md", ".html", ".css", ".js", ".json", ".sql", ".yaml", ".txt", ".mako",
         ".lock", ".ini", ".csv", ""}  # fmt: skip


def product_files() -> list[Path]:
    """Every Python file of the product itself."""
    found = [path for room in ROOMS for path in (PROJECT / room).rglob("*.py")]
    return sorted(path for path in [*found, PROJECT / "branchpulse.py"] if path.exists())


def python_files() -> list[Path]:
    """Every Python file: product, migrations and tests."""
    others = [path for name in ("migrations", "tests") for path in (PROJECT / name).rglob("*.py")]
    return sorted([*product_files(), *others])


def text_files() -> list[Path]:
    """Every text file that is handed on with the project."""
    inside = [path for name in (*ROOMS, *_OTHERS) for path in (PROJECT / name).rglob("*")]
    files = [*inside, *PROJECT.iterdir()]
    return sorted(
        path
        for path in files
        if path.is_file()
        and path.suffix in _TEXT
        and "__pycache__" not in path.parts
        and path.name not in {".env", "uv.lock", ".git"}
    )


def name(path: Path) -> str:
    """The path as one says it, from the root of the project."""
    return path.relative_to(PROJECT).as_posix()


@cache
def syntax(path: Path) -> ast.Module:
    """The parsed file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function and method of a file."""
    for node in ast.walk(syntax(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node
