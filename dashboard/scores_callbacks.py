"""The pages and callbacks of scores beside the league table: why a rank, published tables.

Registered by being imported, through the wiring like all others.
"""

from typing import Any

from dash import Input, Output, State
from dash.exceptions import PreventUpdate

from dashboard.actions.publishing import correct, publish
from dashboard.address import Page
from dashboard.data.published import (
    Asked,
    asked_again,
    asked_here,
    entry_href,
    published_list,
    published_view,
    require_published,
    taken_again,
)
from dashboard.data.sitting import Sitting
from dashboard.data.why import why_view
from dashboard.ids import Id
from dashboard.pages import published as pages
from dashboard.pages.why import why_page
from dashboard.wiring import callback


def scores_page(sitting: Sitting) -> tuple[Any, bool]:
    """Why a branch ranks where it does, and whether its rank is being computed."""
    view = why_view(sitting)
    return why_page(view, sitting.say), view is not None and view.pending


def published_page(sitting: Sitting) -> Any:
    """The list of published tables, or one of them; None when the address names another page."""
    if sitting.address.page is not Page.PUBLISHED:
        return None
    if sitting.address.subject is None:
        return pages.list_page(published_list(sitting), sitting.say)
    return pages.table_page(published_view(sitting), sitting.say)


@callback(Output(Id.PUBLISH_PLACE, "children"), Input(Id.PUBLISH, "n_clicks"), initial=False)
def ask_before_publishing(sitting: Sitting, clicks: int | None) -> Any:
    """What publishing the table of the address would mean."""
    if not clicks:
        raise PreventUpdate
    return pages.publish_question(asked_here(sitting), sitting.say)


@callback(
    Output(Id.PUBLISH_PLACE, "children", allow_duplicate=True),
    Input(Id.PUBLISH_SURE, "n_clicks"),
    [State(Id.PUBLISH_SURE, "value"), State(Id.PUBLISH_BONUS, "value")],
    initial=False,
)
def publish_table(
    sitting: Sitting, clicks: int | None, confirmed: str | None, bonus: bool | None
) -> Any:
    """Publishes what was asked about; when the address says another table now, asks again."""
    if not clicks:
        raise PreventUpdate
    asked, say = asked_here(sitting), sitting.say
    if asked.key != confirmed:
        return pages.publish_question(asked, say)
    done = publish(sitting, asked, for_bonus=bool(bonus))
    return pages.frozen(entry_href(sitting, done.head.number), done.head.number, say)


@callback(
    Output(Id.PUBLISH_PLACE, "children", allow_duplicate=True),
    Input(Id.PUBLISH_NOT, "n_clicks"),
    initial=False,
)
def publish_nothing(sitting: Sitting, clicks: int | None) -> Any:
    """Closes the question."""
    if not clicks:
        raise PreventUpdate
    return None


@callback(
    Output(Id.PUBLISH_PLACE, "children", allow_duplicate=True),
    Input(Id.CORRECT, "n_clicks"),
    initial=False,
)
def ask_before_correcting(sitting: Sitting, clicks: int | None) -> Any:
    """What a correction would mean, and the place for its reason."""
    if not clicks:
        raise PreventUpdate
    asked, number = _wrong(sitting)
    return pages.correct_question(asked, number, sitting.say)


@callback(
    Output(Id.PUBLISH_PLACE, "children", allow_duplicate=True),
    Input(Id.CORRECT_SURE, "n_clicks"),
    [State(Id.CORRECT_REASON, "value")],
    initial=False,
)
def correct_table(sitting: Sitting, clicks: int | None, reason: str | None) -> Any:
    """Publishes the table of the newest answers in place of the one on the page."""
    if not clicks:
        raise PreventUpdate
    asked, number = _wrong(sitting)
    bonus = require_published(sitting, str(number)).listed.head.for_bonus
    done = correct(sitting, asked, number, reason or "", for_bonus=bonus)
    return pages.frozen(entry_href(sitting, done.head.number), done.head.number, sitting.say)


@callback(
    Output(Id.PUBLISH_PLACE, "children", allow_duplicate=True),
    Input(Id.CORRECT_NOT, "n_clicks"),
    initial=False,
)
def correct_nothing(sitting: Sitting, clicks: int | None) -> Any:
    """Closes the question."""
    return publish_nothing(sitting, clicks)


@callback(Output(Id.VERIFIED, "children"), Input(Id.VERIFY, "n_clicks"), initial=False)
def verify_table(sitting: Sitting, clicks: int | None) -> Any:
    """Takes the fingerprint of the rows once more, and says whether it is the published one."""
    if not clicks:
        raise PreventUpdate
    intact, moment = taken_again(sitting)
    return pages.verified(intact, moment, sitting.say)


def _wrong(sitting: Sitting) -> tuple[Asked, int]:
    """What is to be published in place of the table on the page, and that one's number."""
    head = require_published(sitting, sitting.address.subject).listed.head
    return asked_again(sitting, head), head.number
