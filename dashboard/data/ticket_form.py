"""What somebody is about to do with a ticket, as a form: its words, what it asks for, its button.

The address says which (``do``); without that it is what should be done next. What the viewer may
not do is never offered.
"""

from dataclasses import dataclass

from api.notices.repository.notices import names_of
from api.tickets.service import TicketDetail, assignable
from dashboard.data.loop_now import cause_choices
from dashboard.data.sitting import Sitting
from dashboard.data.words import Words

# What a form asks for besides its button.
_NOTED = ("contacted", "resolve", "reopen", "verify", "note", "move")
_NEEDED = ("reopen", "verify", "note", "move")  # which cannot be done without words
_CHOSEN = ("resolve", "assign", "move")  # for which something is to be chosen
_OF_A_CONTACT = ("reveal", "dial")
_BETWEEN = ":"


@dataclass(frozen=True)
class Form:
    """One action: what it means, what it asks for, and what its button hands back."""

    act: str
    title: str
    words: str
    button: str
    value: str
    back: str | None
    note: str | None = None  # the label of the words that are asked for
    needed: bool = False
    pick: str | None = None  # the label of what is chosen
    options: tuple[tuple[str, str], ...] = ()
    file: bool = False


@dataclass(frozen=True)
class Pressed:
    """What a button handed back."""

    act: str
    subject: str
    number: int
    version: int


def form_of(sitting: Sitting, found: TicketDetail) -> Form | None:
    """The form of the address, else of what comes next; None when there is nothing to do."""
    wanted, _, subject = (sitting.address.word("do") or "").partition(".")
    known = wanted in found.may and (wanted in _OF_A_CONTACT) == bool(subject)
    act = wanted if known else found.next_step
    if act is None or act not in found.may:
        return None
    say = sitting.say
    number, version = str(found.line.number), str(found.line.version)
    pick, options = _choices(sitting, found, act)
    return Form(
        act=act,
        title=say(f"ticket.act.{act}.title"),
        words=say(f"ticket.act.{act}.words"),
        button=say(f"ticket.act.{act}.button"),
        value=_BETWEEN.join((act, subject if known else "", number, version)),
        back=sitting.address.with_words(do=None).href if known else None,
        note=_note_label(say, act),
        needed=act in _NEEDED,
        pick=pick,
        options=options,
        file=act == "file",
    )


def read_pressed(value: str | None) -> Pressed | None:
    """What a button's value says; None for anything else."""
    parts = (value or "").split(_BETWEEN)
    if len(parts) != 4 or not all(one.isdecimal() and len(one) < 10 for one in parts[2:]):
        return None
    return Pressed(parts[0], parts[1], int(parts[2]), int(parts[3]))


def asks_for_words(act: str) -> bool:
    """Whether the action cannot be done without a few words."""
    return act in _NEEDED


def asks_for_choice(act: str) -> bool:
    """Whether the action cannot be done before something is chosen."""
    return act in _CHOSEN


def _note_label(say: Words, act: str) -> str | None:
    if act not in _NOTED:
        return None
    return say(f"ticket.act.{act}.note")


def _choices(
    sitting: Sitting, found: TicketDetail, act: str
) -> tuple[str | None, tuple[tuple[str, str], ...]]:
    """What is to be chosen from, as pairs of a value and its words."""
    match act:
        case "resolve":
            return sitting.say("ticket.pick.cause"), cause_choices(sitting)
        case "assign":
            return sitting.say("ticket.pick.owner"), _people(sitting, found)
        case "move":
            return sitting.say("ticket.pick.unit"), _branches(sitting, found)
        case _:
            return None, ()


def _people(sitting: Sitting, found: TicketDetail) -> tuple[tuple[str, str], ...]:
    """Who may be given the ticket, but for who has it."""
    session, line = sitting.session, found.line
    fit = assignable(session, sitting.viewer, line.number, now=sitting.now)
    names = names_of(session, fit)
    listed = [(str(one), names[one]) for one in fit if one in names and one != line.owner_id]
    return tuple(sorted(listed, key=lambda one: one[1]))


def _branches(sitting: Sitting, found: TicketDetail) -> tuple[tuple[str, str], ...]:
    """The other open branches that the viewer sees."""
    viewer = sitting.viewer
    nodes = (viewer.hierarchy.nodes.get(one) for one in viewer.scope.branches)
    listed = [one for one in nodes if one and one.closed_on is None and one != found.line.unit]
    listed.sort(key=lambda one: (one.sort_key, one.id))
    return tuple((one.code, f"{one.name(sitting.language)} · {one.code}") for one in listed)
