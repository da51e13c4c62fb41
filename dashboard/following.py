"""A page that is made again while somebody reads it: only what became another is put in place.

Every card is a part with a fingerprint, and the rows of a table have one of their own. The browser
keeps the fingerprints and hands them back; a card that stayed the same stays as it is, with its
figures, its menus and whatever is open in it, and of a table only the rows change.
"""

from collections.abc import Iterator
from hashlib import blake2b
from typing import Any

import dash_ag_grid as dag
from dash import set_props
from dash.development.base_component import Component

from dashboard.written import as_json, parts_of

Prints = dict[str, str]  # part → fingerprint; "" is the page around them
_CARD = "bp-card"
_PART = "part-"


def name_parts(main: Any) -> None:
    """Gives every card of a page an id by which it can be put in place alone."""
    for place, card in enumerate(_cards(main)):
        card.id = f"{_PART}{place}"


def fingerprints(main: Any) -> Prints:
    """What a page is made of, without what it says."""
    parts = {card.id: card for card in _cards(main)}
    tables = {one.id: one for one in _all(main) if isinstance(one, dag.AgGrid)}
    found = {name: _print(one.rowData) for name, one in tables.items()}
    found |= {name: _print(one, inside=True) for name, one in parts.items()}
    return {**found, "": _print(main)}


def replace_parts(main: Any, before: Prints, now: Prints) -> bool:
    """Puts in place what became another; False when the page is built otherwise than before."""
    if before.keys() != now.keys() or before[""] != now[""]:
        return False
    for part in _all(main):
        name = str(getattr(part, "id", ""))
        if name not in now or now[name] == before[name]:
            continue
        if isinstance(part, dag.AgGrid):
            set_props(name, {"rowData": part.rowData})
        else:
            set_props(name, {"children": part.children})
    return True


def _cards(main: Any) -> Iterator[Any]:
    """The outermost cards that have no id of their own, or ours."""
    for one in main if isinstance(main, list | tuple) else [main]:
        if not isinstance(one, Component):
            continue
        named = str(getattr(one, "id", _PART))
        if _CARD in str(getattr(one, "className", "")).split() and named.startswith(_PART):
            yield one
        else:
            yield from _cards(getattr(one, "children", None))


def _all(main: Any) -> Iterator[Any]:
    for one in main if isinstance(main, list | tuple) else [main]:
        if isinstance(one, Component):
            yield one
            yield from _all(getattr(one, "children", None))


def _print(value: Any, *, inside: bool = False) -> str:
    """A fingerprint; of the cards within a page and the rows of a table only that they are there.

    ``inside``: of a card itself.
    """

    def plain(one: Any) -> Any:
        if not isinstance(one, Component):
            return parts_of(one)
        known: dict[str, Any] = parts_of(one)
        props = known["props"]
        if isinstance(one, dag.AgGrid):
            props.pop("rowData", None)
        elif str(props.get("id", "")).startswith(_PART) and not (inside and one is value):
            props.pop("children", None)
        return known

    return blake2b(as_json(value, plain), digest_size=9).hexdigest()
