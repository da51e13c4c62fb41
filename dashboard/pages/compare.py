"""Units side by side: who they are, scores on one axis, trends, touchpoints, who was asked."""

from collections.abc import Sequence
from typing import Any

import dash_bootstrap_components as dbc
from dash import dcc, html

from dashboard.data.compare import Chooser, CompareView, Place, Response
from dashboard.data.glance import SCORE_FROM, Step
from dashboard.data.words import Words
from dashboard.figures.graph import graph
from dashboard.figures.panels import panels_figure, panels_height
from dashboard.ids import Id
from dashboard.numbers import Metric, count, percent
from dashboard.pages import states
from dashboard.pages.grid import grid
from dashboard.pages.parts import axis, card, icon, ranged_rows
from dashboard.pages.scores import ranged_part

_NUMBER = {"filter": "agNumberColumnFilter", "type": "rightAligned"}
_COUNT = {**_NUMBER, "valueFormatter": {"function": "bpCount(params)"}}
_SHARE = {**_NUMBER, "valueFormatter": {"function": "bpScore(params, 'share')"}}
_STEPS = ("events", "sent", "delivered", "opened", "answered", "completed")


def compare_page(view: CompareView | None, say: Words, *, dark: bool) -> Any:
    """The page, or the words for why there is none."""
    if view is None:
        return states.unset(say)
    cards = [chooser(view.chooser, say)]
    if view.chooser.few:
        words = say("compare.few", fewest=view.chooser.fewest), say("compare.few_words")
        return html.Div([*cards, card(None, states.state("people", *words))], className="bp-grid")
    if view.is_empty:
        empty = states.state("inbox", say("dashboard.empty.title"), say("dashboard.empty.words"))
        return html.Div([*cards, card(None, empty)], className="bp-grid")
    cards += [
        scores(view, say),
        responses(view.responses, say),
        trends(view, say, dark=dark),
        places(view, say),
        numbers(view, say),
    ]
    return html.Div(cards, className="bp-grid")


def chooser(found: Chooser, say: Words) -> Any:
    """The units that are compared, each with a way out, and a field for one more."""
    picks = [
        html.Span(
            [
                dcc.Link(one.name, href=one.href),
                dcc.Link(
                    [icon("x-circle"), _spoken(say("compare.without", name=one.name))],
                    href=one.without,
                    className="bp-pick-out",
                    title=say("compare.without", name=one.name),
                ),
            ],
            className="bp-pick",
        )
        for one in found.picks
    ]
    told = [
        say("compare.lost", count=found.lost) if found.lost else "",
        say("compare.full", most=found.most) if found.full else "",
    ]
    return html.Section(
        [
            html.Div([*picks, None if found.full else _field(found, say)], className="bp-picks"),
            html.P(
                " ".join(words for words in told if words) or say("compare.lead", most=found.most),
                className="bp-muted bp-small bp-under",
            ),
        ],
        className="bp-card bp-12",
        **{"aria-label": say("compare.chosen")},
    )


def _field(found: Chooser, say: Words) -> Any:
    return html.Div(
        [
            html.Label(
                [
                    _spoken(say("compare.add_unit")),
                    dbc.Input(
                        id=Id.COMPARE_UNIT,
                        list=Id.COMPARE_LIST,
                        type="text",
                        value="",
                        autocomplete="off",
                        placeholder=say("compare.add_unit"),
                    ),
                ],
                className="bp-pick-field",
            ),
            html.Datalist(
                [html.Option(value=words) for words in found.entries], id=Id.COMPARE_LIST
            ),
            html.Button(say("compare.add"), id=Id.COMPARE_ADD, className="bp-button"),
        ],
        className="bp-pick-add",
    )


def _spoken(words: str) -> Any:
    """Words for those who do not see the symbol."""
    return html.Span(words, className="visually-hidden")


def scores(view: CompareView, say: Words) -> Any:
    """All scores on one axis, and who is clearly behind the best."""
    rows = [ranged_part(part, say) for part in view.parts]
    return card(
        say("compare.scores", metric=view.metric.name, period=view.period),
        ranged_rows(rows, view.metric, None),
        note=verdict(view, say),
        width=7,
    )


def verdict(view: CompareView, say: Words) -> str:
    """Who is best, and for whom that is more than chance."""
    if view.best is None:
        return say("compare.no_best", needed=SCORE_FROM)
    names = {"name": view.best.name, "score": view.best.score}
    told = [say("compare.best", **names)]
    comma = say("compare.comma")
    if view.clearly:
        told.append(say("compare.clearly", names=comma.join(view.clearly)))
    if view.perhaps:
        told.append(say("compare.perhaps", names=comma.join(view.perhaps), **names))
    if view.untested:
        told.append(say("compare.untested"))
    return say("compare.between_sentences").join(told)


