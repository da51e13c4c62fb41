"""A ticket that a colleague opens: what it may be about, and what would follow. Changes nothing.

The address may name an answer (``answer``); without one it is what a customer said at a branch.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from pydantic import ValidationError

from api.core.crypto import Vault
from api.core.errors import Invalid, NotFound
from api.core.ids import new_id
from api.insights.one_response import OneResponse, one_response
from api.notices.repository.notices import names_of
from api.security.hierarchy import Node
from api.security.permissions import Permission
from api.tickets.byhand import Foreseen, Matter, foresee, ticket_about
from api.tickets.complainant import Complainant
from api.tickets.definitions.file import SEVERITIES
from api.tickets.schemas import TicketIn
from dashboard.address import Page
from dashboard.data.board import new_ticket_address, nobodys, ticket_address, whose
from dashboard.data.clock_words import due_text
from dashboard.data.frame import Link
from dashboard.data.periods import day_text
from dashboard.data.sitting import Sitting
from dashboard.data.times import moment_text

USUAL = "2"
WHOSE, NOBODY = {"customer"}, "-"


@dataclass(frozen=True)
class NewTicket:
    """The form: an answer with its words, or branches of which one is chosen."""

    answer: str
    about: str
    quotes: list[str]
    units: list[tuple[str, str]]
    unit: str | None
    severities: list[tuple[str, str]]
    back: str
    there: Link | None = None  # the ticket that the answer has already


@dataclass(frozen=True)
class Consequence:
    """What would follow: whose it is, what is due when; ``sure`` is what the button hands back."""

    title: str
    facts: list[tuple[str, str]]
    notes: list[str]
    sure: str


def answer_ticket_link(sitting: Sitting, found: OneResponse) -> Link | None:
    """The ticket about an answer, or where one is opened; None for who may not."""
    there = _there(sitting, found.id)
    if there is not None or not sitting.viewer.may(Permission.HANDLE_TICKETS, found.unit.id):
        return there
    form = new_ticket_address(sitting.address).with_words(answer=str(found.id))
    return Link(sitting.say("byhand.open_about"), form.href)


def new_ticket(sitting: Sitting) -> NewTicket:
    """The form that the address asks for; raises NotFound for an answer that is not to be seen."""
    sitting.viewer.require(Permission.HANDLE_TICKETS)
    say, address = sitting.say, sitting.address
    answer = address.word("answer")
    found = None if answer is None else _answer(sitting, answer)
    units = [] if found else _units(sitting)
    if found is not None:
        sitting.viewer.require(Permission.HANDLE_TICKETS, found.unit.id)
    return NewTicket(
        answer="" if found is None else str(found.id),
        about="" if found is None else _about(sitting, found),
        quotes=[] if found is None else [one.text for one in found.answers if one.text],
        units=[(one.code, f"{one.name(sitting.language)} · {one.code}") for one in units],
        unit=units[0].code if len(units) == 1 else None,
        severities=[(str(one), say(f"board.severity.{one}")) for one in SEVERITIES.values()],
        back=address.about(Page.RESPONSE, answer).href if answer else address.to(Page.TICKETS).href,
        there=None if found is None else _there(sitting, found.id),
    )


def weigh(sitting: Sitting, body: TicketIn) -> Consequence:
    """What would follow if this were opened now."""
    say = sitting.say
    vault = sitting.installation.vault
    seen = foresee(sitting.session, sitting.viewer, matter_of(body), sitting.now, vault=vault)
    calendars = {one.calendar for one, _ in seen.due}
    due = [
        (
            say(f"board.clock.{target.kind}")
            + (f", {say(f'ticket.calendar.{target.calendar}')}" if len(calendars) > 1 else ""),
            f"{due_text(sitting, at)} ({moment_text(sitting, at)})",
        )
        for target, at in sorted(seen.due, key=lambda one: one[1])
    ]
    named = say("byhand.sure_words", severity=say(f"board.severity.{body.severity}"),
                unit=seen.unit.name(sitting.language))  # fmt: skip
    return Consequence(
        title=named,
        facts=[(say("ticket.fact.owner"), _owner(sitting, seen)), *due],
        notes=[say("byhand.peace")] if seen.holds else [],
        sure=f"{new_id()} {_sealed(vault, body.customer)} {body.model_dump_json(exclude=WHOSE)}",
    )


def read_matter(answer: str, severity: str, unit: str, said: str, whose: Complainant) -> TicketIn:
    """What stands in the form; raises Invalid where that is nothing."""
    if answer:
        return _read({"response": answer, "severity": severity})
    told = None if whose == Complainant() else whose
    return _read({"unit": unit, "summary": said, "severity": severity, "customer": told})


def read_whose(name: str, reach: str) -> Complainant:
    """Who it was, by a name and a number or address; raises Invalid for too many words."""
    way = "email" if "@" in reach else "phone"
    try:
        return Complainant.model_validate({"name": name, way: reach})
    except ValidationError:
        raise Invalid from None


def read_sure(sitting: Sitting, sure: str) -> Matter:
    """What the button handed back, with the key of that one press."""
    key, sealed, body = (*sure.split(" ", 2), "", "", "")[:3]
    try:
        asked = TicketIn.model_validate_json(body)
        whose = _unsealed(sitting.installation.vault, sealed)
        return matter_of(asked.model_copy(update={"customer": whose}), UUID(key))
    except (ValueError, InvalidTag):  # ValidationError is one
        raise Invalid from None


def _sealed(vault: Vault, whose: Complainant | None) -> str:
    """Who it is travels to the browser and back encrypted: a number is shown nowhere in clear."""
    return NOBODY if whose is None else vault.encrypt(whose.model_dump_json()).hex()


def _unsealed(vault: Vault, sealed: str) -> Complainant | None:
    if sealed == NOBODY:
        return None
    return Complainant.model_validate_json(vault.decrypt(bytes.fromhex(sealed)))


def matter_of(body: TicketIn, key: UUID | None = None) -> Matter:
    """What is to be opened; sent twice with one key it is opened once."""
    return Matter(**dict(body), key=key)


def _read(values: dict[str, Any]) -> TicketIn:
    try:
        return TicketIn.model_validate(values)
    except ValidationError:
        raise Invalid from None


def _answer(sitting: Sitting, answer: str) -> OneResponse:
    try:
        wanted = UUID(answer)
    except ValueError:
        raise NotFound from None
    vault = sitting.installation.vault
    return one_response(sitting.session, sitting.viewer, wanted, vault, now=sitting.now)


def _there(sitting: Sitting, answer: UUID) -> Link | None:
    number = ticket_about(sitting.session, sitting.viewer, answer)
    if number is None:
        return None
    words = sitting.say("byhand.there", number=number)
    return Link(words, ticket_address(sitting.address, number).href)


def _about(sitting: Sitting, found: OneResponse) -> str:
    parts = (
        found.unit.name(sitting.language),
        found.touchpoint_name.say(sitting.language),
        day_text(sitting.say, found.occurred_on),
    )
    return " · ".join(parts)


def _units(sitting: Sitting) -> list[Node]:
    """The open branches whose tickets the viewer handles."""
    viewer = sitting.viewer
    nodes = (viewer.hierarchy.nodes.get(one) for one in viewer.scope.branches)
    found = [
        one
        for one in nodes
        if one and one.closed_on is None and viewer.may(Permission.HANDLE_TICKETS, one.id)
    ]
    return sorted(found, key=lambda one: (one.sort_key, one.id))


def _owner(sitting: Sitting, seen: Foreseen) -> str:
    """Whose it would be, as a ticket says it."""
    wanted = [one for one in (seen.owner.account_id, seen.owner.deputy_id) if one is not None]
    names = names_of(sitting.session, wanted)
    owner, deputy = (names.get(one) if one else None
                     for one in (seen.owner.account_id, seen.owner.deputy_id))  # fmt: skip
    return whose(sitting.say, owner, deputy) or nobodys(sitting.say, seen.role)
