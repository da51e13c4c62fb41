"""Trying out rules: what is tried over which days, and what it would have changed."""

from collections.abc import Sequence
from typing import Any

import dash_bootstrap_components as dbc
from dash import html

from dashboard.data.simulation import Outcome, Pair, TryView
from dashboard.data.words import Words
from dashboard.figures.graph import graph
from dashboard.figures.now_then import now_then_figure, now_then_height
from dashboard.ids import Id
from dashboard.numbers import MINUS, count
from dashboard.pages import states
from dashboard.pages.grid import grid
from dashboard.pages.parts import card, chip, icon

_NUMBER = {"filter": "agNumberColumnFilter", "type": "rightAligned"}
_COUNT = {"valueFormatter": {"function": "bpCount(params)"}}
_ONE = {"valueFormatter": {"function": "bpScore(params, 'mean')"}}


def simulate_page(view: TryView, say: Words) -> Any:
    """What is tried, and the place where the outcome will stand."""
    if not view.choices:
        words = say("simulation.nothing"), say("simulation.nothing_words")
        return html.Div(card(None, states.state("file-earmark-text", *words)), className="bp-grid")
    words = say("simulation.ready"), say("simulation.ready_words")
    waiting = html.Div(
        [html.Div(className="bp-running-bar"), html.P(say("simulation.running"))],
        className="bp-running",
        role="status",
    )
    return html.Div(
        [
            _form(view, say),
            html.Div(
                card(None, states.state("play-circle", *words)),
                id=Id.TRY_RESULT,
                className="bp-grid bp-12 bp-trial",
                **{"aria-live": "polite"},
            ),
            waiting,
        ],
        className="bp-grid bp-try",
    )


def _form(view: TryView, say: Words) -> Any:
    def field(words: str, control: Any) -> Any:
        return html.Label([html.Span(words, className="bp-muted bp-small"), control])

    options = [{"label": one.name, "value": one.value} for one in view.choices]
    controls = [
        field(
            say("simulation.rules"),
            dbc.Select(id=Id.TRY_RULES, options=options, value=view.choices[0].value),
        ),
        field(say("dashboard.filter.first"), dbc.Input(id=Id.TRY_FROM, type="date",
                                                       value=view.first)),
        field(say("dashboard.filter.last"), dbc.Input(id=Id.TRY_TO, type="date", value=view.last)),
        html.Button(
            [icon("play-circle"), say("simulation.run")],
            id=Id.TRY_RUN,
            className="bp-button bp-primary",
        ),
    ]  # fmt: skip
    return html.Section(
        [
            html.P(say("simulation.lead"), className="bp-muted"),
            html.Div(controls, className="bp-try-form"),
        ],
        className="bp-card bp-12",
    )


def outcome_page(found: Outcome, say: Words, *, dark: bool) -> list[Any]:
    """What the other rules would have done, the most telling first."""
    if not found.events:
        words = say("simulation.empty"), say("simulation.empty_words")
        return [card(None, states.state("inbox", *words))]
    return [
        _hero(found, say),
        _volume(found, say, dark),
        html.Div(
            [_channels(found.channels, say), _reach(found.reach, say)], className="bp-5 bp-stack"
        ),
        _branches(found, say),
    ]


def _hero(found: Outcome, say: Words) -> Any:
    """Invitations now and then, in the biggest letters; answers and costs beside them."""
    pairs = [("invitations", found.invitations), ("answers", found.answers)]
    if found.costs is not None:
        pairs.append(("costs", found.costs))
    numbers = [
        html.Div(
            [
                html.Div(say(f"simulation.{name}"), className="bp-hero-label"),
                html.Div(
                    [
                        html.Span(_number(pair.now), className="bp-now"),
                        icon("arrow-right"),
                        html.Span(_number(pair.then), className="bp-then"),
                    ],
                    className="bp-now-then",
                ),
                html.Div(_change(pair, say), className="bp-muted"),
            ]
        )
        for name, pair in pairs
    ]
    facts = [
        chip(say("simulation.more", n=count(found.more)), "bp-up") if found.more else None,
        chip(say("simulation.fewer", n=count(found.fewer)), "bp-down") if found.fewer else None,
        chip(say("simulation.same", n=count(found.same))),
    ]
    lead = say("simulation.what", name=found.name, period=found.period, events=count(found.events))
    return html.Section(
        [
            html.P(lead, className="bp-muted"),
            html.Div(numbers, className="bp-pairs"),
            html.Div(facts, className="bp-facts"),
        ],
        className="bp-card bp-12",
    )


