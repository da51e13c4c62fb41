"""Which questions can be compared as drivers of an outcome: those that its people answered too.

Pure: counts in, metrics out. A question that is asked at some touchpoints only cannot be weighed
against one that is asked elsewhere, so it is left out until a touchpoint is chosen.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from api.insights.drivers.queries import Together
from api.insights.metrics import MetricInfo

COMMON_SHARE = 0.9  # of the outcome's answers come from where the question is asked as well
ASKED_SHARE = 0.05  # of a touchpoint's answers: below, the question is not asked there
FEWEST_DRIVERS = 2
FEWEST_BESIDE = 3  # drivers, before questions of the outcome's own part are left out
MOST_DRIVERS = 40


class LeftOut(StrEnum):
    """Why a question is no driver here."""

    ELSEWHERE = "elsewhere"  # asked at some touchpoints only: choose one
    SAME_PART = "same_part"  # a result like the outcome itself, in the tree of indicators
    TOO_MANY = "too_many"


@dataclass(frozen=True, slots=True)
class Questions:
    """The drivers in their order, the touchpoints they are asked at, and what was left out.

    ``results`` are drivers of the outcome's own part of the tree, kept for want of others.
    """

    drivers: tuple[MetricInfo, ...]
    results: frozenset[str]
    touchpoints: tuple[int, ...]
    left_out: tuple[tuple[MetricInfo, LeftOut], ...]
    answers: int


def driver_questions(
    outcome: str,
    known: Sequence[MetricInfo],
    together: Sequence[Together],
    same_part: Collection[str] = (),
) -> Questions:
    """Every metric that at least nine in ten of the outcome's answers could have come with.

    Those in ``same_part`` measure a result as the outcome does: they would take weight from what
    can be worked on, and are left out when three others remain.
    """
    answered = {row.touchpoint_id: row.n for row in together if row.metric == outcome}
    total = sum(answered.values())
    reached: dict[str, int] = {}
    for row in together:
        asked_of = answered.get(row.touchpoint_id, 0)
        if row.metric != outcome and row.n >= ASKED_SHARE * asked_of:
            reached[row.metric] = reached.get(row.metric, 0) + asked_of
    found = [metric for metric in known if metric.code in reached]
    common = [metric for metric in found if reached[metric.code] >= COMMON_SHARE * total]
    beside = [metric for metric in common if metric.code not in same_part]
    chosen = beside if len(beside) >= FEWEST_BESIDE else common
    drivers = chosen[:MOST_DRIVERS]
    left_out = [(metric, LeftOut.ELSEWHERE) for metric in found if metric not in common]
    left_out += [(metric, LeftOut.SAME_PART) for metric in common if metric not in chosen]
    left_out += [(metric, LeftOut.TOO_MANY) for metric in chosen[MOST_DRIVERS:]]
    return Questions(
        drivers=tuple(drivers),
        results=frozenset(metric.code for metric in drivers if metric.code in same_part),
        touchpoints=tuple(place for place, n in sorted(answered.items()) if n),
        left_out=tuple(left_out),
        answers=total,
    )
