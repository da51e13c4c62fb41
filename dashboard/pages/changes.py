"""What changed since last week in plain sentences, the index, and the warnings of the month."""

from collections.abc import Iterator
from typing import Any

from dash import dcc, html

from dashboard.data.changes import Changes, IndexGlance, Mover, WarningsBrief
from dashboard.data.glance import COUNT_FROM
from dashboard.data.words import Words
from dashboard.numbers import count
from dashboard.pages.parts import answers_text, card, icon

MOST_NAMED = 4
_UP, _DOWN, _SAME = "arrow-up-right", "arrow-down-right", "dash-lg"


def changes(found: Changes, say: Words, width: int) -> Any:
    """Two to four sentences, each with the verdict of its test."""
    rows = [html.Li([icon(symbol), html.Span(words)], className=tone)
            for symbol, tone, words in sentences(found, say)]  # fmt: skip
    return card(
        say("overview.changed.title"),
        html.Ul(rows, className="bp-changes"),
        note=say("overview.changed.note") if found.compared > 1 else None,
        width=width,
    )


def sentences(found: Changes, say: Words) -> Iterator[tuple[str, str, Any]]:
    """Symbol, tone and words of each sentence."""
    yield _whole(found, say)
    if found.moved:
        yield _moved(found, say)
    elif found.largest is not None and found.compared > 1:
        words = say("overview.changed.still", count=count(found.compared), kind=_kind(found, say),
                    name=found.largest.name, change=found.largest.change)  # fmt: skip
        yield _SAME, "", words
    yield "inbox", "", _answers(found, say)


def _whole(found: Changes, say: Words) -> tuple[str, str, str]:
    metric, figure, change = found.metric, found.figure, found.difference.change
    if figure.score is None:
        answers = answers_text(say, figure.n, COUNT_FROM)
        return _SAME, "", say("overview.changed.few", days=found.days, answers=answers)
    told = {
        "metric": metric.name,
        "days": found.days,
        "score": metric.text(figure.score),
        "low": metric.text(figure.low),
        "high": metric.text(figure.high),
    }
    if change is None:
        return _SAME, "", say("overview.changed.alone", **told)
    told["change"] = metric.signed(change)
    if found.difference.is_noise:
        return _SAME, "", say("overview.changed.noise", **told)
    symbol, tone = (_UP, "bp-up") if change > 0 else (_DOWN, "bp-down")
    return symbol, tone, say("overview.changed.real", **told)


def _moved(found: Changes, say: Words) -> tuple[str, str, Any]:
    """Who moved by more than chance, each a link; the words around them are the language's."""
    before, after = say(
        "overview.changed.moved", count=count(found.compared), kind=_kind(found, say), names="\n"
    ).split("\n")
    more = len(found.moved) - MOST_NAMED
    rest = say("overview.changed.moved_more", count=count(more)) if more > 0 else ""
    return "info-circle", "", [before, *_named(found.moved[:MOST_NAMED], say), rest, after]


def _named(movers: list[Mover], say: Words) -> Iterator[Any]:
    for place, one in enumerate(movers):
        if place:
            yield say("overview.changed.comma")
        yield dcc.Link(one.name, href=one.href)
        yield say("overview.changed.by", change=one.change)


def _kind(found: Changes, say: Words) -> str:
    return say(f"overview.changed.kind.{found.kind}")


def _answers(found: Changes, say: Words) -> str:
    told = {
        "now": answers_text(say, found.figure.n, COUNT_FROM),
        "before": answers_text(say, found.previous.n, COUNT_FROM),
    }
    if not found.open_links:
        return say("overview.changed.answers", **told)
    return say("overview.changed.answers_open", links=count(found.open_links), **told)


def index_line(found: IndexGlance | None, say: Words) -> Any:
    """The index with its interval, its change and its target; it leads to its page."""
    if found is None or found.figure.score is None:
        return None
    metric, figure = found.metric, found.figure
    low, high = metric.text(figure.low), metric.text(figure.high)
    facts = [
        say("overview.index.range", low=low, high=high),
        answers_text(say, figure.n, COUNT_FROM),
        _index_change(found, say),
        _index_target(found, say),
    ]
    return dcc.Link(
        [
            html.Strong(metric.text(figure.score)),
            html.Span(metric.name),
            html.Small(" · ".join(fact for fact in facts if fact)),
        ],
        href=found.href,
        className="bp-index",
    )


def _index_change(found: IndexGlance, say: Words) -> str:
    if found.difference.change is None:
        return ""
    key = "change_noise" if found.difference.is_noise else "change_real"
    return say(f"overview.{key}", change=found.metric.signed(found.difference.change))


def _index_target(found: IndexGlance, say: Words) -> str:
    if found.target is None:
        return ""
    return say(f"overview.index.{found.verdict}", target=found.metric.text(found.target))


def warned(found: WarningsBrief | None, say: Words, width: int) -> Any:
    """The gravest warnings of the month, each with its way; nothing where no month was judged."""
    if found is None:
        return None
    lead = say("overview.warned.lead", alerts=count(found.alerts), watches=count(found.watches),
               judged=count(found.judged))  # fmt: skip
    rows = [
        dcc.Link(
            [
                html.Span(
                    [
                        icon("exclamation-triangle" if one.level == "alert" else "eye"),
                        say(f"warnings.level.{one.level}"),
                    ],
                    className=f"bp-level bp-level-{one.level}",
                ),
                html.Span(one.name),
                html.B(one.drop),
            ],
            href=one.href,
        )
        for one in found.rows
    ]
    words = "overview.warned.more" if found.more else "overview.warned.all"
    there = dcc.Link(say(words, count=count(found.more)), href=found.href, className="bp-between")
    return card(
        say("overview.warned.title", month=found.month),
        html.P(lead),
        html.Div(rows, className="bp-brief"),
        there,
        note=say("overview.warned.note") if rows else None,
        width=width,
    )
