"""What the address of an own question asks, and where its cells lead on.

Pure but for the units it reads from the viewer: addresses in, addresses out.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from api.core.errors import Invalid
from api.insights.explore.dimensions import CUTS, PLACES, TIMES, Asked, Dimension, Only, Value
from api.insights.sight import scored_branches
from api.security.hierarchy import Node
from api.security.viewer import Viewer
from dashboard.address import Address
from dashboard.data.periods import shown_period
from dashboard.data.sitting import Sitting

D = Dimension
READY = (
    (D.UNIT, D.TOUCHPOINT),
    (D.ADVISOR, D.TOUCHPOINT),
    (D.TOUCHPOINT, D.MONTH),
    (D.MODEL, D.TOUCHPOINT),
    (D.CHANNEL, D.SEGMENT),
)
"""Rows and columns of the questions that most people have, to begin with."""
_LAST_DAY = 1


@dataclass(frozen=True)
class Question:
    """An address understood: its dimensions, those that could stand there, and the unit."""

    asked: Asked
    node: Node | None
    known: tuple[Dimension, ...]

    def others(self, beside: Dimension) -> list[Dimension]:
        """Dimensions that go together with one."""
        return [one for one in self.known if go_together(one, beside)]

    @property
    def ready(self) -> list[tuple[Dimension, Dimension]]:
        """Questions to begin with that can be asked here."""
        return [both for both in READY if set(both) <= set(self.known)]


def question(sitting: Sitting, metric: str) -> Question:
    """The question of the address; what makes no sense in it is left out."""
    address = sitting.address
    node = where(sitting.viewer, address.unit)
    only = _only(address)
    if only is not None and only.cut is D.ADVISOR and not (node and node.is_branch):
        only = None
    known = usable(node, address.touchpoint, only)
    rows = _named(address.word("rows"), known) or known[0]
    beside = [one for one in known if go_together(one, rows)]
    columns = _named(address.word("columns"), beside) or _usual_columns(beside)
    asked = Asked(
        metric, shown_period(sitting), rows, columns, address.unit, address.touchpoint, only
    )
    return Question(asked, node, known)


def where(viewer: Viewer, unit: str | None) -> Node | None:
    """The unit that is asked about; without one the only branch of who sees but one."""
    if unit is not None:
        return viewer.require_unit_code(unit)
    branches = scored_branches(viewer)
    return viewer.hierarchy.nodes.get(min(branches)) if len(branches) == 1 else None


def usable(node: Node | None, touchpoint: str | None, only: Only | None) -> tuple[Dimension, ...]:
    """The dimensions that still tell something apart, the most natural first."""
    branch = node is not None and node.is_branch
    fixed = {
        *(PLACES if branch else ()),
        *((D.TOUCHPOINT,) if touchpoint else ()),
        *((only.cut,) if only else ()),
        *(() if branch else (D.ADVISOR,)),
    }
    order = (
        *(D.UNIT, D.BRANCH, D.TOUCHPOINT, D.ADVISOR, D.CHANNEL, D.SEGMENT, D.LANGUAGE),
        *(D.MODEL, D.WEEK, D.MONTH),
    )
    return tuple(one for one in order if one not in fixed)


def go_together(one: Dimension, other: Dimension) -> bool:
    """Whether two dimensions make a table."""
    return one != other and not any({one, other} <= set(kind) for kind in (PLACES, TIMES))


def narrowed(address: Address, dimension: Dimension, value: Value) -> Address:
    """The same question about one value of a dimension."""
    if dimension in PLACES:
        return address.with_(unit=value.key)
    if dimension is D.TOUCHPOINT:
        return address.with_(touchpoint=value.key)
    if dimension in CUTS:
        return address.with_words(only=Only(dimension, value.key).words)
    assert value.days is not None
    last = value.days.end.fromordinal(value.days.end.toordinal() - _LAST_DAY)
    return address.with_(first=value.days.start, last=last)


def leads(asked: Asked, address: Address, *steps: tuple[Dimension, Value]) -> str | None:
    """The question about the values of ``steps``, by dimensions that are left to tell apart.

    None where it cannot be asked: of two cuts only one can be held fast.
    """
    if sum(dimension in CUTS for dimension, _ in steps) + (asked.only is not None) > 1:
        return None
    for dimension, value in steps:
        address = narrowed(address, dimension, value)
    node = next((value.unit for dimension, value in steps if dimension in PLACES), None)
    left = usable(node, address.touchpoint, _only(address))
    done = [dimension for dimension, _ in steps if dimension in TIMES]
    left = tuple(one for one in left if one not in done and not (done and one is D.MONTH))
    kept = [one for one in asked.both if one in left]
    fresh = [one for one in left if one not in kept]
    for one in fresh:
        if len(kept) < 2 and all(go_together(one, other) for other in kept):
            kept.append(one)
    rows, columns = kept
    return address.with_words(rows=rows, columns=columns).href


def _only(address: Address) -> Only | None:
    with suppress(Invalid):
        return Only.read(address.word("only"))
    return None


def _named(word: str | None, known: Sequence[Dimension]) -> Dimension | None:
    return next((one for one in known if one == word), None)


def _usual_columns(known: Sequence[Dimension]) -> Dimension:
    return next((one for one in (D.TOUCHPOINT, D.MONTH) if one in known), known[0])
