"""Words that people read stand in the catalogues, the same ones in every language."""

import ast
import re
import string
from collections.abc import Iterator

import pytest

from api.core.languages import LANGUAGES, catalogue
from tests.rules.tree import PROJECT, name, product_files, syntax

CHINESE = re.compile(r"[\u3400-\u9fff]")
SCREENS = ("dashboard/", "scheduler/", "branchpulse.py")


def test_every_language_has_words() -> None:
    for language in LANGUAGES:
        assert catalogue(language), language


def test_every_language_has_the_same_keys() -> None:
    keys = {language: set(catalogue(language)) for language in LANGUAGES}
    everything = set().union(*keys.values())
    assert {language: sorted(everything - known) for language, known in keys.items()} == {
        language: [] for language in LANGUAGES
    }


def _fields(words: str) -> set[str]:
    return {field for _, field, _, _ in string.Formatter().parse(words) if field}


DATE = {"day", "month", "year", "weekday"}  # each language has its own way to write a date


def test_translations_fill_in_the_same_values() -> None:
    first, *others = (catalogue(language) for language in LANGUAGES)
    differing = [
        key
        for other in others
        for key in first.keys() & other.keys()
        if _fields(first[key]) - DATE != _fields(other[key]) - DATE
    ]
    assert not differing


def test_chinese_words_are_chinese() -> None:
    """An English sentence left in the Chinese catalogue is a forgotten one."""
    left = [
        key
        for key, words in catalogue("zh").items()
        if words == catalogue("en").get(key) and len(words.split()) > 3
    ]
    assert not left


def _spoken_keys() -> Iterator[tuple[str, str]]:
    """Keys that code names literally: ``say("key", …)`` and ``key = "errors.…"`` of errors."""
    for path in product_files():
        for node in ast.walk(syntax(path)):
            if isinstance(node, ast.Call) and _is_say(node) and node.args:
                first = node.args[0]
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    yield name(path), first.value
            elif isinstance(node, ast.ClassDef):
                yield from ((name(path), key) for key in _error_keys(node))


def _is_say(node: ast.Call) -> bool:
    return isinstance(node.func, ast.Name) and node.func.id == "say"


def _error_keys(node: ast.ClassDef) -> Iterator[str]:
    for line in node.body:
        if not isinstance(line, ast.Assign | ast.AnnAssign):
            continue
        target = line.targets[0] if isinstance(line, ast.Assign) else line.target
        if isinstance(target, ast.Name) and target.id == "key" and line.value is not None:
            value = getattr(line.value, "value", None)
            if isinstance(value, str) and value.startswith("errors."):
                yield value


def test_every_key_that_code_names_has_words() -> None:
    named = list(_spoken_keys())
    assert named
    missing = [
        (place, key, language)
        for place, key in named
        for language in LANGUAGES
        if key not in catalogue(language)
    ]
    assert not missing


def test_no_chinese_words_in_the_code_of_screens() -> None:
    found = [
        f"{name(path)}:{node.lineno}"
        for path in product_files()
        if name(path).startswith(SCREENS)
        for node in ast.walk(syntax(path))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and CHINESE.search(node.value)
    ]
    assert not found


LOADS = re.compile(
    r"""(?:\b(?:src|href|action|poster|srcset)\s*=\s*["']?|url\(\s*["']?|@import\s+["']?
        |\b(?:fetch|import|importScripts|WebSocket|EventSource)\(\s*["'])
        (?:(?:https?|wss?):)?//(?!www\.w3\.org/)""",
    re.VERBOSE | re.IGNORECASE,
)
PAGES = {".html", ".css", ".js", ".svg", ".txt"}


@pytest.mark.parametrize("room", ["api", "dashboard"])
def test_no_page_or_asset_asks_another_host(room: str) -> None:
    found = [
        f"{name(path)}: {match.group(0)}"
        for path in (PROJECT / room).rglob("*")
        if path.suffix in PAGES
        for match in LOADS.finditer(path.read_text(encoding="utf-8"))
    ]
    assert not found


def test_the_dashboard_names_no_address_in_its_code() -> None:
    found = [
        f"{name(path)}:{node.lineno}"
        for path in (PROJECT / "dashboard").rglob("*.py")
        for node in ast.walk(syntax(path))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.match(r"(https?|wss?)://", node.value)
    ]
    assert not found


@pytest.mark.parametrize(
    "line",
    [
        '<script src="https://cdn.example/x.js">',
        "<link href=//cdn.example/x.css>",
        "body { background: url('http://x.example/y.png') }",
        'fetch("https://x.example")',
    ],
)
def test_the_search_for_other_hosts_finds_them(line: str) -> None:
    assert LOADS.search(line)
