"""The versions of a published text, the newest first."""

from collections.abc import Sequence
from typing import Any

from dash import dcc, html

from dashboard.data.versions import VersionRow
from dashboard.data.words import Words
from dashboard.pages.parts import card, chip

TONES = {"in_force": "bp-up", "coming": "bp-soon", "past": ""}


def versions_card(
    rows: Sequence[VersionRow], of: str, say: Words, *, note: str | None = None, aside: Any = None
) -> Any:
    """All versions, with what is known of them; ``of`` is where their words stand."""
    if not rows:
        return None
    cells = {
        "state": [chip(say(f"{of}.state.{one.state}"), TONES[one.state]) for one in rows],
        "since": [one.since for one in rows],
        "published": [one.published for one in rows],
        "by": [one.by for one in rows],
    }
    told = {name: column for name, column in cells.items() if any(column)}
    names = [say(f"{of}.column.{name}") for name in ("version", *told)]
    body = [
        html.Tr(
            [
                html.Th(dcc.Link(str(one.version), href=one.href), scope="row"),
                *(html.Td(column[number]) for column in told.values()),
            ]
        )
        for number, one in enumerate(rows)
    ]
    head = html.Thead(html.Tr([html.Th(name, scope="col") for name in names]))
    table = html.Table([head, html.Tbody(body)], className="bp-table bp-words")
    scroll = html.Div(table, className="bp-scroll", tabIndex=0)
    return card(say(f"{of}.page.versions"), scroll, note=note, aside=aside)
