"""One of the people whom the viewer manages: what they may do where, since when, by whom.

What the address asks about (``do``) is said before it is done: who will see how many branches.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar
from uuid import UUID

from pydantic import BaseModel, ValidationError

from api.access import directory, people
from api.access.directory import Change, in_force
from api.access.effects import Effect, effect_of
from api.access.people import GrantWish, Person
from api.access.schemas import AccountIn, GrantIn
from api.access.service import LoginNames
from api.core.errors import NotFound
from api.models import Grant
from api.security.hierarchy import Hierarchy
from dashboard.address import Page
from dashboard.data.people import (
    BadPerson,
    Place,
    access_day,
    day_words,
    group_names,
    place_named,
    place_text,
    places,
    role_choices,
)
from dashboard.data.sitting import Sitting
from dashboard.data.times import moment_text
from dashboard.numbers import UNKNOWN, count

NO_ACCESS = "none"  # what the form calls an exception from a wider grant
_DAY = timedelta(days=1)
Body = TypeVar("Body", bound=BaseModel)


@dataclass(frozen=True)
class GrantRow:
    """A role that somebody has, had or will have."""

    role: str
    place: str
    since: str
    until: str
    state: str
    excluded: bool
    over: bool
    end: str | None  # where its end is asked about


@dataclass(frozen=True)
class Asked:
    """Something that is about to be done: said in words, and what the button hands back."""

    title: str
    words: list[str]
    sure: str
    button: str
    back: str


@dataclass(frozen=True)
class GrantForm:
    """What may be chosen for a new role."""

    roles: list[tuple[str, str]]
    places: list[Place]
    back: str


@dataclass(frozen=True)
class PersonView:
    """Everything on the page of one person."""

    name: str
    state: str
    active: bool
    own: bool
    facts: list[tuple[str, str]]
    sees: str
    grants: list[GrantRow]
    changes: list[tuple[str, str]]
    steps: list[tuple[str, str]]  # what may be done: its word, and where it is asked about
    back: str
    asked: Asked | None
    form: GrantForm | None


def person_view(sitting: Sitting) -> PersonView:
    """The person of the address; raises NotFound for one who is not the viewer's to manage."""
    person = require_person(sitting)
    own = person.account.id == sitting.viewer.account_id
    active = person.account.status != "deactivated"
    doing = sitting.address.word("do") if not own else None
    return PersonView(
        name=person.account.name,
        state=sitting.say(f"people.state.{person.account.status}"),
        active=active,
        own=own,
        facts=_facts(sitting, person),
        sees=_sees(sitting, person),
        grants=_grants(sitting, person, changeable=active and not own),
        changes=_changes(sitting, person.account.id),
        steps=[] if own else _steps(sitting, active=active),
        back=sitting.address.to(Page.PEOPLE).with_words(do=None, grant=None).href,
        asked=_asked(sitting, person, doing, active=active),
        form=_form(sitting) if doing == "grant" and active else None,
    )


def require_person(sitting: Sitting) -> Person:
    """The person of the address."""
    try:
        account_id = UUID(sitting.address.subject or "")
    except ValueError:
        raise NotFound from None
    vault = sitting.installation.vault
    return people.require_person(
        sitting.session, sitting.viewer, vault, account_id, access_day(sitting)
    )  # fmt: skip


def grant_asked(sitting: Sitting, role: str, place: str, since: str, until: str) -> Asked:
    """What a role would let the person see; raises what is wrong with it."""
    person = require_person(sitting)
    body = grant_body(sitting, role, place, since, until, other=_first_role(person))
    wish = GrantWish(**body.model_dump())
    unit_id, group_id = people.place_of(sitting.session, sitting.viewer, wish)
    first = wish.valid_from or access_day(sitting)
    planned = _planned(person.account.id, wish, (unit_id, group_id), first)
    # An access that begins later is weighed as if it began today, and says when it does.
    at_once = _planned(
        person.account.id, wish, (unit_id, group_id), min(first, access_day(sitting))
    )
    effect = effect_of(
        person.grants, [*person.grants, at_once], _tree(sitting), access_day(sitting)
    )
    key = "except" if wish.excluded else "grant"
    say = sitting.say
    what = say(
        f"people.sure.{key}",
        name=person.account.name,
        role=say(f"access.role.{wish.role}"),
        place=place_text(sitting, planned, group_names(sitting)),
    )
    return Asked(
        title=say("people.sure.title_grant"),
        words=[what, _days(sitting, first, wish.valid_to), _effect(sitting, person, effect)],
        sure=body.model_dump_json(),
        button=say(f"people.sure.button_{key}"),
        back=_plain(sitting),
    )


