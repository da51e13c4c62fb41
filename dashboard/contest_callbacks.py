"""The callbacks of contested answers. Registered by being imported, through the wiring."""

from typing import Any
from uuid import UUID

from dash import Input, Output, State, no_update, set_props
from dash.exceptions import PreventUpdate

from api.core.errors import NotFound
from api.security.permissions import Permission
from dashboard.actions import contests as contesting
from dashboard.address import Page
from dashboard.data.contests import ANSWER, contests_view
from dashboard.data.sitting import Sitting
from dashboard.ids import Id
from dashboard.notices import notice
from dashboard.pages.contests import contests_inside, contests_page
from dashboard.wiring import callback


def contest_page(sitting: Sitting) -> Any:
    """The page; None when the address names another one, or it is not the viewer's."""
    if sitting.address.page is Page.CONTESTS and sitting.viewer.may(Permission.VIEW_COMMENTS):
        return contests_page(contests_view(sitting), sitting.say)
    return None


@callback(Output(Id.CONTEST_FILED, "children"), Input(Id.CONTEST_FILE, "filename"), initial=False)
def name_file(sitting: Sitting, name: str | None) -> Any:
    """Says which file will go along."""
    if not name:
        raise PreventUpdate
    return sitting.say("contests.page.file_added", name=name[:80])


@callback(
    Output(Id.CONTESTS, "children"),
    Input(Id.CONTEST_SEND, "n_clicks"),
    [
        State(Id.CONTEST_SEND, "value"),
        State(Id.CONTEST_REASON, "value"),
        State(Id.CONTEST_NOTE, "value"),
        State(Id.CONTEST_FILE, "contents"),
        State(Id.CONTEST_FILE, "filename"),
    ],
    initial=False,
)
def raise_contest(sitting: Sitting, clicks: int | None, *given: Any) -> Any:
    """Sends the objection to headquarters."""
    answer, reason, note, content, name = given
    if not clicks:
        raise PreventUpdate
    if not reason or len((note or "").strip()) < 3:
        set_props(Id.NOTICES, {"children": notice(sitting.say("contests.page.needs_words"))})
        return no_update
    file = (str(name), str(content)) if content and name else None
    wanted = _id(str(answer).removeprefix(ANSWER))
    contesting.contest(sitting, wanted, str(reason), str(note), file)
    return _done(sitting, "raised")


@callback(
    Output(Id.CONTESTS, "children", allow_duplicate=True),
    Input(Id.CONTEST_WITHDRAW, "n_clicks"),
    [State(Id.CONTEST_WITHDRAW, "value")],
    initial=False,
)
def withdraw_contest(sitting: Sitting, clicks: int | None, contest: str | None) -> Any:
    """Takes it back."""
    if not clicks:
        raise PreventUpdate
    contesting.withdraw(sitting, _id(contest))
    return _done(sitting, "withdrawn")


@callback(
    Output(Id.CONTESTS, "children", allow_duplicate=True),
    Input(Id.CONTEST_UPHOLD, "n_clicks"),
    [State(Id.CONTEST_UPHOLD, "value"), State(Id.CONTEST_NOTE, "value")],
    initial=False,
)
def uphold(sitting: Sitting, clicks: int | None, contest: str | None, note: str | None) -> Any:
    """Takes the answer out of the scores."""
    if not clicks:
        raise PreventUpdate
    contesting.decide(sitting, _id(contest), "upheld", note or "")
    return _done(sitting, "upheld")


@callback(
    Output(Id.CONTESTS, "children", allow_duplicate=True),
    Input(Id.CONTEST_REJECT, "n_clicks"),
    [State(Id.CONTEST_REJECT, "value"), State(Id.CONTEST_NOTE, "value")],
    initial=False,
)
def reject(sitting: Sitting, clicks: int | None, contest: str | None, note: str | None) -> Any:
    """Lets the answer count."""
    if not clicks:
        raise PreventUpdate
    contesting.decide(sitting, _id(contest), "rejected", note or "")
    return _done(sitting, "rejected")


def _done(sitting: Sitting, what: str) -> Any:
    set_props(Id.NOTICES, {"children": notice(sitting.say(f"contests.page.done_{what}"))})
    return contests_inside(contests_view(sitting), sitting.say)


def _id(value: str | None) -> UUID:
    """The id that a browser sent; *not found* when it is none."""
    try:
        return UUID(value or "")
    except ValueError:
        raise NotFound from None
