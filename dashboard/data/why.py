"""Why a branch ranks where it does, as the page shows it: `api.insights.why` put into words.

Computes no number: it says what each step adds, and to whom one reads.
"""

from dataclasses import asdict, dataclass

from api.insights.comparison import FEWEST_PEERS
from api.insights.league import LeagueRow, league
from api.insights.why import Why, why
from dashboard.address import PEERS, Address, Page
from dashboard.data.extent import elsewhere
from dashboard.data.frame import Link, compares
from dashboard.data.league import comparisons, for_branches, level_names, peer_words
from dashboard.data.metrics import is_index, shown_metric
from dashboard.data.own_branch import found_of
from dashboard.data.periods import days_text, shown_period
from dashboard.data.sitting import Sitting
from dashboard.data.why_steps import Step, Way, steps_of
from dashboard.data.words import Words
from dashboard.numbers import Metric, count
from scoring.tiers import DEFAULT_THRESHOLDS

NEAREST = 4  # neighbours shown on either side


@dataclass(frozen=True)
class Place:
    """A rank among ``of`` ranked branches."""

    rank: int
    low: int
    high: int
    of: int


@dataclass(frozen=True)
class Places:
    """A range of places, and what it promises."""

    code: str
    name: str
    words: str
    low: int
    high: int


@dataclass(frozen=True)
class Others:
    """The other ranked branches, by whether they can be told apart from this one."""

    better: int
    alike: int
    worse: int


@dataclass(frozen=True)
class Neighbour:
    """A branch that stands close by."""

    name: str
    n: int | None
    score: float | None
    low: float | None
    high: float | None
    href: str | None
    own: bool = False


@dataclass(frozen=True)
class WhyView:
    """The page of one branch."""

    name: str
    metric: Metric
    period: str
    answers: int | None
    steps: list[Step]
    mean: float | None
    place: Place | None
    place_words: str
    ranges: list[Places]
    band: str | None
    badge: bool
    others: Others | None
    near: list[Neighbour]
    pending: bool
    lacks: str | None
    facts: list[str]
    sets: tuple[Link, ...]
    links: list[Link]
    elsewhere: Link | None = None
    own: bool = False
    so_far: float | None = None  # of the answers that a place takes, while they lack

    @property
    def is_empty(self) -> bool:
        """True when the branch has no answer in the period."""
        return self.answers == 0


def why_view(sitting: Sitting) -> WhyView | None:
    """The page of the branch that the address names; None while nothing can be counted yet."""
    metric = shown_metric(sitting)
    if metric is None:
        return None
    peers, unit = sitting.address.compared == PEERS, sitting.address.unit or ""
    found = found_of(sitting, why, metric.code, unit, now=sitting.now, peers=peers)
    say, row, own = sitting.say, found.row, _is_own(sitting, found.row.branch_id)
    place = _place(found)
    near = neighbours(sitting, found, metric) if place else []
    return WhyView(
        name=row.unit_name,
        metric=metric,
        period=days_text(say, shown_period(sitting)),
        answers=row.n,
        steps=_steps(sitting, found, metric, own=own),
        mean=None if found.crowd is None else found.crowd.mean,
        place=place,
        place_words=_place_words(place, row, say, own=own) if place else "",
        ranges=ranges(row, say) if place else [],
        band=row.band,
        badge=bool(row.badge),
        others=others(row, place) if place else None,
        near=near,
        pending=found.league.ranks_pending,
        lacks=_lacks(found, say),
        facts=_facts(found, metric, say),
        sets=comparisons(sitting),
        links=_links(sitting, row.unit_code),
        elsewhere=elsewhere(sitting, metric.code, sitting.address.unit) if row.n == 0 else None,
        own=own,
        so_far=(row.n or 0) / DEFAULT_THRESHOLDS.rank if found.lacking else None,
    )


def _is_own(sitting: Sitting, branch: int) -> bool:
    """Whether the page speaks to the branch itself."""
    home = sitting.viewer.home
    return home is not None and home.id == branch


def _steps(sitting: Sitting, found: Why, metric: Metric, *, own: bool) -> list[Step]:
    say, row = sitting.say, found.row
    if row.score is None:
        return []
    way = Way(
        n=row.n,
        raw=row.score,
        adjusted=row.adjusted,
        mix=[asdict(part) for part in found.mix or ()],
        shrunk=row.shrunk,
        own_weight=found.own_weight,
        mean=None if found.crowd is None else found.crowd.mean,
        raw_range=(row.low, row.high),
        adjusted_range=(row.adjusted_low, row.adjusted_high),
        names=level_names(sitting),
    )
    lack = _lack(found, is_index=is_index(sitting, metric))
    unadjusted = say(f"why.unadjusted.{lack}")
    return steps_of(way, metric, say, own=own, unadjusted=unadjusted)


