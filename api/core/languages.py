"""The words people read: one catalogue per language, a TOML file per room, keys ``room.name``.

Words never stand in code. A key that is missing in one language is a defect that a test finds;
at run time it is shown as the key, never as another language.
"""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any, Literal, get_args

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
DEFAULT_LANGUAGE: Language = "zh"


@cache
def catalogue(language: Language) -> dict[str, str]:
    """All words of ``language``: flat keys such as ``league.title``."""
    words: dict[str, str] = {}
    folder = files("api.core").joinpath("catalogue", language)
    for entry in sorted(folder.iterdir(), key=lambda item: item.name):
        if entry.name.endswith(".toml"):
            table = tomllib.loads(entry.read_text(encoding="utf-8"))
            words.update(_flat(entry.name.removesuffix(".toml"), table))
    return words


def say(key: str, language: Language, **params: Any) -> str:
    """The words under ``key``, with ``{name}`` filled from ``params``."""
    words = catalogue(language).get(key)
    if words is None:
        return key
    return words.format(**params) if params else words


def spoken(wanted: str | None) -> Language:
    """The language to speak to someone who asked for ``wanted`` (a tag such as ``en-GB``)."""
    tag = (wanted or "").lower()
    return next((known for known in LANGUAGES if tag.startswith(known)), DEFAULT_LANGUAGE)


def accepted(header: str | None) -> Language:
    """The first known language of an ``Accept-Language`` header."""
    for part in (header or "").split(","):
        tag = part.split(";")[0].strip().lower()
        for known in LANGUAGES:
            if tag.startswith(known):
                return known
    return DEFAULT_LANGUAGE


def _flat(prefix: str, table: dict[str, Any]) -> dict[str, str]:
    words: dict[str, str] = {}
    for name, value in table.items():
        key = f"{prefix}.{name}"
        words.update(_flat(key, value) if isinstance(value, dict) else {key: str(value)})
    return words
