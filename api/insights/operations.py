"""How the installation itself is doing, for Prometheus: work that waits, messages by fate.

Counts of the whole network, without a branch or a person; a machine token reads them.
"""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, GCCollector, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlmodel import Session

from api.insights.queries.operations import Backlog, read_backlog
from api.security.scope import Scope, open_scope


def operation_figures(session: Session) -> bytes:
    """The figures in Prometheus' text format."""
    open_scope(session, Scope.whole_network(reason="operation figures"))
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    GCCollector(registry=registry)
    registry.register(_Waiting(read_backlog(session)))
    return generate_latest(registry)


class _Waiting(Collector):
    """What was read, as metrics."""

    def __init__(self, backlog: Backlog) -> None:
        self._backlog = backlog

    def collect(self) -> Iterator[Metric]:
        """One family per question."""
        yield GaugeMetricFamily(
            "branchpulse_events_due",
            "Events whose decision is due",
            value=self._backlog.events_due,
        )
        invitations = GaugeMetricFamily(
            "branchpulse_invitations", "Invitations of the last 30 days", labels=["status"]
        )
        for status, count in sorted(self._backlog.invitations.items()):
            invitations.add_metric([status], count)
        yield invitations
        yield GaugeMetricFamily(
            "branchpulse_letters_waiting",
            "Letters to colleagues that wait to be sent",
            value=self._backlog.letters_waiting,
        )
