"""What customers wrote, as rows to read: found, narrowed, page by page, each with its response.

Everything the list shows is in the address: the words looked for, the filters, where the page
begins. What makes no sense in a filter is left out.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from api.insights.comments import (
    MOST_COUNTED,
    Comment,
    Comments,
    Wanted,
    count_comments,
    list_comments,
    score_groups,
)
from api.insights.searching import LONGEST, search_words
from dashboard.address import Address, Page
from dashboard.data.frame import Link
from dashboard.data.metrics import shown_metric
from dashboard.data.paged import page_at
from dashboard.data.periods import day_text, days_text, shown_period
from dashboard.data.rule_words import channel_word
from dashboard.data.sitting import Sitting
from dashboard.numbers import Metric, count

PAGE = 25
CHANNELS = ("sms", "wechat", "email", "call", "contactless", "qr", "kiosk")
LANGUAGES = ("zh", "en")
UNSCORED = "none"
TONES = {"low": "bp-down", "middle": "", "high": "bp-up"}
FILTERS = ("words", "score", "channel", "written")
Groups = dict[str, tuple[int, int]]


@dataclass(frozen=True)
class Voice:
    """What one customer wrote, and at which score; ``marked`` are the words that were looked for.

    ``notes`` say what is special: named, cut short, taken out of the scores.
    """

    text: str
    score: int | None
    tone: str
    place: str
    facts: list[str]
    day: date
    href: str | None = None
    key: str = ""
    notes: tuple[str, ...] = ()
    marked: tuple[tuple[str, bool], ...] = ()


@dataclass(frozen=True)
class Voices:
    """Some comments and where they go on."""

    items: list[Voice]
    next: str | None
    everything: str | None = None  # the page with all of them, and with search


@dataclass(frozen=True)
class Choice:
    """A filter of the page: what it is about, what can be chosen."""

    name: str
    links: list[Link]

    @property
    def chosen(self) -> str:
        """What is chosen, in words."""
        return next((link.label for link in self.links if link.active), "")


@dataclass(frozen=True)
class VoicesView:
    """The page: its filters, how many comments there are, and some of them."""

    sentence: str
    items: list[Voice]
    typed: str
    choices: list[Choice] = field(default_factory=list)
    narrowed: bool = False
    clear: str = ""
    older: str | None = None
    newest: str | None = None
    shape: str = ""


def voices_view(sitting: Sitting) -> VoicesView | None:
    """The comments that the address asks for; None while nothing is measured."""
    metric = shown_metric(sitting)
    if metric is None:
        return None
    groups = score_groups(sitting.session, metric.code)
    wanted = _wanted(sitting, metric, groups)
    found = _listed(sitting, wanted)
    address = sitting.address
    start = address.with_words(after=None)
    plain = address.with_words(after=None, **dict.fromkeys(FILTERS))
    return VoicesView(
        sentence=_sentence(sitting, count_comments(sitting.session, sitting.viewer, wanted)),
        items=voice_rows(sitting, found.items, groups, at_branch=_of_one_branch(sitting)),
        typed=wanted.words or "",
        choices=[
            _scores(sitting, metric, groups),
            _choice(sitting, "channel", {one: channel_word(one, sitting.say) for one in CHANNELS}),
            _choice(
                sitting, "written", {one: sitting.say(f"voices.in.{one}") for one in LANGUAGES}
            ),
        ],
        narrowed=plain != start,
        clear=plain.href,
        older=None if found.next is None else address.with_words(after=found.next).href,
        newest=None if address.word("after") is None else start.href,
        shape=f"voices {sitting.language} {address.href}",
    )


def voice_rows(
    sitting: Sitting, comments: Sequence[Comment], groups: Groups, *, at_branch: bool
) -> list[Voice]:
    """Comments as rows; on a branch's own page the branch is not said again."""
    names = {
        row.code: row.name_en if sitting.language == "en" else row.name_zh
        for row in sitting.touchpoints
    }
    return [_voice(sitting, one, names, groups, at_branch=at_branch) for one in comments]


def tone_of(score: int | None, groups: Groups) -> str:
    """Whether an answer is of the happy or of the unhappy, as a colour; else nothing."""
    if score is None:
        return ""
    group = next((name for name, (low, high) in groups.items() if low <= score <= high), "")
    return TONES.get(group, "")


