"""Small habits that decay when nobody looks: callbacks, graphs, scopes, skips, names, waiting."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.rules.tree import PROJECT, functions, name, product_files, python_files, syntax

WIRING = ("dashboard/wiring",)
# ASGI itself is async: middleware, the liveness answer, and the wiring that leads into threads.
ASYNC_PLACES = (
    "dashboard/wiring",
    "dashboard/app",
    "dashboard/gate",
    "api/boundary/",
    "api/main.py",
)


def _calls(path: Path) -> Iterator[ast.Call]:
    return (node for node in ast.walk(syntax(path)) if isinstance(node, ast.Call))


def _called(call: ast.Call) -> str:
    """The last word of what is called: ``dcc.Graph(…)`` calls ``Graph``."""
    function = call.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _dashboard() -> list[Path]:
    return [path for path in product_files() if name(path).startswith("dashboard/")]


def test_callbacks_are_registered_through_the_wiring_only() -> None:
    """Those that run in the browser alone need no thread."""
    found = [
        f"{name(path)}:{node.lineno}"
        for path in _dashboard()
        if not name(path).startswith(WIRING)
        for node in ast.walk(syntax(path))
        if (isinstance(node, ast.Attribute) and node.attr == "callback")
        or (
            isinstance(node, ast.ImportFrom)
            and (node.module or "").split(".")[0] == "dash"
            and "callback" in {alias.name for alias in node.names}
        )
    ]
    assert not found


def test_one_factory_makes_every_graph() -> None:
    """It is where the button that sends a figure to a cloud service is taken away."""
    places = {
        name(path) for path in _dashboard() for call in _calls(path) if _called(call) == "Graph"
    }
    assert len(places) <= 1
    for place in places:
        assert "showSendToCloud" in (PROJECT / place).read_text()


def test_who_reads_the_whole_network_says_why() -> None:
    silent = [
        f"{name(path)}:{call.lineno}"
        for path in product_files()
        for call in _calls(path)
        if _called(call) == "whole_network" and not _gives_a_reason(call)
    ]
    assert not silent


def _gives_a_reason(call: ast.Call) -> bool:
    given = [keyword.value for keyword in call.keywords if keyword.arg == "reason"] or call.args[:1]
    empty = [node for node in given if isinstance(node, ast.Constant) and not node.value]
    return bool(given) and not empty


def test_everything_is_sync_but_the_edge() -> None:
    found = [
        f"{name(path)}:{node.lineno}"
        for path in product_files()
        if not name(path).startswith(ASYNC_PLACES)
        for node in functions(path)
        if isinstance(node, ast.AsyncFunctionDef) and not _reads_a_body(path, node)
    ]
    assert not found


def _reads_a_body(path: Path, node: ast.AsyncFunctionDef) -> bool:
    """A dependency that reads a request's body must be async; an endpoint never is."""
    reads = any(call in ast.unparse(node) for call in (".body()", ".stream()"))
    return path.stem == "endpoints" and not node.decorator_list and reads


def test_functions_are_named_for_what_they_do() -> None:
    vague = ("handle_", "process_", "do_", "manage_")
    found = [
        f"{name(path)}:{node.name}"
        for path in product_files()
        for node in functions(path)
        if node.name.lstrip("_").startswith(vague)
    ]
    assert not found


def test_no_test_is_skipped_without_a_reason() -> None:
    silent = [
        f"{name(path)}:{call.lineno}"
        for path in python_files()
        if name(path).startswith("tests/")
        for call in _calls(path)
        if _called(call) in {"skip", "skipif", "xfail"}
        and not [keyword for keyword in call.keywords if keyword.arg == "reason"]
        and not (_called(call) == "skip" and call.args)
    ]
    assert not silent
