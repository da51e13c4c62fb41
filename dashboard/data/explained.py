"""Explanations in words: what one event's decision looked at, and all that is one customer's."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from api.core.errors import NotFound
from api.insights.queries.trails import ReceiptRow
from api.insights.trails import EventTrail, Message, event_trail
from api.invitations.asking_of import customer_asking
from api.invitations.dead_letters import failure_words
from api.invitations.explaining import explain
from dashboard.address import Address, Page
from dashboard.data.rule_words import channel_word, field_word
from dashboard.data.rules import touchpoint_names
from dashboard.data.segments import segment_name
from dashboard.data.sitting import Sitting
from dashboard.data.times import moment_text
from dashboard.numbers import UNKNOWN

# Checks in the order in which they are looked at; what a decision did not reach stands behind.
ORDER = (
    "rules", "rules_in_force", "rule", "cancelled", "branch_open", "erased", "deceased",
    "opted_out", "blocked", "staff_number", "already_invited", "open_complaint", "zone", "segment",
    "channel", "event_in_future", "delay", "quiet_hours", "max_age", "cap",
)  # fmt: skip
_CAP = re.compile(r"(\d+) ?/ ?(\d+) ?d")  # as the planner writes a cap
TONES = {"delivered": "bp-up", "sent": "bp-up", "undelivered": "bp-down", "unknown": "bp-down"}


@dataclass(frozen=True)
class CheckRow:
    """One check; ``state``: passed, blocked (the first), failed (a later one), further, open.

    ``further``: looked at for the explanation alone, and nothing against it.
    """

    name: str
    value: str
    limit: str
    state: str


@dataclass(frozen=True)
class MessageRow:
    """One message of a chain, and what became of it."""

    title: str
    status: str
    tone: str
    steps: list[str]


@dataclass(frozen=True)
class EventView:
    """Why the customer of an event is asked, or not; ``dry``: not decided yet, as it would be."""

    facts: list[tuple[str, str]]
    decision: str
    reason: str
    earliest: str | None
    rule_version: int | None
    decided_at: str | None
    dry: bool
    checks: list[CheckRow]
    messages: list[MessageRow]
    customer: str | None


@dataclass(frozen=True)
class CapRow:
    """A cap and how much of it is used now."""

    words: str
    used: int
    limit: int
    until: str
    tone: str


@dataclass(frozen=True)
class EventRow:
    """One event of a customer; ``decision`` None: not decided yet."""

    title: str
    facts: str
    decision: str | None
    reason: str
    href: str


@dataclass(frozen=True)
class CustomerView:
    """All that was decided for one customer, as far as the viewer sees the branches."""

    events: list[EventRow]
    caps: list[CapRow]
    elsewhere: str = ""


def event_view(sitting: Sitting) -> EventView:
    """Why the customer of the event that the address names is asked, or not."""
    reference = sitting.address.subject or ""
    told = explain(sitting.session, sitting.viewer.scope, reference, sitting.now)
    trail = event_trail(sitting.session, sitting.viewer, UUID(told["event"]))
    latest = next(iter(trail.decisions), None)
    person = trail.event.person_id
    return EventView(
        facts=_facts(sitting, trail),
        decision=told["decision"],
        reason=sitting.say(f"asking.reason.{told['reason']}"),
        earliest=_moment(sitting, told["earliest_at"]),
        rule_version=told["rule_set_version"],
        decided_at=sitting.say("explained.decided_on", when=moment_text(sitting, latest.decided_at))
        if latest
        else None,
        dry=latest is None,
        checks=_checks(sitting, told),
        messages=[_message(sitting, one) for one in trail.messages],
        customer=sitting.address.about(Page.ASKING_CUSTOMER, str(person)).href if person else None,
    )


def find_subject(sitting: Sitting, words: str) -> Address | None:
    """Where the words of the search lead: an event, else a customer; None: nowhere."""
    wanted = words.strip()
    if not wanted:
        return None
    try:
        told = explain(sitting.session, sitting.viewer.scope, wanted, sitting.now)
        return sitting.address.about(Page.ASKING_EVENT, told["event"])
    except NotFound:
        pass
    try:
        person = UUID(wanted)
        customer_asking(sitting.session, sitting.viewer.scope, person, sitting.now)
    except (NotFound, ValueError):
        return None
    return sitting.address.about(Page.ASKING_CUSTOMER, str(person))


def _facts(sitting: Sitting, trail: EventTrail) -> list[tuple[str, str]]:
    event, say = trail.event, sitting.say
    branch = sitting.viewer.hierarchy.nodes.get(event.branch_id)
    segment = next((one.segment for one in trail.decisions if one.segment), None)
    facts = {
        "touchpoint": touchpoint_names(sitting).get(event.touchpoint, event.touchpoint),
        "branch": branch.name(sitting.language) if branch else "",
        "occurred": moment_text(sitting, event.occurred_at),
        "received": moment_text(sitting, event.received_at),
        "segment": segment_name(sitting, segment) if segment else "",
        "status": "" if event.status == "active" else say("explained.event_status.cancelled"),
        "reference": f"{event.source}:{event.external_id}",
        "id": str(event.id),
    }
    return [(say(f"explained.fact.{name}"), words) for name, words in facts.items() if words]


def _checks(sitting: Sitting, told: Mapping[str, Any]) -> list[CheckRow]:
    """The checks in their order, the first that failed marked; then what it did not reach."""
    rows, blocked = [], False
    for check in told["checks"]:
        state = "passed" if check["ok"] else "failed" if blocked else "blocked"
        blocked = blocked or not check["ok"]
        rows.append(_check(sitting, check, state))
    if not blocked:
        return rows
    further = told.get("further") or ()
    rows += [_check(sitting, one, "further" if one["ok"] else "failed") for one in further]
    seen = {str(one["rule"]) for one in (*told["checks"], *further)}
    last = max((ORDER.index(rule) for rule in seen if rule in ORDER), default=-1)
    return [*rows, *(CheckRow(_check_name(sitting, rule), "", "", "open")
                     for rule in ORDER[last + 1 :])]  # fmt: skip


def _check(sitting: Sitting, check: Mapping[str, Any], state: str) -> CheckRow:
    # What must or must not be is said by the name already.
    limit = "" if isinstance(check["limit"], bool) else _value(sitting, check["limit"])
    if cap := _CAP.fullmatch(str(check["limit"])):
        used = sitting.say("explained.in_cap", used=check["value"], count=cap[1], days=cap[2])
        return CheckRow(_check_name(sitting, str(check["rule"])), used, "", state)
    return CheckRow(
        name=_check_name(sitting, str(check["rule"])),
        value=_value(sitting, check["value"]),
        limit=sitting.say("explained.limit", limit=limit) if limit else "",
        state=state,
    )


def _check_name(sitting: Sitting, rule: str) -> str:
    """The check in words; a cap with a name of its own says it."""
    code, colon, name = rule.partition(":")
    words = sitting.say(f"asking.check.{code}")
    return f"{words}: {name}" if colon else words


def _value(sitting: Sitting, value: object) -> str:
    """What a check found, or held it against, as a person reads it."""
    say = sitting.say
    if value is None:
        return ""
    if isinstance(value, bool):
        return say("explained.yes" if value else "explained.no")
    if isinstance(value, list | tuple):
        return say("rulebook.comma").join(_finding(sitting, str(one)) for one in value)
    if isinstance(value, float):
        return f"{value:.3g}"
    return _moment(sitting, value) or str(value)


def _finding(sitting: Sitting, word: str) -> str:
    """``sms:no_consent`` (a channel, and what stands in its way) or ``age=33`` in words."""
    field, equals, value = word.partition("=")
    if equals:
        named = field_word(field, sitting.say)
        return f"{named} {UNKNOWN if value == 'None' else value}"
    channel, colon, obstacle = word.partition(":")
    if not colon:
        named = sitting.say(f"explained.finding.{word}")
        return channel_word(word, sitting.say) if named.startswith("explained.") else named
    found = sitting.say(f"explained.finding.{obstacle}")
    words = obstacle if found.startswith("explained.") else found
    return f"{channel_word(channel, sitting.say)} ({words})"


def _moment(sitting: Sitting, value: object) -> str | None:
    """An ISO moment on the network's clock; None for anything else."""
    if not isinstance(value, str) or "T" not in value:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment_text(sitting, moment) if moment.tzinfo else None


