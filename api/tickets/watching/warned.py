"""Branches on the warning list: one alert for each unbroken run of months and metric."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlmodel import Session

from api.insights.queries import list_metrics
from api.insights.warnings.queries import StoredRow, stored_rows, stored_runs
from api.insights.warnings.reading import telling_month
from api.security.hierarchy import Hierarchy
from api.tickets.alerts.raising import Found
from api.tickets.loop import AlertRule
from api.tickets.watching import queries
from api.tickets.watching.queries import Running

LOUD = {"watch": ("watch", "alert"), "alert": ("alert",)}


@dataclass(frozen=True, slots=True)
class Warned:
    """A branch that the warning list points out now."""

    metric: str
    month: date
    row: StoredRow

    @property
    def key(self) -> tuple[str, int]:
        """What it is about."""
        return self.metric, self.row.branch_id


def warned_now(session: Session, rule: AlertRule, tree: Hierarchy) -> list[Warned]:
    """Whoever is on the list of the newest month of each metric that tells something."""
    levels = LOUD[rule.level or "alert"]
    found = []
    for metric in list_metrics(session):
        month = telling_month(session, metric.code)
        runs = {run.month: run.id for run in stored_runs(session, metric.code)}
        if month is None:
            continue
        rows = stored_rows(session, runs[month], tree.branch_ids)
        found += [Warned(metric.code, month, row) for row in rows if row.level in levels]
    return found


def find_warned(session: Session, rule: AlertRule, warned: list[Warned]) -> list[Found]:
    """The warnings that nobody was told of yet."""
    known = {_key(one) for one in queries.running_alerts(session, "warning", rule.code)}
    return [_found(rule, one) for one in warned if one.key not in known]


def warnings_over(session: Session, rule: AlertRule, warned: list[Warned]) -> list[Running]:
    """Running alerts of branches that are off the list."""
    listed = {one.key for one in warned}
    running = queries.running_alerts(session, "warning", rule.code)
    return [one for one in running if _key(one) not in listed]


def _key(running: Running) -> tuple[Any, int]:
    return running.detail.get("metric"), running.branch_id


def _found(rule: AlertRule, one: Warned) -> Found:
    since = (one.row.since or one.month).isoformat()
    drop = one.row.drop
    return Found(
        branch_id=one.row.branch_id,
        rule=rule,
        kind="warning",
        cause_key=f"warning:{rule.code}:{one.metric}:{one.row.branch_id}:{since}",
        detail={
            "metric": one.metric,
            "level": one.row.level,
            "since": since,
            "drop": None if drop is None else round(drop, 2),
        },
        told_by_caller=True,
    )
