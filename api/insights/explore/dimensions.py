"""What a score can be cut by, and what of it stands where in the cells. Pure.

Two cuts at once (channel, segment, language, advisor) and model lines are in no cell: they come
from the answers.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from api.core.errors import Invalid
from api.insights.periods import Period, next_month, week_start
from api.security.hierarchy import Node

_WEEK = timedelta(weeks=1)


class Dimension(StrEnum):
    """What the rows or the columns of a table are."""

    UNIT = "unit"
    BRANCH = "branch"
    TOUCHPOINT = "touchpoint"
    CHANNEL = "channel"
    SEGMENT = "segment"
    LANGUAGE = "language"
    ADVISOR = "advisor"
    MODEL = "model"
    WEEK = "week"
    MONTH = "month"


IN_CELLS = (Dimension.CHANNEL, Dimension.SEGMENT, Dimension.LANGUAGE, Dimension.ADVISOR)
CUTS = (*IN_CELLS, Dimension.MODEL)
TIMES = (Dimension.WEEK, Dimension.MONTH)
PLACES = (Dimension.UNIT, Dimension.BRANCH)


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a dimension: a unit, a touchpoint with its stage, some days, or a mere word."""

    key: str
    name_zh: str
    name_en: str
    unit: Node | None = None
    stage: str | None = None
    days: Period | None = None

    def name(self, language: str) -> str:
        """How it is called in ``language``."""
        return self.name_en if language == "en" else self.name_zh


@dataclass(frozen=True, slots=True)
class Only:
    """One value of a cut that everything is narrowed to."""

    cut: Dimension
    value: str

    @classmethod
    def read(cls, words: str | None) -> "Only | None":
        """From ``channel:wechat``; raises Invalid."""
        if words is None:
            return None
        cut, _, value = words.partition(":")
        if cut not in CUTS or not value:
            raise Invalid(fields=[{"field": "only", "message": f"CUT:VALUE, of {', '.join(CUTS)}"}])
        return cls(Dimension(cut), value)

    @property
    def words(self) -> str:
        """As an address says it."""
        return f"{self.cut}:{self.value}"


@dataclass(frozen=True, slots=True)
class Asked:
    """Which table: ``unit`` None is everything the viewer sees, ``touchpoint`` None all of them."""

    metric: str
    period: Period
    rows: Dimension
    columns: Dimension
    unit: str | None = None
    touchpoint: str | None = None
    only: Only | None = None

    @property
    def both(self) -> tuple[Dimension, Dimension]:
        """Rows and columns."""
        return self.rows, self.columns

    @property
    def cuts(self) -> list[Dimension]:
        """The cuts that have to be known of an answer."""
        named = [self.only.cut] if self.only else []
        return [one for one in CUTS if one in (*self.both, *named)]

    @property
    def scans(self) -> bool:
        """Whether the answers themselves are read: no cell knows this."""
        return not in_cells(self.cuts)

    def check(self, node: Node | None) -> None:
        """Raises Invalid for dimensions that do not go together."""
        for kind in (PLACES, TIMES):
            if self.rows == self.columns or all(one in kind for one in self.both):
                message = "another dimension than rows"
                raise Invalid(fields=[{"field": "columns", "message": message}])
        alone = node is not None and node.is_branch
        if Dimension.ADVISOR in self.cuts and not alone:
            raise Invalid(fields=[{"field": "unit", "message": "advisors are those of a branch"}])


def in_cells(cuts: Sequence[str]) -> bool:
    """Whether cells know answers by these cuts."""
    return len(cuts) <= 1 and set(cuts) <= set(IN_CELLS)


def buckets(both: Collection[Dimension], period: Period) -> list[Period]:
    """The weeks or months of the period, those at its ends cut to it; without them all of it."""
    if not any(one in TIMES for one in both):
        return [period]
    found, day = [], period.start
    while day < period.end:
        after = week_start(day) + _WEEK if Dimension.WEEK in both else next_month(day)
        found.append(Period(day, min(after, period.end)))
        day = after
    return found
