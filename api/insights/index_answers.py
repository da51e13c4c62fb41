"""The answers below a tree, read once for the index and all its dimensions.

Point scores come from cells of exactly the period, the variance of one respondent's contribution
from the moments of the months that touch it. The network's answers are kept in memory for as long
as they are the newest; they serve statistics, and what is shown of them is decided elsewhere.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from sqlmodel import Session

from api.core.languages import Language
from api.insights.metrics import MetricInfo
from api.insights.network_stats import (
    network_histograms,
    network_respondents,
    network_score_sums,
    own_branches,
)
from api.insights.periods import Period, whole_months
from api.insights.queries import Filters, Histograms, histograms, metric_version
from api.insights.queries.respondents import Groups, respondents
from api.insights.queries.score_sums import ScoreSums, score_sums
from scoring.arrays import Counts, Floats
from scoring.composite import Moments
from scoring.indices import (
    IndexNode,
    IndexScores,
    Leaf,
    index_scores,
    leaf_points,
    leaf_weights,
    months_respondents,
    points_of,
)
from scoring.scales import Kind
from scoring.tiers import DEFAULT_THRESHOLDS
from scoring.variances import pooled_variance

Summed = TypeVar("Summed", Counts, Floats)
FEWEST = DEFAULT_THRESHOLDS.count  # answers of a question below which it does not count


@dataclass(frozen=True, slots=True)
class IndexInfo:
    """The index or a dimension of a published tree; ``leaves`` are the questions below it."""

    code: str
    version: int
    data_version: int
    name_zh: str
    name_en: str
    node: IndexNode
    leaves: tuple[MetricInfo, ...]

    def name(self, language: Language) -> str:
        """The node's name in ``language``."""
        return self.name_en if language == "en" else self.name_zh


@dataclass(frozen=True, slots=True, eq=False)
class IndexAnswers:
    """The answers to the questions of a tree, of p branches (or units, or weeks).

    Attributes
    ----------
    leaves
        The q questions.
    branches
        Ids of the p branches.
    counts
        Histograms per question, each (p, bins).
    respondents
        Per node people who answered anything below it, (p,).
    moments
        Of the months that touch the period, in points; p or 1 on the leading axis.
    spreads
        Per question the network's variance within branches, where the kind needs it.
    """

    leaves: tuple[MetricInfo, ...]
    branches: list[int]
    counts: tuple[Counts, ...]
    respondents: Mapping[str, Counts]
    moments: Moments
    spreads: tuple[float | None, ...]

    def score(self, node: IndexNode, *, pooled: float | None = None) -> IndexScores:
        """A node's scores, with the network's ``pooled`` or that of the branches given."""
        at = [place for place, leaf in enumerate(self.leaves) if leaf.code in node.leaves]
        parts = [self.leaf(place) for place in at]
        answered = np.stack([part.n for part in parts], axis=-1)
        n = self.respondents[node.code]
        moments = _among(self.moments, at)
        in_months = np.diagonal(moments.counts, axis1=-2, axis2=-1)
        people = months_respondents(n, answered, in_months)
        weights = self.weights(node)[..., at]
        return index_scores(weights, parts, n, replace(moments, respondents=people), pooled=pooled)

    def weights(self, node: IndexNode) -> Floats:
        """What each question weighs in a node's score, shape (p, q).

        One with fewer than `FEWEST` answers does not count: a single answer would carry the weight
        of a question, and what is hidden could be had from its dimension by subtraction.
        """
        answered = np.stack([counts.sum(axis=-1) >= FEWEST for counts in self.counts], axis=-1)
        return leaf_weights(node, [leaf.code for leaf in self.leaves], answered)

    def leaf(self, place: int) -> Leaf:
        """One question in points."""
        metric = self.leaves[place]
        pooled = self.spreads[place]
        return leaf_points(self.counts[place], metric.kind, metric.scale, pooled=pooled)

    def over(self, sets: Sequence[Collection[int]]) -> "IndexAnswers":
        """All answers of each set of branches pooled, one row per set."""
        place = {branch: number for number, branch in enumerate(self.branches)}
        pairs = [
            (row, place[branch])
            for row, members in enumerate(sets)
            for branch in members
            if branch in place
        ]
        rows, places = np.array(pairs, dtype=np.int64).reshape(len(pairs), 2).T

        def together(sums: Summed) -> Summed:
            summed = np.zeros_like(sums, shape=(len(sets), *sums.shape[1:]))
            np.add.at(summed, rows, sums[places])
            return summed

        moments = self.moments
        return replace(
            self,
            branches=list(range(len(sets))),
            counts=tuple(together(counts) for counts in self.counts),
            respondents={code: together(people) for code, people in self.respondents.items()},
            moments=Moments(
                together(moments.respondents),
                together(moments.counts),
                together(moments.sums),
                together(moments.products),
            ),
        )


