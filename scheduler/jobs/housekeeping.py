"""What has to be done every so often, whoever leads: partitions, leases, expiry, clean-up."""

from datetime import datetime, timedelta

from api.access.logins import forget_ended
from api.core.installation import Installation
from api.insights.league_store import forget_tables
from api.invitations import sending
from api.invitations.receipts import apply_waiting
from scheduler.jobs import repository
from scheduler.jobs.letters import give_up_letters
from scheduler.jobs.sending import SETTLED_AT_ONCE, settle_stale

MONTHS_AHEAD = 3
ROUNDS = 20  # of settling, in one tick
KEPT_ANSWERS = timedelta(hours=24)
KEPT_CHECKS = timedelta(days=2)  # how often one asks for codes is counted over a day
KEPT_TABLES = timedelta(days=30)


def window_end(now: datetime, seconds: int) -> datetime:
    """The end of the last whole window of so many seconds, counted from 1970."""
    return datetime.fromtimestamp(now.timestamp() // seconds * seconds, tz=now.tzinfo)


def claim_window(installation: Installation, job: str, seconds: int, key: str = "") -> bool:
    """True for the one process that may do ``job`` for the present window."""
    until = window_end(installation.clock(), seconds)
    with installation.database.transaction() as session:
        return repository.claim_window(session, job, key, until)


def make_partitions(installation: Installation) -> None:
    """Keeps partitions three months ahead."""
    if not claim_window(installation, "partitions", 3600):
        return
    today = installation.clock().date()
    months = today.year * 12 + today.month - 1 + MONTHS_AHEAD
    last = today.replace(year=months // 12, month=months % 12 + 1, day=1)
    with installation.database.transaction() as session:
        repository.ensure_partitions(session, today.replace(day=1), last)


def settle_claims(installation: Installation) -> None:
    """Settles claims and letters without a receipt; each is locked, so two leaders do no harm."""
    for _ in range(ROUNDS):
        if settle_stale(installation) < SETTLED_AT_ONCE:
            break
    give_up_letters(installation)


def apply_early_receipts(installation: Installation) -> None:
    """Applies receipts that came in the very moment in which their message was recorded."""
    with installation.database.transaction() as session:
        apply_waiting(session, installation.clock())


def expire_plans(installation: Installation) -> None:
    """Ends planned invitations whose link would be dead already."""
    sending.expire(installation)


def forget_answers(installation: Installation) -> None:
    """Deletes stored answers of idempotent requests after a day."""
    if not claim_window(installation, "idempotency", 3600):
        return
    before = installation.clock() - KEPT_ANSWERS
    with installation.database.transaction() as session:
        repository.forget_idempotent_answers(session, before)


def forget_leagues(installation: Installation) -> None:
    """Deletes league tables of a month ago; whoever looks again has them computed again."""
    if not claim_window(installation, "leagues", 3600):
        return
    with installation.database.transaction() as session:
        forget_tables(session, installation.clock() - KEPT_TABLES)


def forget_log_ins(installation: Installation) -> None:
    """Deletes ended sessions, used links and old counts of failed log-ins."""
    if not claim_window(installation, "log-ins", 3600):
        return
    with installation.database.transaction() as session:
        forget_ended(session, installation.clock())


def forget_phone_checks(installation: Installation) -> None:
    """Deletes codes that were sent to phones, and the phones, after two days."""
    if not claim_window(installation, "phone checks", 3600):
        return
    with installation.database.transaction() as session:
        repository.forget_phone_checks(session, installation.clock() - KEPT_CHECKS)
