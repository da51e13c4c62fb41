"""An index and its dimensions as measures: answers of the network's branches into scores of 0-100.

The tree is the one in force at the period's last day, for the period before as well, so that a
change is never one of definition.
"""

from collections.abc import Sequence
from datetime import date, timedelta

from sqlmodel import Session

from api.indicators.published import indicators_in_force
from api.indicators.tree import Indicators
from api.insights.figures import Figure, measured_figures
from api.insights.index_answers import IndexInfo, index_version, network_answers
from api.insights.metrics import MetricInfo
from api.insights.network_stats import own_branches
from api.insights.periods import Period
from api.insights.queries import list_metrics
from scoring.indices import IndexNode
from scoring.measured import Measured

__all__ = [
    "IndexInfo",
    "find_index",
    "index_figures",
    "index_info",
    "index_measures",
    "index_version",
    "last_day",
    "tree_of",
]


def tree_of(session: Session, period: Period) -> Indicators | None:
    """The tree by which a period is scored: in force on its last day."""
    return indicators_in_force(session, last_day(period))


def last_day(period: Period) -> date:
    """The last day that belongs to ``period``."""
    return period.end - timedelta(days=1)


def find_index(session: Session, code: str, period: Period) -> IndexInfo | None:
    """The index or dimension called ``code`` in the tree of ``period``."""
    tree = tree_of(session, period)
    node = tree.node(code) if tree is not None else None
    if tree is None or node is None or not node.parts:
        return None
    return index_info(tree, node, list_metrics(session))


def index_info(tree: Indicators, node: IndexNode, metrics: Sequence[MetricInfo]) -> IndexInfo:
    """A node with its names and the questions below it; published trees name known metrics only."""
    line = tree.line(node.code)
    known = {metric.code: metric for metric in metrics}
    return IndexInfo(
        code=node.code,
        version=tree.version,
        data_version=tree.data_version,
        name_zh=line.name_zh or node.code,
        name_en=line.name_en or node.code,
        node=node,
        leaves=tuple(known[code] for code in node.leaves),
    )


def index_measures(
    session: Session, index: IndexInfo, period: Period, touchpoint: int | None = None
) -> tuple[list[int], Measured]:
    """Every branch of the network with answers below ``index``, ascending, and what it scored."""
    found = network_answers(session, index, period, touchpoint)
    return found.branches, found.score(index.node).measured


def index_figures(
    session: Session, index: IndexInfo, period: Period, touchpoint: int | None = None
) -> dict[int, Figure]:
    """An index's figures of the branches whose own figures the transaction may be told."""
    found = network_answers(session, index, period, touchpoint)
    figures = measured_figures(found.score(index.node).measured)
    opened = own_branches(session)
    return {
        branch: figure
        for branch, figure in zip(found.branches, figures, strict=True)
        if opened is None or branch in opened
    }
