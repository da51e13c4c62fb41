"""The league table as the page shows it: rows of `api.insights.league`, with what they lack.

Puts words to rows; computes no number but where a branch stands in the order of its table.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

from api.core.languages import catalogue
from api.insights.comparison import FEWEST_PEERS
from api.insights.league import League, LeagueRow, league
from api.insights.published.service import may_publish
from api.insights.queries import weightiest_parts
from dashboard.address import PEERS, Address, Page
from dashboard.data.extent import elsewhere
from dashboard.data.frame import Link
from dashboard.data.metrics import shown_metric
from dashboard.data.periods import days_text, shown_period
from dashboard.data.sitting import Sitting
from dashboard.data.times import moment_text
from dashboard.data.why_steps import Names, because, level_name
from dashboard.data.words import Words
from dashboard.numbers import Metric
from scoring.tiers import DEFAULT_THRESHOLDS

Parts = Mapping[int, Mapping[str, Any]]  # of a mix, by branch
# What a service's row tells beside what the table shows: a thousand rows are light without it.
_UNSHOWN = ("adjusted_low", "adjusted_high", "p_top", "tied_above", "simultaneous_low",
            "simultaneous_high", "marginal_low", "marginal_high", "peer_group", "excluded",
            "tier")  # fmt: skip
BETWEEN, UNKNOWN = " / ", "\u2013"  # how `api.insights.comparison` writes a peer group


@dataclass(frozen=True)
class LeagueView:
    """One league table."""

    metric: Metric
    period: str
    rows: list[dict[str, Any]]
    ranked: int
    apart: int
    answers: int
    pending: bool
    version: int
    elsewhere: Link | None = None
    rank_from: int = DEFAULT_THRESHOLDS.rank
    fewest_peers: int = FEWEST_PEERS
    sets: tuple[Link, ...] = ()
    by_peers: bool = False
    may_publish: bool = False
    as_of: str | None = None  # of a table that is not of this moment

    @property
    def is_empty(self) -> bool:
        """True when no branch has an answer."""
        return all(row["n"] == 0 for row in self.rows)

    @cached_property
    def is_adjusted(self) -> bool:
        """True when any branch has an adjusted score beside the raw one."""
        return any(row["adjusted"] is not None for row in self.rows)

    @property
    def stands(self) -> dict[str, int] | None:
        """How many ranked branches stand above most, like most, below; None without letters."""
        letters = Counter(row["band"] for row in self.rows if row["ranked"] and row["band"])
        if self.pending or not letters:
            return None
        return {
            "above": letters["A"] + letters["B"],
            "alike": letters["C"],
            "below": letters["D"] + letters["E"],
            "tied": sum(row.get("tied_with") is not None for row in self.rows),
        }

    @property
    def shape(self) -> str:
        """How the table is built: while that stays, only numbers need to change."""
        if self.is_empty:
            return ""
        columns = "adjusted" if self.is_adjusted else "raw"
        order = "peers" if self.by_peers else "network"
        return f"league {columns} {self.metric.kind} {order} {len(self.rows)}"


def league_view(sitting: Sitting) -> LeagueView | None:
    """The table that the address asks for; None while nothing can be counted yet."""
    metric = shown_metric(sitting)
    if metric is None:
        return None
    found = read_league(sitting, metric.code)
    ranked = [row for row in found.rows if row.ranked]
    empty = all(row.n == 0 for row in found.rows)
    return LeagueView(
        metric=metric,
        period=days_text(sitting.say, shown_period(sitting)),
        rows=shown_rows(sitting, found.rows, metric, weightiest(sitting, found)),
        ranked=len(ranked),
        apart=len(found.rows) - len(ranked),
        answers=sum(row.n or 0 for row in found.rows),
        pending=found.ranks_pending,
        version=found.data_version,
        elsewhere=elsewhere(sitting, metric.code, sitting.address.unit) if empty else None,
        sets=comparisons(sitting),
        by_peers=sitting.address.compared == PEERS,
        may_publish=may_publish(sitting.viewer),
        as_of=moment_text(sitting, found.as_of) if found.behind else None,
    )


def read_league(sitting: Sitting, metric: str) -> League:
    """The table behind the page, for the address's unit, period, touchpoint and comparison."""
    return league(
        sitting.session,
        sitting.viewer,
        metric,
        shown_period(sitting),
        now=sitting.now,
        unit=sitting.address.unit,
        touchpoint=sitting.address.touchpoint,
        peers=sitting.address.compared == PEERS,
    )


