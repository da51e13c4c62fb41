"""HTTP for people themselves (``/me``) and for those who manage people (``/accounts``)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from api.access import logins, people, repository
from api.access.changing import AccountWish
from api.access.people import GrantWish, Person
from api.access.schemas import (
    AccountChangeIn,
    AccountIn,
    AccountOut,
    GrantIn,
    GrantOut,
    LinkOut,
    Made,
    MeIn,
    MeOut,
    MyGrant,
    PasswordIn,
)
from api.access.service import LoginNames
from api.boundary.idempotency import IdempotencyGuard
from api.boundary.paging import Page, from_cursor, no_cursor, to_cursor
from api.boundary.visits import SESSION_COOKIE, AnyVisit, PersonVisit, Visit
from api.models import Grant
from api.security.permissions import Permission

router = APIRouter(prefix="/api/v1", tags=["access"])


@router.get("/me")
def who_am_i(visit: AnyVisit) -> MeOut:
    """Who is asking, where they begin and what they may do."""
    viewer = visit.viewer
    codes = {node.id: node.code for node in viewer.hierarchy.nodes.values()}
    machine = viewer.account_id is None
    return MeOut(
        id=viewer.account_id,
        name=viewer.name,
        language=viewer.language,
        roles=sorted(viewer.roles),
        grants=[
            MyGrant(role=one.role, unit=codes.get(one.unit_id or 0))
            for one in viewer.grants
            if not one.excluded
        ],
        permissions=sorted(one for one in Permission if viewer.may(one)),
        home=viewer.home.code if viewer.home else None,
        branches=len(viewer.scope.branches),
        token_scopes=sorted(viewer.token_scopes) if machine else None,
    )


@router.patch("/me", status_code=204)
def change_me(visit: PersonVisit, body: MeIn) -> None:
    """Changes the viewer's own language."""
    assert visit.viewer.account_id is not None
    repository.change_account(visit.session, visit.viewer.account_id, language=body.language)


@router.post("/me/password", status_code=204)
def change_my_password(visit: PersonVisit, body: PasswordIn, request: Request) -> None:
    """Changes the viewer's own password; their other sessions end."""
    assert visit.viewer.account_id is not None
    logins.change_password(
        visit.session,
        visit.installation.vault,
        visit.viewer.account_id,
        present=body.present,
        new=body.new,
        keep=request.cookies.get(SESSION_COOKIE),
        now=visit.now,
    )


@router.get("/accounts")
def list_accounts(
    visit: PersonVisit,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Page[AccountOut]:
    """The people whom the viewer manages, oldest first."""
    found = people.list_people(
        visit.session,
        visit.viewer,
        visit.installation.vault,
        today=visit.now.date(),
        after=_account_at(cursor),
        limit=limit + 1,
    )
    groups = _group_codes(visit)
    following = to_cursor(str(found[limit - 1].account.id)) if len(found) > limit else None
    return Page(items=[_shown(visit, one, groups) for one in found[:limit]], next=following)


def _account_at(cursor: str | None) -> UUID | None:
    if cursor is None:
        return None
    try:
        return UUID(from_cursor(cursor, 1)[0])
    except ValueError as error:
        raise no_cursor() from error


@router.post("/accounts", status_code=201, response_model=Made)
def invite(visit: PersonVisit, body: AccountIn, guard: IdempotencyGuard) -> Response:
    """Adds a person with a first grant; with an e-mail address, an invitation is sent there."""

    def work() -> tuple[int, Made]:
        made = people.invite(
            visit.session,
            visit.viewer,
            visit.installation,
            LoginNames(body.email, body.phone, body.staff_number),
            name=body.name,
            language=body.language,
            wish=_wish(body.grant),
            now=visit.now,
        )
        return 201, Made(id=made)

    return guard.answer(visit, work)


@router.get("/accounts/{account_id}")
def read_account(visit: PersonVisit, account_id: UUID) -> AccountOut:
    """One of the people whom the viewer manages."""
    vault, today = visit.installation.vault, visit.now.date()
    found = people.require_person(visit.session, visit.viewer, vault, account_id, today)
    return _shown(visit, found, _group_codes(visit))


@router.put("/accounts/{account_id}", status_code=204)
def change_account(visit: PersonVisit, account_id: UUID, body: AccountChangeIn) -> None:
    """Another name, language or log-in; when a log-in changes, the person's sessions end."""
    names = LoginNames(body.email, body.phone, body.staff_number)
    wish = AccountWish(body.name, body.language, names)
    vault = visit.installation.vault
    people.change(visit.session, visit.viewer, vault, account_id, wish, now=visit.now)


@router.post("/accounts/{account_id}/grants", status_code=201, response_model=Made)
def add_grant(
    visit: PersonVisit, account_id: UUID, body: GrantIn, guard: IdempotencyGuard
) -> Response:
    """Grants a role; the person's sessions end."""

    def work() -> tuple[int, Made]:
        wish = _wish(body)
        made = people.grant(visit.session, visit.viewer, account_id, wish, visit.now)
        return 201, Made(id=made)

    return guard.answer(visit, work)


@router.delete("/accounts/{account_id}/grants/{grant_id}", status_code=204)
def remove_grant(visit: PersonVisit, account_id: UUID, grant_id: UUID) -> None:
    """Ends a grant today; the person's sessions end."""
    people.end_grant(visit.session, visit.viewer, account_id, grant_id, visit.now)


@router.post("/accounts/{account_id}/deactivate", status_code=204)
def deactivate(visit: PersonVisit, account_id: UUID) -> None:
    """The person may not log in any more; their sessions end."""
    people.deactivate(visit.session, visit.viewer, account_id, visit.now)


@router.post("/accounts/{account_id}/reactivate", status_code=204)
def reactivate(visit: PersonVisit, account_id: UUID) -> None:
    """The person may log in again."""
    people.reactivate(visit.session, visit.viewer, account_id, visit.now)


@router.post("/accounts/{account_id}/link", status_code=201)
def make_link(visit: PersonVisit, account_id: UUID) -> LinkOut:
    """A link by which the person chooses a password; mailed too, where there is e-mail."""
    url = people.make_link(visit.session, visit.viewer, visit.installation, account_id, visit.now)
    return LinkOut(url=url)


def _wish(body: GrantIn) -> GrantWish:
    return GrantWish(**body.model_dump())


def _group_codes(visit: Visit) -> dict[int, str]:
    return {group.id or 0: group.code for group in repository.list_owner_groups(visit.session)}


def _shown(visit: Visit, person: Person, groups: dict[int, str]) -> AccountOut:
    values = {one.kind: one.value for one in person.identifiers}
    account = person.account
    return AccountOut(
        id=account.id,
        name=account.name,
        language=account.language,
        status=account.status,
        email=values.get("email"),
        phone=values.get("phone"),
        staff_number=values.get("staff_number"),
        created_at=account.created_at,
        grants=[_shown_grant(visit, one, groups) for one in person.grants],
    )


def _shown_grant(visit: Visit, one: Grant, groups: dict[int, str]) -> GrantOut:
    viewer = visit.viewer
    seen = one.unit_id is not None and viewer.sees_unit(one.unit_id)
    unit = viewer.hierarchy.nodes[one.unit_id] if seen and one.unit_id is not None else None
    return GrantOut(
        id=one.id,
        role=one.role,
        unit=unit.code if unit else None,
        unit_name=unit.name(viewer.language) if unit else None,
        owner_group=groups.get(one.owner_group_id or 0),
        excluded=one.excluded,
        valid_from=one.valid_from,
        valid_to=one.valid_to,
    )
