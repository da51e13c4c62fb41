"""The list of warnings: who fell below the own normal, since when, how far; the funnel."""

from collections.abc import Sequence
from typing import Any

from dash import dcc, html

from dashboard.data.warnings import Bar, Warned, WarningsView
from dashboard.data.words import Words
from dashboard.figures.funnel import FunnelShape, funnel_figure
from dashboard.figures.graph import graph
from dashboard.numbers import Metric, count
from dashboard.pages import states
from dashboard.pages.parts import card, icon

FUNNEL_HEIGHT = 380
_ICONS = {"alert": "exclamation-triangle", "watch": "eye", None: "check-circle"}


def warnings_page(view: WarningsView | None, say: Words, *, dark: bool) -> Any:
    """The page, or the words for why there is none."""
    if view is None:
        return states.unset(say)
    found = card(None, lead(view, say), _list(view, say), note=_note(view, say))
    return html.Div([found, funnel_card(view, say, dark=dark)], className="bp-grid")


def lead(view: WarningsView, say: Words) -> Any:
    """How many are pointed out, in a sentence, and how sure that is."""
    told = [_state_of_time(view, say)]
    if view.compares and view.rows:
        found = {"alerts": count(view.alerts), "judged": count(view.judged), "month": view.month}
        words = [say("warnings.lead", **found)]
        if view.watches:
            words.append(say("warnings.lead_watch", watches=count(view.watches)))
        told.insert(0, html.P(" ".join(words), className="bp-lead"))
    return html.Div(told, className="bp-warn-lead")


def _state_of_time(view: WarningsView, say: Words) -> Any:
    """Whether the month is still running, and whether newer answers wait to be judged."""
    words = [
        say("warnings.running", month=view.month) if view.running else "",
        say("warnings.pending") if view.pending else "",
    ]
    told = " ".join(one for one in words if one)
    return html.P(told, className="bp-muted bp-small") if told and view.computed else None


def _list(view: WarningsView, say: Words) -> Any:
    if view.rows:
        rows = [row(one, view.metric, view.month, say) for one in view.rows]
        more = html.P(say("warnings.more", more=view.more), className="bp-muted")
        return html.Div([html.Div(rows, className="bp-warned"), more if view.more else None])
    return _nothing(view, say)


def _nothing(view: WarningsView, say: Words) -> Any:
    """Why the list is empty: not judged yet, too early, too few answers, or all is as usual."""
    if not view.computed:
        key, symbol = ("waiting", "hourglass-split") if view.pending else ("no_month", "inbox")
    elif view.too_early:
        key, symbol = "too_early", "hourglass-split"
    elif not view.judged:
        key, symbol = "too_few", "info-circle"
    else:
        key, symbol = "calm", "check-circle"
    words = say(f"warnings.{key}_words", month=view.month, judged=count(view.judged))
    return states.state(symbol, say(f"warnings.{key}", month=view.month), words)


def _note(view: WarningsView, say: Words) -> str | None:
    """What one may rely on, below the list."""
    if not view.judged:
        return None
    sure = say("warnings.sure", alert=view.alert_share, watch=view.watch_share)
    rest = say("warnings.not_judged", count=count(view.not_judged)) if view.not_judged else ""
    return f"{sure} {rest}".strip()


def row(one: Warned, metric: Metric, month: str, say: Words) -> Any:
    """A branch: level, name, how far below, since when, one sentence, a small history."""
    level = one.level or "usual"
    mark = html.Span(
        [icon(_ICONS[one.level]), say(f"warnings.level.{level}")],
        className=f"bp-level bp-level-{level}",
    )
    facts = [
        say("warnings.since", month=one.since) if one.since else None,
        say("dashboard.answers", n=count(one.n)) if one.n is not None else None,
    ]
    words = [
        html.Div([mark, dcc.Link(one.name, href=one.href, className="bp-warn-name")],
                 className="bp-warn-who"),
        html.P(sentence(one, metric, month, say)),
        html.Div(" · ".join(fact for fact in facts if fact), className="bp-muted bp-small"),
    ]  # fmt: skip
    return html.Article(
        [
            html.Div(words, className="bp-warn-words"),
            html.Div(
                [html.Strong(metric.signed(-one.drop)), html.Small(say("warnings.below_normal"))],
                className="bp-warn-drop",
            ),
            history(one.bars, say),
        ],
        className=f"bp-warn bp-warn-{level}",
    )


def sentence(one: Warned, metric: Metric, month: str, say: Words) -> str:
    """What happened, as one would say it."""
    size = say(f"warnings.size.{metric.kind}", size=_size(one.drop, metric))
    where = "above" if one.drop <= 0 else "below"
    lately = say(f"warnings.lately_{where}", size=size, normal=one.normal)
    if one.level is None and where == "below":
        lately = f"{lately} {say('warnings.lately_chance')}"
    if one.score is None:
        return f"{lately} {say('warnings.month_few', month=month)}"
    told = {"month": month, "score": one.score, "expected": one.expected}
    return f"{lately} {say('warnings.month_score', **told)}"


def _size(drop: float, metric: Metric) -> str:
    return metric.text(abs(drop)).removesuffix(metric.suffix)


def history(bars: Sequence[Bar], say: Words) -> Any:
    """A bar per month, up or down from the branch's own normal."""
    drawn = [_bar(bar) for bar in bars]
    lines = [say("warnings.history", months=len(bars))]
    if any(bar.size is None for bar in bars):
        lines.append(say("warnings.dots"))
    return html.Div(
        [
            html.Div([*drawn, html.I(className="bp-month-own")], className="bp-history"),
            *(html.Small(line, className="bp-muted") for line in lines),
        ],
        className="bp-warn-history",
    )


def _bar(bar: Bar) -> Any:
    """Half of the height is for what is above normal, half for what is below."""
    if bar.size is None:
        return html.Span(html.I(className="bp-month-none"), title=bar.words)
    up = bar.size >= 0
    style = {"height": f"{max(abs(bar.size) * 50, 1.5):.1f}%"}
    return html.Span(html.I(className="bp-month-up" if up else "bp-month-down", style=style),
                     title=bar.words)  # fmt: skip


def funnel_card(view: WarningsView, say: Words, *, dark: bool) -> Any:
    """All branches of the month in the funnel; nothing while there are too few of them."""
    if view.funnel is None or not len(view.points):
        return None
    shape = FunnelShape(view.funnel.target, view.funnel.variance, view.funnel.tau2)
    figure = funnel_figure(
        view.points,
        shape,
        view.metric,
        dark=dark,
        hover=say("warnings.hover"),
        axis=say("warnings.axis"),
        names={level: say(f"warnings.dot.{level}") for level in ("usual", "watch", "alert")},
    )
    key = "warnings.funnel" if len(view.points) > 1 else "warnings.funnel_one"
    return card(
        say(key, month=view.month),
        graph(figure, say.language, FUNNEL_HEIGHT),
        note=say(f"{key}_note", target=view.metric.text(view.funnel.target)),
    )