def tied_with(rows: Sequence[LeagueRow]) -> dict[str, str]:
    """The branch directly above, by code, of each branch that chance may have put below it.

    Only where that branch is among ``rows``: a tie is between two places that follow each other
    in the whole comparison set, of which a viewer may see a part.
    """
    placed = [(row, row.rank) for row in rows if row.rank is not None]
    holders = Counter((row.peer_group, rank) for row, rank in placed)
    return {
        row.unit_code: above.unit_code
        for (above, higher), (row, rank) in pairwise(placed)
        if row.tied_above
        and row.peer_group == above.peer_group
        and rank in (higher, higher + holders[above.peer_group, higher])
    }


def comparisons(sitting: Sitting) -> tuple[Link, ...]:
    """With whom branches can be compared."""
    address, say = sitting.address, sitting.say
    return (
        Link(say("league.set.network"), address.with_(compared=None).href, not address.compared),
        Link(
            say("league.set.peers"),
            address.with_(compared=PEERS).href,
            address.compared == PEERS,
        ),
    )


def weightiest(sitting: Sitting, found: League) -> Parts:
    """What moved each adjusted score most."""
    if found.table is None or all(row.adjusted is None for row in found.rows):
        return {}
    return weightiest_parts(sitting.session, found.table.id)


def shown_rows(
    sitting: Sitting, rows: Sequence[LeagueRow], metric: Metric, parts: Parts
) -> list[dict[str, Any]]:
    """Rows as the grid takes them, in their order."""
    above, names = tied_with(rows), level_names(sitting)
    unit, why = for_branches(sitting).each(Page.UNIT), sitting.address.each(Page.WHY)
    shown = []
    for row in rows:
        told = _row(sitting, row, above.get(row.unit_code))
        told["adjusted"] = _on_scale(row.adjusted, metric)
        told["href"] = unit(row.unit_code)
        told["why"] = why(row.unit_code) if row.score is not None else None
        told |= _moved(sitting.say, parts.get(row.branch_id), metric, names)
        shown.append(told)
    return shown


def _on_scale(adjusted: float | None, metric: Metric) -> float | None:
    """A like-for-like score as the table shows it: a sum of parts may leave the scale."""
    return None if adjusted is None else min(metric.high, max(metric.low, adjusted))


def _row(sitting: Sitting, row: LeagueRow, above: str | None) -> dict[str, Any]:
    region = sitting.viewer.hierarchy.region_of(row.branch_id)
    where = region.name(sitting.language) if region else None
    peers = peer_words(sitting.say, row.peer_group)
    told = row.as_dict()
    for name in _UNSHOWN:
        del told[name]
    told["region"] = where
    told["peers"] = peers
    told["about"] = peers or where
    told["tied_with"] = above
    told["lacks"] = None if row.ranked else _lacks(sitting, row)
    return told


def _moved(
    say: Words, part: Mapping[str, Any] | None, metric: Metric, names: Names
) -> dict[str, str | None]:
    """Which level moved an adjusted score most, in a word and in a sentence."""
    if part is None:
        return {"adjusted_why": None, "adjusted_long": None}
    points = metric.finely_signed(part["points"])
    level = level_name(say, part["adjuster"], part["level"], names)
    why = because(part, say, "theirs", names)
    return {
        "adjusted_why": say("league.moved", level=level, points=points),
        "adjusted_long": say("league.moved_long", points=points, because=why),
    }


def for_branches(sitting: Sitting) -> Address:
    """The address for branches' own pages, which know metrics but no index."""
    metrics = [info.code for info in sitting.metrics]
    address = sitting.address.with_(compared=None)
    return address if address.metric in metrics else address.with_(metric=None)


def level_names(sitting: Sitting) -> Names:
    """Names of touchpoints, which adjusted scores speak of by their codes."""
    english = sitting.language == "en"
    return {
        ("touchpoint", row.code): row.name_en if english else row.name_zh
        for row in sitting.touchpoints
    }


def _lacks(sitting: Sitting, row: LeagueRow) -> str:
    if row.n is None:
        return sitting.say("league.lacks_hidden", count=DEFAULT_THRESHOLDS.count)
    if row.n >= DEFAULT_THRESHOLDS.rank:
        return sitting.say("league.lacks_peers", needed=FEWEST_PEERS)
    return sitting.say("league.lacks", missing=DEFAULT_THRESHOLDS.rank - row.n)


def peer_words(say: Words, group: str | None) -> str | None:
    """A peer group as one says it: what its branches have in common, what is not known left out."""
    if group is None:
        return None
    tier, size, brand = [None if part == UNKNOWN else part for part in group.split(BETWEEN)]
    sizes = catalogue(say.language)
    said = [
        say("league.peer.tier", tier=tier) if tier else None,
        sizes.get(f"league.peer.size.{size}", size) if size else None,
        brand,
    ]
    return say("league.peer.and").join(word for word in said if word) or say("league.peer.unknown")
