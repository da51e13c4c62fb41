"""Which units are compared: named in the address, or found by what is typed.

Everything is cut to the viewer: a unit that is not the viewer's is as unknown as one that is not
there. Computes no number.
"""

from collections.abc import Callable, Sequence

from api.insights.side_by_side import MOST
from api.security.hierarchy import Node
from dashboard.address import Address
from dashboard.data.sitting import Sitting

UNITS = "units"
_BETWEEN = "|"
_FACT = " · "


def picked(sitting: Sitting, address: Address) -> list[Node]:
    """The units that the address names, each once, as far as they are the viewer's."""
    tree, named = sitting.viewer.hierarchy, dict.fromkeys(codes(address))
    found = [tree.by_code[code] for code in named if code in tree.by_code]
    return [unit for unit in found if sitting.viewer.sees_unit(unit.id)][:MOST]


def lost(sitting: Sitting, address: Address) -> int:
    """How many of the units in the address are not shown."""
    return len(dict.fromkeys(codes(address))) - len(picked(sitting, address))


def seen_units(sitting: Sitting) -> list[Node]:
    """Every unit that the viewer may look at, from the top down."""
    tree = sitting.viewer.hierarchy
    start = tree.root
    listed = tree.subtree(start.id) if start is not None else iter(())
    return [unit for unit in listed if sitting.viewer.sees_unit(unit.id)]


def naming(address: Address, units: Sequence[Node]) -> Address:
    """The same page with these units."""
    return address.with_words(**{UNITS: _BETWEEN.join(unit.code for unit in units) or None})


def sensible(sitting: Sitting, address: Address) -> Address:
    """The address without units that are not there or not the viewer's: links never repeat them."""
    return naming(address, picked(sitting, address)) if codes(address) else address


def entry(unit: Node, language: str) -> str:
    """A unit as the list of suggestions writes it."""
    return f"{unit.name(language)}{_FACT}{unit.code}"


def typed_unit(sitting: Sitting, typed: str) -> Node | None:
    """The unit that was meant: an entry of the list, a code, or what only one is called."""
    words = typed.strip().casefold()
    if not words:
        return None
    units = seen_units(sitting)
    meant: tuple[Callable[[Node], bool], ...] = (
        lambda unit: words in _exact(unit),
        lambda unit: words in _names(unit),
        lambda unit: any(name.startswith(words) for name in _names(unit)),
        lambda unit: any(words in name for name in _names(unit)),
    )
    for is_meant in meant:
        found = [unit for unit in units if is_meant(unit)]
        if len(found) == 1:
            return found[0]
    return None


def _exact(unit: Node) -> list[str]:
    written = [unit.code, entry(unit, "zh"), entry(unit, "en")]
    return [words.casefold() for words in written]


def _names(unit: Node) -> list[str]:
    return [unit.name_zh.casefold(), unit.name_en.casefold()]


def codes(address: Address) -> list[str]:
    """What the address calls units, true or not."""
    return [code for code in (address.word(UNITS) or "").split(_BETWEEN) if code]
