"""Letters to colleagues, windows of scheduled jobs, partitions, clean-up: the SQL of jobs."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

# After a certain failure a letter rests: five minutes longer each time.
_CLAIM_LETTERS = text("""
update outbox_message set status = 'claimed', claimed_at = :now, attempts = attempts + 1
where id in (
    select id from outbox_message where status = 'waiting' and (kind = 'phone_check') = :codes
        and (channel = 'relay') = :calls
        and (not_before is null or not_before <= :now)
        and (claimed_at is null or claimed_at + attempts * interval '5 minutes' <= :now)
    order by created_at, id limit :limit for update skip locked)
returning id, kind, channel, recipient_encrypted, subject, body_text_encrypted,
    body_html_encrypted, attachment, attempts, claimed_at, created_at, detail
""")
_SETTLE_LETTER = text("""
update outbox_message set status = cast(:status as text), failure = :failure,
    sent_at = case when cast(:status as text) = 'sent' then cast(:now as timestamptz) end
where id = :id and status = 'claimed' and claimed_at = :claimed_at
""")
_WIPE = text(
    "update outbox_message set recipient_encrypted = '', body_text_encrypted = '' where id = :id"
)
_STALE_LETTERS = text("""
update outbox_message set status = 'unknown', failure = 'no_receipt'
where id in (select id from outbox_message where status = 'claimed' and claimed_at < :before
    limit :limit for update skip locked) returning id
""")
_WINDOW = text("""
insert into job_window (job, key, done_until) values (:job, :key, :until)
on conflict (job, key) do update set done_until = excluded.done_until
where job_window.done_until < excluded.done_until returning done_until
""")
_PARTITIONS = text("select bp_ensure_partitions(:first, :last)")
_FORGET_CHECKS = (
    text("delete from phone_check where made_at < :before"),
    text("delete from outbox_message where kind = 'phone_check' and created_at < :before"),
)
_FORGET_ANSWERS = text("delete from idempotency_key where created_at < :before")


@dataclass(frozen=True, slots=True)
class LetterRow:
    """A claimed letter; recipient and text are still encrypted."""

    id: UUID
    kind: str
    channel: str
    recipient_encrypted: bytes
    subject: str
    body_text_encrypted: bytes
    body_html_encrypted: bytes | None
    attachment: bytes | None
    attempts: int
    claimed_at: datetime
    created_at: datetime
    detail: dict[str, Any]


def claim_letters(
    session: Session, now: datetime, limit: int, *, codes: bool = False, calls: bool = False
) -> list[LetterRow]:
    """Claims letters that wait, ``codes`` on their way to a phone, or ``calls``; oldest first."""
    given = {"now": now, "limit": limit, "codes": codes, "calls": calls}
    return [LetterRow(*row) for row in session.execute(_CLAIM_LETTERS, given)]


def settle_letter(
    session: Session, letter: LetterRow, status: str, failure: str | None, now: datetime
) -> None:
    """Notes what came of a claimed letter."""
    given = {"id": letter.id, "claimed_at": letter.claimed_at, "now": now}
    session.execute(_SETTLE_LETTER, {**given, "status": status, "failure": failure})


def wipe_letter(session: Session, letter_id: UUID) -> None:
    """Forgets whom a message was for and what it said."""
    session.execute(_WIPE, {"id": letter_id})


def give_up_letters(session: Session, before: datetime, limit: int) -> int:
    """Marks letters claimed before ``before`` as unknown: they are not sent again; how many."""
    return len(session.execute(_STALE_LETTERS, {"before": before, "limit": limit}).all())


def claim_window(session: Session, job: str, key: str, until: datetime) -> bool:
    """True for the one caller that moves the job's window on to ``until``."""
    given = {"job": job, "key": key, "until": until}
    return session.execute(_WINDOW, given).first() is not None


def ensure_partitions(session: Session, first: date, last: date) -> int:
    """Makes the months' partitions that are missing; how many."""
    made: int = session.execute(_PARTITIONS, {"first": first, "last": last}).scalar_one()
    return made


def forget_idempotent_answers(session: Session, before: datetime) -> int:
    """Deletes stored answers of requests made before ``before``; how many."""
    deleted = session.connection().execute(_FORGET_ANSWERS, {"before": before})
    return deleted.rowcount


def forget_phone_checks(session: Session, before: datetime) -> int:
    """Deletes codes and the phones they went to, made before ``before``; how many rows."""
    given = {"before": before}
    return sum(session.connection().execute(each, given).rowcount for each in _FORGET_CHECKS)
