"""Each kind of thing has its place: SQL, commits, the environment, words."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.rules.tree import PROJECT, name, product_files, syntax

SQL = {"select", "text", "insert", "update", "delete", "union", "union_all", "literal_column"}
# Below the domains, and the one module that changes to the role bp_stats.
SQL_PLACES = ("api/core/", "api/security/", "api/models/", "api/boundary/",
              "api/insights/network_stats.py")  # fmt: skip
SQL_MODULES = {"repository", "queries"}
COMMIT_PLACES = ("api/core/", "api/boundary/", "dashboard/wiring", "dashboard/actions/",
                 "scheduler/jobs/", "scheduler/runner")  # fmt: skip


def _makes_sql(module: ast.Module) -> Iterator[str]:
    """Names of SQL builders that a module takes from SQLAlchemy or SQLModel."""
    for node in ast.walk(module):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in {
            "sqlalchemy",
            "sqlmodel",
        }:
            yield from (alias.name for alias in node.names if alias.name in SQL)
        elif (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id in {"sa", "sqlalchemy", "sqlmodel", "sql"}
            and node.attr in {*SQL, "SQL"}
        ):
            yield f"{node.value.id}.{node.attr}"


def _in(path: Path, places: tuple[str, ...]) -> bool:
    """True of these places, and of benches: they measure the database from outside."""
    return name(path).startswith(places) or path.stem.startswith(("bench", "seeding"))


def test_sql_lives_in_repository_and_queries_only() -> None:
    found = {
        name(path): sorted(set(_makes_sql(syntax(path))))
        for path in product_files()
        if not _in(path, SQL_PLACES) and not SQL_MODULES & {path.stem, path.parent.name}
    }
    assert not {place: made for place, made in found.items() if made}


def test_nobody_below_the_boundary_commits() -> None:
    found = [
        f"{name(path)}:{node.lineno}"
        for path in product_files()
        if not _in(path, COMMIT_PLACES)
        for node in ast.walk(syntax(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "commit"
        and ast.unparse(node.func.value) != "savepoint"
    ]
    assert not found


def _at_import(node: ast.AST) -> Iterator[ast.AST]:
    """Nodes that run when the module is imported: bodies of functions do not, defaults do."""
    yield node
    for field, value in ast.iter_fields(node):
        if field == "body" and isinstance(
            node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
        ):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from _at_import(child)


def test_nothing_reads_the_environment_at_import() -> None:
    found = [
        f"{name(path)}:{node.lineno}"
        for path in product_files()
        if name(path) != "api/core/settings.py"
        for node in _at_import(syntax(path))
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"}
    ]
    assert not found


def test_table_modules_keep_their_annotations_alive() -> None:
    """Postponed annotations break SQLModel's relationships."""
    found = [
        name(path)
        for path in (PROJECT / "api" / "models").rglob("*.py")
        for node in ast.walk(syntax(path))
        if isinstance(node, ast.ImportFrom) and node.module == "__future__"
    ]
    assert not found


def _imported(module: ast.Module) -> Iterator[str]:
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def test_nothing_is_unpickled() -> None:
    unsafe = {"pickle", "joblib", "dill", "shelve", "marshal"}
    found = [name(path) for path in product_files() if unsafe & set(_imported(syntax(path)))]
    assert not found
