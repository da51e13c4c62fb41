"""Short messages in the corner of the page."""

from typing import Any

import dash_bootstrap_components as dbc
from dash import html


def notice(words: str, act: Any = None) -> Any:
    """A notice that goes away by itself, unless there is something to be done about it."""
    said = words if act is None else [html.P(words), act]
    return dbc.Toast(said, duration=None if act else 6000, dismissable=True, class_name="bp-notice")
