"""A branch's advisors as the page shows them: `api.insights.own_branch.team` put into words."""

from dataclasses import dataclass

from api.insights.figures import Difference, Figure
from api.insights.own_branch.team import Advisor, team
from api.insights.own_branch.verdicts import Verdict
from api.security.hierarchy import Node
from dashboard.data.extent import elsewhere
from dashboard.data.frame import Link
from dashboard.data.metrics import shown_metric
from dashboard.data.own_branch import found_of
from dashboard.data.periods import days_text, shown_period
from dashboard.data.sitting import Sitting
from dashboard.numbers import Metric


@dataclass(frozen=True)
class Mate:
    """One advisor."""

    name: str
    figure: Figure
    difference: Difference
    verdict: str | None


@dataclass(frozen=True)
class TeamView:
    """The page: those who may be told, and how many may not."""

    name: str
    metric: Metric
    period: str
    figure: Figure
    mates: list[Mate]
    untold: int
    apart: int
    elsewhere: Link | None = None


def team_view(sitting: Sitting, node: Node) -> TeamView | None:
    """The team of one branch; None while nothing is measured."""
    metric = shown_metric(sitting)
    if metric is None:
        return None
    found = found_of(sitting, team, metric.code, node.code)
    told = [one for one in found.advisors if one.figure.score is not None]
    nobody = found.figure.n == 0
    return TeamView(
        name=node.name(sitting.language),
        metric=metric,
        period=days_text(sitting.say, shown_period(sitting)),
        figure=found.figure,
        mates=[_mate(one) for one in told],
        untold=found.untold,
        apart=sum(one.verdict in (Verdict.ABOVE, Verdict.BELOW) for one in told),
        elsewhere=elsewhere(sitting, metric.code, node.code) if nobody else None,
    )


def _mate(one: Advisor) -> Mate:
    verdict = None if one.verdict is None else one.verdict.value
    return Mate(one.name, one.figure, one.difference, verdict)
