"""What a branch can work on: what matters to customers, and where it is rated below its like.

What matters is learned from the whole network (`api.insights.drivers`), since a branch has too few
answers of its own for that; how it is rated are its own answers of the exact period. Its like are
the branches of the same city tier, size and brand today, or the network where that would tell of
few. Association, never proof of an effect.
"""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from sqlmodel import Session

from api.insights.comparison import peer_groups
from api.insights.drivers.matrix import Problem, Spoken
from api.insights.drivers.network import network_parts
from api.insights.drivers.performance import spoken_rating
from api.insights.drivers.queries import answered_together
from api.insights.drivers.questions import FEWEST_DRIVERS, Questions, driver_questions
from api.insights.drivers.service import ANSWERS_PER_DRIVER, FEWEST_ANSWERS, same_part
from api.insights.drivers.sums import Parts
from api.insights.figures import figure_of
from api.insights.metrics import MetricInfo
from api.insights.network_stats import (
    may_be_told,
    nested_may_be_told,
    network_answered_together,
    network_histograms,
)
from api.insights.own_branch.day import require_branch
from api.insights.own_branch.verdicts import Verdict, verdict
from api.insights.periods import Period, whole_months
from api.insights.queries import (
    Filters,
    Histograms,
    list_metrics,
    require_metric,
    require_touchpoint,
    touchpoint_rows,
)
from api.insights.sight import branches_of, some_branches
from api.insights.unit import Touchpoint
from api.security.hierarchy import Hierarchy, Node
from api.security.viewer import Viewer
from scoring.arrays import Floats
from scoring.crossed import centred_parts
from scoring.drivers import NeverTogetherError, within_shares
from scoring.scales import Kind, scale_of
from scoring.tiers import DEFAULT_THRESHOLDS
from scoring.variances import pooled_variance


class Like(StrEnum):
    """Whom a branch is compared with."""

    PEERS = "peers"
    NETWORK = "network"


@dataclass(frozen=True, slots=True)
class Lever:
    """One question: ``weight`` is its share (0..1) of what all of them explain in the network.

    Ratings are means on 0..100 of the question's scale. ``low`` counts the branch's own low marks,
    up to ``low_value`` (None: below the answers from which a score is told), ``answers`` all of
    them (None: fewer than are told).
    """

    metric: MetricInfo
    weight: float
    own: Spoken
    usual: float | None
    verdict: Verdict | None
    low: int | None
    low_value: int
    answers: int | None = None

    @property
    def cost(self) -> float:
        """Weight times the distance below the others: what would be worked on first."""
        if self.own.score is None or self.usual is None:
            return 0.0
        return self.weight * max(self.usual - self.own.score, 0.0)


@dataclass(frozen=True, slots=True)
class Place:
    """A touchpoint where the branch has answers to the outcome: how many, in whole months."""

    touchpoint: Touchpoint
    answers: int


@dataclass(frozen=True, slots=True)
class Improvement:
    """What to work on at one touchpoint; without levers, ``problem`` says why.

    ``levers`` in the order of what to work on: clearly below first, by weight and distance.
    ``branches``: how many are compared with, this one among them.
    """

    unit: Node
    outcome: MetricInfo
    period: Period
    places: tuple[Place, ...]
    place: Place | None = None
    problem: Problem | None = None
    levers: tuple[Lever, ...] = ()
    like: Like | None = None
    branches: int = 0
    answers: int = 0  # of the network, behind the weights

    @property
    def months(self) -> Period:
        """The months whose answers the weights are learned from."""
        return whole_months(self.period)

    @property
    def first(self) -> Lever | None:
        """The question to work on: clearly below the others, where that weighs most."""
        return next((one for one in self.levers if one.verdict is Verdict.BELOW), None)


def improvement(
    session: Session,
    viewer: Viewer,
    outcome: str,
    period: Period,
    *,
    unit: str,
    touchpoint: str | None = None,
) -> Improvement:
    """What the branch called ``unit`` can work on, at ``touchpoint`` or where it has most answers.

    Raises NotFound for what is no branch, or not the viewer's to see.
    """
    node = require_branch(viewer, unit)
    info = require_metric(session, outcome)
    own = Filters(some_branches(viewer, branches_of(viewer, node)))
    places = _places(session, outcome, period, own)
    found = Improvement(node, info, period, places)
    if touchpoint is None:
        place = max(places, key=lambda one: one.answers, default=None)
    else:
        require_touchpoint(session, touchpoint)
        place = next((one for one in places if one.touchpoint.code == touchpoint), None)
    if place is None:
        return replace(found, problem=Problem.NO_ANSWERS)
    ids = {row.code: row.id for row in touchpoint_rows(session)}
    asked = _Asked(session, viewer, replace(found, place=place), own, ids[place.touchpoint.code])
    return asked.answered()