def invite_asked(sitting: Sitting, body: AccountIn) -> Asked:
    """What a new colleague would see; raises what is wrong with it."""
    wish = GrantWish(**body.grant.model_dump())
    place = people.place_of(sitting.session, sitting.viewer, wish)
    first = wish.valid_from or access_day(sitting)
    at_once = _planned(UUID(int=0), wish, place, min(first, access_day(sitting)))
    effect = effect_of([], [at_once], _tree(sitting), access_day(sitting))
    say = sitting.say
    what = say(
        "people.sure.invite",
        name=body.name,
        role=say(f"access.role.{wish.role}"),
        place=place_text(sitting, at_once, group_names(sitting)),
    )
    seen = say("people.sees", seen=count(effect.then), branches=count(effect.branches))
    letter = say("people.sure.letter", address=body.email) if body.email else say(
        "people.sure.no_letter"
    )  # fmt: skip
    return Asked(
        title=say("people.sure.title_invite"),
        words=[what, _days(sitting, first, wish.valid_to), seen, letter],
        sure=body.model_dump_json(),
        button=say("people.sure.button_invite"),
        back=sitting.address.to(Page.PEOPLE).href,
    )


def grant_body(
    sitting: Sitting, role: str, place: str, since: str, until: str, *, other: str
) -> GrantIn:
    """The form as a wish; ``other`` is the role that an exception is written with."""
    at = place_named(sitting, place)
    last = _day(until)
    return read_body(
        GrantIn,
        {
            "role": other if role == NO_ACCESS else role,
            "unit": at.unit,
            "owner_group": at.group,
            "excluded": role == NO_ACCESS,
            "valid_from": _day(since),
            "valid_to": None if last is None else last + _DAY,
        },
    )


def invite_body(sitting: Sitting, typed: Mapping[str, str], grant: GrantIn) -> AccountIn:
    """The form as an invitation; raises what is wrong with a name or an address."""
    given = {name: value.strip() or None for name, value in typed.items()}
    LoginNames(given["email"], given["phone"], given["staff_number"]).normalised()
    return read_body(AccountIn, {**given, "grant": grant})


def read_body(kind: type[Body], values: object) -> Body:
    """What a browser hands over as ``kind``; raises BadPerson when it is none."""
    try:
        if isinstance(values, str):
            return kind.model_validate_json(values)
        return kind.model_validate(values)
    except ValidationError:
        raise BadPerson from None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _first_role(person: Person) -> str:
    return next((one.role for one in person.grants if not one.excluded), "branch_staff")


def _tree(sitting: Sitting) -> Hierarchy:
    return sitting.viewer.hierarchy


def _planned(
    account_id: UUID, wish: GrantWish, place: tuple[int | None, int | None], first: date
) -> Grant:
    """The grant as it would be written; it is never added to the session."""
    return Grant(
        account_id=account_id,
        role=wish.role,
        unit_id=place[0],
        owner_group_id=place[1],
        excluded=wish.excluded,
        valid_from=first,
        valid_to=wish.valid_to,
    )


def _facts(sitting: Sitting, person: Person) -> list[tuple[str, str]]:
    say, account = sitting.say, person.account
    seen = directory.last_login(sitting.session, account.id)
    names = [(say(f"people.kind.{one.kind}"), one.value) for one in person.identifiers]
    last = moment_text(sitting, seen) if seen is not None else say("people.never")
    return [
        *names,
        (say("people.language"), say(f"dashboard.language.{account.language}")),
        (say("people.created"), moment_text(sitting, account.created_at)),
        (say("people.last_login"), last),
    ]


def _sees(sitting: Sitting, person: Person) -> str:
    effect = effect_of(person.grants, person.grants, _tree(sitting), access_day(sitting))
    if person.account.status == "deactivated":
        return sitting.say("people.sees_nothing")
    return sitting.say("people.sees", seen=count(effect.now), branches=count(effect.branches))


def _grants(sitting: Sitting, person: Person, *, changeable: bool) -> list[GrantRow]:
    """Those in force first, then those to come, then the past."""
    groups, today = group_names(sitting), access_day(sitting)
    order = {"now": 0, "later": 1, "over": 2}
    listed = sorted(person.grants, key=lambda one: order[_state(one, today)])
    return [
        _grant_row(sitting, one, place_text(sitting, one, groups), changeable) for one in listed
    ]