def _lack(found: Why, *, is_index: bool) -> str:
    """What an adjusted score lacks: published coefficients, or answers that say enough."""
    table = found.league.table
    if is_index:
        return "index"
    known = table is not None and table.parameters.get("coefficients") is not None
    return "branch" if known else "metric"


def _place(found: Why) -> Place | None:
    row = found.row
    if row.rank is None or row.rank_low is None or row.rank_high is None or found.crowd is None:
        return None
    return Place(row.rank, row.rank_low, row.rank_high, found.crowd.ranked)


def _place_words(place: Place, row: LeagueRow, say: Words, *, own: bool) -> str:
    whose = "own" if own else "theirs"
    if place.low == place.high:
        return say(f"why.place_sure.{whose}", rank=place.rank, of=place.of)
    return say(f"why.place.{whose}", rank=place.rank, of=place.of, low=place.low, high=place.high)


def ranges(row: LeagueRow, say: Words) -> list[Places]:
    """The places that chance leaves open, and the wider ones that can be proven."""
    listed = [
        ("likely", row.rank_low, row.rank_high),
        ("marginal", row.marginal_low, row.marginal_high),
        ("simultaneous", row.simultaneous_low, row.simultaneous_high),
    ]
    return [
        Places(code, say(f"why.places.{code}"), say(f"why.places.{code}_words"), low, high)
        for code, low, high in listed
        if low is not None and high is not None
    ]


def others(row: LeagueRow, place: Place) -> Others | None:
    """How many others are surely better, surely worse, and neither: what the audit leaves open."""
    if row.marginal_low is None or row.marginal_high is None:
        return None
    better, worse = row.marginal_low - 1, place.of - row.marginal_high
    return Others(better, place.of - 1 - better - worse, worse)


def neighbours(sitting: Sitting, found: Why, metric: Metric) -> list[Neighbour]:
    """The nearest on both sides, for those who compare branches by name; else nobody."""
    if not compares(sitting):
        return []
    table = league(
        sitting.session,
        sitting.viewer,
        metric.code,
        shown_period(sitting),
        now=sitting.now,
        touchpoint=sitting.address.touchpoint,
        peers=sitting.address.compared == PEERS,
    )
    group = [
        row for row in table.rows if row.rank is not None and row.peer_group == found.row.peer_group
    ]
    at = next((i for i, row in enumerate(group) if row.branch_id == found.row.branch_id), None)
    if at is None:
        return []
    return [
        Neighbour(
            name=sitting.say("why.neighbour", rank=row.rank, name=row.unit_name),
            n=row.n,
            score=row.score,
            low=row.low,
            high=row.high,
            href=None
            if row.branch_id == found.row.branch_id
            else sitting.address.to(Page.WHY, row.unit_code).href,
            own=row.branch_id == found.row.branch_id,
        )
        for row in group[max(0, at - NEAREST) : at + NEAREST + 1]
    ]


def _lacks(found: Why, say: Words) -> str | None:
    """Why there is no place; None where there is one or it is being computed."""
    row = found.row
    if row.rank is not None or row.n == 0:
        return None
    if found.lacking:
        return say("why.lacks", missing=found.lacking, needed=DEFAULT_THRESHOLDS.rank)
    if row.ranked:
        return None
    return say("why.lacks_peers", needed=FEWEST_PEERS)


def _facts(found: Why, metric: Metric, say: Words) -> list[str]:
    row, facts = found.row, []
    if row.change is not None:
        key = "overview.change_noise" if row.change_is_noise else "overview.change_real"
        facts.append(say(key, change=metric.signed(row.change)))
    if row.p_top is not None:
        facts.append(say("why.top", share=_probable(row.p_top)))
    if row.excluded:
        facts.append(say("why.excluded", n=count(row.excluded)))
    peers = peer_words(say, row.peer_group)
    return [*facts, peers] if peers else facts


def _probable(share: float) -> str:
    """A probability drawn by lot: what is nearly sure or nearly excluded is never said to be so."""
    if share < 0.01:
        return "<\u202f1\u202f%"
    return ">\u202f99\u202f%" if share > 0.99 else f"{share:.0%}".replace("%", "\u202f%")


def _links(sitting: Sitting, code: str) -> list[Link]:
    links = [Link(sitting.say("why.to_branch"), for_branches(sitting).to(Page.UNIT, code).href)]
    if compares(sitting):
        links.append(Link(sitting.say("why.to_league"), sitting.address.to(Page.LEAGUE).href))
    frozen = Address(Page.PUBLISHED, language=sitting.address.language).href
    return [*links, Link(sitting.say("why.to_published"), frozen)]
