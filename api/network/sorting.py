"""How names sort: Chinese by pinyin and tone, Latin without accents and case. Pure."""

import unicodedata

from pypinyin import Style, lazy_pinyin


def sort_key(name: str) -> str:
    """``name`` as a key for ``COLLATE "C"``: 北京 → ``bei3 jing1``, beside Beijing."""
    spoken = " ".join(lazy_pinyin(name, style=Style.TONE3, neutral_tone_with_five=True))
    folded = unicodedata.normalize("NFKD", spoken.casefold())
    return "".join(letter for letter in folded if not unicodedata.combining(letter))
