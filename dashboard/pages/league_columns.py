"""The columns of the league table, and how wide its drawn axis is."""

from typing import Any

from dashboard.data.league import LeagueView
from dashboard.data.words import Words
from dashboard.numbers import Metric

BANDS = ("A", "B", "C", "D", "E")
_SORT = {"comparator": {"function": "bpUnknownLast(valueA, valueB, nodeA, nodeB, isDescending)"}}
_NUMBER = {"filter": "agNumberColumnFilter", "type": "rightAligned", **_SORT}
_CARD = ("score", "interval", "adjusted", "n", "change")


def columns(view: LeagueView, say: Words) -> list[dict[str, Any]]:
    """The columns, most telling first; the last one is the whole row for a narrow screen."""
    metric, words = view.metric, _words(view, say)
    drawn = {"cellRendererParams": words}
    first = {} if view.by_peers else {"sort": "asc"}
    listed = [
        _column(say, "rank", 100, cellRenderer="BpRank", **drawn, **first, **_SORT, filter=False,
                context=_as(say, rank="place", rank_low="place", rank_high="place")),
        _column(say, "unit_name", 244, cellRenderer="BpBranch", **drawn, flex=1),
        _column(say, "band", 140, cellRenderer="BpBand", **drawn),
        _column(say, "score", 60, **_NUMBER, **_formatted(metric)),
        _column(say, "interval", 156, cellRenderer="BpInterval", **drawn, sortable=False,
                filter=False, flex=4, context=_as(say, low=metric.kind, high=metric.kind)),
        _column(say, "n", 76, **_NUMBER, valueFormatter={"function": "bpCount(params)"}),
        _column(say, "adjusted", 108, **_NUMBER, cellRenderer="BpAdjusted", **drawn,
                context=_as(say, adjusted=metric.kind)),
        _column(say, "shrunk", 84, **_NUMBER, **_formatted(metric)),
        _column(say, "change", 72, **_NUMBER, cellRenderer="BpChange", **drawn,
                context=_as(say, change=metric.kind)),
        _column(say, "unit_code", 84),
        _column(say, "why", 60, cellRenderer="BpWhy", **drawn, sortable=False, filter=False,
                context=_as(say)),
        _hidden(say, "region"),
        _hidden(say, "peers"),
        _column(say, "card", 240, cellRenderer="BpCard", **drawn, hide=True, flex=1,
                autoHeight=True, sortable=False, filter=False,
                context={"card": True, "export": []}),
    ]  # fmt: skip
    return [one for one in listed if view.is_adjusted or one["field"] != "adjusted"]


def _words(view: LeagueView, say: Words) -> dict[str, Any]:
    """What cells need beside their row: the axis, and words."""
    return {
        **axis(view),
        "kind": view.metric.kind,
        "names": {letter: say(f"league.band.{letter}") for letter in BANDS},
        "heads": {name: say(f"league.column.{name}") for name in _CARD},
        "tied": say("league.tied"),
        "badge": say("league.badge"),
        "badgeLong": say("league.badge_long"),
        "noise": say("league.noise"),
        "real": say("league.real"),
        "words": say("league.why"),
    }


def axis(view: LeagueView) -> dict[str, float | None]:
    """What intervals are drawn on: the ends of the axis and the dashed line."""
    low, high = interval_axis(view)
    return {"low": low, "high": high, "mean": pooled(view)}


def interval_axis(view: LeagueView) -> tuple[float, float]:
    """The part of the scale that the intervals of all ranked branches fit into.

    The wide ones of branches with few answers would squeeze these; they are cut off at its ends.
    """
    ends = ("low", "high", "adjusted")
    rows = [row for row in view.rows if row["ranked"]] or view.rows
    drawn = [row[end] for row in rows for end in ends if row.get(end) is not None]
    if not drawn:
        return view.metric.low, view.metric.high
    margin = 0.04 * max(max(drawn) - min(drawn), 1e-9)
    return min(drawn) - margin, max(drawn) + margin


def pooled(view: LeagueView) -> float | None:
    """The mean of all shown scores, weighted by answers: the dashed line."""
    shown = [(row["score"], row["n"]) for row in view.rows if row["score"] is not None]
    answers = sum(n for _, n in shown)
    return sum(score * n for score, n in shown) / answers if answers else None


def _column(say: Words, name: str, width: int, **more: Any) -> dict[str, Any]:
    return {
        "field": name,
        "headerName": say(f"league.column.{name}"),
        "headerTooltip": say(f"league.tooltip.{name}"),
        "width": width,
        "minWidth": width,
        **more,
    }


def _hidden(say: Words, name: str) -> dict[str, Any]:
    """A column that is searched but not shown at first: it stands below the branch's name."""
    return {**_column(say, name, 140), "hide": True}


def _as(say: Words, **fields: str) -> dict[str, Any]:
    """What a drawn column becomes in a file: its numbers, each with a head and a kind."""
    parts = [
        {"field": field, "head": say(f"league.column.{field}"), "kind": kind}
        for field, kind in fields.items()
    ]
    return {"export": parts}


def _formatted(metric: Metric) -> dict[str, Any]:
    return {"valueFormatter": {"function": f"bpScore(params, '{metric.kind}')"}}
