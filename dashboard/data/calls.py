"""The interviewer's list and the call at hand, as their page shows them."""

from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from api.calls import service
from api.calls.repository import Listed
from dashboard.data.periods import day_text
from dashboard.data.sitting import Sitting


@dataclass(frozen=True)
class Waiting:
    """A call of the list; nothing personal."""

    branch: str
    about: str
    note: str
    appointment: bool
    ready: bool


@dataclass(frozen=True)
class AtHand:
    """The call that the interviewer has claimed."""

    id: str
    name: str = field(repr=False)
    branch: str
    about: str
    tries: int
    appointment: str | None
    language: str
    clock: str  # what time it is for the customer
    zone: str
    held_until: str
    first_day: str
    last_day: str
    answered: bool


@dataclass(frozen=True)
class CallsView:
    """Everything on the page."""

    now: int
    later: int
    calls: int
    answered: int
    appointments: int
    waiting: list[Waiting]
    at_hand: AtHand | None


def calls_view(sitting: Sitting) -> CallsView:
    """The list, and the call at hand if there is one."""
    found = service.call_list(sitting.session, sitting.viewer, sitting.now)
    at_hand = None
    if found.current is not None:
        vault = sitting.installation.vault
        call = service.require_call(
            sitting.session, sitting.viewer, found.current, vault, sitting.now
        )
        at_hand = _at_hand(sitting, call)
    return CallsView(
        now=found.now,
        later=found.later,
        calls=found.today.calls,
        answered=found.today.answered,
        appointments=found.today.appointments,
        waiting=[_waiting(sitting, one) for one in found.items],
        at_hand=at_hand,
    )


def agreed_moment(day: str | None, clock: str | None, zone: str | None) -> datetime | None:
    """Day and time on the customer's clock as a moment; None when they are none."""
    try:
        return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=ZoneInfo(zone or ""))
    except (ValueError, KeyError, OSError):
        return None


def _waiting(sitting: Sitting, one: Listed) -> Waiting:
    say = sitting.say
    when = _moment(sitting, one.call_after, one.zone)
    if one.appointment:
        note = say("calls.page.agreed", when=when)
    elif one.ready:
        note = say("calls.page.tries", n=one.tries) if one.tries else ""
    elif one.call_after > sitting.now:
        note = say("calls.page.later_at", when=when)
    else:
        note = say("calls.page.quiet", clock=_clock(sitting, one.zone))
    return Waiting(
        _branch(sitting, one.branch_id),
        _about(sitting, one.occasion_zh, one.occasion_en, one.occurred_on),
        note,
        one.appointment,
        one.ready,
    )


def _at_hand(sitting: Sitting, call: service.Call) -> AtHand:
    zone = ZoneInfo(call.zone)
    agreed = call.appointment_at
    day = date.fromisoformat(call.occurred_on)
    return AtHand(
        id=str(call.invitation_id),
        name=call.name or sitting.say("calls.page.no_name"),
        branch=_branch(sitting, call.branch_id),
        about=_about(sitting, call.occasion_zh, call.occasion_en, day),
        tries=call.tries,
        appointment=None if agreed is None else _moment(sitting, agreed, call.zone),
        language=sitting.say(f"voices.in.{'en' if call.language == 'en' else 'zh'}"),
        clock=_clock(sitting, call.zone),
        zone=call.zone,
        held_until=_clock_of(sitting, call.held_until),
        first_day=sitting.now.astimezone(zone).date().isoformat(),
        last_day=call.call_before.astimezone(zone).date().isoformat(),
        answered=call.answered,
    )


def _branch(sitting: Sitting, branch_id: int) -> str:
    node = sitting.viewer.hierarchy.nodes.get(branch_id)
    return node.name(sitting.language) if node else ""


def _about(sitting: Sitting, zh: str, en: str, day: date) -> str:
    occasion = en if sitting.language == "en" else zh
    return f"{occasion} · {day_text(sitting.say, day)}"


def _moment(sitting: Sitting, at: datetime, zone: str) -> str:
    local = at.astimezone(_zone(zone))
    return f"{day_text(sitting.say, local.date())} {local:%H:%M}"


def _clock(sitting: Sitting, zone: str) -> str:
    return f"{sitting.now.astimezone(_zone(zone)):%H:%M}"


def _clock_of(sitting: Sitting, at: datetime) -> str:
    root = sitting.viewer.hierarchy.root
    return f"{at.astimezone(_zone((root.timezone if root else None) or '')):%H:%M}"


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return ZoneInfo(service.DEFAULT_ZONE)
