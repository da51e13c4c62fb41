"""What the viewer gets regularly, and the form by which one says so."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote
from zoneinfo import ZoneInfo

from api.core.languages import LANGUAGES
from api.reports import subscriptions
from api.reports.repository.subscriptions import addresses
from api.reports.subscriptions import FORMATS, WAYS, Subscribed
from api.security.permissions import Permission
from dashboard.data.periods import day_text
from dashboard.data.reports import subject
from dashboard.data.sitting import Sitting

USUAL = "usual"
OWN_ZONE = "own"
ZONES = (
    *("Asia/Shanghai", "Asia/Urumqi", "Asia/Hong_Kong", "Asia/Singapore", "Asia/Tokyo"),
    *("Europe/Berlin", "Europe/London", "America/New_York", "America/Los_Angeles", "UTC"),
)
Choice = tuple[str, str]  # value, words


@dataclass(frozen=True)
class SubscriptionRow:
    """One subscription as the list shows it; ``about`` names it to the buttons."""

    about: str
    title: str
    facts: str
    state: str
    tone: str
    edit: str
    preview: str | None
    active: bool
    usual: bool


@dataclass(frozen=True)
class SubscriptionForm:
    """The form with what stands in it."""

    kinds: list[Choice]
    units: list[Choice]
    languages: list[Choice]
    weekdays: list[Choice]
    zones: list[Choice]
    ways: list[Choice]
    formats: list[Choice]
    kind: str
    unit: str
    language: str
    weekday: str
    at: str
    timezone: str
    chosen_ways: list[str]
    chosen_formats: list[str]
    weeks: int | None
    no_ways: str | None  # which ways cannot be taken, since no address is known


@dataclass(frozen=True)
class SubscriptionsView:
    """The page; without a form there is nothing that the viewer could subscribe to."""

    rows: list[SubscriptionRow]
    form: SubscriptionForm | None


def subscriptions_view(sitting: Sitting) -> SubscriptionsView:
    """The viewer's own subscriptions, and the form filled with the one that is changed."""
    found = subscriptions.list_mine(sitting.session, sitting.viewer, sitting.now)
    wanted = sitting.address.word("edit")
    edited = next((one for one in found if about_of(one) == wanted), None)
    return SubscriptionsView([_row(sitting, one) for one in found], _form(sitting, edited))


def about_of(one: Subscribed) -> str:
    """How a button or an address names a subscription."""
    return f"{USUAL}-{one.unit_id}" if one.id is None else str(one.id)


def _row(sitting: Sitting, one: Subscribed) -> SubscriptionRow:
    say, node = sitting.say, sitting.viewer.hierarchy.nodes[one.unit_id]
    zone = subscriptions.zone_of(sitting.session, sitting.viewer, one)
    days = say("branch.weekdays").split()
    when = say("subscriptions.page.when", day=days[one.weekday], time=f"{one.at:%H:%M}", zone=zone)
    ways = [say(f"subscriptions.way.{way}") for way in one.ways]
    files = [say(f"orders.format.{name}") for name in one.formats]
    facts = [say(f"dashboard.language.{one.language}"), when, *ways, *files]
    if one.weeks is not None:
        facts.append(say("subscriptions.page.over_weeks", weeks=one.weeks))
    ranking = one.kind == "ranking"
    preview = f"/api/v1/reports/weekly/{quote(node.code, safe='')}?lang={one.language}"
    return SubscriptionRow(
        about=about_of(one),
        title=say(f"subscriptions.title.{one.kind}", unit=node.name(sitting.language)),
        facts=" · ".join(facts),
        state=_state(sitting, one, zone),
        tone="" if one.active else "bp-down",
        edit=sitting.address.with_words(edit=about_of(one)).href,
        preview=preview if ranking else None,
        active=one.active,
        usual=one.id is None,
    )


def _state(sitting: Sitting, one: Subscribed, zone: str) -> str:
    if not one.active:
        return sitting.say("subscriptions.page.off")
    local: datetime = one.next_at(sitting.now, zone).astimezone(ZoneInfo(zone))
    return sitting.say(
        "subscriptions.page.next", day=day_text(sitting.say, local.date()), time=f"{local:%H:%M}"
    )


def _form(sitting: Sitting, edited: Subscribed | None) -> SubscriptionForm | None:
    kinds, units = _kinds(sitting), _units(sitting, edited)
    if not kinds or not units:
        return None
    say, account = sitting.say, sitting.viewer.account_id
    known = addresses(sitting.session, account) if account is not None else {}
    missing = [say(f"subscriptions.way.{way}") for way in WAYS if way not in known]
    nodes = sitting.viewer.hierarchy.nodes
    zones = ZONES if edited is None or edited.timezone is None else {*ZONES, edited.timezone}
    return SubscriptionForm(
        kinds=[(kind, say(f"subscriptions.kind.{kind}")) for kind in kinds],
        units=units,
        languages=[(one, say(f"dashboard.language.{one}")) for one in LANGUAGES],
        weekdays=[(str(n), day) for n, day in enumerate(say("branch.weekdays").split())],
        zones=[
            (OWN_ZONE, say("subscriptions.page.own_zone")),
            *((zone, zone) for zone in sorted(zones)),
        ],
        ways=[(way, say(f"subscriptions.way.{way}")) for way in WAYS],
        formats=[(one, say(f"orders.format.{one}")) for one in FORMATS],
        kind=edited.kind if edited else kinds[0],
        unit=nodes[edited.unit_id].code if edited else units[0][0],
        language=edited.language if edited else sitting.language,
        weekday=str(edited.weekday) if edited else "0",
        at=f"{edited.at:%H:%M}" if edited else "08:00",
        timezone=(edited.timezone or OWN_ZONE) if edited else OWN_ZONE,
        chosen_ways=list(edited.ways) if edited else ["email"],
        chosen_formats=list(edited.formats) if edited else ["pdf"],
        weeks=edited.weeks if edited else None,
        no_ways=say("subscriptions.page.no_way", ways=", ".join(missing)) if missing else None,
    )


def _kinds(sitting: Sitting) -> list[str]:
    may = sitting.viewer.may
    wanted = {"ranking": Permission.VIEW_NETWORK, "report": Permission.EXPORT}
    return [kind for kind, needed in wanted.items() if may(needed)]


def _units(sitting: Sitting, edited: Subscribed | None) -> list[Choice]:
    """Units with branches below them, and the branch that the viewer comes from or works on."""
    nodes = sitting.viewer.hierarchy.nodes
    found = subscriptions.subjects(sitting.viewer, "ranking")
    more = [subject(sitting), nodes[edited.unit_id] if edited is not None else None]
    found += [node for node in more if node is not None and node not in found]
    return [(node.code, node.name(sitting.language)) for node in dict.fromkeys(found)]
