"""One ticket as its page shows it: what the customer said, what is due, what to do next.

What somebody is about to do stands in the address (``do``); what the viewer may do is decided by
the service. Changes nothing.
"""

from dataclasses import dataclass, field

from api.core.errors import NotFound
from api.insights.comments import score_groups
from api.models.tickets import OPEN_STATES
from api.tickets.queries import TicketLine
from api.tickets.service import ClockShown, Encounter, FileShown, TicketDetail, require_ticket
from dashboard.address import Page
from dashboard.data.board import TONES, owner_text, state_text, ticket_address
from dashboard.data.clock_words import due_text, length_text
from dashboard.data.loop_now import cause_name, loop_now
from dashboard.data.one_response import Fact
from dashboard.data.sitting import Sitting
from dashboard.data.ticket_form import Form, form_of
from dashboard.data.ticket_steps import StepLine, step_lines
from dashboard.data.times import moment_text
from dashboard.data.voices import tone_of
from dashboard.numbers import count
from scoring.scales import scale_of

MOST_HISTORY = 8
_MEGABYTE = 1_048_576
_LONGEST = 9  # digits of a number


@dataclass(frozen=True)
class ClockLine:
    """One thing that is due, on one calendar; ``tone``: late, met, runs."""

    name: str
    calendar: str
    words: str
    when: str
    tone: str


@dataclass(frozen=True)
class ContactLine:
    """How the customer can be reached, masked; ``show`` and ``dial`` are where that is asked."""

    kind: str
    masked: str
    show: str | None
    dial: str | None


@dataclass(frozen=True)
class HistoryLine:
    """Something that the branch had to do with this customer."""

    when: str
    words: str
    href: str | None


@dataclass(frozen=True)
class TicketView:
    """Everything on the page; ``shown`` is a contact in clear, this once."""

    number: int
    title: str
    state: str
    tone: str
    severity: str
    urgent: bool
    escalated: str
    mark: str
    mark_tone: str
    words: str
    quoted: bool  # whether the words are the customer's
    promise: str
    facts: list[Fact]
    clocks: list[ClockLine]
    form: Form | None
    waits: str  # why there is nothing to do now
    more: list[tuple[str, str, bool]]  # what else may be done: its word, where, whether chosen
    name: str | None
    contacts: list[ContactLine]
    contact_note: str
    history: list[HistoryLine]
    steps: list[StepLine]
    files: list[tuple[str, str, str]]
    back: str
    shown: str | None = field(default=None, repr=False)


def named_ticket(sitting: Sitting) -> int:
    """The number in the address; NotFound for anything else."""
    subject = sitting.address.subject or ""
    if not subject.isdecimal() or len(subject) > _LONGEST:
        raise NotFound
    return int(subject)


def ticket_view(sitting: Sitting, number: int, shown: str | None = None) -> TicketView:
    """The page of a ticket; raises NotFound outside the viewer's branches."""
    vault = sitting.installation.vault
    found = require_ticket(sitting.session, sitting.viewer, number, vault, now=sitting.now)
    line, say = found.line, sitting.say
    groups = {} if line.metric is None else score_groups(sitting.session, line.metric)
    form = form_of(sitting, found)
    return TicketView(
        number=line.number,
        title=say("board.ticket_of", number=line.number, unit=line.unit.name(sitting.language)),
        state=state_text(sitting, line.state),
        tone=TONES.get(line.state, ""),
        severity=say(f"board.severity.{line.severity}"),
        urgent=line.severity > 2,
        escalated=say(f"board.level.{line.level}") if line.level else "",
        mark="" if line.first_score is None else str(line.first_score),
        mark_tone=tone_of(line.first_score, groups),
        words=line.words or say(f"board.no_words.{line.kind}"),
        quoted=bool(line.words),
        promise=say("ticket.promise.named" if line.named else "ticket.promise.unnamed"),
        facts=_facts(sitting, found),
        clocks=[_clock(sitting, one) for one in found.clocks],
        form=form,
        waits=say(f"ticket.waits.{line.state}") if form is None else "",
        more=_more(sitting, found, form),
        name=found.name,
        contacts=_contacts(sitting, found),
        contact_note=_contact_note(sitting, found),
        history=[_encounter(sitting, one) for one in found.history[:MOST_HISTORY]],
        steps=step_lines(sitting, found.steps),
        files=[_file(sitting, line.number, one) for one in found.files],
        back=sitting.address.to(Page.TICKETS).href,
        shown=shown,
    )


