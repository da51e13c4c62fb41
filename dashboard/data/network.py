"""The tree of units on a day: what stands under a unit, what the unit is and was, what changed.

What may be seen is decided by today's tree; the page shows how it stood on the day of the address.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from api.models import UnitParent, UnitProfile
from api.network import queries, repository
from api.network.queries import StructureChange, UnitHistory
from api.network.service import BEGINNING
from api.security.hierarchy import Hierarchy, Node, current_hierarchy
from dashboard.address import Page
from dashboard.data.frame import Link
from dashboard.data.periods import day_text
from dashboard.data.sitting import Sitting
from dashboard.numbers import count

BELOW = "all"  # ?below=all: everything under the unit, not only what stands directly there
CHANGES = 30  # as rows: what opened or closed on one day is one of them
_LOOKED_AT = 300  # changes that are read for these rows
_TOGETHER = ("opened", "closed")
_NAMED = 3  # of several units
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class UnitCard:
    """What a unit is, and was."""

    name: str
    facts: list[tuple[str, str]]
    places: list[tuple[str, str]]
    profiles: list[tuple[str, str]]
    figures: str | None  # where its scores are
    is_branch: bool = False  # nothing can stand under it


@dataclass(frozen=True)
class NetworkView:
    """Everything on the page."""

    on: str
    is_today: bool
    lead: str
    unit: UnitCard | None
    rows: list[dict[str, Any]]
    depths: list[Link]
    changes: list[tuple[str, str]]
    today: str


def network_view(sitting: Sitting) -> NetworkView | None:
    """The tree of the address's unit and day; None when the unit is not the viewer's to see."""
    address = sitting.address
    if address.unit is not None and seen_unit(sitting) is None:
        return None
    on = shown_day(sitting)
    tree = current_hierarchy(sitting.session, on)
    unit = seen_unit(sitting) or _only_top(sitting)
    listed = _listed(sitting, tree, unit)
    open_branches = [one for one in _under(sitting, tree, unit) if _is_open_branch(one, on)]
    return NetworkView(
        on=on.isoformat(),
        is_today=on == sitting.today,
        lead=sitting.say(
            "units.lead", branches=count(len(open_branches)), day=day_text(sitting.say, on)
        ),
        unit=_card(sitting, unit) if unit is not None else None,
        rows=_rows(sitting, tree, listed, on),
        depths=_depths(sitting),
        changes=_changes(sitting, unit),
        today=address.with_words(on=None).href,
    )


def seen_unit(sitting: Sitting) -> Node | None:
    """The unit of the address, when the viewer sees it."""
    node = sitting.viewer.hierarchy.by_code.get(sitting.address.unit or "")
    return node if node is not None and sitting.viewer.sees_unit(node.id) else None


def shown_day(sitting: Sitting) -> date:
    """The day of the address, else today."""
    try:
        return date.fromisoformat(sitting.address.word("on") or "")
    except ValueError:
        return sitting.today


def _tops(sitting: Sitting) -> list[Node]:
    """The units that the viewer sees and under which all others stand."""
    viewer, tree = sitting.viewer, sitting.viewer.hierarchy
    return [
        node
        for node in tree.nodes.values()
        if viewer.sees_unit(node.id)
        and (node.parent_id is None or not viewer.sees_unit(node.parent_id))
    ]


def _only_top(sitting: Sitting) -> Node | None:
    tops = _tops(sitting)
    return tops[0] if len(tops) == 1 else None


def _under(sitting: Sitting, tree: Hierarchy, unit: Node | None) -> list[Node]:
    """Everything under the unit on that day which the viewer sees today."""
    tops = [unit] if unit is not None else _tops(sitting)
    own = {unit.id} if unit is not None else set()
    found = [node for top in tops for node in tree.subtree(top.id)]
    return [one for one in found if one.id not in own and sitting.viewer.sees_unit(one.id)]


def _listed(sitting: Sitting, tree: Hierarchy, unit: Node | None) -> list[Node]:
    if sitting.address.word("below") == BELOW:
        return _under(sitting, tree, unit)
    if unit is None:
        return _tops(sitting)
    return [one for one in tree.children(unit.id) if sitting.viewer.sees_unit(one.id)]


def _rows(
    sitting: Sitting, tree: Hierarchy, listed: Sequence[Node], on: date
) -> list[dict[str, Any]]:
    groups = queries.owner_group_names(sitting.session)
    former = _former_codes(sitting, listed)
    return [
        {
            "unit_code": node.code,
            "unit_name": node.name(sitting.language),
            "href": sitting.address.to(Page.NETWORK, node.code).href,
            "level": _level(sitting, node),
            "above": _above(sitting, tree, node),
            "branches": _branches(sitting, tree, node, on),
            "city_tier": node.city_tier,
            "size": node.size and _size(sitting, node.size),
            "brand": node.brand,
            "group": groups.get(node.owner_group_id or 0),
            "state": sitting.say(f"units.state.{_state(node, on)}"),
            "former": ", ".join(former.get(node.id, ())),
        }
        for node in listed
    ]


def _former_codes(sitting: Sitting, listed: Sequence[Node]) -> Mapping[int, list[str]]:
    found: dict[int, list[str]] = {node.id: [] for node in listed}
    for code, unit_id in sorted(repository.former_codes(sitting.session).items()):
        if unit_id in found:
            found[unit_id].append(code)
    return found


def _level(sitting: Sitting, node: Node) -> str:
    """The network's own word for the level, in the page's language where we know it."""
    key = f"units.level.{node.level.casefold()}"
    words = sitting.say(key)
    return node.level if words == key else words


def _above(sitting: Sitting, tree: Hierarchy, node: Node) -> str:
    parent = tree.nodes.get(node.parent_id or 0)
    if parent is None or not sitting.viewer.sees_unit(parent.id):
        return ""
    return parent.name(sitting.language)


def _branches(sitting: Sitting, tree: Hierarchy, node: Node, on: date) -> int | None:
    """How many open branches stand under a unit that is none itself."""
    if node.is_branch:
        return None
    below = tree.branches_under(node.id)
    return sum(_is_open_branch(one, on) and sitting.viewer.sees_unit(one.id) for one in below)


def _is_open_branch(node: Node, on: date) -> bool:
    return node.is_branch and _state(node, on) == "open"


def _state(node: Node, on: date) -> str:
    if node.closed_on is not None and node.closed_on <= on:
        return "closed"
    return "later" if node.opened_on is not None and node.opened_on > on else "open"


def _size(sitting: Sitting, size: str) -> str:
    key = f"units.size.{size}"
    words = sitting.say(key)
    return size if words == key else words


def _depths(sitting: Sitting) -> list[Link]:
    """What stands directly below, or everything below."""
    address, chosen = sitting.address, sitting.address.word("below") == BELOW
    return [
        Link(sitting.say("units.direct"), address.with_words(below=None).href, not chosen),
        Link(sitting.say("units.all"), address.with_words(below=BELOW).href, chosen),
    ]


def _card(sitting: Sitting, node: Node) -> UnitCard:
    history = queries.read_history(sitting.session, sitting.viewer, node.id)
    groups = queries.owner_group_names(sitting.session)
    return UnitCard(
        name=node.name(sitting.language),
        facts=[(name, value) for name, value in _facts(sitting, node, history) if value],
        places=[_place(sitting, one) for one in reversed(history.parents)],
        profiles=[_profile(sitting, one, groups) for one in reversed(history.profiles)],
        figures=sitting.address.to(Page.UNIT, node.code).href,
        is_branch=node.is_branch,
    )


def _facts(sitting: Sitting, node: Node, history: UnitHistory) -> list[tuple[str, str]]:
    say, tree = sitting.say, sitting.viewer.hierarchy
    network = queries.get_network(sitting.session)
    zone = tree.timezone(node.id, network.default_timezone if network else "UTC")
    language = tree.language(node.id, network.default_language if network else "zh")
    other = node.name_zh if sitting.language == "en" else node.name_en
    return [
        (say("units.fact.code"), node.code),
        (say("units.fact.former"), ", ".join(history.former_codes)),
        (say("units.fact.other_name"), other if other != node.name(sitting.language) else ""),
        (say("units.fact.level"), _level(sitting, node)),
        (say("units.fact.opened"), _day(sitting, node.opened_on)),
        (say("units.fact.closed"), _day(sitting, node.closed_on)),
        (say("units.fact.merged"), _name(sitting, history.merged_into_id)),
        (say("units.fact.timezone"), zone),
        (say("units.fact.language"), say(f"dashboard.language.{language}")),
    ]


def _place(sitting: Sitting, one: UnitParent) -> tuple[str, str]:
    return _range(sitting, one.valid_from, one.valid_to), _name(sitting, one.parent_id)


def _profile(sitting: Sitting, one: UnitProfile, groups: Mapping[int, str]) -> tuple[str, str]:
    say = sitting.say
    known = [
        ("city_tier", one.city_tier),
        ("size", one.size and _size(sitting, one.size)),
        ("brand", one.brand),
        ("group", groups.get(one.owner_group_id or 0)),
    ]
    own = [f"{name} {value}" for name, value in sorted(one.attributes.items())]
    words = [f"{say(f'units.column.{name}')} {value}" for name, value in known if value]
    return _range(sitting, one.valid_from, one.valid_to), " · ".join([*words, *own])


def _range(sitting: Sitting, first: date, end: date | None) -> str:
    """Since when and until when, as people say it."""
    say = sitting.say
    last = _day(sitting, end and end - _DAY)
    if first <= BEGINNING:
        return say("units.until", last=last) if end else say("units.always")
    since = _day(sitting, first)
    if end is None:
        return say("units.since", first=since)
    return say("units.between", first=since, last=last)


def _changes(sitting: Sitting, unit: Node | None) -> list[tuple[str, str]]:
    """What changed at the unit and all that stands under it today, newest first."""
    tree = sitting.viewer.hierarchy
    below = [unit, *_under(sitting, tree, unit)] if unit else _under(sitting, tree, None)
    ids = [one.id for one in below]
    found = queries.list_changes(sitting.session, ids, _LOOKED_AT)
    days = [list(rows) for _, rows in groupby(found, key=_occasion)]
    cut = len(found) == _LOOKED_AT
    shown = [
        (_day(sitting, rows[0].day), rows_words(sitting, rows, cut=cut and rows is days[-1]))
        for rows in days
    ]
    return shown[:CHANGES]


def _occasion(one: StructureChange) -> tuple[object, ...]:
    """What is told in one row: all that opened, or closed, on one day; else one change."""
    return (one.day, one.what) if one.what in _TOGETHER else (one.day, one.what, id(one))


def rows_words(sitting: Sitting, rows: Sequence[StructureChange], *, cut: bool) -> str:
    """One change, or several of a day in one sentence; ``cut``: there may be more of them."""
    if len(rows) <= _NAMED:
        comma = sitting.say("units.space")
        return comma.join(_change_words(sitting, one) for one in rows)
    names = sitting.say("units.comma").join(_name(sitting, one.unit_id) for one in rows[:_NAMED])
    what = rows[0].what
    if cut:
        return sitting.say(f"units.change_several.{what}_cut", units=names)
    more = count(len(rows) - _NAMED)
    return sitting.say(f"units.change_several.{what}", units=names, more=more)


def _change_words(sitting: Sitting, one: StructureChange) -> str:
    return sitting.say(
        f"units.change.{one.what}",
        unit=_name(sitting, one.unit_id),
        other=_name(sitting, one.other_id),
        code=one.code or "",
    )


def _name(sitting: Sitting, unit_id: int | None) -> str:
    """A unit's name; one outside the viewer's scope is not named."""
    if unit_id is None:
        return ""
    if not sitting.viewer.sees_unit(unit_id):
        return sitting.say("units.elsewhere")
    return sitting.viewer.hierarchy.nodes[unit_id].name(sitting.language)


def _day(sitting: Sitting, day: date | None) -> str:
    return "" if day is None else day_text(sitting.say, day)
