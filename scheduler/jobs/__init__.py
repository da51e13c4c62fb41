"""What workers do: loops that take work from tables, and ticks that ask what is due.

A loop's step does a batch and returns how much it did; a tick is run by the leader only, and still
claims its window, since two leaders may overlap for a moment.
"""

from collections.abc import Callable
from dataclasses import dataclass

from api.core.installation import Installation


@dataclass(frozen=True)
class Loop:
    """Work that any worker takes from tables, as long as there is some."""

    name: str
    step: Callable[[Installation], int]
    rest: float = 0.5  # seconds, after a step that found nothing
    rest_after_failure: float = 5.0


@dataclass(frozen=True)
class Tick:
    """A question the leader asks every so many seconds: is anything due?"""

    name: str
    step: Callable[[Installation], object]
    seconds: int


LOOPS: tuple[Loop, ...] = ()
TICKS: tuple[Tick, ...] = ()
