"""Which metric a page is about, as pages show it."""

from api.core.errors import NotFound
from api.insights.metrics import MetricInfo
from api.insights.queries import list_metrics
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


def shown_metric(sitting: Sitting) -> Metric | None:
    """The metric of the address, else the first NPS, else the first; None when there is none."""
    known = list_metrics(sitting.session)
    wanted = sitting.address.metric
    if wanted is not None:
        found = next((info for info in known if info.code == wanted), None)
        if found is None:
            raise NotFound(metric=wanted)
        return as_shown(found, sitting)
    usual = sorted(known, key=lambda info: info.kind is not Kind.NPS)
    return as_shown(usual[0], sitting) if usual else None


def known_metrics(sitting: Sitting) -> list[Metric]:
    """All metrics in their order."""
    return [as_shown(info, sitting) for info in list_metrics(sitting.session)]


def as_shown(info: MetricInfo, sitting: Sitting) -> Metric:
    """A metric with its name in the page's language and the ends of its axis."""
    kind = _KINDS[info.kind]
    low, high = _RANGES.get(kind, (float(info.scale.values[0]), float(info.scale.values[-1])))
    return Metric(info.code, info.name(sitting.language), kind, low, high)
