"""Why a branch ranks where it does: from its answers to its place, one step in words at a time."""

from collections.abc import Sequence
from typing import Any

from dash import dcc, html

from dashboard.data.why import Places, WhyView
from dashboard.data.why_steps import Step
from dashboard.data.words import Words
from dashboard.numbers import Metric, count
from dashboard.pages import states
from dashboard.pages.parts import Ranged, answers_text, card, chip, icon, ranged_rows


def why_page(view: WhyView | None, say: Words) -> Any:
    """The page, or the words for why there is none."""
    if view is None:
        return states.unset(say)
    if view.is_empty:
        return states.empty(say, view.elsewhere)
    head = _head(view, say)
    if view.pending and view.place is None:
        return html.Div([head, _way(view, say) if view.steps else None], className="bp-grid")
    return html.Div(
        [
            head,
            _way(view, say) if view.steps else None,
            _places(view, say) if view.place else None,
            _near(view, say) if view.place else None,
            _links(view, say),
        ],
        className="bp-grid",
    )


def _head(view: WhyView, say: Words) -> Any:
    """The place, the biggest; with its range in a plain sentence."""
    waiting = html.Div([html.I(className="bp-dot"), say("league.pending")], className="bp-pending")
    label = html.Div(
        [html.Strong(view.name), " · ", view.metric.name, " · ", view.period],
        className="bp-hero-label",
    )
    if view.place is None:
        said: list[Any] = [html.P(view.lacks, className="bp-hero-line")] if view.lacks else []
        said += [_so_far(view.so_far)] if view.so_far is not None else []
    else:
        said = [
            html.Div(
                [str(view.place.rank), html.Span(say("why.of", of=count(view.place.of)),
                                                 className="bp-unit")],
                className="bp-hero",
                id="why-rank",
            ),
            html.P(view.place_words, className="bp-hero-line"),
        ]  # fmt: skip
    return html.Section(
        [
            waiting if view.pending else None,
            label,
            *said,
            html.Div(_facts(view, say), className="bp-facts"),
            _sets(view, say),
        ],
        className="bp-card bp-why-head",
    )


def _so_far(share: float) -> Any:
    """How much of the answers that a place takes is there."""
    fill = html.Div(className="bp-fill", style={"width": f"{share:.2%}"})
    return html.Div(fill, className="bp-track bp-so-far", **{"aria-hidden": "true"})


def _facts(view: WhyView, say: Words) -> list[Any]:
    band = view.band
    mark = None
    if band is not None:
        mark = html.Span(
            [html.B(band), html.Span(say(f"league.band.{band}"))],
            className=f"bp-band bp-band-{band.lower()}",
        )
    badge = None
    if view.badge:
        badge = html.Span([icon("award"), say("league.badge")], className="bp-badge")
    return [mark, badge, chip(answers_text(say, view.answers)), *map(chip, view.facts)]


def _sets(view: WhyView, say: Words) -> Any:
    links = [
        dcc.Link(one.label, href=one.href, className="active" if one.active else "")
        for one in view.sets
    ]
    return html.Nav(links, className="bp-choice", **{"aria-label": say("league.set.label")})


def _way(view: WhyView, say: Words) -> Any:
    """From the answers to the fair score: every step with what it adds and why."""
    return card(
        say("why.way"),
        waterfall(view.steps, view.metric, view.mean, say),
        note=say("why.way_note"),
    )


def waterfall(steps: Sequence[Step], metric: Metric, mean: float | None, say: Words) -> Any:
    """Steps as floating bars on one axis, their words and their numbers."""
    low, high = step_axis(steps, metric, mean)
    rows = [_step(step, (low, high), mean) for step in steps]
    ends = html.Div([html.Span(metric.text(low)), html.Span(metric.text(high))])
    scale = html.Div([html.Span(), ends, html.Span()], className="bp-fall-scale")
    key = html.Span(
        [html.I(className="bp-key bp-key-mean"), say("why.mean", mean=metric.finely(mean))]
    )
    bar = html.Span([html.I(className="bp-key bp-key-line"), say("league.legend.line")])
    keys = html.Div([bar, key if mean is not None else None], className="bp-keys")
    return html.Div([html.Div(rows, className="bp-fall"), scale, keys])


def step_axis(steps: Sequence[Step], metric: Metric, mean: float | None) -> tuple[float, float]:
    """The part of the scale that all steps fit into, with room at both ends."""
    drawn = [end for step in steps for end in (step.start, step.end, step.low, step.high)]
    ends = [end for end in drawn if end is not None]
    ends += [] if mean is None else [mean]
    if not ends:
        return metric.low, metric.high
    least = (metric.high - metric.low) / 20
    room = max(0.08 * (max(ends) - min(ends)), least)
    return max(metric.low, min(ends) - room), min(metric.high, max(ends) + room)


