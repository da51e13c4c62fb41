"""The tickets of the viewer's branches as their board shows them: what is late first.

Everything the list shows is in the address: the state, whose they are, how urgent, where the page
begins. What makes no sense in a filter is left out.
"""

from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from api.insights.comments import score_groups
from api.models.tickets import OPEN_STATES
from api.security.permissions import Permission
from api.tickets.queries import NextDue, TicketCounts, TicketFilter, TicketLine
from api.tickets.queries import list_tickets as _list
from api.tickets.queries import ticket_counts as _counts
from dashboard.address import Address, Page
from dashboard.data.clock_words import due_text
from dashboard.data.frame import Link
from dashboard.data.paged import page_at
from dashboard.data.sitting import Sitting
from dashboard.data.times import moment_text
from dashboard.data.voices import Choice, tone_of
from dashboard.data.words import Words
from dashboard.numbers import count

PAGE = 30
NEW = "new"  # in the place of a ticket's number
SEVERITIES = (3, 2, 1)
# What the board may be narrowed to, beside all that is open.
STATES: dict[str, tuple[str, ...]] = {
    "open": OPEN_STATES,
    "late": OPEN_STATES,
    "new": ("new",),
    "acknowledged": ("acknowledged",),
    "contacted": ("contacted",),
    "reopened": ("reopened",),
    "escalated": OPEN_STATES,
    "waiting": ("resolved",),
    "verified": ("verified",),
    "unverified": ("unverified",),
}
UNTAKEN = ("new", "reopened")
CLOSED = ("waiting", "verified", "unverified")
TONES = {
    "new": "bp-soon",
    "reopened": "bp-down",
    "verified": "bp-up",
}


@dataclass(frozen=True)
class Clock:
    """What is to be done next and until when, in words."""

    words: str
    when: str
    late: bool


@dataclass(frozen=True)
class TicketRow:
    """One ticket: its mark, what was said, where it stands and what is due."""

    key: str
    href: str
    mark: str
    tone: str
    words: str
    facts: list[str]
    state: str
    state_tone: str
    urgent: str  # "" unless it is
    escalated: str
    clock: Clock | None
    late: bool


@dataclass(frozen=True)
class Tile:
    """How many tickets stand somewhere, and the way to them."""

    name: str
    words: str
    number: str
    href: str
    active: bool
    alarming: bool = False


@dataclass(frozen=True)
class BoardView:
    """The page: how many stand where, the filters, and some tickets."""

    tiles: list[Tile]
    further: list[Tile]
    rows: list[TicketRow]
    choices: list[Choice] = field(default_factory=list)
    narrowed: bool = False
    clear: str = ""
    older: str | None = None
    first: str | None = None
    nothing: str = "open"  # why there is none: open | late | narrowed
    new: Link | None = None  # where one is opened by hand


def board_view(sitting: Sitting) -> BoardView:
    """The tickets that the address asks for."""
    address, asked = sitting.address, (sitting.session, sitting.viewer)
    state = _state(address)
    lines = _listed(sitting, state)
    counts = _counts(*asked, address.unit, now=sitting.now)
    shown = lines[:PAGE]
    start = address.with_words(after=None)
    plain = start.with_words(owner=None, severity=None)
    return BoardView(
        tiles=[_tile(sitting, name, counts) for name in ("open", "late", "new", "waiting")],
        further=[
            _tile(sitting, name, counts)
            for name in (
                *("acknowledged", "contacted", "reopened", "escalated"),
                *("verified", "unverified"),
            )
        ],
        rows=ticket_rows(sitting, shown),
        choices=[_owners(sitting, counts), _severities(sitting)],
        narrowed=plain != start,
        clear=plain.href,
        older=address.with_words(after=shown[-1].position).href if len(lines) > PAGE else None,
        first=start.href if address.word("after") else None,
        nothing="narrowed" if plain != start else state,
        new=_new(sitting),
    )


def ticket_rows(sitting: Sitting, lines: list[TicketLine]) -> list[TicketRow]:
    """Tickets as rows."""
    names = {
        row.code: row.name_en if sitting.language == "en" else row.name_zh
        for row in sitting.touchpoints
    }
    return [_row(sitting, one, names) for one in lines]


def ticket_address(address: Address, number: int) -> Address:
    """The page of one ticket."""
    return address.about(Page.TICKET, str(number)).with_(touchpoint=None, first=None, last=None)


def new_ticket_address(address: Address) -> Address:
    """The form of a ticket that is opened by hand."""
    return address.about(Page.TICKET, NEW).with_(touchpoint=None, first=None, last=None)


def owner_text(sitting: Sitting, line: TicketLine) -> str:
    """Whose it is: a person, with who stands in today, or a role while nobody took it."""
    say = sitting.say
    if line.owner is None and line.state not in UNTAKEN:
        return say(f"access.role.{line.role}")
    return whose(say, line.owner, line.deputy) or nobodys(say, line.role)


def whose(say: Words, owner: str | None, deputy: str | None) -> str | None:
    """A person with who stands in; None for nobody."""
    return say("board.stood_in", owner=owner, deputy=deputy) if owner and deputy else owner


