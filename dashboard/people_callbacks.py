"""The pages and callbacks of those who manage people. Registered by being imported.

Whatever changes an account is said first and done by a second press; both ask for the permission.
"""

from typing import Any
from uuid import UUID

from dash import Input, Output, State, no_update, set_props
from dash.exceptions import PreventUpdate

from api.access.errors import IdentifierTaken
from api.access.schemas import AccountChangeIn, AccountIn, GrantIn
from api.core.errors import Invalid, NotFound
from api.security.permissions import Permission
from dashboard.actions import people as managing
from dashboard.address import Page
from dashboard.data.people import invite_view, people_view, person_href
from dashboard.data.person import (
    grant_asked,
    grant_body,
    invite_asked,
    invite_body,
    person_view,
    read_body,
)
from dashboard.data.person_change import opened, unsaved, weighed, wish_of
from dashboard.data.sitting import Sitting
from dashboard.ids import Id
from dashboard.made import Made
from dashboard.notices import notice
from dashboard.pages.people import handed, invite_page, invited, people_page
from dashboard.pages.person import asked, person_page
from dashboard.pages.person_change import change_card, change_fields
from dashboard.wiring import callback

_ROLE = [
    State(Id.PERSON_ROLE, "value"),
    State(Id.PERSON_PLACE, "value"),
    State(Id.PERSON_FROM, "value"),
    State(Id.PERSON_UNTIL, "value"),
]
_WHO = {
    "name": Id.INVITE_NAME,
    "language": Id.INVITE_LANGUAGE,
    "email": Id.INVITE_EMAIL,
    "phone": Id.INVITE_PHONE,
    "staff_number": Id.INVITE_STAFF,
}
_ACCOUNT = {
    "name": Id.ACCOUNT_NAME,
    "language": Id.ACCOUNT_LANGUAGE,
    "email": Id.ACCOUNT_EMAIL,
    "phone": Id.ACCOUNT_PHONE,
    "staff_number": Id.ACCOUNT_STAFF,
}


def people_room(sitting: Sitting) -> Made | None:
    """The page; None when the address names another one, or nobody is the viewer's to manage."""
    if not sitting.viewer.may(Permission.MANAGE_PEOPLE):
        return None
    if sitting.address.page is Page.PEOPLE_NEW:
        return Made(invite_page(invite_view(sitting), sitting.say))
    if sitting.address.page is not Page.PEOPLE:
        return None
    if sitting.address.subject is None:
        return Made(people_page(people_view(sitting), sitting.say))
    form = opened(sitting)
    top = change_card(form, sitting.say) if form else None
    return Made(person_page(person_view(sitting), sitting.say, top))


@callback(
    Output(Id.ADDRESS, "search", allow_duplicate=True),
    [Input(Id.PEOPLE_SEEK, "n_clicks"), Input(Id.PEOPLE_SOUGHT, "n_submit")],
    [State(Id.PEOPLE_SOUGHT, "value")],
    initial=False,
)
def seek_people(sitting: Sitting, clicks: int | None, returns: int | None, sought: Any) -> Any:
    """What is sought, into the address."""
    _require_page(sitting, Page.PEOPLE, clicks or returns)
    words = " ".join(str(sought or "").split())[:80]
    return _search(sitting, q=words or None, page=None)


@callback(
    Output(Id.PERSON_WEIGHED, "children"),
    Input(Id.PERSON_WEIGH, "n_clicks"),
    _ROLE,
    initial=False,
)
def weigh_grant(sitting: Sitting, clicks: int | None, *given: Any) -> Any:
    """What the role would let the person see, before it is granted."""
    _require_page(sitting, Page.PEOPLE, clicks)
    found = grant_asked(sitting, *(str(one or "") for one in given))
    return asked(found, Id.PERSON_GRANT, sitting.say)


@callback(
    Output(Id.ADDRESS, "search", allow_duplicate=True),
    Input(Id.PERSON_GRANT, "n_clicks"),
    [State(Id.PERSON_GRANT, "value")],
    initial=False,
)
def give_grant(sitting: Sitting, clicks: int | None, sure: str | None) -> Any:
    """Grants what was asked about."""
    _require_page(sitting, Page.PEOPLE, clicks)
    managing.grant(sitting, _account(sitting), read_body(GrantIn, sure or ""))
    return _done(sitting, "grant")


