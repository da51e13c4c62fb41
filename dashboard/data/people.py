"""The people whom the viewer manages, as the list and the invitation show them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from api.access import directory, people, repository, service
from api.access.directory import Listed
from api.access.repository import Reach
from api.core.errors import Invalid, NotFound
from api.models import Grant
from api.models.access import ROLES
from dashboard.address import Page
from dashboard.data.frame import Link
from dashboard.data.periods import day_text
from dashboard.data.sitting import Sitting
from dashboard.data.times import zone_of

SHOWN = 200  # of the people found, on one page
STATES = ("active", "invited", "deactivated")
LONGEST = 80  # what may be sought


@dataclass(frozen=True)
class Place:
    """Where a role may be granted: a unit or an owner group, as people type it."""

    text: str
    unit: str | None = None
    group: str | None = None


@dataclass(frozen=True)
class PeopleView:
    """The list: who was found, and the filters of the address."""

    rows: list[dict[str, Any]]
    found: int
    everybody: int
    sought: str
    states: list[Link]
    pages: list[Link]
    invite: str


@dataclass(frozen=True)
class InviteView:
    """What the form of an invitation offers."""

    roles: list[tuple[str, str]]
    places: list[Place]
    languages: list[tuple[str, str]]
    back: str


def access_day(sitting: Sitting) -> date:
    """The day by which access is decided everywhere: that of the clock, in UTC."""
    return sitting.now.date()


def people_view(sitting: Sitting) -> PeopleView:
    """The people of the address's filters, one page of them."""
    address, vault = sitting.address, sitting.installation.vault
    sought = (address.word("q") or "")[:LONGEST]
    found = directory.find_people(
        sitting.session, sitting.viewer, vault, today=access_day(sitting), sought=sought
    )
    state = address.word("state")
    chosen = [one for one in found if state not in STATES or one.row.status == state]
    first = SHOWN * (_page(address.word("page"), len(chosen)) - 1)
    return PeopleView(
        rows=_rows(sitting, chosen[first : first + SHOWN]),
        found=len(chosen),
        everybody=len(found),
        sought=sought,
        states=_states(sitting, found, state),
        pages=_pages(sitting, len(chosen)),
        invite=address.to(Page.PEOPLE_NEW).href,
    )


def invite_view(sitting: Sitting) -> InviteView:
    """What may be chosen for a new colleague."""
    say = sitting.say
    return InviteView(
        roles=role_choices(sitting),
        places=places(sitting),
        languages=[(code, say(f"dashboard.language.{code}")) for code in ("zh", "en")],
        back=sitting.address.to(Page.PEOPLE).href,
    )


def role_choices(sitting: Sitting) -> list[tuple[str, str]]:
    """All roles in words; branches' roles first, as these are given most often."""
    return [(role, sitting.say(f"access.role.{role}")) for role in reversed(ROLES)]


def places(sitting: Sitting) -> list[Place]:
    """The open units and the owner groups at which the viewer may grant, as people type them."""
    reach, tree = people.reach_of(sitting.viewer), sitting.viewer.hierarchy
    nodes = [tree.nodes[unit_id] for unit_id in reach.units]
    today = access_day(sitting)
    units = [
        Place(f"{node.name(sitting.language)} · {node.code}", unit=node.code)
        for node in sorted(nodes, key=lambda node: (node.is_branch, node.sort_key, node.id))
        if node.closed_on is None or node.closed_on > today
    ]
    groups = [
        Place(f"{one.name} · {one.code} ({sitting.say('people.group')})", group=one.code)
        for one in repository.list_owner_groups(sitting.session)
        if _manages_group(reach, one.id or 0)
    ]
    return [*units, *groups]


def place_named(sitting: Sitting, typed: str) -> Place:
    """The place that somebody typed or picked: its whole text, its code or its name."""
    wanted = " ".join(typed.split()).casefold()
    listed = places(sitting)
    for of in (_text, _code, _name):
        found = [one for one in listed if of(one).casefold() == wanted]
        if len(found) == 1:
            return found[0]
    raise NoSuchPlace


