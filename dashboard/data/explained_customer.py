"""One customer's asking: every event with its decision, and which caps are used until when."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from api.core.errors import NotFound
from api.invitations.asking_of import CapUse, CustomerAsking, customer_asking
from dashboard.address import Page
from dashboard.data.explained import CapRow, CustomerView, EventRow
from dashboard.data.rule_words import channel_word
from dashboard.data.rules import touchpoint_names
from dashboard.data.sitting import Sitting
from dashboard.data.times import moment_text
from dashboard.numbers import count


def customer_view(sitting: Sitting) -> CustomerView:
    """What the address's customer was asked, at the branches that the viewer sees."""
    try:
        person = UUID(sitting.address.subject or "")
    except ValueError as error:
        raise NotFound(customer=None) from error
    found = customer_asking(sitting.session, sitting.viewer.scope, person, sitting.now)
    names = touchpoint_names(sitting)
    return CustomerView(
        events=[_event(sitting, event, names) for event in found.events],
        caps=[_cap(sitting, use, names) for use in found.caps],
        elsewhere=_elsewhere(sitting, found),
    )


def _event(sitting: Sitting, event: Mapping[str, Any], names: Mapping[str, str]) -> EventRow:
    unit = sitting.viewer.hierarchy.by_code.get(event["unit"])
    where = unit.name(sitting.language) if unit else ""
    facts = [where, moment_text(sitting, event["occurred_at"])]
    if event["cancelled"]:
        facts.append(sitting.say("explained.event_status.cancelled"))
    return EventRow(
        title=names.get(event["touchpoint"], event["touchpoint"]),
        facts=" · ".join(part for part in facts if part),
        decision=event["action"],
        reason=sitting.say(f"asking.reason.{event['reason']}") if event["reason"] else "",
        href=sitting.address.about(Page.ASKING_EVENT, str(event["id"])).href,
    )


def _cap(sitting: Sitting, use: CapUse, names: Mapping[str, str]) -> CapRow:
    """A cap as its sentence, with what is used of it and when there is room again."""
    say, over = sitting.say, sitting.say(f"rulebook.over.{use.over}")
    if use.code is not None:
        named = channel_word(use.code, say) if use.over == "channel" else use.code
        over = say(f"rulebook.over_only.{use.over}", only=names.get(named, named))
    words = say(
        "rulebook.cap_one" if use.limit == 1 else "rulebook.cap_some",
        count=use.limit,
        days=use.days,
        holder=say(f"rulebook.per.{use.per}"),
        over=over,
        since=say(f"rulebook.since.{use.since}"),
    )
    if use.free_at is not None:
        until = say("explained.until", when=moment_text(sitting, use.free_at))
    else:
        until = say("explained.room" if use.used else "explained.free")
    return CapRow(words, use.used, use.limit, until, "bp-down" if use.free_at else "")


def _elsewhere(sitting: Sitting, found: CustomerAsking) -> str:
    """How often branches asked that the viewer does not see."""
    if not found.elsewhere:
        return ""
    last = moment_text(sitting, found.elsewhere[-1])
    return sitting.say("explained.elsewhere", n=count(len(found.elsewhere)), last=last)
