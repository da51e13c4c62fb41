"""Alerts of the viewer's branches and what is muted, as their page shows them."""

from dataclasses import dataclass, field
from datetime import date, timedelta

from api.insights.comments import score_groups
from api.security.permissions import Permission
from api.tickets.alerts_queries import (
    AlertCount,
    AlertFilter,
    AlertLine,
    MuteLine,
    count_alerts,
    list_alerts,
    list_mutes,
)
from dashboard.address import Page
from dashboard.data.board import state_text, ticket_address
from dashboard.data.frame import Link
from dashboard.data.loop_now import rule_names
from dashboard.data.metrics import as_shown
from dashboard.data.paged import page_at
from dashboard.data.periods import day_text
from dashboard.data.sitting import Sitting
from dashboard.data.times import moment_text
from dashboard.data.voices import Choice, Groups, tone_of
from dashboard.numbers import count

PAGE = 20
SHOWN = 120  # letters of what a customer wrote
LATELY = 30  # days that are counted
KINDS = ("answer", "silence", "feed", "warning", "complaint")
RUNNING = "running"
MUTE_DAYS = (1, 3, 7, 14, 30)
EVERY_RULE = "*"


@dataclass(frozen=True)
class AlertItem:
    """One alert: what was said or found, by which rule, where, when, and where it leads.

    ``mark`` is the score ``of`` a scale. ``manner``: a customer's own words (``said``), none
    (``unsaid``), or what was ``found``.
    """

    href: str | None
    mark: str
    of: str
    tone: str
    symbol: str
    words: str
    manner: str
    rule: str
    facts: str
    state: str
    urgent: str
    muted: str


@dataclass(frozen=True)
class CountRow:
    """How often a rule found something lately."""

    rule: str
    found: str
    tickets: str
    muted: str
    running: str


@dataclass(frozen=True)
class MuteRow:
    """A mute that holds; ``id`` "" where the viewer may not end it."""

    id: str
    title: str
    reason: str
    facts: str
    found: str


@dataclass(frozen=True)
class MuteForm:
    """What may be muted: rules and branches, as pairs of a value and its words."""

    rules: list[tuple[str, str]]
    branches: list[tuple[str, str]]
    branch: str | None  # chosen beforehand: the only one, or that of the address
    days: list[tuple[str, str]]


@dataclass(frozen=True)
class AlertsView:
    """The page."""

    items: list[AlertItem]
    counts: list[CountRow]
    mutes: list[MuteRow]
    form: MuteForm | None
    choice: Choice
    days: int = LATELY
    older: str | None = None
    first: str | None = None
    narrowed: bool = False
    units: list[str] = field(default_factory=list)


def alerts_view(sitting: Sitting) -> AlertsView:
    """What was found in the branches of the address, and what is muted there."""
    address, asked = sitting.address, (sitting.session, sitting.viewer)
    names = rule_names(sitting)
    found = _listed(sitting)
    shown = found[:PAGE]
    scales = _scales(sitting, shown)
    since = sitting.now - timedelta(days=LATELY)
    counts = count_alerts(*asked, address.unit, since=since)
    mutes = list_mutes(*asked, address.unit, now=sitting.now)
    return AlertsView(
        items=[_item(sitting, one, names, scales) for one in shown],
        counts=[_count(sitting, one, names) for one in counts],
        mutes=[_mute(sitting, one, names) for one in mutes],
        form=_form(sitting, names),
        choice=_kinds(sitting),
        older=address.with_words(after=shown[-1].position).href if len(found) > PAGE else None,
        first=address.with_words(after=None).href if address.word("after") else None,
        narrowed=address.word("kind") is not None,
    )


def _listed(sitting: Sitting) -> list[AlertLine]:
    """One more than a page holds, so that one knows whether there are further ones."""
    kind = sitting.address.word("kind")
    wanted = AlertFilter(
        unit=sitting.address.unit,
        kinds=(kind,) if kind in KINDS else (),
        running=kind == RUNNING,
    )
    asked = sitting.session, sitting.viewer, wanted
    return page_at(
        sitting.address.word("after"),
        lambda place: list_alerts(*asked, after=place, limit=PAGE + 1),
    )


