"""Files and functions stay small, and every module says what it owns."""

import ast

from tests.rules.tree import functions, name, product_files, python_files, syntax

FILE_CAP = 500
FUNCTION_CAP = 60
VAGUE = ("util", "helper", "manager", "misc", "common")


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without its docstring (the text of a page is not its code)."""
    lines = (node.end_lineno or node.lineno) - node.lineno + 1
    first = node.body[0]
    if ast.get_docstring(node) is not None:
        lines -= (first.end_lineno or first.lineno) - first.lineno + 1
    return lines


def test_no_file_is_longer_than_500_lines() -> None:
    written = [path for path in python_files() if "versions" not in path.parts]
    long = {name(p): n for p in written if (n := len(p.read_text().splitlines())) > FILE_CAP}
    assert not long


def test_no_function_is_longer_than_60_lines() -> None:
    long = {
        f"{name(path)}:{node.name}": length(node)
        for path in product_files()
        for node in functions(path)
        if length(node) > FUNCTION_CAP
    }
    assert not long


def test_every_module_opens_by_saying_what_it_owns() -> None:
    silent = [
        name(path)
        for path in python_files()
        if path.read_text().strip() and not ast.get_docstring(syntax(path))
    ]
    assert not silent


def test_every_public_function_of_the_product_has_a_sentence() -> None:
    silent = [
        f"{name(path)}:{node.name}"
        for path in product_files()
        for node in _public(syntax(path))
        if not ast.get_docstring(node)
    ]
    assert not silent


def _public(module: ast.Module) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [
        node
        for node in module.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and not node.name.startswith("_")
    ]


def test_no_module_has_a_vague_name() -> None:
    vague = {*VAGUE, *(f"{word}s" for word in VAGUE)}
    assert not [name(path) for path in product_files() if vague & set(path.stem.split("_"))]
