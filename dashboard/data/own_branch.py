"""Which branch the pages of a branch are about, and the ways between them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, TypeAlias, TypeVar
from zoneinfo import ZoneInfo

from api.insights.comments import Comment, Comments, Wanted, list_comments
from api.insights.own_branch.day import require_branch
from api.insights.periods import Period
from api.insights.queries import require_metric
from api.insights.sight import scored_branches
from api.security.hierarchy import Node
from api.security.permissions import Permission
from dashboard.address import Page
from dashboard.data.frame import Link, compares
from dashboard.data.periods import shown_period
from dashboard.data.sitting import DEFAULT_TIMEZONE, Sitting
from dashboard.data.voices import response_address
from scoring.scales import scale_of

MOST_CHOICES = 60
Branch: TypeAlias = Node
Found = TypeVar("Found")


@dataclass(frozen=True)
class Choices:
    """The branches to choose from, as links to the same page; ``more`` are not listed."""

    links: list[Link]
    more: int


@dataclass(frozen=True)
class Fresh:
    """What one customer wrote: at which mark, where, when, whether it is new, and its answer."""

    text: str
    score: int | None
    tone: str
    facts: list[str]
    new: bool
    href: str = ""


def shown_branch(sitting: Sitting) -> Node | None:
    """The branch of the address, else the viewer's own; None: one is to be chosen first.

    Raises NotFound for what is no branch of the viewer's.
    """
    if sitting.address.unit is not None:
        return require_branch(sitting.viewer, sitting.address.unit)
    home = sitting.viewer.home
    own = home is not None and home.is_branch and not compares(sitting)
    return home if own else None


def choices(sitting: Sitting) -> Choices:
    """The viewer's branches in the order of their names."""
    nodes = sitting.viewer.hierarchy.nodes
    seen = [nodes[one] for one in scored_branches(sitting.viewer) if one in nodes]
    listed = sorted(seen, key=lambda one: (one.sort_key, one.id))
    links = [
        Link(one.name(sitting.language), sitting.address.with_(unit=one.code).href)
        for one in listed[:MOST_CHOICES]
    ]
    return Choices(links, len(listed) - len(links))


def is_own(sitting: Sitting, node: Node) -> bool:
    """Whether a page about ``node`` speaks to the branch itself."""
    home = sitting.viewer.home
    return home is not None and home.id == node.id and not compares(sitting)


def found_of(
    sitting: Sitting, ask: Callable[..., Found], metric: str, unit: str, **more: Any
) -> Found:
    """What a question of `api.insights` finds of a branch, of the days and touchpoint shown."""
    period, touchpoint = shown_period(sitting), sitting.address.touchpoint
    return ask(
        sitting.session, sitting.viewer, metric, period, unit=unit, touchpoint=touchpoint, **more
    )


def zone(sitting: Sitting, node: Node) -> ZoneInfo:
    """The clock of a branch."""
    return ZoneInfo(sitting.viewer.hierarchy.timezone(node.id, DEFAULT_TIMEZONE))


def fresh_voices(sitting: Sitting, node: Node, wanted: Wanted, most: int) -> list[Fresh] | None:
    """The newest comments of a branch; None where the viewer reads none."""
    if not sitting.viewer.may(Permission.VIEW_COMMENTS, node.id):
        return None
    found: Comments = list_comments(sitting.session, sitting.viewer, wanted, limit=most)
    info = require_metric(sitting.session, wanted.metric)
    english = sitting.language == "en"
    places = {row.code: row.name_en if english else row.name_zh for row in sitting.touchpoints}
    return [_fresh(sitting, node, one, places, info.declared_scale) for one in found.items]


def lately(sitting: Sitting, days: int) -> Period:
    """The last ``days`` days, today included."""
    tomorrow = sitting.today + timedelta(days=1)
    return Period(tomorrow - timedelta(days=days), tomorrow)


def ago(sitting: Sitting, day: date, today: date) -> str:
    """How long ago a day is, as one says it."""
    days = max((today - day).days, 0)
    if days < 2:
        return sitting.say(f"branch.ago.{'yesterday' if days else 'today'}")
    return sitting.say("branch.ago.days", days=days)


def voices_href(sitting: Sitting, node: Node) -> str:
    """Where all comments of the branch are read."""
    return sitting.address.to(Page.VOICES, node.code).href


def mark_tone(score: int | None, declared_scale: str) -> str:
    """A good mark, a middling one (nothing) or a low one, by the bands of its scale."""
    scale = scale_of(declared_scale)
    if score is None:
        return ""
    if score >= scale.values[scale.promoter_from]:
        return "bp-up"
    return "bp-down" if score < scale.values[scale.passive_from] else ""


def _fresh(
    sitting: Sitting, node: Node, comment: Comment, places: dict[str, str], scale: str
) -> Fresh:
    today = sitting.now.astimezone(zone(sitting, node)).date()
    day = comment.submitted_at.astimezone(zone(sitting, node)).date()
    facts = [places.get(comment.touchpoint, comment.touchpoint)]
    if comment.advisor:
        facts.append(sitting.say("branch.team.advisor", name=comment.advisor))
    return Fresh(
        text=comment.text,
        score=comment.score,
        tone=mark_tone(comment.score, scale),
        facts=[*facts, ago(sitting, day, today)],
        new=(today - day).days < 2,
        href=response_address(sitting.address, comment.response_id).href,
    )
