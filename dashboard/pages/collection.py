"""What the page about asking tells apart: a table by channel, segment, touchpoint, branch or of
contacts; costs, times to answer, reasons over time."""

from typing import Any

from dash import dcc, html

from dashboard.data.collection import CONTACTS, Cost, CostRow, CutTable, Time, Within
from dashboard.data.words import Words
from dashboard.figures.graph import graph
from dashboard.figures.reasons import reasons_figure, reasons_height
from dashboard.ids import Id
from dashboard.numbers import count
from dashboard.pages import states
from dashboard.pages.bars import Bar, bar_rows
from dashboard.pages.grid import grid
from dashboard.pages.grid_cards import card_column
from dashboard.pages.parts import card

_SORT = {"comparator": {"function": "bpUnknownLast(valueA, valueB, nodeA, nodeB, isDescending)"}}
_NUMBER = {"filter": "agNumberColumnFilter", "type": "rightAligned", **_SORT}
_COUNT = {**_NUMBER, "valueFormatter": {"function": "bpCount(params)"}}
_SHARE = {**_NUMBER, "valueFormatter": {"function": "bpScore(params, 'share')"}}
_MONEY = {**_NUMBER, "valueFormatter": {"function": "bpMoney(params)"}}
_OF_EVENTS = (
    *("events", "eligible", "sent", "delivered", "opened", "answered", "completed"),
    *("score", "interval", "undelivered", "unknown", "messages", "cost"),
)
_OF_MESSAGES = (
    *("sent", "delivered", "undelivered", "unknown", "opened", "answered", "completed"),
    *("score", "interval", "cost"),
)
_OF_CONTACTS = ("customers", "anyhow", "score", "sms", "wechat", "email", "call", "contactless")
# What a table shows only to those who choose it.
_FURTHER = ("eligible", "answered", "undelivered", "unknown", "messages", "contactless")
_KINDS: dict[str, dict[str, Any]] = {
    "cost": _MONEY,
    **dict.fromkeys(_OF_CONTACTS[3:], _SHARE),
}
_CARDS = {
    "channel": ("sent", "delivered", "opened", "completed"),
    CONTACTS: ("customers", "anyhow"),
}
_USUAL_CARD = ("events", "sent", "opened", "completed")


def cut_card(table: CutTable, say: Words) -> Any:
    """The table with the switch of what it tells apart above it."""
    title = say("collection.title")
    switch = _switch(table, say)
    if not table.rows:
        inner = states.state("inbox", say("collection.empty"), say("collection.empty_words"))
        return card(title, inner, aside=switch)
    drawn = grid(
        Id.COLLECTION_GRID,
        _columns(table, say),
        table.rows,
        language=say.language,
        row_id="code",
        options={"postSortRows": {"function": "bpFitSoon(params)"}},
        listeners={"gridSizeChanged": ["bpFit(params)"]},
    )
    note = say(f"collection.note.{table.by}")
    return card(title, drawn, note=note, aside=switch)


def _switch(table: CutTable, say: Words) -> Any:
    links = [
        dcc.Link(one.label, href=one.href, className="active" if one.active else "")
        for one in table.choices
    ]
    return html.Nav(links, className="bp-switch", **{"aria-label": say("collection.switch")})


def _columns(table: CutTable, say: Words) -> list[dict[str, Any]]:
    shown = {"channel": _OF_MESSAGES, CONTACTS: _OF_CONTACTS}.get(table.by, _OF_EVENTS)
    linked = {"cellRenderer": "BpLink"} if any(row["href"] for row in table.rows) else {}
    name = {"field": "name", "headerName": say(f"collection.by.{table.by}"), "minWidth": 160,
            "flex": 2, **linked}  # fmt: skip
    return [name, *(_column(one, table, say) for one in shown), _card_column(table, say)]


def _column(name: str, table: CutTable, say: Words) -> dict[str, Any]:
    head = _head(name, table, say)
    column = {"field": name, "headerName": head, "headerTooltip": head, "width": 104,
              "minWidth": 92, "hide": name in _FURTHER}  # fmt: skip
    if name == "score":
        return {**column, "width": 124, **_SHARE}
    if name != "interval":
        return {**column, **_KINDS.get(name, _COUNT)}
    ends = [
        {"field": end, "head": say(f"collection.column.{end}"), "kind": "share"}
        for end in ("low", "high")
    ]
    return {
        **column,
        "cellRenderer": "BpInterval",
        "cellRendererParams": _drawn(table),
        "context": {"export": ends},
        "sortable": False,
        "filter": False,
        "minWidth": 148,
        "flex": 2,
    }


