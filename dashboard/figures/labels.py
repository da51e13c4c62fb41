"""Where names stand beside points so that none covers another. Pure geometry in pixels.

Measured on a canvas as narrow as a phone's: what fits there fits everywhere.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 270.0, 330.0  # of the plot on a narrow phone
LINE = 18.0
GAP = 13.0
_WIDE, _NARROW = 13.5, 7.2  # of a Chinese and of a Latin letter


@dataclass(frozen=True)
class Label:
    """A name's place: shifts in pixels (up is positive) and which side of it is anchored there.

    ``led``: it stands where a thin line has to lead to its point.
    """

    dx: float
    dy: float
    anchor: str
    led: bool


@dataclass(frozen=True)
class _Box:
    left: float
    bottom: float
    right: float
    top: float

    def covers(self, other: "_Box") -> float:
        """The area that both share."""
        across = min(self.right, other.right) - max(self.left, other.left)
        along = min(self.top, other.top) - max(self.bottom, other.bottom)
        return max(across, 0.0) * max(along, 0.0)

    @property
    def outside(self) -> float:
        """How far it stands out of the canvas."""
        return (
            max(-self.left, 0.0)
            + max(self.right - WIDTH, 0.0)
            + max(-self.bottom, 0.0)
            + max(self.top - HEIGHT, 0.0)
        )


def text_width(words: str) -> float:
    """About how many pixels ``words`` take."""
    return sum(_WIDE if letter > "\u2e80" else _NARROW for letter in words)


def place_labels(points: Sequence[tuple[float, float]], names: Sequence[str]) -> list[Label]:
    """A place for each name; ``points`` are shares 0..1 of the canvas, from the lower left."""
    at = [(x * WIDTH, y * HEIGHT) for x, y in points]
    taken = [_Box(x - 9, y - 9, x + 9, y + 9) for x, y in at]
    placed: list[Label] = [Label(0, GAP, "center", led=False)] * len(at)
    for number in sorted(range(len(at)), key=lambda one: -at[one][1]):
        own = taken[number]
        others = [box for box in taken if box is not own]
        choices = list(_choices(at[number], text_width(names[number])))
        label, box = min(choices, key=lambda one: _cost(one[1], others))
        placed[number] = label
        taken.append(box)
    return placed


def _cost(box: _Box, others: Sequence[_Box]) -> float:
    return sum(box.covers(other) for other in others) + 200 * box.outside


def _choices(point: tuple[float, float], width: float) -> Iterator[tuple[Label, _Box]]:
    """Possible places, the nicest first; equal costs keep this order."""
    x, y = point
    for up in (GAP, -GAP - LINE, 2.2 * GAP, -2.2 * GAP - LINE):
        for anchor, left in (("left", x + 6), ("right", x - 6 - width), ("center", x - width / 2)):
            dx = {"left": 6.0, "right": -6.0, "center": 0.0}[anchor]
            box = _Box(left, y + up, left + width, y + up + LINE)
            yield Label(dx, up + LINE / 2, anchor, led=up != GAP), box
