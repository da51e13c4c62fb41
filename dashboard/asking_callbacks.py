"""The callbacks of the pages about asking, and which page of theirs an address names.

Registered by being imported, through the wiring like all others.
"""

from typing import Any

from dash import Input, Output, Patch, State, no_update, set_props
from dash.exceptions import PreventUpdate

from dashboard.actions.resend import send_again
from dashboard.address import Page
from dashboard.data.asking import asking_view
from dashboard.data.dead_letters import dead_letters, find_letter, letter_id
from dashboard.data.explained import event_view, find_subject
from dashboard.data.explained_customer import customer_view
from dashboard.data.reach import reach_rows
from dashboard.data.rules import rules_view
from dashboard.data.segments import counted_segments
from dashboard.data.simulation import seen_rows, tried, try_view
from dashboard.data.sitting import Sitting
from dashboard.data.tables import Table, Wanted, picked
from dashboard.data.words import Words
from dashboard.ids import Id
from dashboard.notices import notice
from dashboard.pages import explained
from dashboard.pages.asking import asking_page, reach_bars
from dashboard.pages.dead_letters import confirmation, letter_rows, older_letters
from dashboard.pages.rules import rules_page, segment_rows
from dashboard.pages.simulate import columns, outcome_page, refused_trial, simulate_page
from dashboard.wiring import callback


def asking_group(sitting: Sitting) -> Any:
    """The page of the group that the address names; None when it names none of these."""
    say = sitting.say
    match sitting.address.page:
        case Page.ASKING:
            return asking_page(asking_view(sitting), say, dark=sitting.dark)
        case Page.RULES:
            return rules_page(rules_view(sitting), say)
        case Page.SIMULATE:
            return simulate_page(try_view(sitting), say)
        case Page.ASKING_EVENT | Page.ASKING_CUSTOMER:
            return _explained(sitting)
        case _:
            return None


def _explained(sitting: Sitting) -> Any:
    """One event, one customer, or the search that leads to them."""
    if sitting.address.subject is None:
        return explained.search_page(sitting.say)
    if sitting.address.page is Page.ASKING_CUSTOMER:
        return explained.customer_page(customer_view(sitting), sitting.say)
    return explained.event_page(event_view(sitting), sitting.say)


@callback(
    Output(Id.RESEND_PLACE, "children"),
    Input(Id.LETTER, "data"),
    initial=False,
)
def ask_before_resending(sitting: Sitting, letter: dict[str, Any] | None) -> Any:
    """Asks once more before a customer may get a second message."""
    wanted = letter_id(str(letter.get("id"))) if letter else None
    found = find_letter(sitting, wanted) if wanted else None
    return None if found is None or found.refused else confirmation(found, sitting.say)


@callback(
    Output(Id.RESEND, "disabled"),
    Input(Id.RESEND, "n_clicks"),
    [State(Id.RESEND, "value")],
    initial=False,
)
def resend_letter(sitting: Sitting, clicks: int | None, wanted: str | None) -> Any:
    """Sends one again, and shows what is left."""
    letter, say = letter_id(wanted), sitting.say
    if not clicks or letter is None:
        raise PreventUpdate
    set_props(Id.RESEND_PLACE, {"children": None})
    send_again(sitting, letter)
    found = dead_letters(sitting)
    set_props(Id.LETTERS, {"children": letter_rows(found, say)})
    set_props(Id.LETTERS_MORE_PLACE, {"children": older_letters(found, say)})
    set_props(Id.NOTICES, {"children": notice(say("asked.dead.done"))})
    return True


@callback(
    [Output(Id.LETTERS, "children"), Output(Id.LETTERS_MORE_PLACE, "children")],
    Input(Id.LETTERS_MORE, "n_clicks"),
    [State(Id.LETTERS_MORE, "value")],
    initial=False,
)
def show_older_letters(sitting: Sitting, clicks: int | None, cursor: str | None) -> Any:
    """Older messages below those that are shown."""
    if not clicks or not cursor:
        raise PreventUpdate
    found = dead_letters(sitting, cursor)
    rows = Patch()
    rows.extend(letter_rows(found, sitting.say))
    return rows, older_letters(found, sitting.say)


@callback(
    Output(Id.LETTER, "data"),
    Input(Id.RESEND_NOT, "n_clicks"),
    initial=False,
)
def resend_nothing(sitting: Sitting, clicks: int | None) -> Any:
    """Closes the question."""
    if not clicks:
        raise PreventUpdate
    return {}


@callback(
    [Output(Id.ADDRESS, "pathname"), Output(Id.SEEK_PLACE, "children")],
    Input(Id.SEEK, "n_submit"),
    [State(Id.SEEK, "value")],
    initial=False,
)
def seek(sitting: Sitting, submits: int | None, words: str | None) -> Any:
    """Goes to the event or customer that the words name, or says that there is none."""
    if not submits or not words:
        raise PreventUpdate
    found = find_subject(sitting, words)
    if found is None:
        return no_update, explained.nothing_found(sitting.say)
    return found.href.partition("?")[0], None


@callback(Output(Id.SEGMENTS, "children"), Input(Id.SEGMENTS_OF, "data"))
def count_segments(sitting: Sitting, about: dict[str, Any] | None) -> Any:
    """The segments with their customers of this moment: not waited for by the page itself."""
    if not about:
        raise PreventUpdate
    found = counted_segments(sitting, about)
    return segment_rows(found.rows, sitting.say, found.people)


@callback(Output(Id.REACH, "children"), Input(Id.REACH_OF, "data"))
def count_reach(sitting: Sitting, wanted: bool | None) -> Any:
    """Whom each channel can reach: not waited for by the page itself."""
    if not wanted:
        raise PreventUpdate
    return reach_bars(reach_rows(sitting), sitting.say)


def _no_trial(say: Words, key: str) -> Any:
    return refused_trial(say(key))


@callback(
    Output(Id.TRY_RESULT, "children"),
    Input(Id.TRY_RUN, "n_clicks"),
    [State(Id.TRY_RULES, "value"), State(Id.TRY_FROM, "value"), State(Id.TRY_TO, "value")],
    initial=False,
    failed=_no_trial,
)
def try_rules(
    sitting: Sitting, clicks: int | None, chosen: str | None, first: str | None, last: str | None
) -> Any:
    """Past events decided once more, by the chosen rules and by those in force."""
    if not clicks:
        raise PreventUpdate
    found = tried(sitting, chosen or "", first or "", last or "")
    return outcome_page(found, sitting.say, dark=sitting.dark)


def tried_table(sitting: Sitting, wanted: Wanted) -> Table | None:
    """The branches of a trial, which no page makes again; None of any other table."""
    if wanted.grid != Id.TRY_GRID:
        return None
    rows = seen_rows(sitting, wanted.data)
    return picked(columns(sitting.say), rows, wanted, "unit_code")