def shortened(words: str, most: int = SHOWN) -> str:
    """The beginning of what was written, on one line; of Latin letters whole words."""
    flat = " ".join(words.split())
    if len(flat) <= most:
        return flat
    cut = flat[:most]
    whole = cut.rpartition(" ")[0]
    return (whole if len(whole) > most / 2 else cut).rstrip() + "\u2026"


def _scales(sitting: Sitting, lines: list[AlertLine]) -> dict[str, Groups]:
    """By metric which answers are low, between and high: asked once for the page."""
    metrics = {one.metric for one in lines if one.metric is not None and one.score is not None}
    return {one: score_groups(sitting.session, one) for one in sorted(metrics)}


def _item(
    sitting: Sitting, one: AlertLine, names: dict[str, str], scales: dict[str, Groups]
) -> AlertItem:
    say = sitting.say
    groups = scales.get(one.metric or "", {})
    alone = len(sitting.viewer.scope.branches) == 1
    facts = [
        _also(sitting, one, names),
        "" if alone else one.unit.name(sitting.language),
        moment_text(sitting, one.opened_at),
    ]
    return AlertItem(
        href=_href(sitting, one),
        mark="" if one.score is None else str(one.score),
        of=str(groups["high"][1]) if groups and one.score is not None else "",
        tone=tone_of(one.score, groups),
        symbol=_SYMBOLS.get(one.kind, "info-circle"),
        words=shortened(one.words) if one.words else _finding(sitting, one),
        manner="said" if one.words else "unsaid" if one.kind == "answer" else "found",
        rule=names.get(one.rule, one.rule),
        facts=" · ".join(filter(None, facts)),
        state=_state(sitting, one),
        urgent=say("board.severity.3") if one.severity > 2 else "",
        muted=say("alerted.muted") if one.muted else "",
    )


_SYMBOLS = {
    "answer": "chat-dots",
    "silence": "moon-stars",
    "feed": "hourglass-split",
    "warning": "exclamation-triangle",
    "complaint": "chat-left-quote",
}


def _href(sitting: Sitting, one: AlertLine) -> str | None:
    """To the ticket, else to what it is about."""
    address = sitting.address
    if one.ticket_number is not None:
        return ticket_address(address, one.ticket_number).href
    if one.response_id is not None:
        return address.about(Page.RESPONSE, str(one.response_id)).href
    page = Page.WARNINGS if one.kind == "warning" else Page.ASKING
    if page is Page.ASKING and not sitting.viewer.may(Permission.VIEW_NETWORK):
        return None
    return address.to(page, one.unit.code).href


def _finding(sitting: Sitting, one: AlertLine) -> str:
    """What was found, in a sentence from the values that the alert keeps."""
    say, detail = sitting.say, one.detail
    match one.kind:
        case "silence":
            return say("alerted.found.silence", events=detail.get("events", ""),
                       since=_day(sitting, detail.get("since")))  # fmt: skip
        case "feed":
            expected = detail.get("expected")
            usual = f"{expected:.0f}" if isinstance(expected, int | float) else ""
            return say("alerted.found.feed", observed=detail.get("observed", ""), expected=usual,
                       days=detail.get("days", ""))  # fmt: skip
        case "warning":
            return _warning(sitting, one)
        case "complaint":
            return say("alerted.found.complaint")
        case _:
            return say("alerted.found.unsaid")


def _warning(sitting: Sitting, one: AlertLine) -> str:
    """By how much a score stands below its own normal, and since when."""
    say, detail = sitting.say, one.detail
    info = next((info for info in sitting.metrics if info.code == one.metric), None)
    drop, since = detail.get("drop"), _day(sitting, detail.get("since"))
    if info is None or not isinstance(drop, int | float) or drop <= 0:
        return say("alerted.found.warned", since=since)
    metric = as_shown(info, sitting)
    return say("alerted.found.warning", metric=metric.name, drop=metric.finely(drop), since=since)