def nobodys(say: Words, role: str) -> str:
    """What is said of a ticket that nobody took: whose matter it is."""
    return say("board.nobodys", role=say(f"access.role.{role}"))


def state_text(sitting: Sitting, state: str) -> str:
    """A state in words."""
    return sitting.say(f"board.state.{state}")


def first_due(line: TicketLine) -> NextDue | None:
    """The clock that is due first, of either calendar."""
    running = [one for one in (line.business, line.customer) if one is not None]
    return min(running, key=lambda one: (not one.overdue, one.due_at), default=None)


def clock_of(sitting: Sitting, due: NextDue | None) -> Clock | None:
    """A running clock in words."""
    if due is None:
        return None
    what = sitting.say(f"board.clock.{due.kind}")
    words = sitting.say("board.clock_words", what=what, due=due_text(sitting, due.due_at))
    return Clock(words, moment_text(sitting, due.due_at), due.overdue)


def _row(sitting: Sitting, line: TicketLine, names: dict[str, str]) -> TicketRow:
    say, language = sitting.say, sitting.language
    groups = {} if line.metric is None else score_groups(sitting.session, line.metric)
    place = [names.get(line.touchpoint, line.touchpoint)] if line.touchpoint else []
    branch = [] if len(sitting.viewer.scope.branches) == 1 else [line.unit.name(language)]
    opened = say("board.opened", when=moment_text(sitting, line.opened_at))
    facts = [f"#{line.number}", *branch, *place, owner_text(sitting, line), opened]
    return TicketRow(
        key=str(line.number),
        href=ticket_address(sitting.address, line.number).href,
        mark="" if line.first_score is None else str(line.first_score),
        tone=tone_of(line.first_score, groups),
        words=line.words or say(f"board.no_words.{line.kind}"),
        facts=facts,
        state=state_text(sitting, line.state),
        state_tone=TONES.get(line.state, ""),
        urgent=say("board.severity.3") if line.severity >= SEVERITIES[0] else "",
        escalated=say(f"board.level.{line.level}") if line.level else "",
        clock=clock_of(sitting, first_due(line)),
        late=line.overdue,
    )


def _state(address: Address) -> str:
    word = address.word("state") or "open"
    return word if word in STATES else "open"


def _listed(sitting: Sitting, state: str) -> list[TicketLine]:
    """One more than a page holds, so that one knows whether there are further ones."""
    asked = sitting.session, sitting.viewer, _wanted(sitting, state)
    return page_at(
        sitting.address.word("after"),
        lambda place: _list(*asked, after=place, limit=PAGE + 1, now=sitting.now),
    )


def _wanted(sitting: Sitting, state: str) -> TicketFilter:
    address = sitting.address
    severity = address.word("severity")
    return TicketFilter(
        unit=address.unit,
        states=STATES[state],
        overdue=state == "late",
        severity=int(severity) if severity in ("2", "3") else None,
        level=1 if state == "escalated" else None,
        owner=_owner(sitting, address.word("owner")),
        order="newest" if state in CLOSED else "due",
    )


def _new(sitting: Sitting) -> Link | None:
    if not sitting.viewer.may(Permission.HANDLE_TICKETS):
        return None
    return Link(sitting.say("byhand.name"), new_ticket_address(sitting.address).href)


def _owner(sitting: Sitting, word: str | None) -> UUID | Literal["nobody"] | None:
    match word:
        case "mine":
            return sitting.viewer.account_id
        case "nobody":
            return "nobody"
        case _:
            return None


def _tile(sitting: Sitting, name: str, counts: TicketCounts) -> Tile:
    address, say = sitting.address, sitting.say
    number = counts.overdue if name == "late" else getattr(counts, name)
    state = None if name == "open" else name
    return Tile(
        name=say(f"board.tile.{name}"),
        words=say(f"board.tile_words.{name}"),
        number=count(number),
        href=address.with_words(state=state, after=None).href,
        active=_state(address) == name,
        alarming=name == "late" and number > 0,
    )


def _owners(sitting: Sitting, counts: TicketCounts) -> Choice:
    mine = sitting.say("board.owner.mine_n", n=count(counts.mine))
    words = {"mine": mine, "nobody": sitting.say("board.owner.nobody")}
    return _choice(sitting, "owner", words)


def _severities(sitting: Sitting) -> Choice:
    return _choice(
        sitting, "severity", {str(one): sitting.say(f"board.at_least.{one}") for one in (3, 2)}
    )


def _choice(sitting: Sitting, name: str, words: dict[str, str]) -> Choice:
    address = sitting.address.with_words(after=None)
    chosen = address.word(name)
    every = Link(
        sitting.say(f"board.every.{name}"),
        address.with_words(**{name: None}).href,
        chosen not in words,
    )
    links = [
        Link(label, address.with_words(**{name: code}).href, code == chosen)
        for code, label in words.items()
    ]
    return Choice(sitting.say(f"board.filter.{name}"), [every, *links])
