"""What the viewer was told, how they want to be told, who is away: as their pages show it."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from api.notices.absences import Away, colleagues, list_absences
from api.notices.choices import Choices, read_choices
from api.notices.kinds import KINDS, WAYS
from api.notices.service import Notified, list_notices
from dashboard.address import Page
from dashboard.data.board import ticket_address
from dashboard.data.paged import page_at
from dashboard.data.periods import day_text
from dashboard.data.sitting import Sitting
from dashboard.data.times import moment_text, zone_of
from dashboard.data.unread import unread
from dashboard.ids import Id

PAGE = 30
ROWS = {kind: Id(f"ways-{kind}") for kind in KINDS}  # the row of each kind on the page
GROUPS = {
    "needed": ("ticket", "escalated", "reopened", "moved", "plan"),
    "found": ("digest", "alert", "report"),
    "ended": ("resolved", "verified", "unverified"),
}
_HINTED = ("digest", "alert")
_INSTANT = timedelta(microseconds=1)  # an absence is over when its last day is
NOBODY = "none"  # an empty value would read as nothing chosen


@dataclass(frozen=True)
class NoticeLine:
    """Something the viewer was told; ``href`` leads to what it is about."""

    id: str
    words: str
    facts: str
    href: str | None
    new: bool


@dataclass(frozen=True)
class NoticesView:
    """The list, the newest first."""

    lines: list[NoticeLine]
    unread: int
    older: str | None
    first: str | None


@dataclass(frozen=True)
class KindChoice:
    """One kind of notice, and by which ways it reaches the viewer; ``hint`` says more, or ""."""

    kind: str
    name: str
    hint: str
    chosen: list[str]


@dataclass(frozen=True)
class KindGroup:
    """Kinds that belong together, and a sentence about them."""

    name: str
    words: str
    kinds: list[KindChoice]


@dataclass(frozen=True)
class AwayLine:
    """An absence; ``id`` "" where it is not the viewer's own."""

    id: str
    words: str
    facts: str


@dataclass(frozen=True)
class ChoicesView:
    """How the viewer is told, and who is away."""

    ways: list[tuple[str, str]]
    groups: list[KindGroup]
    quiet: bool
    quiet_from: str
    quiet_until: str
    zone: str
    wecom: str
    absences: list[AwayLine]
    deputies: list[tuple[str, str]]
    today: str


def notices_view(sitting: Sitting) -> NoticesView:
    """What the viewer was told."""
    address, asked = sitting.address, (sitting.session, sitting.viewer)
    cursor = address.word("after")
    found = page_at(cursor, lambda place: list_notices(*asked, cursor=place, limit=PAGE))
    return NoticesView(
        lines=[_line(sitting, one) for one in found.items],
        unread=unread(sitting),
        older=address.with_words(after=found.next).href if found.next else None,
        first=address.with_words(after=None).href if cursor else None,
    )


def choices_view(sitting: Sitting) -> ChoicesView:
    """How and when the viewer is told, and who is away."""
    say, asked = sitting.say, (sitting.session, sitting.viewer)
    found = read_choices(*asked, sitting.installation.vault)
    quiet = found.quiet or (time(20), time(8))
    people = sorted(colleagues(*asked, sitting.now).items(), key=lambda one: one[1])
    return ChoicesView(
        ways=[(way, say(f"notices.way.{way}")) for way in WAYS],
        groups=[_group(sitting, found, *one) for one in GROUPS.items()],
        quiet=found.quiet is not None,
        quiet_from=f"{quiet[0]:%H:%M}",
        quiet_until=f"{quiet[1]:%H:%M}",
        zone=found.timezone or say("told.own_zone"),
        wecom=found.wecom or "",
        absences=[_away(sitting, one) for one in list_absences(*asked, sitting.now)],
        deputies=[(NOBODY, say("told.no_deputy")), *((str(who), name) for who, name in people)],
        today=sitting.today.isoformat(),
    )


def _group(sitting: Sitting, found: Choices, name: str, kinds: tuple[str, ...]) -> KindGroup:
    say = sitting.say
    return KindGroup(
        say(f"told.group.{name}"),
        say(f"told.group_words.{name}"),
        [
            KindChoice(
                kind,
                say(f"notices.kind.{kind}"),
                say(f"told.hint.{kind}") if kind in _HINTED else "",
                list(found.ways_of(kind)),
            )
            for kind in kinds
        ],
    )


def own_zone(sitting: Sitting) -> ZoneInfo:
    """The clock of the viewer's unit, by which days of an absence begin and end."""
    home = sitting.viewer.home
    name = home.timezone if home is not None else None
    return ZoneInfo(name) if name else zone_of(sitting)


def local_moment(sitting: Sitting, day: str, *, after: bool = False) -> datetime | None:
    """When a day begins on the viewer's clock, or (``after``) when it is over; None for no day."""
    try:
        began = datetime.fromisoformat(f"{day}T00:00:00").replace(tzinfo=own_zone(sitting))
    except ValueError:
        return None
    if not after:
        return began
    return datetime.combine(
        began.date().fromordinal(began.date().toordinal() + 1), time(), tzinfo=began.tzinfo
    )


def _line(sitting: Sitting, one: Notified) -> NoticeLine:
    say, address = sitting.say, sitting.address
    href = None
    if one.ticket is not None:
        href = ticket_address(address, one.ticket).href
    elif one.kind in ("alert", "digest"):
        href = address.to(Page.ALERTS, one.unit_code).href
    elif one.kind == "report":
        href = address.to(Page.REPORTS).href
    ways = [say(f"notices.way.{way}") for way in one.told]
    besides = [say("told.besides", ways=say("loopbook.comma").join(ways))] if ways else []
    return NoticeLine(
        id=str(one.id),
        words=one.words,
        facts=" · ".join([moment_text(sitting, one.created_at), *besides]),
        href=href,
        new=one.read_at is None,
    )


def _away(sitting: Sitting, one: Away) -> AwayLine:
    say = sitting.say
    deputy, zone = one.deputy or say("told.nobody"), own_zone(sitting)
    days = say(
        "told.away_days",
        first=day_text(say, one.from_at.astimezone(zone).date()),
        last=day_text(say, (one.until_at - _INSTANT).astimezone(zone).date()),
    )
    return AwayLine(
        id=str(one.id) if one.account_id == sitting.viewer.account_id else "",
        words=say("told.away", name=one.name, deputy=deputy),
        facts=days,
    )