def responses(found: Sequence[Response], say: Words) -> Any:
    """How far messages came, each unit on the same scale: its own messages are the whole bar."""
    title = say("compare.responses")
    if not any(one.steps[0].number for one in found):
        inner = states.state(
            "inbox", say("overview.funnel_none"), say("overview.funnel_none_words")
        )
        return card(title, inner, width=5)
    rows = [_response(one, say) for one in found]
    return card(
        title,
        html.Div(rows, className="bp-compared-funnels"),
        note=say("compare.responses_note"),
        width=5,
    )


def _response(one: Response, say: Words) -> Any:
    most = one.steps[0].number
    told = (
        say("compare.response_none")
        if not most
        else say("compare.response", share=percent(one.share), sent=count(most))
    )
    bars = [_reached(step, most, say) for step in one.steps[1:]] if most else []
    return html.Div(
        [
            html.Div([html.Strong(one.name), html.Span(told, className="bp-muted bp-small")]),
            html.Div(bars, className="bp-compared-bars"),
        ],
        className="bp-compared-funnel",
    )


def _reached(step: Step, sent: int, say: Words) -> Any:
    """How many of the messages came so far: its name, its share, and that share as a bar."""
    share = step.number / sent
    return html.Div(
        [
            html.Span(step.name, className="bp-muted bp-small"),
            html.B(percent(share)),
            html.Div(
                html.Div(className="bp-fill", style={"width": f"{share:.2%}"}),
                className="bp-track",
            ),
        ],
        title=say("compare.step", name=step.name, n=count(step.number), share=percent(share)),
    )


def trends(view: CompareView, say: Words, *, dark: bool) -> Any:
    """Every unit's trend in a panel of its own, all on the same axes."""
    title = say("overview.trend")
    if view.trend.empty or view.trend["score"].notna().sum() < len(view.parts):
        inner = states.state(
            "info-circle", say("overview.no_trend"), say("overview.no_trend_words")
        )
        return card(title, inner)
    figure = panels_figure(
        view.trend,
        view.metric,
        dark=dark,
        tick=say("overview.tick"),
        hover=say("overview.hover"),
    )
    gathers = say("compare.rolling", weeks=view.weeks) if view.weeks > 1 else say("compare.weekly")
    return card(
        title,
        graph(figure, say.language, panels_height(view.trend["unit"].nunique())),
        note=f"{gathers}{say('compare.between_sentences')}{say('compare.panels')}",
    )


def places(view: CompareView, say: Words) -> Any:
    """The same measure along the journey, every touchpoint on the same axis."""
    if not view.places:
        return None
    rows = [ranged_part(part, say) for place in view.places for part in place.parts]
    ends = axis(rows, view.metric, None)
    blocks = [_place(place, view.metric, ends, say) for place in view.places]
    return card(
        say("overview.touchpoints"),
        html.Div(blocks, className="bp-compared-places"),
        note=say("compare.places_note"),
    )


def _place(place: Place, metric: Metric, ends: tuple[float, float], say: Words) -> Any:
    rows = [ranged_part(part, say) for part in place.parts]
    return html.Div(
        [
            html.H3(dcc.Link(place.name, href=place.href)),
            ranged_rows(rows, metric, None, ends=ends),
        ]
    )


def numbers(view: CompareView, say: Words) -> Any:
    """Everything in one table, to be sorted and taken along."""
    still = {"hide": all(row["change"] is None for row in view.rows)}
    name = {**_column(say, "unit_name", 140, pinned="left"), "flex": None, "width": 160}
    columns = [name]
    columns += [
        _column(say, name, 76, **_score(view.metric))
        for name in ("score", "low", "high")
    ]  # fmt: skip
    columns += [
        _column(say, "n", 92, **_COUNT),
        _column(say, "change", 112, **_NUMBER, **_signed(view.metric), **still),
        _column(say, "verdict", 152, **still),
        *(_column(say, name, 108, **_COUNT) for name in _STEPS),
        _column(say, "share", 116, **_SHARE),
    ]
    return card(
        say("compare.numbers"),
        grid(Id.COMPARE_GRID, columns, view.rows, language=say.language, row_id="unit_code"),
        note=say("compare.numbers_note"),
    )


def _score(metric: Metric) -> dict[str, Any]:
    return {**_NUMBER, "valueFormatter": {"function": f"bpScore(params, '{metric.kind}')"}}


def _signed(metric: Metric) -> dict[str, Any]:
    told = f"bpSigned(params.value, '{metric.kind}')"
    return {"valueFormatter": {"function": f"params.value === null ? '' : {told}"}}


def _column(say: Words, field: str, width: int, **more: Any) -> dict[str, Any]:
    return {
        "field": field,
        "headerName": say(f"compare.column.{field}"),
        "minWidth": width,
        "flex": 1,
        **more,
    }
