"""Cells that a spreadsheet would run: found on the way in, made harmless on the way out."""

import re

_LEADING = "=+-@\t\r"
_NUMBER_OR_PHONE = re.compile(r"[+-][\d\s().,%/-]*\d[\d\s().,%-]*(?:[eE][+-]?\d+)?")
_CALL = re.compile(r"\s*[=+\-@]\s*(?:[A-Za-z_.]+\s*[(|!]|[\"']|\d+\s*[-+*/]\s*\d|[A-Z]{1,3}\d+\b)")


def is_formula(text: str, *, prose: bool = False) -> bool:
    """Whether a spreadsheet would take ``text`` for a formula.

    Prose (a customer's comment) may begin with a dash or a sign: there only what calls, refers or
    calculates counts.
    """
    stripped = text.lstrip()
    if not stripped or stripped[0] not in "=+-@" or _NUMBER_OR_PHONE.fullmatch(stripped.rstrip()):
        return False
    if prose:
        return _CALL.match(stripped) is not None
    return len(stripped) > 1


def harmless(text: str) -> str:
    """``text`` as a spreadsheet shows it without running it."""
    return "'" + text if text[:1] and text[0] in _LEADING else text
