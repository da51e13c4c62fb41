"""What an address of the dashboard says, and how to write one: the filters live in it.

Pure: strings in, a value out. A link opens the same view for everybody who may see it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlencode

from dashboard.table_words import TableWords, read_tables

ROOT = "/app/"
LOG_IN = "/login"
BETWEEN = "between"  # ?level=between: branches compared, not customers of a branch
PEERS = "peers"  # ?set=peers: each branch among those like it
MAX_DAYS = 3_700  # ten years: longer periods are not asked for


class Page(StrEnum):
    """Every page there is; the value is its folder in the address."""

    HOME = ""
    OVERVIEW = "overview"
    COMPARE = "compare"
    LEAGUE = "league"
    UNIT = "unit"
    RANKING = "ranking"
    ASKING = "asking"
    ASKING_EVENT = "asking/event"
    ASKING_CUSTOMER = "asking/customer"
    RULES = "rules"
    RULES_EDIT = "rules/edit"
    SIMULATE = "rules/simulate"
    CALLS = "calls"
    POINTS = "points"
    WHY = "why"
    DRIVERS = "drivers"
    CONTESTS = "contests"
    ENOUGH = "enough"
    PUBLISHED = "published"
    TODAY = "today"
    STANDING = "standing"
    IMPROVE = "improve"
    TEAM = "team"
    WARNINGS = "warnings"
    INDICATORS = "indicators"
    INDICATORS_EDIT = "indicators/edit"
    INDICATORS_VERSION = "indicators/version"
    VOICES = "voices"
    RESPONSE = "response"
    PEOPLE = "people"
    PEOPLE_NEW = "people/new"
    NETWORK = "network"
    UNITS_IMPORT = "network/import"
    JOURNEY = "journey"
    EXPLORE = "explore"
    TICKETS = "tickets"
    TICKET = "ticket"
    ALERTS = "alerts"
    LOOP = "loop"
    LOOP_RULES = "loop/rules"
    LOOP_EDIT = "loop/rules/edit"
    WEBHOOK = "loop/webhook"
    NOTICES = "notices"
    NOTICE_CHOICES = "notices/choices"
    PLANS = "plans"
    REPORTS = "reports"
    REPORT_ORDER = "reports/order"
    SUBSCRIPTIONS = "subscriptions"
    MISSING = "missing"


@dataclass(frozen=True)
class Address:
    """A page with its filters; ``first`` and ``last`` are both included, None: the usual period.

    ``subject`` is what a page is about that is no unit: a rule version, an event, a customer.
    ``compared`` is with whom branches are compared; None: the whole network. ``between`` is about
    drivers: branches are compared, not customers. ``own`` are filters of this page alone, by name;
    they stay behind on the way to another page. ``tables`` is how somebody arranged the tables of
    the page: the browser keeps that in its address, so that links written here leave it out.
    """

    page: Page
    unit: str | None = None
    subject: str | None = None
    first: date | None = None
    last: date | None = None
    touchpoint: str | None = None
    metric: str | None = None
    language: str | None = None
    compared: str | None = None
    between: bool = False
    own: tuple[tuple[str, str], ...] = ()
    tables: tuple[TableWords, ...] = ()

    @property
    def whole(self) -> str:
        """The address with how its tables are arranged, as one keeps it or hands it on."""
        words = "&".join(one.query for one in self.tables)
        joint = "&" if self.query else "?"
        return f"{self.href}{joint}{words}" if words else self.href

    @property
    def href(self) -> str:
        """The address of the page with its filters."""
        path = ROOT if self.page is Page.HOME else f"{ROOT}{self.page}"
        tail = self.unit if self.subject is None else self.subject
        if tail is not None:
            path += "/" + quote(tail, safe="")
        query = self.query
        return f"{path}?{query}" if query else path

    @property
    def query(self) -> str:
        """The part behind the question mark."""
        named = {
            "from": self.first and self.first.isoformat(),
            "to": self.last and self.last.isoformat(),
            "touchpoint": self.touchpoint,
            "metric": self.metric,
            "set": self.compared,
            "level": BETWEEN if self.between else None,
            **dict(self.own),
            "lang": self.language,
        }
        return urlencode({name: value for name, value in named.items() if value})

    def to(self, page: Page, unit: str | None = None) -> "Address":
        """Another page with the same filters."""
        own = self.own if page is self.page else ()
        return replace(self, page=page, unit=unit, subject=None, own=own, tables=())

    def each(self, page: Page) -> Callable[[str], str]:
        """The address of any unit's ``page`` by its code: of a thousand units the quick way."""
        mark = "~"  # never written otherwise, and never quoted
        head, _, tail = self.to(page, mark).href.partition(mark)
        return lambda code: f"{head}{_quoted(code)}{tail}"

    def about(self, page: Page, subject: str) -> "Address":
        """A page about something that is no unit, with the same filters."""
        return replace(self, page=page, unit=None, subject=subject, own=(), tables=())

    def word(self, name: str) -> str | None:
        """What a filter of this page alone says."""
        return dict(self.own).get(name)

    def with_words(self, **words: str | None) -> "Address":
        """The same page with other filters of its own; None takes one away."""
        own = {**dict(self.own), **words}
        kept = tuple((name, word) for name in _OWN.get(self.page, ()) if (word := own.get(name)))
        return replace(self, own=kept)

    def with_(self, **changes: Any) -> "Address":
        """The same page with other filters."""
        return replace(self, **changes)


def _quoted(code: str) -> str:
    """A code within an address; most need no quoting, which takes a while for a thousand."""
    return code if code.isascii() and code.isalnum() else quote(code, safe="")


