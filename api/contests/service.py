"""Contesting an answer: a branch objects within days, headquarters decides, both scores are kept.

An upheld contest takes the response out of every count; the response itself, the reason and the
decision stay and are shown. Nobody decides about an own contest. A decision can be reversed by
headquarters, which is another decision with a note of its own.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from sqlmodel import Session

from api.cells.service import mark_dirty
from api.contests import repository
from api.contests.errors import AlreadyContested, AlreadyDecided, BadEvidence, OwnContest, TooLate
from api.contests.evidence import MOST, media_type, safe_name
from api.contests.repository import Answered, EvidenceFile, Raised
from api.core.errors import Invalid, NotFound
from api.security.audit import audit
from api.security.hierarchy import Node
from api.security.permissions import Permission
from api.security.viewer import Viewer

CONTEST_DAYS = 10
REASONS = (
    *("wrong_branch", "wrong_customer", "duplicate", "misread_scale", "not_about_us", "abuse"),
    "other",
)
STATES = ("open", "upheld", "rejected", "withdrawn")
LONGEST_NOTE = 1_000
SHOWN = 200  # answers of the last days that are offered at once
Verdict = Literal["upheld", "rejected"]


@dataclass(frozen=True, slots=True)
class Objection:
    """Why a branch contests a response."""

    response_id: UUID
    reason: str
    note: str


def contest_ends_at(submitted_at: datetime) -> datetime:
    """Until when an answer can be contested."""
    return submitted_at + timedelta(days=CONTEST_DAYS)


def list_contestable(
    session: Session, viewer: Viewer, now: datetime, unit: str | None = None
) -> list[Answered]:
    """Answers of the viewer's branches that can still be contested, the newest first."""
    branches = _branches(viewer, Permission.CONTEST, unit)
    since = now - timedelta(days=CONTEST_DAYS)
    return repository.recent_answers(session, branches, since, SHOWN)


def raise_contest(session: Session, viewer: Viewer, wish: Objection, now: datetime) -> UUID:
    """Contests a response; raises NotFound, TooLate, AlreadyContested or Invalid."""
    answered = repository.answer_of(session, wish.response_id)
    if answered is None:
        raise NotFound
    viewer.require(Permission.CONTEST, answered.branch_id)
    if wish.reason not in REASONS:
        raise Invalid(fields=[{"field": "reason", "message": f"one of {', '.join(REASONS)}"}])
    note = _note(wish.note)
    if now > contest_ends_at(answered.submitted_at):
        raise TooLate
    made = repository.add_contest(
        session,
        now,
        response=answered.response_id,
        reason=wish.reason,
        note=note,
        by=viewer.account_id,
    )
    if made is None:
        raise AlreadyContested
    _audit(
        session,
        viewer,
        "contest.raise",
        made,
        branch=answered.branch_id,
        now=now,
        reason=wish.reason,
    )
    return made


def add_evidence(
    session: Session,
    viewer: Viewer,
    contest_id: UUID,
    *,
    file_name: str,
    content: bytes,
    now: datetime,
) -> UUID:
    """Puts a file forward for an open contest; raises BadEvidence or AlreadyDecided."""
    contest = require_contest(session, viewer, contest_id)
    viewer.require(Permission.CONTEST, contest.branch_id)
    _require_open(session, contest_id)
    kind = media_type(content)
    if kind is None or contest.files >= MOST:
        raise BadEvidence(fields=[{"field": "content", "message": "PDF, PNG or JPEG up to 2 MB"}])
    return repository.add_file(
        session,
        now,
        contest=contest_id,
        branch=contest.branch_id,
        name=safe_name(file_name, kind),
        kind=kind,
        content=content,
        by=viewer.account_id,
    )


def withdraw_contest(session: Session, viewer: Viewer, contest_id: UUID, now: datetime) -> None:
    """Takes an open contest back: the answer counts as it did."""
    contest = require_contest(session, viewer, contest_id)
    viewer.require(Permission.CONTEST, contest.branch_id)
    _require_open(session, contest_id)
    repository.set_state(session, contest_id, "withdrawn", now, by=viewer.account_id, note=None)
    _audit(session, viewer, "contest.withdraw", contest_id, branch=contest.branch_id, now=now)


