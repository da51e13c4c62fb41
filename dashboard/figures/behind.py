"""The numbers behind a figure, as a table that one can read instead of it.

A figure that knows its numbers keeps them with `keep`; of any other they are read from its traces.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from dashboard.numbers import UNKNOWN

# As it is written: `data` and `layout`. Commonest pages draw so; Plotly's own class looks through
# every property of a figure, which takes longer than making all the rest of the page.
Drawing = dict[str, Any]
_QUIET = "skip"  # traces without words over them are lines of help: bands, edges


@dataclass(frozen=True)
class Behind:
    """A table; ``heads`` are words, or names of words under ``behind.`` where ``named``."""

    heads: list[str]
    rows: list[list[str]]
    named: bool = False


def keep(figure: go.Figure | Drawing, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Keeps the numbers behind a figure: columns by their names under ``behind.`` in the words."""
    listed = [[plain(value) for value in row] for row in rows]
    kept = {"names": list(names), "rows": listed}
    if isinstance(figure, dict):
        figure["layout"]["meta"] = kept
    else:
        figure.update_layout(meta=kept)


def taken_out(figure: go.Figure | Drawing) -> Behind:
    """The numbers behind a figure; what it kept of them leaves it, since no browser needs it."""
    if isinstance(figure, dict):
        kept = figure["layout"].pop("meta", None)
    else:
        kept = figure.layout.meta
        figure.update_layout(meta=None)
    if isinstance(kept, dict) and "names" in kept:
        return Behind(list(kept["names"]), [list(row) for row in kept["rows"]], named=True)
    return _read(go.Figure(figure))


def plain(value: Any) -> str:
    """A value as a cell shows it."""
    if isinstance(value, str):
        return value
    if value is None or pd.isna(value):
        return UNKNOWN
    if isinstance(value, datetime):
        return value.date().isoformat() if value == pd.Timestamp(value).normalize() else str(value)
    if isinstance(value, date):
        return value.isoformat()
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _read(figure: go.Figure) -> Behind:
    """What the traces themselves hold: a matrix as it stands, points one below the other."""
    for trace in figure.data:
        if trace.type == "heatmap" and trace.z is not None:
            return _matrix(trace)
    rows = list(_points(figure))
    axes = figure.layout.xaxis.title.text, figure.layout.yaxis.title.text
    heads = ["", axes[0] or "x", axes[1] or "y"]
    if all(not row[0] for row in rows):
        return Behind(heads[1:], [row[1:] for row in rows])
    return Behind(heads, rows)


def _points(figure: go.Figure) -> Iterator[list[str]]:
    for trace in figure.data:
        across, up = getattr(trace, "x", None), getattr(trace, "y", None)
        if trace.hoverinfo == _QUIET or across is None or up is None:
            continue
        for x, y in zip(across, up, strict=False):
            yield [trace.name or "", plain(x), plain(y)]


def _matrix(trace: Any) -> Behind:
    shown = trace.z if trace.text is None else trace.text
    across = [plain(x) for x in trace.x] if trace.x is not None else [""] * len(shown[0])
    up = [plain(y) for y in trace.y] if trace.y is not None else [""] * len(shown)
    rows = [[name, *map(plain, row)] for name, row in zip(up, shown, strict=False)]
    return Behind(["", *across], rows)
