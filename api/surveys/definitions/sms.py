"""How many SMS a text needs, in the encodings that the networks really use.

GSM 7-bit (3GPP TS 23.038): 160 septets, or 153 in each of several parts; signs of the extension
table take two, which are never parted. Anything else: UCS-2 (UTF-16), 70 or 67 units; a sign
outside the basic plane takes two, which are never parted either.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = frozenset("\f^{}\\[~]|€")


@dataclass(frozen=True)
class SmsSize:
    """The size of a text as SMS: units are septets (GSM-7) or UTF-16 units (UCS-2)."""

    encoding: Literal["GSM-7", "UCS-2"]
    units: int
    parts: int
    single: int

    @property
    def fits_one(self) -> bool:
        """Whether one message is enough."""
        return self.parts == 1


def sms_size(text: str) -> SmsSize:
    """The encoding, units and parts of ``text``; an empty text is one message."""
    if _BASIC.union(_EXTENSION).issuperset(text):
        septets = [2 if sign in _EXTENSION else 1 for sign in text]
        return SmsSize("GSM-7", sum(septets), _parts(septets, single=160, each=153), 160)
    units = [2 if ord(sign) > 0xFFFF else 1 for sign in text]
    return SmsSize("UCS-2", sum(units), _parts(units, single=70, each=67), 70)


def _parts(sizes: Sequence[int], *, single: int, each: int) -> int:
    if sum(sizes) <= single:
        return 1
    parts, room = 1, each
    for size in sizes:
        if size > room:
            parts, room = parts + 1, each
        room -= size
    return parts
