"""Contested answers: the SQL. Reads what the transaction may see."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from api.core.ids import new_id


@dataclass(frozen=True, slots=True)
class Answered:
    """One response as far as a contest needs it, with its contest, if there is one."""

    response_id: UUID
    branch_id: int
    touchpoint_id: int
    survey_version_id: int
    occurred_on: date
    submitted_at: datetime
    channel: str
    excluded_at: datetime | None
    score: int | None
    comment: str | None
    contest_id: UUID | None
    state: str | None
    occasion_zh: str
    occasion_en: str


@dataclass(frozen=True, slots=True)
class Raised:
    """A contest with the response it is about."""

    id: UUID
    response_id: UUID
    branch_id: int
    state: str
    reason: str
    note: str
    raised_by: UUID | None
    raised_name: str | None
    raised_at: datetime
    decided_by: UUID | None
    decided_name: str | None
    decided_at: datetime | None
    decision_note: str | None
    touchpoint_id: int
    survey_version_id: int
    occurred_on: date
    submitted_at: datetime
    channel: str
    score: int | None
    comment: str | None
    files: int
    touchpoint: str
    occasion_zh: str
    occasion_en: str


@dataclass(frozen=True, slots=True)
class EvidenceFile:
    """A file of a contest; ``content`` only where it was asked for."""

    id: UUID
    file_name: str
    media_type: str
    size: int
    added_at: datetime
    content: bytes = b""


# The answer that says most: of the metric asked about first, in practice the recommendation.
_SCORE = """
    (select a.value from answer a join metric m on m.code = a.metric
     where a.response_id = r.id and a.occurred_on = r.occurred_on and a.value is not null
     order by m.position, m.code collate "C" limit 1)
"""
_COMMENT = """
    (select string_agg(a.text, ' / ' order by a.question collate "C") from answer a
     where a.response_id = r.id and a.occurred_on = r.occurred_on and a.text is not null)
"""
_ANSWERED = f"""
select r.id, r.branch_id, r.touchpoint_id, r.survey_version_id, r.occurred_on, r.submitted_at,
    r.channel, r.excluded_at, {_SCORE}, {_COMMENT}, c.id, c.state,
    t.name_zh, t.name_en
from response r join touchpoint t on t.id = r.touchpoint_id
left join contest c on c.response_id = r.id and c.state in ('open', 'upheld')
"""
# What a customer says of a settled matter decides about its ticket, not about a rank.
_NO_LAST_WORD = """
    not exists (select from invitation i where i.id = r.invitation_id and i.kind = 'recovery')
"""
_RECENT = text(
    f"{_ANSWERED} where {_NO_LAST_WORD} and r.branch_id = any(cast(:branches as int[])) "
    "and r.submitted_at > :since "
    "order by r.submitted_at desc, r.id desc limit :limit"
)
_ONE = text(f"{_ANSWERED} where {_NO_LAST_WORD} and r.id = :id")
_RAISED = f"""
select c.id, c.response_id, c.branch_id, c.state, c.reason, c.note, c.raised_by, b.name,
    c.raised_at, c.decided_by, d.name, c.decided_at, c.decision_note, r.touchpoint_id,
    r.survey_version_id, r.occurred_on, r.submitted_at, r.channel, {_SCORE}, {_COMMENT},
    (select count(*) from contest_evidence e where e.contest_id = c.id), t.code, t.name_zh,
    t.name_en
from contest c join response r on r.id = c.response_id
join touchpoint t on t.id = r.touchpoint_id
left join account b on b.id = c.raised_by
left join account d on d.id = c.decided_by
"""
_PAGE = text(
    f"{_RAISED} where c.branch_id = any(cast(:branches as int[])) "
    "and c.state = any(cast(:states as text[])) "
    "and (cast(:after as uuid) is null or c.id < cast(:after as uuid)) "
    "order by c.id desc limit :limit"
)
_CONTEST = text(f"{_RAISED} where c.id = :id")
_LOCK = text("select state from contest where id = :id for update")
_INSERT = text("""
insert into contest (id, response_id, branch_id, occurred_on, state, reason, note, raised_by,
    raised_at)
