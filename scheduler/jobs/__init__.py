"""What workers do: loops that take work from tables, and ticks that ask what is due.

A loop's step does a batch and returns how much it did; a tick is run by the leader only, and still
claims its window, since two leaders may overlap for a moment.
"""

from collections.abc import Callable
from dataclasses import dataclass

from api.calls.service import sweep as sweep_calls
from api.cells.service import fold
from api.core.installation import Installation
from api.insights.league_store import compute_requested
from api.invitations.following import follow_up_due
from api.invitations.service import decide_due
from api.reports.service import send_due_rankings
from scheduler.jobs.asking import make_waves, plan_samples
from scheduler.jobs.codes import send_codes
from scheduler.jobs.housekeeping import (
    expire_plans,
    forget_answers,
    forget_leagues,
    forget_log_ins,
    forget_phone_checks,
    make_partitions,
    settle_claims,
)
from scheduler.jobs.letters import send_letters
from scheduler.jobs.receipts import pull_receipts
from scheduler.jobs.sending import send_due
from scheduler.jobs.wechat_codes import make_wechat_codes


@dataclass(frozen=True)
class Loop:
    """Work that any worker takes from tables, as long as there is some."""

    name: str
    step: Callable[[Installation], int]
    rest: float = 0.5  # seconds, after a step that found nothing
    rest_after_failure: float = 5.0
    threads: int = 1  # in each process


@dataclass(frozen=True)
class Tick:
    """A question the leader asks every so many seconds: is anything due?"""

    name: str
    step: Callable[[Installation], object]
    seconds: int


def _fold(installation: Installation) -> int:
    return fold(installation.database)


def _leagues(installation: Installation) -> int:
    return compute_requested(installation.database)


LOOPS: tuple[Loop, ...] = (
    Loop("decide", decide_due),
    Loop("follow up", follow_up_due, rest=1.0),
    Loop("send", send_due, rest=1.0, threads=4),
    Loop("letters", send_letters, rest=1.0),
    Loop("codes", send_codes, rest=1.0),
    Loop("fold", _fold, rest=0.3),
    Loop("leagues", _leagues),
)
TICKS: tuple[Tick, ...] = (
    Tick("calls", sweep_calls, 60),
    Tick("sampling", plan_samples, 60),
    Tick("waves", make_waves, 60),
    Tick("claims", settle_claims, 30),
    Tick("receipts", pull_receipts, 60),
    Tick("expiry", expire_plans, 60),
    Tick("partitions", make_partitions, 600),
    Tick("idempotency", forget_answers, 600),
    Tick("league tables", forget_leagues, 600),
    Tick("log-ins", forget_log_ins, 600),
    Tick("phone checks", forget_phone_checks, 600),
    Tick("ranking", send_due_rankings, 60),
    Tick("wechat codes", make_wechat_codes, 60),
)
