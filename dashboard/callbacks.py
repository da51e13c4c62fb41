"""Every callback of the dashboard, named, short, registered through the wiring.

Each reads by `dashboard.data` or writes by `dashboard.actions`, and hands what it got to a page.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from dash import (
    ClientsideFunction,
    Dash,
    Input,
    Output,
    Patch,
    State,
    callback_context,
    no_update,
    set_props,
)
from dash.dcc import send_bytes
from dash.exceptions import PreventUpdate

from dashboard.actions.export import take_table
from dashboard.address import Page, read_address
from dashboard.asking_callbacks import asking_group, tried_table
from dashboard.branch_callbacks import branch_room
from dashboard.compare_callbacks import compare_room
from dashboard.contest_callbacks import contest_page
from dashboard.data.changes import lately
from dashboard.data.enough import enough_view
from dashboard.data.frame import frame, landing, may_look
from dashboard.data.freshness import version_now
from dashboard.data.glance import glance, overview_unit
from dashboard.data.league import league_view
from dashboard.data.ranking import ranking_view
from dashboard.data.sitting import Sitting
from dashboard.data.tables import NoSuchTable, Table, Wanted, read_wanted
from dashboard.data.unit import more_voices, unit_view
from dashboard.data.waiting import waiting
from dashboard.data.warnings import warnings_view
from dashboard.data.words import Words
from dashboard.drivers_callbacks import drivers_of
from dashboard.explore_callbacks import explore_room
from dashboard.field_callbacks import field_page
from dashboard.following import fingerprints, name_parts, replace_parts
from dashboard.ids import Id
from dashboard.loop_callbacks import loop_room
from dashboard.made import Made
from dashboard.network_callbacks import network_room
from dashboard.opening_callbacks import opening_room
from dashboard.pages import states
from dashboard.pages.enough import enough_page
from dashboard.pages.frame import frame_of
from dashboard.pages.grid import arrange, table_in
from dashboard.pages.league import league_fill, league_page
from dashboard.pages.overview import overview_page
from dashboard.pages.ranking import ranking_page
from dashboard.pages.unit import more_button, unit_page
from dashboard.pages.voices import comment_rows
from dashboard.pages.warnings import warnings_page
from dashboard.people_callbacks import people_room
from dashboard.plan_callbacks import plans_room
from dashboard.reports_callbacks import reports_room
from dashboard.scores_callbacks import published_page, scores_page
from dashboard.subscription_callbacks import subscriptions_group
from dashboard.text_callbacks import texts_group
from dashboard.ticket_callbacks import tickets_room
from dashboard.voices_callbacks import voices_room
from dashboard.wiring import Refused, callback
from dashboard.written import written_whole

# Data version of the page, whether ranks are pending, the grid it has, what its parts are.
Shown = dict[str, Any]
Asked = dict[str, Any]  # the address that a page is made for, and whether it was there before


def register(dash: Dash) -> None:
    """Registers what runs in the browser alone."""
    dash.clientside_callback(
        ClientsideFunction("bp", "toggleTheme"),
        Output(Id.THEME, "data"),
        Input(Id.THEME_BUTTON, "n_clicks"),
        prevent_initial_call=True,
    )
    dash.clientside_callback(
        ClientsideFunction("bp", "nameDocument"),
        Output(Id.TITLED, "data"),
        Input(Id.TITLE, "data"),
    )
    dash.clientside_callback(
        ClientsideFunction("bp", "feelPulse"),
        Output(Id.VERSION, "data"),
        Input(Id.PULSE, "n_intervals"),
        State(Id.SHOWN, "data"),
        prevent_initial_call=True,
    )
    dash.clientside_callback(
        ClientsideFunction("bp", "fillLeague"),
        Input(Id.LEAGUE_FILL, "data"),
        prevent_initial_call=True,
    )


def _failed_page(say: Words, key: str) -> Any:
    return no_update, no_update, states.failed(say, key), None


@callback(
    [
        Output(Id.FRAME, "children"),
        Output(Id.TITLE, "data"),
        Output(Id.MAIN, "children"),
        Output(Id.SHOWN, "data"),
    ],
    [Input(Id.ADDRESS, "href"), Input(Id.THEME, "data"), Input(Id.VERSION, "data")],
    [State(Id.SHOWN, "data")],
    failed=_failed_page,
    running=[(Output(Id.PULSE, "disabled"), True, False)],  # one page after the other is made
)
def show_page(
    sitting: Sitting, href: str, theme: str | None, version: int | None, shown: Shown | None
) -> Any:
    """The page of the address with the numbers of this moment, its frame together with it."""
    again = callback_context.triggered_id == Id.VERSION
    # Another theme makes everything anew; so does the browser where a table is arranged otherwise.
    keeps = shown if callback_context.triggered_id in (Id.VERSION, Id.ADDRESS) else None
    frame_and_title = (no_update, no_update) if again else _frame(sitting)
    try:
        main, now = _page(
            sitting, had_grid=keeps["grid"] if keeps else "", asked={"href": href, "again": again}
        )
        arrange(main, sitting.address.tables)
    except Refused as error:
        main, now = states.failed(sitting.say, error.key), None
    if now is not None and not now["grid"]:
        main, now = _in_parts(main, now, shown if again else None)
    return *frame_and_title, main, now


def _in_parts(main: Any, now: Shown, before: Shown | None) -> tuple[Any, Shown]:
    """A page that follows; of one that stands in the browser only what became another."""
    name_parts(main)
    parts = fingerprints(main)
    known = (before or {}).get("parts")
    if isinstance(known, dict) and replace_parts(main, known, parts):
        main = no_update
    return main, {**now, "parts": parts}


def _frame(sitting: Sitting) -> tuple[Any, Any]:
    found = frame(sitting)
    title = sitting.say("dashboard.document", page=found.title)
    return frame_of(found, sitting.say), {"title": title, "language": sitting.language}


def _page(
    sitting: Sitting, *, had_grid: str, asked: Asked | None = None
) -> tuple[Any, Shown | None]:
    """What the main part shows, and what the pulse has to know of it."""
    address = landing(sitting)
    own = field_page(replace(sitting, address=address))
    if own is not None or not may_look(sitting):
        return states.closed(sitting.say) if own is None else own, None
    now = {"version": version_now(sitting), "pending": False, "grid": ""}
    sitting = replace(sitting, address=address)
    match address.page:
        case Page.LEAGUE:
            return _league(sitting, now, had_grid=had_grid, asked=asked)
        case Page.OVERVIEW | Page.WARNINGS:
            return _without_places(sitting), now
        case Page.UNIT | Page.RANKING | Page.WHY:
            page, pending = _with_places(sitting)
            return page, {**now, "pending": pending}
        case Page.ENOUGH:
            return enough_page(enough_view(sitting), sitting.say), None
        case _:
            return _of_a_room(sitting, now)


# Each makes its own pages and says None of all others.
_ROOMS: tuple[Callable[[Sitting], Made | None], ...] = (
    branch_room,
    compare_room,
    explore_room,
    voices_room,
    network_room,
    people_room,
    reports_room,
    opening_room,
    tickets_room,
    loop_room,
    plans_room,
)
_RESTING = (
    published_page,
    contest_page,
    drivers_of,
    asking_group,
    texts_group,
    subscriptions_group,
)


def _of_a_room(sitting: Sitting, now: Shown) -> tuple[Any, Shown | None]:
    """A page of a group that makes its own."""
    made = next((made for made in (room(sitting) for room in _ROOMS) if made), None)
    if made is not None:
        shown = {**now, "pending": made.pending, "grid": made.shape}
        return made.main, shown if made.follows else None
    found = next((page for page in (group(sitting) for group in _RESTING) if page), None)
    return found or states.missing(sitting.say), None


def _without_places(sitting: Sitting) -> Any:
    """A page that follows the answers as they are counted."""
    if sitting.address.page is Page.WARNINGS:
        return warnings_page(warnings_view(sitting), sitting.say, dark=sitting.dark)
    unit = overview_unit(sitting)
    more = lately(sitting, unit)
    who = waiting(sitting, None)
    seen = glance(sitting, unit)
    return overview_page(seen, sitting.say, dark=sitting.dark, more=more, waits=who)


def _with_places(sitting: Sitting) -> tuple[Any, bool]:
    """A page that shows places, and whether these are being computed."""
    match sitting.address.page:
        case Page.UNIT:
            view = unit_view(sitting)
            pending = view is not None and view.glance.rank_pending
            return unit_page(view, sitting.say, dark=sitting.dark), pending
        case Page.RANKING:
            letter = ranking_view(sitting)
            return ranking_page(letter, sitting.say), letter.pending
        case _:
            return scores_page(sitting)


def _league(
    sitting: Sitting, now: Shown, *, had_grid: str, asked: Asked | None
) -> tuple[Any, Shown]:
    """The table; when only its numbers changed, they change within the grid that is there.

    Its own numbers go to the browser with what they were asked for, which puts them in place while
    that is what it shows: Dash itself would put an answer in place that came too late.
    """
    view = league_view(sitting)
    if view is None:
        return league_page(view, sitting.say), now
    # Of older data, it is asked for again until the table of the newest is there.
    waits = view.pending or view.as_of is not None
    shape = f"{view.shape} {sitting.language} {sitting.address.unit}" if view.shape else ""
    shown = {**now, "pending": waits, "grid": shape}
    if had_grid and had_grid == shape:
        fill = {**league_fill(view, sitting.say), "asked": asked}
        set_props(Id.LEAGUE_FILL, {"data": written_whole(fill)})
        return no_update, shown
    return league_page(view, sitting.say), shown


@callback(
    Output(Id.ADDRESS, "search"),
    Input(Id.PERIOD_WANTED, "data"),
    initial=False,
)
def choose_days(sitting: Sitting, wanted: Any) -> Any:
    """Own days into the address; days that make no period leave it as it is."""
    days = wanted if isinstance(wanted, dict) else {}
    chosen = read_address("/app/", f"?from={days.get('first')}&to={days.get('last')}")
    if chosen.first is None:
        raise PreventUpdate
    return "?" + sitting.address.with_(first=chosen.first, last=chosen.last).query


@callback(
    [Output(Id.VOICES, "children"), Output(Id.MORE_PLACE, "children")],
    Input(Id.MORE, "n_clicks"),
    [State(Id.MORE, "value")],
    initial=False,
)
def show_more_voices(sitting: Sitting, clicks: int | None, cursor: str | None) -> Any:
    """Older comments below those that are shown."""
    found = more_voices(sitting, cursor) if clicks and cursor else None
    if found is None:
        raise PreventUpdate
    set_props(Id.SHOWN, {"data": None})  # the pulse rests, or the page would be made anew
    rows = Patch()
    rows.extend(comment_rows(found.items))
    return rows, more_button(found, sitting.say)


@callback(Output(Id.DOWNLOAD, "data"), Input(Id.TABLE_WANTED, "data"), initial=False)
def export_table(sitting: Sitting, asked: Any) -> Any:
    """A table as CSV or XLSX, its rows and columns as they stand on the screen."""
    wanted = read_wanted(asked)
    if wanted is None:
        raise PreventUpdate
    file = take_table(sitting, wanted, partial(_wanted_table, sitting, wanted))
    if isinstance(file.content, str):
        return {"filename": file.name, "content": file.content, "type": file.type}
    return send_bytes(file.content, file.name, type=file.type)


def _wanted_table(sitting: Sitting, wanted: Wanted) -> Table:
    """The table out of its page, which is made once more: the browser only says which rows."""
    tried = tried_table(sitting, wanted)
    found = table_in(_page(sitting, had_grid="")[0], wanted) if tried is None else tried
    if found is None:
        raise NoSuchTable
    return found