def _head(name: str, table: CutTable, say: Words) -> str:
    if name in _OF_CONTACTS[3:]:
        return say(f"asked.channel.{name}")
    rates = {CONTACTS: "reach", "channel": "per_message"}
    key = rates.get(table.by, "rate") if name == "score" else name
    words = say(f"collection.column.{key}")
    return f"{words} ({table.currency})" if name == "cost" and table.currency else words


def _drawn(table: CutTable) -> dict[str, Any]:
    """What a drawn range needs: its axis, and the dashed line of all together."""
    low, high = table.axis
    return {"kind": "share", "low": low, "high": high, "mean": table.whole}


def _card_column(table: CutTable, say: Words) -> dict[str, Any]:
    """The whole row in one, for a narrow screen."""
    facts = ("score", *_CARDS.get(table.by, _USUAL_CARD))
    given = {
        **_drawn(table),
        "ranged": table.by != CONTACTS,
        "heads": {name: _head(name, table, say) for name in facts},
    }
    return card_column(say("collection.title"), "BpCollected", given)


def cost_card(cost: Cost, say: Words, width: int) -> Any:
    """What the period's messages cost, and what a whole answer does."""
    title = say("collection.cost.title")
    if not cost.rows:
        inner = states.state("inbox", say("asked.nobody"), say("asked.empty.words"))
        return card(title, inner, width=width)
    if cost.total is None:
        words = say("collection.cost.how")
        inner = states.state("info-circle", say("collection.cost.none"), words, _edit(cost, say))
        return card(title, inner, width=width)
    per = cost.per_answer
    told = say("collection.cost.per_answer", cost=per) if per else None
    lacking = say("collection.cost.unpriced", channels=say("rulebook.comma").join(cost.unpriced))
    rows = [_cost_row(row, say) for row in cost.rows]
    body = [
        html.Div(cost.total, className="bp-amount"),
        html.P(told, className="bp-hero-line") if told else None,
        html.Div(rows, className="bp-waiting bp-under-amount"),
        html.P([lacking, " ", _edit(cost, say)], className="bp-small") if cost.unpriced else None,
    ]
    note = say("collection.cost.note", version=cost.version)
    return card(title, *body, note=note, width=width)


def _cost_row(row: CostRow, say: Words) -> Any:
    messages = say("collection.cost.messages", n=count(row.messages))
    how = f"{messages} \u00d7 {row.price}" if row.price else messages
    return html.Div(
        [
            html.Span(row.name, className="bp-name"),
            html.B(row.cost or say("collection.cost.no_price")),
            html.Span(how, className="bp-small bp-when bp-muted"),
        ],
        className="bp-wait-row",
    )


def _edit(cost: Cost, say: Words) -> Any:
    if cost.edit is None:
        return None
    return dcc.Link(say("collection.cost.edit"), href=cost.edit, className="bp-button")


def times_card(times: list[Time], within: list[Within], say: Words, width: int) -> Any:
    """How soon answers come."""
    title = say("collection.times.title")
    if not times:
        inner = states.too_few(say, 10)
        return card(title, inner, width=width)
    whole = times[0]
    bars = [
        Bar(
            say(f"collection.times.within_{one.hours:g}"),
            one.answers,
            one.share,
            say("collection.times.of_answers"),
        )
        for one in within
    ]
    answers = count(whole.answers)
    lead = say("collection.times.lead", middle=whole.middle, most=whole.most, n=answers)
    rows = [_time_row(one, say) for one in times[1:]]
    each = html.Div(rows, className="bp-waiting bp-under-bars")
    body = [html.P(lead, className="bp-lead-line"), bar_rows(bars, whole.answers)]
    return card(title, *body, each if len(times) > 2 else None,
                note=say("collection.times.note"), width=width)  # fmt: skip


def _time_row(one: Time, say: Words) -> Any:
    half = say("collection.times.half", low=one.low, high=one.high, n=count(one.answers))
    return html.Div(
        [
            html.Span(one.name, className="bp-name"),
            html.B(one.middle),
            html.Span(half, className="bp-small bp-when bp-muted"),
        ],
        className="bp-wait-row",
    )


def reasons_card(frame: Any, say: Words, *, dark: bool, by_week: bool, width: int) -> Any:
    """Why customers were not asked, week by week or day by day."""
    title = say("collection.reasons.weeks" if by_week else "collection.reasons.days")
    if frame.empty:
        inner = states.state("inbox", say("asked.no_reasons"), say("asked.no_reasons_words"))
        return card(title, inner, width=width)
    figure = reasons_figure(
        frame,
        dark=dark,
        tick=say("overview.tick"),
        hover=say("collection.reasons.hover"),
        by_week=by_week,
    )
    drawn = graph(figure, say.language, reasons_height(frame))
    return card(title, drawn, note=say("collection.reasons.note"), width=width)
