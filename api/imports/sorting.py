"""The stored key that names sort by: pinyin for Chinese, folded letters for Latin."""

import unicodedata

from pypinyin import Style, lazy_pinyin


def sort_key(name: str) -> str:
    """``name`` as lower-case ASCII, so that 北京 sorts beside Beijing."""
    spoken = " ".join(lazy_pinyin(name, style=Style.TONE3, neutral_tone_with_five=True))
    folded = unicodedata.normalize("NFKD", spoken.casefold())
    return "".join(letter for letter in folded if not unicodedata.combining(letter))