select :id, r.id, r.branch_id, r.occurred_on, 'open', :reason, :note, :by, :now
from response r where r.id = :response
on conflict (response_id) where state in ('open', 'upheld') do nothing
returning id
""")
_DECIDE = text(
    "update contest set state = :state, decided_by = :by, decided_at = :now, "
    "decision_note = :note where id = :id"
)
_EXCLUDE = text("update response set excluded_at = :at where id = :response")
_FILES = text(
    "select id, file_name, media_type, length(content), added_at from contest_evidence "
    "where contest_id = :contest order by id"
)
_FILE = text(
    "select id, file_name, media_type, length(content) as size, added_at, content "
    "from contest_evidence where contest_id = :contest and id = :id"
)
_ADD_FILE = text("""
insert into contest_evidence (id, contest_id, branch_id, file_name, media_type, content, added_by,
    added_at)
values (:id, :contest, :branch, :name, :kind, :content, :by, :now)
""")


def recent_answers(
    session: Session, branches: Collection[int], since: datetime, limit: int
) -> list[Answered]:
    """Responses of these branches that may be contested, since a moment, the newest first."""
    values = {"branches": sorted(branches), "since": since, "limit": limit}
    return [Answered(*row) for row in session.execute(_RECENT, values)]


def answer_of(session: Session, response: UUID) -> Answered | None:
    """One response that the transaction may see and that may be contested."""
    row = session.execute(_ONE, {"id": response}).first()
    return None if row is None else Answered(*row)


def contests_page(
    session: Session,
    branches: Collection[int],
    states: Sequence[str],
    after: UUID | None,
    limit: int,
) -> list[Raised]:
    """Contests of these branches, the newest first, from behind ``after``."""
    values: dict[str, Any] = {"branches": sorted(branches), "states": list(states)}
    values |= {"after": after, "limit": limit}
    return [Raised(*row) for row in session.execute(_PAGE, values)]


def contest_of(session: Session, contest: UUID) -> Raised | None:
    """One contest that the transaction may see."""
    row = session.execute(_CONTEST, {"id": contest}).first()
    return None if row is None else Raised(*row)


def lock_contest(session: Session, contest: UUID) -> str:
    """The state of a contest that no other transaction changes until this one ends."""
    return str(session.execute(_LOCK, {"id": contest}).scalar_one())


def add_contest(session: Session, now: datetime, **values: Any) -> UUID | None:
    """Stores a new contest; None when the response has one already."""
    found: UUID | None = session.execute(_INSERT, {"id": new_id(), "now": now, **values}).scalar()
    return found


def set_state(session: Session, contest: UUID, state: str, now: datetime, **values: Any) -> None:
    """Writes a decision or a withdrawal."""
    session.execute(_DECIDE, {"id": contest, "state": state, "now": now, **values})


def exclude(session: Session, response: UUID, at: datetime | None) -> None:
    """Takes a response out of every count, or (None) back into them."""
    session.execute(_EXCLUDE, {"response": response, "at": at})


def list_files(session: Session, contest: UUID) -> list[EvidenceFile]:
    """The files of a contest without their content."""
    return [EvidenceFile(*row) for row in session.execute(_FILES, {"contest": contest})]


def file_of(session: Session, contest: UUID, file: UUID) -> EvidenceFile | None:
    """One file with its content."""
    row = session.execute(_FILE, {"contest": contest, "id": file}).first()
    if row is None:
        return None
    return EvidenceFile(
        row.id, row.file_name, row.media_type, row.size, row.added_at, bytes(row.content)
    )


def add_file(session: Session, now: datetime, **values: Any) -> UUID:
    """Stores a file."""
    made = new_id()
    session.execute(_ADD_FILE, {"id": made, "now": now, **values})
    return made