def _grant_row(sitting: Sitting, one: Grant, place: str, changeable: bool) -> GrantRow:
    state, say = _state(one, access_day(sitting)), sitting.say
    role = say(f"access.role.{one.role}")
    ends = sitting.address.with_words(do="end", grant=str(one.id)).href
    return GrantRow(
        role=say("people.exception") if one.excluded else role,
        place=place,
        since=day_words(sitting, one.valid_from),
        until=day_words(sitting, one.valid_to and one.valid_to - _DAY) or UNKNOWN,
        state=say(f"people.grant_state.{state}"),
        excluded=one.excluded,
        over=state == "over",
        end=ends if changeable and state != "over" else None,
    )


def _state(one: Grant, today: date) -> str:
    if in_force(one, today):
        return "now"
    return "later" if one.valid_from > today else "over"


def _changes(sitting: Sitting, account_id: UUID) -> list[tuple[str, str]]:
    vault = sitting.installation.vault
    found = directory.changes_of(
        sitting.session, sitting.viewer, vault, account_id, access_day(sitting)
    )  # fmt: skip
    return [(moment_text(sitting, one.at), _change_words(sitting, one)) for one in found]


def _change_words(sitting: Sitting, one: Change) -> str:
    say, viewer = sitting.say, sitting.viewer
    parts = [say(f"people.change.{one.action}")]
    if one.role is not None:
        parts.append(say(f"access.role.{one.role}"))
    if one.unit_id is not None and viewer.sees_unit(one.unit_id):
        parts.append(viewer.hierarchy.nodes[one.unit_id].name(sitting.language))
    parts.append(say("people.by", who=one.by or say("people.by_other")))
    return " · ".join(parts)


def _steps(sitting: Sitting, *, active: bool) -> list[tuple[str, str]]:
    names = ("grant", "change", "link", "deactivate") if active else ("reactivate", "change")
    return [
        (sitting.say(f"people.step.{name}"), sitting.address.with_words(do=name, grant=None).href)
        for name in names
    ]


def _form(sitting: Sitting) -> GrantForm:
    roles = [*role_choices(sitting), (NO_ACCESS, sitting.say("people.no_access"))]
    return GrantForm(roles, places(sitting), _plain(sitting))


def _asked(sitting: Sitting, person: Person, doing: str | None, *, active: bool) -> Asked | None:
    """What the address wants to do, when that can be done."""
    if doing == "end" and active:
        return _end_asked(sitting, person)
    if doing in ("deactivate", "link") and active:
        words = [sitting.say(f"people.sure.{doing}", name=person.account.name)]
        return _simply(sitting, doing, words)
    if doing == "reactivate" and not active:
        effect = effect_of([], person.grants, _tree(sitting), access_day(sitting))
        seen = sitting.say("people.sees", seen=count(effect.then), branches=count(effect.branches))
        return _simply(
            sitting, doing, [sitting.say("people.sure.reactivate", name=person.account.name), seen]
        )
    return None


def _simply(sitting: Sitting, doing: str, words: list[str]) -> Asked:
    say = sitting.say
    return Asked(
        say(f"people.sure.title_{doing}"), words, doing, say(f"people.step.{doing}"),
        _plain(sitting),
    )  # fmt: skip


def _end_asked(sitting: Sitting, person: Person) -> Asked | None:
    wanted = sitting.address.word("grant")
    found = next((one for one in person.grants if str(one.id) == wanted), None)
    if found is None or _state(found, access_day(sitting)) == "over":
        return None
    rest = [one for one in person.grants if one is not found]
    effect = effect_of(person.grants, rest, _tree(sitting), access_day(sitting))
    say = sitting.say
    what = say(
        "people.sure.end_except" if found.excluded else "people.sure.end",
        name=person.account.name,
        role=say(f"access.role.{found.role}"),
        place=place_text(sitting, found, group_names(sitting)),
    )
    return Asked(
        title=say("people.sure.title_end"),
        words=[what, _effect(sitting, person, effect)],
        sure=f"end {found.id}",
        button=say("people.sure.button_end"),
        back=_plain(sitting),
    )


def _plain(sitting: Sitting) -> str:
    return sitting.address.with_words(do=None, grant=None).href


def _days(sitting: Sitting, first: date, end: date | None) -> str:
    since, last = day_words(sitting, first), day_words(sitting, end and end - _DAY)
    if end is None:
        return sitting.say("people.sure.since", since=since)
    return sitting.say("people.sure.between", since=since, last=last)


def _effect(sitting: Sitting, person: Person, effect: Effect) -> str:
    return sitting.say(
        "people.sure.effect",
        name=person.account.name,
        now=count(effect.now),
        then=count(effect.then),
        branches=count(effect.branches),
    )
