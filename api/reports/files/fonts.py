"""The font that reports are printed with: a Chinese subset that `make` provides.

A full Chinese font costs seconds per page, a missing one prints boxes: without the subset nothing
is printed, and the error says what to do. Signs that it lacks are printed as a geta mark, as
printers do.
"""

from functools import cache
from pathlib import Path

from fontTools.ttLib import TTFont

from api.core.errors import BranchpulseError

FAMILY = "Branchpulse Sans"
FONT = Path(__file__).parent / "fonts" / "branchpulse-sans.otf"
MISSING_SIGN = "\N{GETA MARK}"
# They only choose how the sign before them looks.
_SILENT = {0xFE0E, 0xFE0F, 0x200D, *range(0x1F3FB, 0x1F400)}


class FontMissing(BranchpulseError):
    """The font of reports is missing: run make, with a Noto Sans CJK font installed"""

    status = 503
    key = "errors.font_missing"


def require_font() -> Path:
    """The font's file; raises FontMissing."""
    if not FONT.is_file():
        raise FontMissing()
    return FONT


def printable(text: str) -> str:
    """``text`` with a geta mark for every sign that the font does not have."""
    known = _signs()
    if all(ord(sign) in known or sign in "\n\t" for sign in text):
        return text
    kept = (sign for sign in text if ord(sign) not in _SILENT)
    return "".join(sign if ord(sign) in known or sign in "\n\t" else MISSING_SIGN for sign in kept)


@cache
def _signs() -> frozenset[int]:
    with TTFont(require_font(), lazy=True) as font:
        return frozenset(font.getBestCmap())