def response_address(address: Address, response: object) -> Address:
    """The page of one response, which knows the way back to the list."""
    kept = replace(address.about(Page.RESPONSE, str(response)))
    own = {name: address.word(name) for name in (*FILTERS, "after")}
    listed = address.page is Page.VOICES
    return kept.with_words(of=address.unit, **(own if listed else {}))


def marked(text: str, typed: str | None) -> tuple[tuple[str, bool], ...]:
    """The text in pieces, those that were looked for among them."""
    words = search_words(typed or "")
    if not words:
        return ((text, False),)
    starts = [rf"(?<!\w){re.escape(one)}\w*" if one.isascii() else re.escape(one) for one in words]
    pieces = re.split(f"({'|'.join(starts)})", text, flags=re.IGNORECASE)
    return tuple((piece, place % 2 == 1) for place, piece in enumerate(pieces) if piece)


def _of_one_branch(sitting: Sitting) -> bool:
    viewer = sitting.viewer
    node = viewer.hierarchy.by_code.get(sitting.address.unit or "")
    return len(viewer.scope.branches) == 1 if node is None else node.is_branch


def _wanted(sitting: Sitting, metric: Metric, groups: Groups) -> Wanted:
    address = sitting.address
    score, channel, written = (address.word(name) for name in FILTERS[1:])
    lowest, highest = groups.get(score or "", (None, None))
    typed = (address.word("words") or "").strip()[:LONGEST]
    return Wanted(
        period=shown_period(sitting),
        metric=metric.code,
        unit=address.unit,
        touchpoint=address.touchpoint,
        lowest=lowest,
        highest=highest,
        words=typed or None,
        channel=channel if channel in CHANNELS else None,
        written=written if written in LANGUAGES else None,
        scored=False if score == UNSCORED else None,
    )


def _listed(sitting: Sitting, wanted: Wanted) -> Comments:
    asked = sitting.session, sitting.viewer, wanted
    return page_at(
        sitting.address.word("after"),
        lambda place: list_comments(*asked, cursor=place, limit=PAGE),
    )


def _sentence(sitting: Sitting, number: int) -> str:
    days = days_text(sitting.say, shown_period(sitting))
    if number > MOST_COUNTED:
        return sitting.say("voices.more_than", count=count(MOST_COUNTED), days=days)
    return sitting.say("voices.one" if number == 1 else "voices.some", count=count(number),
                       days=days)  # fmt: skip


def _scores(sitting: Sitting, metric: Metric, groups: Groups) -> Choice:
    """Unhappy, between, happy: called as the metric calls them."""
    kind = "nps" if metric.kind == "nps" else "other"
    words = {
        name: sitting.say(
            f"voices.group.{kind}.{name}", range=str(low) if low == high else f"{low}–{high}"
        )
        for name, (low, high) in groups.items()
    }
    return _choice(sitting, "score", {**words, UNSCORED: sitting.say("voices.unscored")})


def _choice(sitting: Sitting, name: str, words: dict[str, str]) -> Choice:
    address = sitting.address.with_words(after=None)
    chosen = address.word(name)
    every = Link(
        sitting.say(f"voices.every.{name}"),
        address.with_words(**{name: None}).href,
        chosen not in words,
    )
    return Choice(
        sitting.say(f"voices.filter.{name}"),
        [
            every,
            *(
                Link(label, address.with_words(**{name: code}).href, code == chosen)
                for code, label in words.items()
            ),
        ],
    )


def _voice(
    sitting: Sitting, comment: Comment, names: dict[str, str], groups: Groups, *, at_branch: bool
) -> Voice:
    say = sitting.say
    facts = [names.get(comment.touchpoint, comment.touchpoint)]
    if not at_branch:
        facts.insert(0, comment.unit.name(sitting.language))
    if comment.advisor:
        facts.append(say("branch.team.advisor", name=comment.advisor))
    facts.append(day_text(say, comment.occurred_on))
    special = {"named": comment.named, "partial": comment.partial, "excluded": comment.excluded}
    return Voice(
        text=comment.text,
        score=comment.score,
        tone=tone_of(comment.score, groups),
        place=names.get(comment.touchpoint, comment.touchpoint),
        facts=facts,
        day=comment.occurred_on,
        href=response_address(sitting.address, comment.response_id).href,
        key=f"{comment.response_id}:{comment.question}",
        notes=tuple(say(f"voices.note.{name}") for name, true in special.items() if true),
        marked=marked(comment.text, sitting.address.word("words")),
    )
