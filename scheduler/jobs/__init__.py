"""What workers do: loops that take work from tables, and ticks that ask what is due.

A loop's step does a batch and returns how much it did; a tick is run by the leader only, and still
claims its window, since two leaders may overlap for a moment. Work is named and imported by who
does it, so that a process that only sends does not carry what the others need.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from api.core.installation import Installation

Step = Callable[[Installation], Any]


def found(work: Step | str) -> Step:
    """The function called ``module:name``."""
    if not isinstance(work, str):
        return work
    module, _, name = work.partition(":")
    step: Step = getattr(import_module(module), name)
    return step


@dataclass(frozen=True)
class Loop:
    """Work that any worker takes from tables, as long as there is some."""

    name: str
    work: Step | str
    rest: float = 0.5  # seconds, after a step that found nothing
    rest_after_failure: float = 5.0
    threads: int = 1  # in each process
    apart: bool = False  # done by a process of its own alone, which carries what it needs

    @property
    def step(self) -> Callable[[Installation], int]:
        """Does a batch; how much it did."""
        return found(self.work)


@dataclass(frozen=True)
class Tick:
    """A question the leader asks every so many seconds: is anything due?"""

    name: str
    work: Step | str
    seconds: int

    @property
    def step(self) -> Callable[[Installation], object]:
        """Asks, and does what is due."""
        return found(self.work)


LOOPS: tuple[Loop, ...] = (
    Loop("decide", "api.invitations.service:decide_due"),
    Loop("follow up", "api.invitations.following:follow_up_due", rest=1.0),
    Loop("send", "scheduler.jobs.sending:send_due", rest=1.0, threads=2),
    Loop("letters", "scheduler.jobs.letters:send_letters", rest=1.0),
    Loop("calls", "scheduler.jobs.relay:place_calls", rest=1.0),
    Loop("codes", "scheduler.jobs.codes:send_codes", rest=1.0),
    Loop("notices", "api.notices.spreading:spread_notices"),
    Loop("messages out", "scheduler.jobs.webhooks_out:post_messages", rest=1.0),
    Loop("fold", "scheduler.jobs.counting:fold_cells", rest=0.3),
    Loop("alerts", "api.tickets.alerts.marks:find_alerts", rest=0.3),
    Loop("leagues", "scheduler.jobs.counting:compute_leagues"),
    Loop("reports", "scheduler.jobs.reports:make_reports", apart=True),
    Loop("letter files", "api.reports.attaching:attach_files", rest=2.0, apart=True),
)
TICKS: tuple[Tick, ...] = (
    Tick("calls", "api.calls.service:sweep", 60),
    Tick("tickets without owner", "api.tickets.orphans:give_orphans", 60),
    Tick("sampling", "scheduler.jobs.asking:plan_samples", 60),
    Tick("waves", "scheduler.jobs.asking:make_waves", 60),
    Tick("claims", "scheduler.jobs.housekeeping:settle_claims", 30),
    Tick("early receipts", "scheduler.jobs.housekeeping:apply_early_receipts", 30),
    Tick("receipts", "scheduler.jobs.receipts:pull_receipts", 60),
    Tick("expiry", "scheduler.jobs.housekeeping:expire_plans", 60),
    Tick("partitions", "scheduler.jobs.housekeeping:make_partitions", 600),
    Tick("idempotency", "scheduler.jobs.housekeeping:forget_answers", 600),
    Tick("league tables", "scheduler.jobs.housekeeping:forget_leagues", 600),
    Tick("log-ins", "scheduler.jobs.housekeeping:forget_log_ins", 600),
    Tick("recovery", "api.tickets.recovery:follow_resolved", 10),
    Tick("messages out", "scheduler.jobs.webhooks_out:keep_up_messages", 120),
    Tick("notices", "scheduler.jobs.telling:forget_old_notices", 600),
    Tick("phone checks", "scheduler.jobs.housekeeping:forget_phone_checks", 600),
    Tick("warnings", "scheduler.jobs.counting:keep_up_warnings", 60),
    Tick("watch", "scheduler.jobs.alerting:watch", 60),
    Tick("digests", "scheduler.jobs.alerting:tell_due_digests", 60),
    Tick("coefficients", "scheduler.jobs.counting:renew_coefficients", 600),
    Tick("reports", "api.reports.orders.scheduled:order_due_reports", 60),
    Tick("old reports", "scheduler.jobs.reports:forget_reports", 600),
    Tick("ranking", "api.reports.service:send_due_rankings", 60),
    Tick("clocks", "api.tickets.escalating:keep_up_clocks", 30),
    Tick("escalations", "api.tickets.escalating:escalate_due", 30),
    Tick("wechat codes", "scheduler.jobs.wechat_codes:make_wechat_codes", 60),
)