def decide_contest(
    session: Session,
    viewer: Viewer,
    contest_id: UUID,
    *,
    verdict: Verdict,
    note: str,
    now: datetime,
) -> None:
    """Decides an open contest, or reverses a decision; says why.

    Raises OwnContest for who raised it, AlreadyDecided for one that was withdrawn or decided so.
    """
    contest = require_contest(session, viewer, contest_id)
    viewer.require(Permission.DECIDE_CONTESTS, contest.branch_id)
    if contest.raised_by is not None and contest.raised_by == viewer.account_id:
        raise OwnContest(permission=Permission.DECIDE_CONTESTS)
    reason = _note(note)
    state = repository.lock_contest(session, contest_id)
    if state in ("withdrawn", verdict) or (
        state == "rejected" and _contested_anew(session, contest)
    ):
        raise AlreadyDecided
    repository.set_state(session, contest_id, verdict, now, by=viewer.account_id, note=reason)
    _count_or_not(session, contest, now if verdict == "upheld" else None)
    _audit(
        session,
        viewer,
        f"contest.{verdict}",
        contest_id,
        branch=contest.branch_id,
        now=now,
        before=state,
    )


def list_contests(
    session: Session,
    viewer: Viewer,
    *,
    states: tuple[str, ...] = STATES,
    unit: str | None = None,
    after: UUID | None = None,
    limit: int = 50,
) -> list[Raised]:
    """Contests of the branches that the viewer may read, the newest first."""
    branches = _branches(viewer, Permission.VIEW_COMMENTS, unit)
    return repository.contests_page(session, branches, states, after, min(max(limit, 1), 200))


def require_contest(session: Session, viewer: Viewer, contest_id: UUID) -> Raised:
    """A contest at a branch that the viewer may read; *not found* outside the scope."""
    found = repository.contest_of(session, contest_id)
    if found is None:
        raise NotFound
    viewer.require(Permission.VIEW_COMMENTS, found.branch_id)
    return found


def list_evidence(session: Session, viewer: Viewer, contest_id: UUID) -> list[EvidenceFile]:
    """The files of a contest, without content."""
    require_contest(session, viewer, contest_id)
    return repository.list_files(session, contest_id)


def require_file(session: Session, viewer: Viewer, contest_id: UUID, file_id: UUID) -> EvidenceFile:
    """A file of a contest with its content."""
    require_contest(session, viewer, contest_id)
    found = repository.file_of(session, contest_id, file_id)
    if found is None:
        raise NotFound
    return found


def _branches(viewer: Viewer, permission: Permission, unit: str | None) -> set[int]:
    """The viewer's branches, below ``unit`` if it is given, where something is allowed."""
    start: Node | None = None if unit is None else viewer.require_unit_code(unit)
    below = None if start is None else {n.id for n in viewer.hierarchy.branches_under(start.id)}
    seen = viewer.hierarchy.branch_ids if viewer.scope.whole else viewer.scope.branches
    return {
        branch
        for branch in seen
        if (below is None or branch in below) and viewer.may(permission, branch)
    }


def _note(words: str) -> str:
    note = words.replace("\0", "").strip()
    if not 3 <= len(note) <= LONGEST_NOTE:
        message = f"a few words, at most {LONGEST_NOTE} characters"
        raise Invalid(fields=[{"field": "note", "message": message}])
    return note


def _require_open(session: Session, contest_id: UUID) -> None:
    if repository.lock_contest(session, contest_id) != "open":
        raise AlreadyDecided


def _contested_anew(session: Session, contest: Raised) -> bool:
    """Whether a later contest of the same response is open or upheld: that one decides."""
    answered = repository.answer_of(session, contest.response_id)
    return answered is not None and answered.contest_id not in (None, contest.id)


def _count_or_not(session: Session, contest: Raised, excluded_at: datetime | None) -> None:
    repository.exclude(session, contest.response_id, excluded_at)
    mark_dirty(
        session,
        contest.branch_id,
        contest.occurred_on,
        contest.touchpoint_id,
        contest.survey_version_id,
    )


def _audit(
    session: Session,
    viewer: Viewer,
    action: str,
    contest: UUID,
    *,
    branch: int,
    now: datetime,
    **detail: str,
) -> None:
    audit(
        session,
        viewer.actor,
        action,
        now=now,
        subject=f"contest:{contest}",
        unit_id=branch,
        detail=detail,
    )
