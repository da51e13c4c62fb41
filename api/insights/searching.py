"""What a person types into a search box, as a query of text search over comments.

Pure. All words must be there; a Latin word is found by its beginning ("wait" finds "waiting"), a
Chinese one wherever its characters stand side by side. Nothing typed can break the query. The same
letters part words here as in the database's ``bp_words``.
"""

import re

MOST_WORDS = 8
LONGEST = 100
_CHINESE = "\u3400-\u4dbf\u4e00-\u9fff"
_PIECE = re.compile(rf"[{_CHINESE}]|[^\W_{_CHINESE}]+")


def search_query(typed: str) -> str | None:
    """The query for what was typed; None when there is nothing to look for.

    Examples
    --------
    >>> search_query("wait 等待")
    "'wait':* & ('等' <-> '待')"
    """
    terms = [_term(word) for word in typed[:LONGEST].split()]
    return " & ".join([term for term in terms if term][:MOST_WORDS]) or None


def search_words(typed: str) -> list[str]:
    """What a page marks in the comments that were found."""
    return [word for word in typed[:LONGEST].split() if _term(word)][:MOST_WORDS]


def _term(word: str) -> str:
    """One word as typed: its parts have to stand side by side."""
    pieces = _PIECE.findall(word)
    if not pieces:
        return ""
    *first, last = [f"'{piece}'" for piece in pieces]
    last += "" if re.fullmatch(f"[{_CHINESE}]", pieces[-1]) else ":*"
    return f"({' <-> '.join([*first, last])})" if first else last
