"""How a branch compares, in words: its places, how many others are clearly better, each score."""

from dataclasses import dataclass

from api.core.errors import NotFound
from api.insights.figures import Figure
from api.insights.own_branch.score import Beside
from api.insights.own_branch.standing import Compared, standing
from api.insights.why import Why, why
from api.security.hierarchy import Node
from dashboard.address import PEERS, Page
from dashboard.data.league import peer_words
from dashboard.data.metrics import as_shown, shown_metric
from dashboard.data.own_branch import found_of, is_own
from dashboard.data.periods import days_text, shown_period
from dashboard.data.sitting import Sitting
from dashboard.data.today import compared_words, place_of, place_words
from dashboard.data.why import Others, Place, others
from dashboard.numbers import Metric
from scoring.tiers import DEFAULT_THRESHOLDS


@dataclass(frozen=True)
class Ladder:
    """One comparison set: the place, who can be told apart; ``lacks``: why there is none."""

    code: str
    title: str
    about: str | None
    place: Place | None
    words: str
    others: Others | None
    pending: bool
    lacks: str | None
    why: str


@dataclass(frozen=True)
class ComparedLine:
    """A score of the branch beside the usual one."""

    name: str
    metric: Metric
    figure: Figure
    usual: float | None
    usual_name: str
    verdict: str | None
    href: str | None


@dataclass(frozen=True)
class StandingView:
    """The page."""

    name: str
    own: bool
    metric: Metric
    period: str
    figure: Figure | None
    ladders: list[Ladder]
    compared: str
    touchpoints: list[ComparedLine]
    metrics: list[ComparedLine]
    pending: bool


def standing_view(sitting: Sitting, node: Node) -> StandingView | None:
    """The page of one branch; None while nothing is measured."""
    metric = shown_metric(sitting)
    if metric is None:
        return None
    found = found_of(sitting, standing, metric.code, node.code)
    ladders = [one for one in (_ladder(sitting, node, metric, code) for code in _SETS) if one]
    whole = next((one for one in found.metrics if one.metric.code == metric.code), None)
    own = is_own(sitting, node)
    return StandingView(
        name=node.name(sitting.language),
        own=own,
        metric=metric,
        period=days_text(sitting.say, shown_period(sitting)),
        figure=None if whole is None else whole.figure,
        ladders=ladders,
        compared="" if whole is None else compared_words(sitting, whole.above, metric, own=own),
        touchpoints=[_along(sitting, one) for one in found.touchpoints],
        metrics=[_question(sitting, one) for one in found.metrics],
        pending=any(one.pending for one in ladders),
    )


_SETS = ("network", PEERS)


def _ladder(sitting: Sitting, node: Node, metric: Metric, code: str) -> Ladder | None:
    """The branch's place in one comparison set; None where it was not open."""
    try:
        found = found_of(sitting, why, metric.code, node.code, now=sitting.now, peers=code == PEERS)
    except NotFound:
        return None
    place = place_of(found.row, None if found.crowd is None else found.crowd.ranked)
    compared = PEERS if code == PEERS else None
    address = sitting.address.to(Page.WHY, node.code).with_(compared=compared)
    return Ladder(
        code=code,
        title=sitting.say(f"branch.set.{code}"),
        about=peer_words(sitting.say, found.row.peer_group) if code == PEERS else None,
        place=place,
        words="" if place is None else place_words(sitting, place),
        others=None if place is None else others(found.row, place),
        pending=found.league.ranks_pending,
        lacks=None if place is not None else _lacks(sitting, found),
        why=address.href,
    )


def _lacks(sitting: Sitting, found: Why) -> str:
    say = sitting.say
    if found.league.ranks_pending and not found.lacking:
        return say("branch.place_pending")
    if found.lacking:
        return say("why.lacks", missing=found.lacking, needed=DEFAULT_THRESHOLDS.rank)
    return say("branch.place_none")


def _along(sitting: Sitting, one: Compared) -> ComparedLine:
    assert one.touchpoint is not None
    href = sitting.address.with_(touchpoint=one.touchpoint.code).href
    return _line(sitting, one, one.touchpoint.name(sitting.language), href)


def _question(sitting: Sitting, one: Compared) -> ComparedLine:
    href = sitting.address.with_(metric=one.metric.code).href
    return _line(sitting, one, one.metric.name(sitting.language), href)


def _line(sitting: Sitting, one: Compared, name: str, href: str) -> ComparedLine:
    usual: Beside | None = one.usual
    return ComparedLine(
        name=name,
        metric=as_shown(one.metric, sitting),
        figure=one.figure,
        usual=None if usual is None else usual.figure.score,
        usual_name="" if usual is None else usual.unit.name(sitting.language),
        verdict=None if usual is None or usual.verdict is None else usual.verdict.value,
        href=href,
    )
