"""Messages to the network's own system that it never took, as their page shows them."""

from dataclasses import dataclass

from api.notices.dead_messages import count_dead, failure_words, list_dead
from api.notices.repository.outgoing import DeadRow
from dashboard.data.board import ticket_address
from dashboard.data.paged import page_at
from dashboard.data.sitting import Sitting
from dashboard.data.times import moment_text

PAGE = 30


@dataclass(frozen=True)
class DeadMessage:
    """One message, and why nobody took it."""

    id: str
    title: str
    reason: str
    facts: str
    href: str | None


@dataclass(frozen=True)
class WebhookView:
    """The newest of them, how many there are, and whether messages go out at all."""

    items: list[DeadMessage]
    total: int
    on: bool
    older: str | None
    first: str | None


def webhook_view(sitting: Sitting) -> WebhookView:
    """Messages of the viewer's branches that were never taken; raises NotAllowed."""
    address, asked = sitting.address, (sitting.session, sitting.viewer)
    cursor = address.word("after")
    found = page_at(cursor, lambda place: list_dead(*asked, cursor=place, limit=PAGE))
    return WebhookView(
        items=[_message(sitting, one) for one in found.items],
        total=count_dead(*asked),
        on=sitting.installation.settings.webhook_url is not None,
        older=address.with_words(after=found.next).href if found.next else None,
        first=address.with_words(after=None).href if cursor else None,
    )


def _message(sitting: Sitting, one: DeadRow) -> DeadMessage:
    say = sitting.say
    branch = sitting.viewer.hierarchy.nodes.get(one.branch_id)
    tries = say("told.tries", n=one.attempts)
    unit = branch.name(sitting.language) if branch else ""
    return DeadMessage(
        id=str(one.id),
        title=say(f"told.event.{one.event.replace('.', '_')}", number=one.ticket or ""),
        reason=failure_words(one.failure, sitting.language),
        facts=" · ".join((unit, moment_text(sitting, one.created_at), tries)),
        href=None if one.ticket is None else ticket_address(sitting.address, one.ticket).href,
    )
