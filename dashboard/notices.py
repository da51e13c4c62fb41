"""Short messages in the corner of the page."""

from typing import Any

import dash_bootstrap_components as dbc


def notice(words: str) -> Any:
    """A notice that goes away by itself."""
    return dbc.Toast(words, duration=6000, dismissable=True, class_name="bp-notice")