def _message(sitting: Sitting, message: Message) -> MessageRow:
    row, say = message.row, sitting.say
    moments = {
        "planned": row.planned_at if row.sent_at is None else None,
        "sent": row.sent_at,
        "delivered": row.delivered_at,
        "seen": row.first_seen_at,
        "answered": row.answered_at,
    }
    steps = [
        say(f"explained.message.{name}", when=moment_text(sitting, at))
        for name, at in moments.items()
        if at is not None
    ]
    if row.failure:
        words = failure_words(row.failure, sitting.language)
        steps.append(say("explained.message.failure", failure=words))
    steps += [_receipt(sitting, one) for one in message.receipts]
    if not row.counts:
        steps.append(say("explained.message.counts_not"))
    return MessageRow(
        title=say(
            "explained.message.title",
            kind=say(f"explained.kind.{row.kind}"),
            channel=channel_word(row.channel, say),
        ),
        status=say(f"explained.status.{row.status}"),
        tone=TONES.get(row.status, ""),
        steps=steps,
    )


def _receipt(sitting: Sitting, one: ReceiptRow) -> str:
    key = "receipt_code" if one.error_code else "receipt"
    when = moment_text(sitting, one.received_at)
    return sitting.say(
        f"explained.message.{key}",
        provider=one.provider,
        status=one.status,
        code=one.error_code,
        when=when,
    )
