"""Which metric a page is about, as pages show it."""

from api.core.errors import NotFound
from api.insights.indices import tree_of
from api.insights.metrics import MetricInfo
from dashboard.address import Page
from dashboard.data.periods import shown_period
from dashboard.data.sitting import Sitting
from dashboard.numbers import Metric
from scoring.scales import Kind

_KINDS = {
    Kind.NPS: "nps",
    Kind.TOP_BOX: "share",
    Kind.TOP2_BOX: "share",
    Kind.MEAN: "mean",
    Kind.CES: "share",
}
_RANGES = {"nps": (-100.0, 100.0), "share": (0.0, 1.0)}
_INDEXED = (Page.LEAGUE, Page.WHY)  # pages that know an index as well as a metric
INDEX_ENDS = (0.0, 100.0)


def shown_metric(sitting: Sitting) -> Metric | None:
    """The metric of the address, else the first NPS, else the first; None when there is none."""
    known = sitting.metrics
    wanted = sitting.address.metric
    if wanted is not None:
        found = next((info for info in known if info.code == wanted), None)
        if found is not None:
            return as_shown(found, sitting)
        index = next((one for one in known_indices(sitting) if one.code == wanted), None)
        if index is None:
            raise NotFound(metric=wanted)
        return index
    usual = sorted(known, key=lambda info: info.kind is not Kind.NPS)
    return as_shown(usual[0], sitting) if usual else None


def known_metrics(sitting: Sitting) -> list[Metric]:
    """All metrics in their order; where a page knows them, the index and its dimensions first."""
    metrics = [as_shown(info, sitting) for info in sitting.metrics]
    return [*known_indices(sitting), *metrics]


def known_indices(sitting: Sitting) -> list[Metric]:
    """The index and its dimensions in force in the page's period, as points from 0 to 100."""
    if sitting.address.page not in _INDEXED:
        return []
    tree = tree_of(sitting.session, shown_period(sitting))
    return [
        Metric(line.code, line.name(sitting.language) or line.code, "mean", *INDEX_ENDS)
        for line in (() if tree is None else tree.nodes)
        if not line.is_question
    ]


def as_shown(info: MetricInfo, sitting: Sitting) -> Metric:
    """A metric with its name in the page's language and the ends of its axis."""
    kind = _KINDS[info.kind]
    low, high = _RANGES.get(kind, (float(info.scale.values[0]), float(info.scale.values[-1])))
    return Metric(info.code, info.name(sitting.language), kind, low, high)


def is_index(sitting: Sitting, metric: Metric) -> bool:
    """Whether a measure is the index or a dimension, which most pages do not know."""
    return any(one.code == metric.code for one in known_indices(sitting))