def _facts(sitting: Sitting, found: TicketDetail) -> list[Fact]:
    say, line = sitting.say, found.line
    unit = sitting.address.to(Page.UNIT, line.unit.code).href
    facts = [
        Fact(say("ticket.fact.unit"), line.unit.name(sitting.language), unit),
        Fact(say("ticket.fact.owner"), owner_text(sitting, line)),
        Fact(say("ticket.fact.opened"), moment_text(sitting, line.opened_at)),
    ]
    if line.first_score is not None and line.metric is not None:
        facts.insert(0, Fact(say("ticket.fact.mark"), _mark(sitting, line)))
    if line.touchpoint:
        facts.insert(1, Fact(say("ticket.fact.touchpoint"), _touchpoint(sitting, line.touchpoint)))
    if found.response_id is not None:
        href = sitting.address.about(Page.RESPONSE, str(found.response_id)).href
        facts.append(Fact(say("ticket.fact.answer"), say("ticket.read_answer"), href))
    if line.reopened:
        facts.append(Fact(say("ticket.fact.reopened"), count(line.reopened)))
    if line.cause:
        found_rules = loop_now(sitting)
        name = cause_name(found_rules.loop if found_rules else None, line.cause, sitting)
        facts.append(Fact(say("ticket.fact.cause"), name))
    if line.recovery_score is not None:
        facts.append(Fact(say("ticket.fact.recovery"), str(line.recovery_score)))
    return facts


def _mark(sitting: Sitting, line: TicketLine) -> str:
    """The first mark with its scale and its question."""
    info = next((one for one in sitting.metrics if one.code == line.metric), None)
    if info is None:
        return str(line.first_score)
    low, *_, high = scale_of(info.declared_scale).values
    return sitting.say("ticket.mark", score=line.first_score, low=low, high=high,
                       metric=info.name(sitting.language))  # fmt: skip


def _touchpoint(sitting: Sitting, code: str) -> str:
    names = {
        row.code: row.name_en if sitting.language == "en" else row.name_zh
        for row in sitting.touchpoints
    }
    return str(names.get(code, code))


def _clock(sitting: Sitting, one: ClockShown) -> ClockLine:
    say = sitting.say
    done = one.met_at or one.stopped_at
    if one.met_at is not None:
        over = (one.met_at - one.due_at).total_seconds()
        key = "ticket.clock_met_late" if one.overdue else "ticket.clock_met"
        words, tone = say(key, time=length_text(say, over)), "late" if one.overdue else "met"
    elif one.stopped_at is not None:
        words, tone = say("ticket.clock_stopped"), "rests"
    else:
        words, tone = due_text(sitting, one.due_at), "late" if one.overdue else "runs"
    return ClockLine(
        name=say(f"board.clock.{one.kind}"),
        calendar=say(f"ticket.calendar.{one.calendar}"),
        words=words,
        when=moment_text(sitting, done or one.due_at),
        tone=tone,
    )


def _more(sitting: Sitting, found: TicketDetail, form: Form | None) -> list[tuple[str, str, bool]]:
    """What else may be done now; one is offered where it stands, not twice."""
    steps = ("acknowledge", "contacted", "resolve", "verify", "reopen")
    listed = (*steps, "note", "file", "assign", "move")
    here = form.act if form else None
    return [
        (
            sitting.say(f"ticket.act.{act}.name"),
            sitting.address.with_words(do=act).href,
            act == here,
        )
        for act in listed
        if act in found.may
    ]


def _contacts(sitting: Sitting, found: TicketDetail) -> list[ContactLine]:
    def asked(act: str, wanted: object) -> str | None:
        do = f"{act}.{wanted}"
        return sitting.address.with_words(do=do).href if act in found.may else None

    return [
        ContactLine(
            kind=sitting.say(f"ticket.contact_kind.{one.kind}"),
            masked=one.masked,
            show=asked("reveal", one.id),
            dial=asked("dial", one.id) if one.kind == "phone" else None,
        )
        for one in found.contacts
    ]


def _contact_note(sitting: Sitting, found: TicketDetail) -> str:
    say = sitting.say
    if not found.line.named:
        return say("ticket.contact_unnamed")
    if not found.contacts:
        return say("ticket.contact_none")
    if found.revealed_at is not None:
        return say("ticket.contact_revealed", when=moment_text(sitting, found.revealed_at))
    if found.line.state not in OPEN_STATES:
        return say("ticket.contact_rests")
    return say("ticket.contact_once" if "reveal" in found.may else "ticket.contact_masked")


def _encounter(sitting: Sitting, one: Encounter) -> HistoryLine:
    say, address = sitting.say, sitting.address
    node = sitting.viewer.hierarchy.nodes.get(one.unit_id)
    place = _touchpoint(sitting, one.touchpoint) if one.touchpoint else ""
    words = say(
        f"ticket.met.{one.kind}",
        place=place or say("ticket.met.somewhere"),
        unit=node.name(sitting.language) if node else "",
        score=say("ticket.met.unscored") if one.score is None else str(one.score),
        number=one.ticket_number or "",
        state=state_text(sitting, one.state) if one.kind == "ticket" and one.state else "",
    )
    href = None
    if one.ticket_number is not None:
        href = ticket_address(address, one.ticket_number).href
    elif one.response_id is not None:
        href = address.about(Page.RESPONSE, str(one.response_id)).href
    return HistoryLine(moment_text(sitting, one.at), words, href)


def _file(sitting: Sitting, number: int, one: FileShown) -> tuple[str, str, str]:
    size = sitting.say("ticket.file_size", size=f"{max(one.size / _MEGABYTE, 0.1):.1f}")
    who = one.added_by or sitting.say("ticket.system")
    facts = " · ".join((who, moment_text(sitting, one.added_at), size))
    return one.file_name, f"/api/v1/tickets/{number}/files/{one.id}", facts