def _also(sitting: Sitting, one: AlertLine, names: dict[str, str]) -> str:
    """Further rules that found the same answer."""
    others = [names.get(code, code) for code in one.detail.get("rules", ()) if code != one.rule]
    if not others:
        return ""
    return sitting.say("alerted.found.also", rules=sitting.say("loopbook.comma").join(others))


def _day(sitting: Sitting, value: object) -> str:
    """A day that the alert keeps as text; the text itself when it is none."""
    written = str(value or "")[:10]
    try:
        return day_text(sitting.say, date.fromisoformat(written))
    except ValueError:
        return written


def _state(sitting: Sitting, one: AlertLine) -> str:
    if one.ticket_state is not None:
        return sitting.say("alerted.ticket", number=one.ticket_number,
                           state=state_text(sitting, one.ticket_state))  # fmt: skip
    if one.ended_at is not None:
        return sitting.say("alerted.over", when=moment_text(sitting, one.ended_at))
    return sitting.say("alerted.running") if one.kind in ("silence", "feed", "warning") else ""


def _count(sitting: Sitting, one: AlertCount, names: dict[str, str]) -> CountRow:
    return CountRow(
        rule=names.get(one.rule, one.rule),
        found=count(one.found),
        tickets=count(one.tickets),
        muted=count(one.muted),
        running=count(one.running),
    )


def _mute(sitting: Sitting, one: MuteLine, names: dict[str, str]) -> MuteRow:
    say = sitting.say
    may = sitting.viewer.may(Permission.MUTE_ALERTS, one.unit.id)
    rule = say("alerted.mute.every") if one.rule is None else names.get(one.rule, one.rule)
    until = say("alerted.mute.until", when=moment_text(sitting, one.until_at))
    who = one.by or say("ticket.system")
    return MuteRow(
        id=str(one.id) if may else "",
        title=f"{one.unit.name(sitting.language)} · {rule}",
        reason=one.reason,
        facts=f"{until} · {who}",
        found=say("alerted.mute.found", n=count(one.found)),
    )


def _form(sitting: Sitting, names: dict[str, str]) -> MuteForm | None:
    """What may be muted by whoever may mute; None for all others."""
    viewer, say = sitting.viewer, sitting.say
    if not viewer.may(Permission.MUTE_ALERTS):
        return None
    tree = viewer.hierarchy
    ids = tree.branch_ids if viewer.scope.whole else viewer.scope.branches
    nodes = [node for one in ids if (node := tree.nodes.get(one)) is not None
             and node.closed_on is None and viewer.may(Permission.MUTE_ALERTS, one)]  # fmt: skip
    nodes.sort(key=lambda node: (node.sort_key, node.id))
    codes = [node.code for node in nodes]
    only = codes[0] if len(codes) == 1 else None
    return MuteForm(
        rules=[(EVERY_RULE, say("alerted.mute.every")), *names.items()],
        branches=[(node.code, f"{node.name(sitting.language)} · {node.code}") for node in nodes],
        branch=sitting.address.unit if sitting.address.unit in codes else only,
        days=[(str(one), say("board.days" if one > 1 else "alerted.mute.day", n=one))
              for one in MUTE_DAYS],
    )  # fmt: skip


def _kinds(sitting: Sitting) -> Choice:
    address, say = sitting.address.with_words(after=None), sitting.say
    chosen = address.word("kind")
    words = (RUNNING, *KINDS)
    every = Link(say("alerted.kind.every"), address.with_words(kind=None).href, chosen not in words)
    links = [
        Link(say(f"alerted.kind.{one}"), address.with_words(kind=one).href, one == chosen)
        for one in words
    ]
    return Choice(say("alerted.kind.label"), [every, *links])
