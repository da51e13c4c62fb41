"""How words are sorted: Chinese by pinyin, as `api.network` stores it for units."""

import re
from collections.abc import Iterable
from functools import lru_cache

from api.network.sorting import sort_key

_HAN = re.compile(r"[\u3400-\u9fff]")


def in_order(words: Iterable[str]) -> list[str]:
    """Each word once, as one reads them out: Beijing before Chongqing, in whatever script."""
    return sorted(set(words), key=lambda word: (spoken(word), word))


def is_chinese(word: str) -> bool:
    """True when a word has a Chinese character, which sorts by how it is spoken."""
    return not word.isascii() and _HAN.search(word) is not None


@lru_cache(maxsize=16_384)
def spoken(word: str) -> str:
    """How a word is spoken, as a key to sort by."""
    return sort_key(word)
