"""A row of a table as a name with a few lines, for a narrow screen."""

from collections.abc import Mapping, Sequence
from typing import Any

# What a table needs besides the column, so that it fits itself to the screen.
FITTING: dict[str, Any] = {
    "options": {"postSortRows": {"function": "bpFitSoon(params)"}},
    "listeners": {"gridSizeChanged": ["bpFit(params)"]},
}


def lines_column(
    name: str, lines: Sequence[Sequence[str]], heads: Mapping[str, str], title: str
) -> dict[str, Any]:
    """The whole row in one: ``name`` as a link, then ``lines`` of fields, with words before some.

    A field without a value is left out, and so is a line without any.
    """
    given = {"name": name, "lines": [list(line) for line in lines], "heads": dict(heads)}
    return card_column(title, "BpLines", given)


def card_column(title: str, drawn_by: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """A column that stands for the whole row on a narrow screen, drawn by a renderer."""
    return {
        "field": "card",
        "headerName": title,
        "cellRenderer": drawn_by,
        "cellRendererParams": dict(given),
        "hide": True,
        "flex": 1,
        "minWidth": 240,
        "autoHeight": True,
        "sortable": False,
        "filter": False,
        "context": {"card": True, "export": []},
    }
