"""The pages of the network's tree and of its import, with their callbacks.

Registered by being imported. A file is tried first; the second press takes the same file only.
"""

from datetime import date
from typing import Any

from dash import Input, Output, State, no_update, set_props
from dash.exceptions import PreventUpdate

from api.imports.uploads import UNIT_FIELDS, Upload, may_import
from dashboard.actions.units import take_units, upload_of
from dashboard.address import Page
from dashboard.data.frame import compares
from dashboard.data.network import network_view
from dashboard.data.sitting import Sitting
from dashboard.ids import Id
from dashboard.made import Made
from dashboard.notices import notice
from dashboard.pages.network import network_page
from dashboard.pages.units_import import import_page, taken, tried
from dashboard.wiring import callback


def network_room(sitting: Sitting) -> Made | None:
    """The page; None when the address names another one, or the viewer compares no branches."""
    if sitting.address.page is Page.UNITS_IMPORT and may_import(sitting.viewer):
        return Made(import_page(UNIT_FIELDS, _tree(sitting), sitting.say))
    if sitting.address.page is not Page.NETWORK or not compares(sitting):
        return None
    imports = sitting.address.to(Page.UNITS_IMPORT).href if may_import(sitting.viewer) else None
    return Made(network_page(network_view(sitting), sitting.say, imports))


def _tree(sitting: Sitting) -> str:
    return sitting.address.to(Page.NETWORK).href


@callback(
    Output(Id.ADDRESS, "search", allow_duplicate=True),
    Input(Id.UNITS_SHOW, "n_clicks"),
    [State(Id.UNITS_ON, "value")],
    initial=False,
)
def show_day(sitting: Sitting, clicks: int | None, on: str | None) -> Any:
    """The day into the address; what is no day leaves it as it is."""
    if not clicks or sitting.address.page is not Page.NETWORK:
        raise PreventUpdate
    try:
        day = date.fromisoformat(on or "")
    except ValueError:
        raise PreventUpdate from None
    word = None if day == sitting.today else day.isoformat()
    query = sitting.address.with_words(on=word).query
    return f"?{query}" if query else ""


_FILES = [
    State(Id.UNITS_FILE, "filename"),
    State(Id.UNITS_FILE, "contents"),
    State(Id.UNITS_MAPPING, "contents"),
]


@callback(Output(Id.UNITS_FILED, "children"), Input(Id.UNITS_FILE, "filename"), initial=False)
def name_units_file(sitting: Sitting, name: str | None) -> Any:
    """Says which file was chosen."""
    if not name:
        raise PreventUpdate
    return sitting.say("units.import.chosen", name=name[:80])


@callback(Output(Id.UNITS_MAPPED, "children"), Input(Id.UNITS_MAPPING, "filename"), initial=False)
def name_mapping_file(sitting: Sitting, name: str | None) -> Any:
    """Says which mapping was chosen."""
    return name_units_file(sitting, name)


@callback(
    Output(Id.UNITS_TRIED, "children"),
    Input(Id.UNITS_TRY, "n_clicks"),
    _FILES,
    initial=False,
)
def try_units(sitting: Sitting, clicks: int | None, *given: Any) -> Any:
    """What the file would do; nothing is written."""
    upload = _upload(sitting, clicks, given)
    if upload is None:
        return _told(sitting, "units.import.needs_file")
    return tried(take_units(sitting, upload, dry_run=True), sitting.say)


@callback(
    Output(Id.UNITS_TRIED, "children", allow_duplicate=True),
    Input(Id.UNITS_SURE, "n_clicks"),
    [State(Id.UNITS_SURE, "value"), *_FILES],
    initial=False,
)
def import_units(sitting: Sitting, clicks: int | None, sure: str | None, *given: Any) -> Any:
    """Takes the file that was tried."""
    upload = _upload(sitting, clicks, given)
    if upload is None or upload.fingerprint != sure:
        return _told(sitting, "units.import.changed")
    found = take_units(sitting, upload, dry_run=False)
    return taken(found, _tree(sitting), sitting.say)


def _upload(sitting: Sitting, clicks: int | None, given: tuple[Any, ...]) -> Upload | None:
    """The files of a press on the page of the import; None when none was chosen."""
    if not clicks or sitting.address.page is not Page.UNITS_IMPORT:
        raise PreventUpdate
    name, content, mapping = given
    return upload_of(str(name), str(content), mapping) if name and content else None


def _told(sitting: Sitting, key: str) -> Any:
    set_props(Id.NOTICES, {"children": notice(sitting.say(key))})
    return no_update
