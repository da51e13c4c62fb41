"""The interviewer's work: the list, one call at a time, its form, its outcome.

A name is shown with a claim, a number only when it is asked for, and that is written into the
audit. Customers are called at hours that the rules allow in their own zone, or when agreed.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import Session

from api.calls import repository
from api.calls.errors import FormNotFinished, NotYourCall
from api.calls.outcomes import UNDELIVERED, Outcome, became
from api.calls.repository import Listed, Place, TaskRow
from api.core.crypto import Vault
from api.core.errors import NotAllowed, NotFound
from api.core.ids import new_token, token_hash
from api.core.installation import Installation
from api.invitations import wishes
from api.security.audit import audit
from api.security.permissions import Permission
from api.security.scope import Scope, open_scope
from api.security.viewer import Viewer
from api.surveys.published import rules_in_force
from scheduler.planner.timing import is_open, known_zone

LEASE = timedelta(minutes=30)  # a claim without an outcome is free again
SHOWN = 30
DEFAULT_ZONE = "Asia/Shanghai"


@dataclass(frozen=True)
class Today:
    """What an interviewer did since midnight."""

    calls: int
    answered: int
    appointments: int


@dataclass(frozen=True)
class CallList:
    """How many customers to call now and later, and the first of them."""

    now: int
    later: int
    today: Today
    items: tuple[Listed, ...]
    current: UUID | None


@dataclass(frozen=True)
class Call:
    """A claimed call; the number is not in it."""

    invitation_id: UUID
    name: str | None = field(repr=False)
    branch_id: int
    occasion_zh: str
    occasion_en: str
    occurred_on: str
    language: str
    appointment_at: datetime | None
    tries: int
    call_before: datetime
    zone: str
    held_until: datetime
    answered: bool


def call_list(session: Session, viewer: Viewer, now: datetime) -> CallList:
    """The list of the branches that the viewer calls for."""
    account = _interviewer(viewer)
    place = _place(viewer, now)
    hours = _hours(session, place)
    ready, waiting = repository.count_open(session, place, hours)
    midnight = now.astimezone(_network_zone(viewer)).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    return CallList(
        now=ready,
        later=waiting - ready,
        today=Today(*repository.count_tries(session, account, midnight)),
        items=tuple(repository.list_open(session, place, hours, SHOWN)),
        current=repository.current_of(session, account, place.lapsed),
    )


def claim_next(session: Session, viewer: Viewer, now: datetime) -> UUID | None:
    """The viewer's own open call, else the next one in turn; None when there is none."""
    account = _interviewer(viewer)
    place = _place(viewer, now)
    repository.lock_interviewer(session, account)
    mine = repository.current_of(session, account, place.lapsed)
    if mine is not None:
        return mine
    claimed = repository.claim_next(session, place, _hours(session, place), account)
    if claimed is not None:
        repository.end_forms(session, claimed, now)  # of whoever let the claim lapse
    return claimed


def require_call(
    session: Session, viewer: Viewer, invitation_id: UUID, vault: Vault, now: datetime
) -> Call:
    """The viewer's claimed call with the customer's name."""
    task = _require_own(session, viewer, invitation_id, now)
    name = vault.decrypt(bytes(task.name_encrypted)) if task.name_encrypted else None
    return Call(
        invitation_id=task.invitation_id,
        name=name,
        branch_id=task.branch_id,
        occasion_zh=task.occasion_zh,
        occasion_en=task.occasion_en,
        occurred_on=task.occurred_on.isoformat(),
        language=task.language,
        appointment_at=task.call_after if task.appointment else None,
        tries=task.tries,
        call_before=task.call_before,
        zone=_zone_of(viewer, task).key,
        held_until=(task.claimed_at or now) + LEASE,
        answered=task.answered_at is not None,
    )


def reveal_number(
    session: Session, viewer: Viewer, invitation_id: UUID, vault: Vault, now: datetime
) -> str:
    """The number to call, in clear; the audit says who looked."""
    task = _require_own(session, viewer, invitation_id, now)
    contact = task.contact_point_id and repository.read_contact(session, task.contact_point_id)
    if not contact or repository.obstacle_of(session, invitation_id, now) is not None:
        raise NotFound
    audit(
        session,
        viewer.actor,
        "reveal",
        now=now,
        subject=f"person:{task.person_id}",
        unit_id=task.branch_id,
        detail={"contact_point": str(contact.id), "kind": contact.kind, "call": str(invitation_id)},
    )
    return vault.decrypt(contact.value_encrypted)


def open_form(session: Session, viewer: Viewer, invitation_id: UUID, now: datetime) -> str:
    """The address of the survey for this call; an earlier one dies, and the claim begins anew."""
    task = _require_own(session, viewer, invitation_id, now)
    if repository.obstacle_of(session, invitation_id, now) is not None:
        raise NotYourCall
    token = new_token(128)
    repository.end_forms(session, invitation_id, now)
    ends = min(now + LEASE, task.call_before)
    repository.add_form(session, task, token_hash(token), ends, now)
    repository.renew(session, invitation_id, now)
    return f"/s/{token}?lang={task.language}"


def release(session: Session, viewer: Viewer, invitation_id: UUID, now: datetime) -> None:
    """Gives the call back without having made it."""
    _require_own(session, viewer, invitation_id, now)
    repository.end_forms(session, invitation_id, now)
    repository.release(session, invitation_id)