def _places(session: Session, outcome: str, period: Period, own: Filters) -> tuple[Place, ...]:
    """Where the branch's customers answered the outcome, along the journey."""
    together = answered_together(session, outcome, period, own)
    answers = {row.touchpoint_id: row.n for row in together if row.metric == outcome}
    return tuple(
        Place(Touchpoint(row.code, row.stage, row.name_zh, row.name_en), answers[row.id])
        for row in touchpoint_rows(session)
        if answers.get(row.id)
    )


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked, and the steps to its answer."""

    session: Session
    viewer: Viewer
    found: Improvement
    own: Filters
    place: int

    def answered(self) -> Improvement:
        questions = self._questions()
        found = replace(self.found, answers=questions.answers)
        if len(questions.drivers) < FEWEST_DRIVERS:
            return replace(found, problem=Problem.TOO_FEW_QUESTIONS)
        parts = self._parts(questions)
        needed = max(FEWEST_ANSWERS, ANSWERS_PER_DRIVER * len(questions.drivers))
        if parts.together < needed or not may_be_told(self.session, parts.branches):
            return replace(found, problem=Problem.TOO_FEW_ANSWERS)
        try:
            weights = within_shares(centred_parts(parts.moments, parts.group))
        except NeverTogetherError:
            return replace(found, problem=Problem.NO_SPREAD)
        return self._filled(found, questions, weights)

    def _questions(self) -> Questions:
        outcome, period = self.found.outcome.code, self.found.period
        together = network_answered_together(self.session, outcome, period, self.place)
        beside = same_part(self.session, outcome, period)
        return driver_questions(outcome, list_metrics(self.session), together, beside)

    def _parts(self, questions: Questions) -> Parts:
        metrics = [self.found.outcome, *questions.drivers]
        return network_parts(self.session, metrics, self.found.months, [self.place])

    def _filled(self, found: Improvement, questions: Questions, weights: Floats) -> Improvement:
        means = [replace(one, kind=Kind.MEAN) for one in questions.drivers]
        wholes = [network_histograms(self.session, one, found.period, self.place) for one in means]
        like, compared = self._like(wholes)
        levers = [
            _lever(mean, float(weight), whole, self.found.unit.id, members)
            for mean, weight, whole, members in zip(means, weights, wholes, compared, strict=True)
            if mean.code not in questions.results
        ]
        return replace(
            found,
            levers=tuple(sorted(levers, key=_urgency)),
            like=like,
            branches=min(len(members) for members in compared),
        )

    def _like(self, wholes: Sequence[Histograms]) -> tuple[Like | None, list[set[int]]]:
        """Whom every question is compared with: peers where they may be told of each of them,
        else the network, else nobody."""
        everybody = [{key[0] for key in whole.keys} for whole in wholes]
        peers = [
            peers_of(self.viewer.hierarchy, self.found.unit.id, answered) for answered in everybody
        ]
        told = [
            nested_may_be_told(self.session, list(sets))
            for sets in zip(peers, everybody, strict=True)
        ]
        if all(of_peers for of_peers, _ in told) and peers != everybody:
            return Like.PEERS, peers
        if all(of_all for _, of_all in told):
            return Like.NETWORK, everybody
        return None, [set() for _ in wholes]


def peers_of(tree: Hierarchy, branch: int, among: AbstractSet[int]) -> set[int]:
    """The branches ``among`` some that are like one: same city tier, size and brand today."""
    listed = sorted(among)
    (own,) = peer_groups(tree, [branch])
    return {one for one, group in zip(listed, peer_groups(tree, listed), strict=True)
            if group == own}  # fmt: skip


def _urgency(lever: Lever) -> tuple[bool, float, float]:
    return lever.verdict is not Verdict.BELOW, -lever.cost, -lever.weight


def _lever(
    mean: MetricInfo, weight: float, whole: Histograms, branch: int, members: AbstractSet[int]
) -> Lever:
    spread = pooled_variance(whole.counts, mean.scale)
    (own,) = whole.at([(branch,)])
    usual = whole.at([(one,) for one in sorted(members)]).sum(axis=0)
    rated = spoken_rating(own, mean, spread)
    others = spoken_rating(usual, mean, spread).score if members else None
    scale = scale_of(mean.declared_scale)
    n = int(own.sum())
    return Lever(
        metric=mean,
        weight=weight,
        own=rated,
        usual=others,
        verdict=verdict(rated.low, rated.high, others),
        low=int(own[: scale.passive_from].sum()) if n >= DEFAULT_THRESHOLDS.score else None,
        low_value=int(scale.values[scale.passive_from - 1]),
        answers=figure_of(own, mean, None if np.isnan(spread) else spread).n,
    )


def weightiest(levers: Sequence[Lever]) -> Lever | None:
    """The question that matters most; None when there is none."""
    return max(levers, key=lambda one: one.weight, default=None)