@callback(
    Output(Id.ADDRESS, "search", allow_duplicate=True),
    Input(Id.PERSON_SURE, "n_clicks"),
    [State(Id.PERSON_SURE, "value")],
    initial=False,
)
def take_step(sitting: Sitting, clicks: int | None, sure: str | None) -> Any:
    """Ends a role, deactivates or reactivates: what the button was about."""
    _require_page(sitting, Page.PEOPLE, clicks)
    step, _, subject = (sure or "").partition(" ")
    account_id = _account(sitting)
    match step:
        case "end":
            managing.end_grant(sitting, account_id, _id(subject))
        case "deactivate":
            managing.deactivate(sitting, account_id)
        case "reactivate":
            managing.reactivate(sitting, account_id)
        case _:
            raise PreventUpdate
    return _done(sitting, step)


@callback(
    Output(Id.ACCOUNT_FORM, "children"),
    Input(Id.ACCOUNT_WEIGH, "n_clicks"),
    [State(one, "value") for one in _ACCOUNT.values()],
    initial=False,
)
def weigh_change(sitting: Sitting, clicks: int | None, *given: Any) -> Any:
    """What would be changed, or what is wrong at which field."""
    _require_page(sitting, Page.PEOPLE, clicks)
    values = {name: str(one or "") for name, one in zip(_ACCOUNT, given, strict=True)}
    return change_fields(weighed(sitting, values), sitting.say)


@callback(
    Output(Id.ADDRESS, "search", allow_duplicate=True),
    Input(Id.ACCOUNT_SURE, "n_clicks"),
    [State(Id.ACCOUNT_SURE, "value")],
    initial=False,
)
def change_account(sitting: Sitting, clicks: int | None, sure: str | None) -> Any:
    """Changes what was asked about; who was quicker with the same log-in is told at the field."""
    _require_page(sitting, Page.PEOPLE, clicks)
    body = read_body(AccountChangeIn, sure or "")
    try:
        managing.change(sitting, _account(sitting), wish_of(body))
    except (Invalid, IdentifierTaken) as error:
        form = change_fields(unsaved(sitting, body, error), sitting.say)
        set_props(Id.ACCOUNT_FORM, {"children": form})
        return no_update
    return _done(sitting, "change")


@callback(
    Output(Id.PERSON_MADE, "children"),
    Input(Id.PERSON_LINK, "n_clicks"),
    initial=False,
)
def make_link(sitting: Sitting, clicks: int | None) -> Any:
    """A link for a password, shown this once."""
    _require_page(sitting, Page.PEOPLE, clicks)
    return handed(managing.make_link(sitting, _account(sitting)), sitting.say)


@callback(
    Output(Id.PERSON_WEIGHED, "children", allow_duplicate=True),
    Input(Id.INVITE_WEIGH, "n_clicks"),
    [*(State(one, "value") for one in _WHO.values()), *_ROLE],
    initial=False,
)
def weigh_invitation(sitting: Sitting, clicks: int | None, *given: Any) -> Any:
    """What the new colleague would see, before the invitation goes out."""
    _require_page(sitting, Page.PEOPLE_NEW, clicks)
    texts = [str(one or "") for one in given]
    role, place, since, until = texts[len(_WHO) :]
    grant = grant_body(sitting, role, place, since, until, other=role)
    body = invite_body(sitting, dict(zip(_WHO, texts, strict=False)), grant)
    return asked(invite_asked(sitting, body), Id.INVITE_SURE, sitting.say)


@callback(
    Output(Id.PERSON_WEIGHED, "children", allow_duplicate=True),
    Input(Id.INVITE_SURE, "n_clicks"),
    [State(Id.INVITE_SURE, "value")],
    initial=False,
)
def send_invitation(sitting: Sitting, clicks: int | None, sure: str | None) -> Any:
    """Makes the account with its first role; a letter goes out, or a link is handed over."""
    _require_page(sitting, Page.PEOPLE_NEW, clicks)
    body = read_body(AccountIn, sure or "")
    made, link = managing.invite(sitting, body)
    href = person_href(sitting, made)
    return invited(body.name, href, link, sitting.address.href, sitting.say)


def _require_page(sitting: Sitting, page: Page, clicks: int | None) -> None:
    """Goes on only for a press on that page, by somebody who manages people."""
    if not clicks or sitting.address.page is not page:
        raise PreventUpdate
    sitting.viewer.require(Permission.MANAGE_PEOPLE)


def _account(sitting: Sitting) -> UUID:
    return _id(sitting.address.subject)


def _id(value: str | None) -> UUID:
    """The id that a browser sent; *not found* when it is none."""
    try:
        return UUID(value or "")
    except ValueError:
        raise NotFound from None


def _done(sitting: Sitting, what: str) -> str:
    """The person without the question: the page is made anew, as it is now."""
    set_props(Id.NOTICES, {"children": notice(sitting.say(f"people.done.{what}"))})
    return _search(sitting, do=None, grant=None)


def _search(sitting: Sitting, **words: str | None) -> str:
    query = sitting.address.with_words(**words).query
    return f"?{query}" if query else ""