@dataclass(frozen=True, slots=True)
class _Reader:
    """Where answers are read from: the whole network, or what the transaction may see."""

    histograms: Callable[[MetricInfo], Histograms]
    respondents: Callable[[Groups], dict[str, dict[int, int]]]
    pairs: Callable[[Sequence[MetricInfo]], ScoreSums]


def index_version(session: Session, index: IndexInfo, period: Period) -> int:
    """The data version of everything an index is made of; 0 when nothing was counted.

    Another tree in force for the same period makes it higher, as new answers do.
    """
    counted = max(metric_version(session, leaf.code, period) for leaf in index.leaves)
    return max(counted, index.data_version) if counted else 0


_Key = tuple[object, ...]
_kept: dict[_Key, IndexAnswers] = {}
_KEPT = 16


def network_answers(
    session: Session, index: IndexInfo, period: Period, touchpoint: int | None = None
) -> IndexAnswers:
    """Answers of every branch of the network: for statistics, never to be shown one by one."""
    version = index_version(session, index, whole_months(period))
    place = (index.code, index.data_version, period, touchpoint)
    key = (session.get_bind().engine.url, *place, version)
    if key not in _kept:
        found = _network(session, index, period, touchpoint)
        while len(_kept) >= _KEPT:
            _kept.pop(next(iter(_kept)), None)
        _kept[key] = found
        return found
    return _kept[key]


def _network(
    session: Session, index: IndexInfo, period: Period, touchpoint: int | None
) -> IndexAnswers:
    reader = _Reader(
        lambda metric: network_histograms(session, metric, period, touchpoint),
        lambda groups: network_respondents(session, groups, period, touchpoint),
        lambda metrics: network_score_sums(session, metrics, period, touchpoint),
    )
    return _read(reader, index, None)


def own_answers(
    session: Session, index: IndexInfo, period: Period, filters: Filters
) -> tuple[IndexAnswers, IndexAnswers]:
    """Answers of the branches whose figures the transaction may be told, then of the network.

    Where these are the same nothing is read twice; checking a thousand branches row by row would
    cost more than counting them.
    """
    network = network_answers(session, index, period, filters.touchpoint)
    opened = own_branches(session)
    if opened is None or opened >= set(network.branches):
        return network, network
    reader = _Reader(
        lambda metric: histograms(session, metric, period, filters=filters),
        lambda groups: respondents(session, groups, period, filters),
        lambda metrics: score_sums(session, metrics, period, filters),
    )
    return _read(reader, index, network.spreads), network


def _read(
    reader: _Reader, index: IndexInfo, spreads: tuple[float | None, ...] | None
) -> IndexAnswers:
    found = [reader.histograms(leaf) for leaf in index.leaves]
    branches = sorted({key[0] for one in found for key in one.keys})
    counts = tuple(one.at([(branch,) for branch in branches]) for one in found)
    people = reader.respondents({node.code: node.leaves for node in index.node.inner})
    return IndexAnswers(
        leaves=index.leaves,
        branches=branches,
        counts=counts,
        respondents={
            code: np.array([of.get(branch, 0) for branch in branches], dtype=np.int64)
            for code, of in people.items()
        },
        moments=in_points(reader.pairs(index.leaves).at(branches), index.leaves),
        spreads=spreads_of(index.leaves, counts) if spreads is None else spreads,
    )


def spreads_of(leaves: Sequence[MetricInfo], counts: Sequence[Counts]) -> tuple[float | None, ...]:
    """Variance within branches of the questions that are means."""
    return tuple(
        pooled_variance(one, leaf.scale) if leaf.kind is Kind.MEAN else None
        for leaf, one in zip(leaves, counts, strict=True)
    )


def in_points(pairs: ScoreSums, leaves: Sequence[MetricInfo]) -> Moments:
    """Sums over pairs of questions, each on 0-100."""
    lines = [points_of(leaf.kind, leaf.scale) for leaf in leaves]
    origin = np.array([line.origin for line in lines])
    unit = np.array([line.unit for line in lines])
    return pairs.moments(origin, unit)


def _among(moments: Moments, at: Sequence[int]) -> Moments:
    """The moments of some of the questions."""
    rows, columns = np.ix_(at, at)
    return Moments(
        moments.respondents,
        moments.counts[..., rows, columns],
        moments.sums[..., rows, columns],
        moments.products[..., rows, columns],
    )
