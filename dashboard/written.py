"""What a callback gives, written as JSON at once.

Dash would copy a page piece by piece in Python before it writes it, which takes longer than
computing a league table of a thousand branches. Here the writer itself asks each component for its
parts. The text is the same.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import orjson
from dash import html
from dash.development.base_component import Component

_OPTIONS = orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY


def written(given: Any) -> Any:
    """``given`` with its components as JSON; a list or tuple is of one output each."""
    if isinstance(given, (list, tuple)):
        return [written(one) for one in given]
    if isinstance(given, Component):
        return orjson.Fragment(as_json(given))
    return given


def written_whole(given: Any) -> Any:
    """``given`` as JSON with all components within it."""
    return orjson.Fragment(as_json(given))


def as_json(thing: Any, parts: Callable[[Any], Any] | None = None) -> bytes:
    """``thing`` as it goes to the browser; ``parts`` says what things without JSON are made of."""
    return orjson.dumps(thing, default=parts or parts_of, option=_OPTIONS)


def parts_of(thing: Any) -> Any:
    """What a component, a figure or a column of it is made of; raises TypeError for others."""
    if isinstance(thing, Component) and type(thing).to_plotly_json is Component.to_plotly_json:
        return _parts_of_component(thing)
    if hasattr(thing, "to_plotly_json"):
        return thing.to_plotly_json()
    if isinstance(thing, np.ndarray):  # of words: numbers are written as they are
        return thing.tolist()
    raise TypeError(f"a page cannot hold {type(thing).__name__}")


def _parts_of_component(thing: Component) -> dict[str, Any]:
    """The same as the component itself would say, without asking after each property it may have.

    Properties come in one order in every process, so that fingerprints of parts are the same.
    """
    held: dict[str, Any] = thing.__dict__
    props = {name: held[name] for name in sorted(held.keys() - _ABOUT)}
    return {"props": props, "type": thing._type, "namespace": thing._namespace}


# What a component knows of its class beside its properties.
_ABOUT = frozenset(html.Div().__dict__) - {"children"}