def read_address(pathname: str | None, search: str | None) -> Address:
    """The address that a browser shows; what makes no sense in a filter is left out."""
    page, tail = _page(pathname or ROOT)
    unit, subject = (None, tail) if _TAILS.get(page) == "subject" else (tail, None)
    values = parse_qs((search or "").removeprefix("?"))
    first, last = _day(values, "from"), _day(values, "to")
    if first is None or last is None or not 0 <= (last - first).days <= MAX_DAYS:
        first = last = None
    return Address(
        page=page,
        unit=unit or (_word(values, "unit") if page in (Page.LEAGUE, Page.ASKING) else None),
        subject=subject,
        first=first,
        last=last,
        touchpoint=_word(values, "touchpoint"),
        metric=_word(values, "metric"),
        language=_language(values),
        compared=PEERS if _word(values, "set") == PEERS else None,
        between=_word(values, "level") == BETWEEN,
        own=tuple(
            (name, word) for name in _OWN.get(page, ()) if (word := _word(values, name)) is not None
        ),
        tables=read_tables(values.get("t", ())),
    )


def is_known(pathname: str) -> bool:
    """True when there is a page under that path (whether its unit exists is another matter)."""
    return _page(pathname)[0] is not Page.MISSING


# What the path of a page may go on with, behind its name: a unit, something else, or nothing.
_TAILS = {
    Page.OVERVIEW: "unit",
    Page.COMPARE: "",
    Page.LEAGUE: "unit",
    Page.UNIT: "unit",
    Page.RANKING: "unit",
    Page.ASKING: "unit",
    Page.ASKING_EVENT: "subject",
    Page.ASKING_CUSTOMER: "subject",
    Page.RULES: "subject",
    Page.RULES_EDIT: "",
    Page.SIMULATE: "",
    Page.CALLS: "",
    Page.POINTS: "subject",
    Page.WHY: "unit",
    Page.DRIVERS: "unit",
    Page.CONTESTS: "subject",
    Page.ENOUGH: "unit",
    Page.PUBLISHED: "subject",
    Page.TODAY: "unit",
    Page.STANDING: "unit",
    Page.IMPROVE: "unit",
    Page.TEAM: "unit",
    Page.WARNINGS: "unit",
    Page.INDICATORS: "unit",
    Page.INDICATORS_EDIT: "",
    Page.INDICATORS_VERSION: "subject",
    Page.JOURNEY: "unit",
    Page.EXPLORE: "unit",
    Page.PEOPLE: "subject",
    Page.PEOPLE_NEW: "",
    Page.NETWORK: "unit",
    Page.UNITS_IMPORT: "",
    Page.VOICES: "unit",
    Page.RESPONSE: "subject",
    Page.REPORTS: "unit",
    Page.REPORT_ORDER: "subject",
    Page.SUBSCRIPTIONS: "",
    Page.PLANS: "subject",
    Page.TICKETS: "unit",
    Page.TICKET: "subject",
    Page.ALERTS: "unit",
    Page.LOOP: "unit",
    Page.LOOP_RULES: "subject",
    Page.LOOP_EDIT: "",
    Page.WEBHOOK: "",
    Page.NOTICES: "",
    Page.NOTICE_CHOICES: "",
}
# Filters that a page has for itself.
_OWN: dict[Page, tuple[str, ...]] = {
    Page.JOURNEY: ("rows",),
    Page.EXPLORE: ("rows", "columns", "only"),
    Page.PEOPLE: ("q", "state", "page", "do", "grant"),
    Page.NETWORK: ("on", "below"),
    Page.ASKING: ("by",),
    Page.VOICES: ("words", "score", "channel", "written", "after"),
    Page.RESPONSE: ("of", "words", "score", "channel", "written", "after"),
    Page.COMPARE: ("units",),
    Page.REPORT_ORDER: ("after",),
    Page.SUBSCRIPTIONS: ("edit",),
    Page.PLANS: ("unit", "driver"),
    Page.TICKETS: ("state", "owner", "severity", "after"),
    Page.TICKET: ("do", "answer"),
    Page.ALERTS: ("kind", "after"),
    Page.NOTICES: ("after",),
    Page.WEBHOOK: ("after",),
}
# Pages that are about something that their address names.
_NAMED = (
    *(Page.UNIT, Page.WHY, Page.INDICATORS_VERSION, Page.RESPONSE, Page.TICKET),
    Page.REPORT_ORDER,
)
_LONGEST_FIRST = sorted(_TAILS, key=len, reverse=True)


def _page(pathname: str) -> tuple[Page, str | None]:
    """The page of a path, and what stands behind its name."""
    if pathname.rstrip("/") == ROOT.rstrip("/"):
        return Page.HOME, None
    if not pathname.startswith(ROOT):
        return Page.MISSING, None
    path = pathname.removeprefix(ROOT)
    page = next((one for one in _LONGEST_FIRST if f"{path}/".startswith(f"{one}/")), Page.MISSING)
    tail = path.removeprefix(page).removeprefix("/")
    # An event may be called by its source's own id, which may hold a slash.
    whole = "/" not in tail or page is Page.ASKING_EVENT
    if page is Page.MISSING or not whole or (tail and not _TAILS[page]):
        return Page.MISSING, None
    if page in _NAMED and not tail:
        return Page.MISSING, None
    return page, unquote(tail) or None


def _word(values: Mapping[str, list[str]], name: str) -> str | None:
    return next((value for value in values.get(name, ()) if value), None)


def _language(values: Mapping[str, list[str]]) -> str | None:
    word = _word(values, "lang")
    return word if word in ("zh", "en") else None


def _day(values: Mapping[str, list[str]], name: str) -> date | None:
    try:
        return date.fromisoformat(_word(values, name) or "")
    except ValueError:
        return None