def record_outcome(
    session: Session,
    viewer: Viewer,
    invitation_id: UUID,
    outcome: Outcome,
    *,
    appointment_at: datetime | None = None,
    now: datetime,
) -> str:
    """What came of a call; where its task stands then: done, waiting or gone."""
    account = _interviewer(viewer)
    task = _visible(session, viewer, invitation_id, lock=True)
    finished = task.status == "done" and task.outcome == "answered"
    if outcome == "answered" and finished and task.claimed_by == account:
        return task.status  # the form has said so itself
    _require_claim(task, account)
    if outcome == "answered" and task.answered_at is None:
        raise FormNotFinished
    result = became(task, outcome, appointment_at, now)
    repository.settle(session, invitation_id, result, now)
    repository.add_try(session, task, account, outcome, appointment_at, now=now)
    repository.end_forms(session, invitation_id, now)
    _tell_ledger(session, viewer, task, "gone" if result.status == "gone" else outcome, now)
    return result.status


def sweep(installation: Installation, limit: int = 500) -> int:
    """Takes calls from the list that may not be made any more; how many."""
    now = installation.clock()
    with installation.database.transaction() as session:
        return repository.sweep(session, now, now - LEASE, limit)


def _tell_ledger(session: Session, viewer: Viewer, task: TaskRow, word: str, now: datetime) -> None:
    """What the outcome says of the invitation, of its chain and of the number."""
    if word in ("no_answer", "busy"):
        return
    if word in UNDELIVERED:
        repository.move_message(session, task, "undelivered", UNDELIVERED[word], now)
        repository.follow_soon(session, task, now)
    else:
        said = word if word in ("refused", "opted_out") else None
        repository.move_message(session, task, "delivered", said, now)
    if word in ("refused", "opted_out"):
        repository.stop_chain(session, task)
    if word in ("wrong_number", "opted_out"):
        _tell_address(session, viewer, task, word, now)


def _tell_address(
    session: Session, viewer: Viewer, task: TaskRow, word: str, now: datetime
) -> None:
    contact = task.contact_point_id and repository.read_contact(session, task.contact_point_id)
    if not contact:
        return
    open_scope(session, Scope.whole_network(reason="what holds for a number holds everywhere"))
    if word == "opted_out":
        wishes.opt_out(session, contact.kind, contact.value_hash, now)
    else:
        wishes.note_address_state(session, task.invitation_id, opted_out=False, dead=True, now=now)
    open_scope(session, viewer.scope)


def _interviewer(viewer: Viewer) -> UUID:
    viewer.require(Permission.CALL_CUSTOMERS)
    if viewer.account_id is None:
        raise NotAllowed(permission=Permission.CALL_CUSTOMERS)
    return viewer.account_id


def _branches(viewer: Viewer) -> list[int]:
    return sorted(
        branch for branch in viewer.scope.branches if viewer.may(Permission.CALL_CUSTOMERS, branch)
    )


def _place(viewer: Viewer, now: datetime) -> Place:
    branches = _branches(viewer)
    zones = [viewer.hierarchy.timezone(branch, DEFAULT_ZONE) for branch in branches]
    return Place(branches, zones, now, now - LEASE)


def _hours(session: Session, place: Place) -> list[str]:
    """Which touchpoints may be called for in which zones now; none while no rules are in force."""
    in_force = rules_in_force(session, place.now)
    if in_force is None:
        return []
    allowed = []
    for touchpoint, name in repository.touchpoints_and_zones(session, place):
        rule = in_force.rules.rule_for(touchpoint)
        zone = known_zone(name) or ZoneInfo(DEFAULT_ZONE)
        if rule is not None and is_open(place.now, rule.timing, zone):
            allowed.append(f"{touchpoint} {name}")
    return allowed


def _zone_of(viewer: Viewer, task: TaskRow) -> ZoneInfo:
    branch = viewer.hierarchy.timezone(task.branch_id, DEFAULT_ZONE)
    return known_zone(task.timezone) or ZoneInfo(branch)


def _network_zone(viewer: Viewer) -> ZoneInfo:
    root = viewer.hierarchy.root
    return known_zone(root.timezone if root else None) or ZoneInfo(DEFAULT_ZONE)


def _visible(
    session: Session, viewer: Viewer, invitation_id: UUID, *, lock: bool = False
) -> TaskRow:
    task = repository.read_task(session, invitation_id, sorted(viewer.scope.branches), lock=lock)
    if task is None:
        raise NotFound
    viewer.require(Permission.CALL_CUSTOMERS, task.branch_id)
    return task


def _require_own(session: Session, viewer: Viewer, invitation_id: UUID, now: datetime) -> TaskRow:
    """The call, locked, while the viewer's claim on it holds."""
    account = _interviewer(viewer)
    task = _visible(session, viewer, invitation_id, lock=True)
    _require_claim(task, account)
    if task.claimed_at is not None and task.claimed_at <= now - LEASE:
        raise NotYourCall
    return task


def _require_claim(task: TaskRow, account: UUID) -> None:
    """A claim that lapsed still takes its outcome, until somebody else has it."""
    if task.status != "claimed" or task.claimed_by != account:
        raise NotYourCall