class NoSuchPlace(NotFound):
    """No single place of the viewer's has that name or code."""

    key = "people.no_place"


class BadPerson(Invalid):
    """Somebody has a name of 1 to 100 letters, a language and a role."""

    key = "people.needs_name"


def _text(place: Place) -> str:
    return place.text


def _code(place: Place) -> str:
    return place.unit or place.group or ""


def _name(place: Place) -> str:
    return place.text.rpartition(" · ")[0]


def _manages_group(reach: Reach, group_id: int) -> bool:
    return reach.everyone or group_id in reach.groups


def _page(word: str | None, found: int) -> int:
    """The page of the address, kept within those there are."""
    wanted = int(word) if word and word.isdecimal() and len(word) < 6 else 1
    return max(1, min(wanted, -(-found // SHOWN)))


def _pages(sitting: Sitting, found: int) -> list[Link]:
    pages = -(-found // SHOWN)
    shown = _page(sitting.address.word("page"), found)
    return [
        Link(str(page), sitting.address.with_words(page=str(page)).href, page == shown)
        for page in range(1, pages + 1)
        if pages > 1
    ]


def _states(sitting: Sitting, found: Sequence[Listed], chosen: str | None) -> list[Link]:
    """Everybody, and each state with how many are in it."""
    address, say = sitting.address.with_words(page=None), sitting.say
    counted = {state: sum(one.row.status == state for one in found) for state in STATES}
    everybody = Link(
        say("people.state_n", name=say("people.everybody"), n=len(found)),
        address.with_words(state=None).href,
        chosen not in STATES,
    )
    return [
        everybody,
        *(
            Link(
                say("people.state_n", name=say(f"people.state.{state}"), n=counted[state]),
                address.with_words(state=state).href,
                state == chosen,
            )
            for state in STATES
        ),
    ]


def _rows(sitting: Sitting, listed: Sequence[Listed]) -> list[dict[str, Any]]:
    names = service.identifiers_of(
        sitting.session, sitting.installation.vault, [one.row.id for one in listed]
    )
    groups = group_names(sitting)
    zone = zone_of(sitting)
    return [
        {
            "id": str(one.row.id),
            "name": one.row.name,
            "href": person_href(sitting, one.row.id),
            "roles": _joined(sitting.say(f"access.role.{grant.role}") for grant in _given(one)),
            "places": _joined(place_text(sitting, grant, groups) for grant in _given(one)),
            "login": ", ".join(found.value for found in names[one.row.id]),
            "state": sitting.say(f"people.state.{one.row.status}"),
            "since": one.row.created_at.astimezone(zone).date().isoformat(),
        }
        for one in listed
    ]


def person_href(sitting: Sitting, account_id: UUID) -> str:
    """Where one of the people is looked at."""
    return sitting.address.about(Page.PEOPLE, str(account_id)).href


def group_names(sitting: Sitting) -> Mapping[int, str]:
    """Names of owner groups by id."""
    return {one.id or 0: one.name for one in repository.list_owner_groups(sitting.session)}


def place_text(sitting: Sitting, grant: Grant, groups: Mapping[int, str]) -> str:
    """Where a grant holds; a place outside the viewer's own is not named."""
    viewer = sitting.viewer
    if grant.unit_id is not None and viewer.sees_unit(grant.unit_id):
        return viewer.hierarchy.nodes[grant.unit_id].name(sitting.language)
    reach = people.reach_of(viewer)
    if grant.owner_group_id is not None and _manages_group(reach, grant.owner_group_id):
        return groups.get(grant.owner_group_id, "")
    return sitting.say("people.elsewhere")


def day_words(sitting: Sitting, day: date | None) -> str:
    """A day as people write it; nothing where there is none."""
    return "" if day is None else day_text(sitting.say, day)


def _given(one: Listed) -> list[Grant]:
    return [grant for grant in one.grants if not grant.excluded]


def _joined(words: Any) -> str:
    return ", ".join(dict.fromkeys(words))