def _volume(found: Outcome, say: Words, dark: bool) -> Any:
    title = say("simulation.volume_weeks" if found.by_week else "simulation.volume_days")
    if found.volume.empty:
        inner = states.state("inbox", say("asked.nobody"), say("simulation.empty_words"))
        return card(title, inner, width=7)
    figure = now_then_figure(
        found.volume,
        dark=dark,
        tick=say("overview.tick"),
        now=say("simulation.now"),
        then=say("simulation.then"),
        by_week=found.by_week,
    )
    drawn = graph(figure, say.language, now_then_height(found.volume["channel"].nunique()))
    return card(title, drawn, note=say("simulation.volume_note"), width=7)


def _channels(pairs: Sequence[Pair], say: Words) -> Any:
    """Messages by channel, reminders and fall-backs among them."""
    return card(
        say("simulation.channels"), _pairs("channel", pairs, say),
        note=say("simulation.channels_note"),
    )  # fmt: skip


def _reach(pairs: Sequence[Pair], say: Words) -> Any:
    """Events asked about, by segment."""
    return card(
        say("simulation.reach"), _pairs("segment", pairs, say), note=say("simulation.reach_note")
    )


def _pairs(what: str, pairs: Sequence[Pair], say: Words) -> Any:
    """A table of numbers now and then."""
    of = ["of"] if any(pair.of is not None for pair in pairs) else []
    names = (what, *of, "now", "then", "change")
    head = [html.Th(say(f"simulation.column.{name}"), scope="col") for name in names]
    body = [
        html.Tr(
            [
                html.Th(pair.name, scope="row"),
                html.Td(count(pair.of)) if of else None,
                html.Td(_number(pair.now)),
                html.Td(html.B(_number(pair.then))),
                html.Td(_change(pair, say)),
            ]
        )
        for pair in pairs
    ]
    table = html.Table([html.Thead(html.Tr(head)), html.Tbody(body)], className="bp-table")
    return html.Div(table, className="bp-scroll", tabIndex=0)


def _branches(found: Outcome, say: Words) -> Any:
    table = grid(Id.TRY_GRID, columns(say), found.rows, language=say.language, row_id="unit_code",
                 remade=False)  # fmt: skip
    return card(say("simulation.branches"), table, note=say("simulation.branches_note"))


def refused_trial(words: str) -> Any:
    """It could not be tried, in words."""
    return card(None, html.P([icon("exclamation-triangle"), words], className="bp-refusal"))


def columns(say: Words) -> list[dict[str, Any]]:
    """The branch, then each number now and then."""
    return [
        _column(say, "unit_name", 180, cellRenderer="BpLink", flex=2),
        _column(say, "invitations_now", 120, **_NUMBER, **_COUNT),
        _column(say, "invitations_then", 120, **_NUMBER, **_COUNT),
        _column(say, "expected_answers_now", 130, **_NUMBER, **_ONE),
        _column(say, "expected_answers_then", 130, **_NUMBER, **_ONE),
        _column(say, "margin_now", 120, **_NUMBER, **_ONE),
        _column(say, "margin_then", 120, **_NUMBER, **_ONE),
        _column(say, "unit_code", 100),
    ]


def _column(say: Words, name: str, width: int, **more: Any) -> dict[str, Any]:
    return {
        "field": name,
        "headerName": say(f"simulation.grid.{name}"),
        "headerTooltip": say(f"simulation.tooltip.{name}"),
        "width": width,
        "minWidth": width,
        **more,
    }


def _number(value: float) -> str:
    return count(round(value))


def _change(pair: Pair, say: Words) -> str:
    """The difference, with its sign and as a share of what is now."""
    change = round(pair.then) - round(pair.now)
    if not change:
        return say("simulation.no_change")
    sign = "+" if change > 0 else MINUS
    if not round(pair.now):
        return f"{sign}{count(abs(change))}"
    share = abs(change) / round(pair.now) * 100
    return f"{sign}{count(abs(change))} ({sign}{share:.0f}\u202f%)"