def _step(step: Step, axis: tuple[float, float], mean: float | None) -> Any:
    low, high = axis

    def at(value: float) -> float:
        return 100 * min(1.0, max(0.0, (value - low) / (high - low)))

    drawn = [] if mean is None else [
        html.I(className="bp-mean", style={"left": f"{at(mean):.2f}%"})
    ]  # fmt: skip
    if step.end is not None and step.start is not None:
        left, right = sorted((at(step.start), at(step.end)))
        span = {"left": f"{left:.2f}%", "width": f"max({right - left:.2f}%, 2px)"}
        drawn.append(html.I(className=f"bp-move {step.tone}", style=span))
    elif step.end is not None:
        if step.low is not None and step.high is not None:
            line = {"left": f"{at(step.low):.2f}%", "right": f"{100 - at(step.high):.2f}%"}
            drawn.append(html.I(className="bp-line", style=line))
        drawn.append(html.I(className="bp-point", style={"left": f"{at(step.end):.2f}%"}))
    return html.Div(
        [
            html.Div(
                [html.Strong(step.name), html.Span(step.words, className="bp-muted bp-small")],
                className="bp-fall-words",
            ),
            html.Div(drawn, className="bp-range", **{"aria-hidden": "true"}),
            html.B(step.value, className=f"bp-fall-value {step.tone}"),
        ],
        className=f"bp-fall-row bp-fall-{step.kind}",
        **{"data-step": step.code},
    )


def _places(view: WhyView, say: Words) -> Any:
    """The places that chance leaves open, and those that can be proven, on one line of places."""
    assert view.place is not None
    rows = [_range(one, view.place.rank, view.place.of, say) for one in view.ranges]
    ends = html.Div([html.Span("1"), html.Span(count(view.place.of))])
    scale = html.Div([html.Span(), ends, html.Span()], className="bp-fall-scale")
    return card(say("why.places_title"), html.Div(rows, className="bp-fall"), scale,
                note=say("why.places_note"))  # fmt: skip


def _range(one: Places, rank: int, of: int, say: Words) -> Any:
    def at(place: float) -> float:
        return 100 * (place - 1) / max(1, of - 1)

    left, right = at(one.low), at(one.high)
    line = {"left": f"{left:.2f}%", "width": f"max({right - left:.2f}%, 4px)"}
    return html.Div(
        [
            html.Div(
                [html.Strong(one.name), html.Span(one.words, className="bp-muted bp-small")],
                className="bp-fall-words",
            ),
            html.Div(
                [
                    html.I(className=f"bp-span bp-span-{one.code}", style=line),
                    html.I(className="bp-point", style={"left": f"{at(rank):.2f}%"}),
                ],
                className="bp-range",
                **{"aria-hidden": "true"},
            ),
            html.B(say("why.range", low=one.low, high=one.high), className="bp-fall-value"),
        ],
        className="bp-fall-row",
        **{"data-places": one.code},
    )


def _near(view: WhyView, say: Words) -> Any:
    """Who cannot be told apart from the branch: how many, and the nearest of them."""
    rows = [
        Ranged(
            name=one.name,
            score=one.score,
            low=one.low,
            high=one.high,
            answers=answers_text(say, one.n),
            href=one.href,
            tone="bp-own" if one.own else "bp-other",
        )
        for one in view.near
    ]
    drawn = None
    if rows:
        drawn = [html.H3(say("why.nearest")), ranged_rows(rows, view.metric, view.mean)]
    note = say("why.near_note") if rows else say("why.near_note_alone")
    return card(say("why.near"), _others(view, say), *(drawn or []), note=note)


def _others(view: WhyView, say: Words) -> Any:
    """All other branches as one bar: surely better, not to be told apart, surely worse."""
    if view.others is None:
        return None
    parts = {name: getattr(view.others, name) for name in ("better", "alike", "worse")}
    whole = sum(parts.values())
    bar = [
        html.I(className=f"bp-{name}", style={"width": f"{number / whole:.2%}"})
        for name, number in parts.items()
        if number
    ]
    legend = [
        html.Span(say(f"why.others.{name}", n=count(number)), className=f"bp-{name}")
        for name, number in parts.items()
    ]
    return html.Div(
        [html.Div(bar, className="bp-bands bp-apart-bar"), html.Div(legend, className="bp-legend")],
        id="why-others",
    )


def _links(view: WhyView, say: Words) -> Any:
    links = [
        dcc.Link([icon("arrow-right"), one.label], href=one.href, className="bp-button")
        for one in view.links
    ]
    return html.Div(links, className="bp-buttons bp-12") if links else None
