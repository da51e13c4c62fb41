"""How numbers are written: by the kind of metric, with a true minus, never with false precision.

Pure. What is not known is a dash, never a zero. Halves are rounded away from zero, as tables do in
the browser (`assets/dashAgGridFunctions.js`): the same score reads the same on every page.
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

MINUS = "\u2212"
UNKNOWN = "\u2013"


@dataclass(frozen=True)
class Metric:
    """A metric as pages show it: ``kind`` is ``nps``, ``share`` or ``mean``."""

    code: str
    name: str
    kind: str
    low: float
    high: float

    def text(self, value: float | None) -> str:
        """A score: NPS 41, share 84 %, mean 4.3."""
        if value is None:
            return UNKNOWN
        if self.kind == "share":
            return f"{_whole(value * 100)}\u202f%"
        return _whole(value) if self.kind == "nps" else _rounded(value, 1)

    def range_texts(self, *values: float | None) -> list[str]:
        """Scores that belong together: finer where they would all read alike."""
        texts = [self.text(value) for value in values]
        if len(set(texts)) > 1 or None in values:
            return texts
        return [self._fine(value) for value in values if value is not None]

    def finely(self, value: float | None) -> str:
        """A score with a digit more: where parts are added up before the reader's eyes."""
        return UNKNOWN if value is None else self._fine(value)

    def finely_signed(self, value: float | None) -> str:
        """A difference with a digit more, and its sign."""
        if value is None:
            return UNKNOWN
        size = self._fine(abs(value))
        nothing = float(size.split("\u202f")[0]) == 0
        return ("\u00b1" if nothing else "+" if value > 0 else MINUS) + size

    def _fine(self, value: float) -> str:
        digits = 2 if self.kind == "mean" and self.high - self.low <= 10 else 1
        size = _rounded(abs(self.scaled(value) or 0.0), digits)
        return (MINUS if value < 0 else "") + size + self.suffix

    def signed(self, value: float | None) -> str:
        """A difference, with its sign."""
        if value is None:
            return UNKNOWN
        size = self.text(abs(value))
        if float(size.split("\u202f")[0].replace(MINUS, "-")) == 0:
            return f"\u00b1{size}"
        return ("+" if value > 0 else MINUS) + size

    def scaled(self, value: float | None) -> float | None:
        """The value as axes show it: shares in percent."""
        if value is None:
            return None
        return value * 100 if self.kind == "share" else value

    @property
    def suffix(self) -> str:
        """What stands behind numbers of an axis."""
        return "\u202f%" if self.kind == "share" else ""


def count(number: int | None) -> str:
    """A count with thousands apart."""
    return UNKNOWN if number is None else f"{number:,}".replace(",", "\u202f")


def percent(share: float | None) -> str:
    """A share as percent; one decimal where it matters; never 0 or 100 for what is not."""
    if share is None:
        return UNKNOWN
    if 0 < share < 0.0005:
        return "<\u202f0.1\u202f%"
    if 0.9995 <= share < 1:
        return ">\u202f99.9\u202f%"
    digits = 1 if 0 < share < 0.095 or 0.995 <= share < 1 else 0
    return f"{_rounded(share * 100, digits)}\u202f%"


def _whole(value: float) -> str:
    size = _rounded(abs(value), 0)
    return f"{MINUS}{size}" if value < 0 and size != "0" else size


def _rounded(value: float, digits: int) -> str:
    return str(Decimal(float(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP))
