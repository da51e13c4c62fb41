"""Inviting people, granting and ending roles, deactivating: what was asked about before."""

from uuid import UUID

from api.access import people
from api.access.changing import AccountWish
from api.access.people import GrantWish
from api.access.schemas import AccountIn, GrantIn
from api.access.service import LoginNames
from dashboard.data.sitting import Sitting


def invite(sitting: Sitting, body: AccountIn) -> tuple[UUID, str | None]:
    """A new colleague, and the link to hand over where no letter goes out."""
    session, viewer, home, now = sitting.session, sitting.viewer, sitting.installation, sitting.now
    made = people.invite(
        session,
        viewer,
        home,
        LoginNames(body.email, body.phone, body.staff_number),
        name=body.name,
        language=body.language,
        wish=GrantWish(**body.grant.model_dump()),
        now=now,
    )
    link = None if body.email else people.make_link(session, viewer, home, made, now)
    return made, link


def grant(sitting: Sitting, account_id: UUID, body: GrantIn) -> None:
    """A role more, or an exception."""
    wish = GrantWish(**body.model_dump())
    people.grant(sitting.session, sitting.viewer, account_id, wish, sitting.now)


def end_grant(sitting: Sitting, account_id: UUID, grant_id: UUID) -> None:
    """A role less, from today on."""
    people.end_grant(sitting.session, sitting.viewer, account_id, grant_id, sitting.now)


def change(sitting: Sitting, account_id: UUID, wish: AccountWish) -> None:
    """Another name, language or log-in; what was refused halfway is not kept."""
    vault = sitting.installation.vault
    with sitting.session.begin_nested():
        people.change(sitting.session, sitting.viewer, vault, account_id, wish, now=sitting.now)


def deactivate(sitting: Sitting, account_id: UUID) -> None:
    """The person may not log in any more."""
    people.deactivate(sitting.session, sitting.viewer, account_id, sitting.now)


def reactivate(sitting: Sitting, account_id: UUID) -> None:
    """The person may log in again."""
    people.reactivate(sitting.session, sitting.viewer, account_id, sitting.now)


def make_link(sitting: Sitting, account_id: UUID) -> str:
    """A link by which the person chooses a password; mailed too, where there is e-mail."""
    session, viewer, home, now = sitting.session, sitting.viewer, sitting.installation, sitting.now
    return people.make_link(session, viewer, home, account_id, now)
