"""The indicator tree of a unit: the index, every part down to the questions, their targets."""

from collections.abc import Sequence
from typing import Any

from dash import dcc, html

from dashboard.data.indicators import (
    Aim,
    Below,
    Drawn,
    IndicatorsView,
    Line,
    index_points,
)
from dashboard.data.words import Words
from dashboard.figures.graph import graph
from dashboard.figures.trend import trend_figure
from dashboard.numbers import Metric, count, percent
from dashboard.pages import states
from dashboard.pages.parts import answers_text, card, change_chip, chip, icon
from dashboard.pages.versions import versions_card

TREND_HEIGHT = 240
FEWEST = 5  # answers below which not even their number is told
TONES = {"reached": "bp-up", "missed": "bp-down", "open": ""}


def indicators_page(view: IndicatorsView, say: Words, *, dark: bool) -> Any:
    """The page, or the words for why there is no tree."""
    if not view.lines:
        words = say("indicators.page.none"), say("indicators.page.none_words")
        buttons = html.Div(_edit(view.edit, say), className="bp-buttons bp-middle")
        inner = states.state("diagram-3", *words, buttons)
        return html.Div([card(None, inner), _versions(view, say)], className="bp-grid")
    return html.Div(
        [
            hero(view, say),
            _trend(view, say, dark=dark),
            _tree(view, say),
            _below(view, say),
            _how(view, say),
            _versions(view, say, edit=view.edit),
        ],
        className="bp-grid",
    )


def hero(view: IndicatorsView, say: Words) -> Any:
    """The index, the biggest; its range in a sentence, its target and change as facts."""
    root = view.lines[0]
    figure, metric = root.figure, root.metric
    if figure.score is None:
        body: list[Any] = [states.too_few(say, 10)]
    else:
        low, high = metric.range_texts(figure.low, figure.high)
        said = say("indicators.page.sentence", name=root.name, score=metric.text(figure.score),
                   low=low, high=high)  # fmt: skip
        of = html.Span(say("indicators.page.of_hundred"), className="bp-unit")
        body = [
            html.Div([metric.text(figure.score), of], className="bp-hero"),
            html.P(said, className="bp-hero-line"),
        ]
    facts = [
        chip(answers_text(say, figure.n, FEWEST)),
        change_chip(root.difference, root.metric, say),
    ]
    facts += _aim_chips(root, say)
    label = [html.Strong(root.name), " · ", view.unit or "", " · " if view.unit else "",
             view.period]  # fmt: skip
    ranking = dcc.Link(
        [icon("list-ol"), say("indicators.page.ranking")],
        href=view.ranking,
        className="bp-button bp-why-button",
    )
    return html.Section(
        [
            html.Div(label, className="bp-hero-label"),
            *body,
            html.Div(facts, className="bp-facts"),
            ranking if view.ranking else None,
        ],
        className="bp-card bp-5",
    )


def _aim_chips(line: Line, say: Words) -> list[Any]:
    if line.aim is None:
        return []
    words = [aim_words(line.aim, line.metric, say)]
    if line.aim.share is not None:
        words.append(say("indicators.page.attained", share=percent(line.aim.share)))
    verdict = chip(say(f"indicators.verdict.{line.aim.verdict}"), TONES[line.aim.verdict])
    return [chip(" · ".join(words)), verdict]


def aim_words(aim: Aim, metric: Metric, say: Words) -> str:
    """The target, and whose it is when it is not the unit's own."""
    value = metric.text(aim.value)
    if aim.unit is None:
        return say("indicators.page.target", value=value)
    return say("indicators.page.target_of", value=value, unit=aim.unit)


def _trend(view: IndicatorsView, say: Words, *, dark: bool) -> Any:
    title, root = say("indicators.page.trend"), view.lines[0]
    if view.trend.empty or view.trend["score"].notna().sum() < 2:
        words = say("overview.no_trend"), say("overview.no_trend_words")
        return card(title, states.state("info-circle", *words), width=7)
    figure = trend_figure(
        view.trend,
        root.metric,
        dark=dark,
        tick=say("overview.tick"),
        hover=say("overview.hover"),
        mean=root.figure.score,
    )
    key = "trend_note" if view.trend_weeks == 1 else "trend_note_weeks"
    note = say(f"indicators.page.{key}", weeks=view.trend_weeks)
    return card(title, graph(figure, say.language, TREND_HEIGHT), note=note, width=7)


def _tree(view: IndicatorsView, say: Words) -> Any:
    """Every node with share, score and range, target, change and answers."""
    names = ("part", "range", "score", "target", "change", "answers")
    head = html.Div(
        [html.Span(say(f"indicators.column.{name}")) for name in names],
        className="bp-tree-row bp-tree-head",
        **{"aria-hidden": "true"},
    )
    ends = span_of([line.drawn for line in view.lines])
    rows = [_row(line, ends, say) for line in view.lines]
    return card(
        say("indicators.page.tree"),
        html.Div([head, *rows, scale_row(ends)], className="bp-tree"),
        note=say("indicators.page.tree_note"),
    )


def _row(line: Line, ends: tuple[float, float], say: Words) -> Any:
    asked = line.share is None or line.share > 0 or line.depth == 0
    words = _share_words(line, say) if asked else _left_out(line, say)
    name = html.Div(
        [html.Strong(line.name), html.Span(words, className="bp-muted bp-small")],
        className="bp-tree-name",
        style={"paddingLeft": f"{line.depth * 20}px"},
    )
    score: Any = html.B(line.metric.text(line.figure.score))
    if line.points is not None:
        points = say("indicators.page.points", points=line.points)
        score = [score, html.Span(points, className="bp-muted bp-small")]
    cells = [
        name,
        drawn_range(line.drawn, ends, say) if asked else html.Span(),
        html.Div(score, className="bp-tree-number"),
        html.Div(_aim(line, say), className="bp-tree-aim"),
        html.Div(change(line.metric, line.difference.change, noise=line.difference.is_noise),
                 className="bp-tree-number", **_named_change(say)),
        html.Div(answers_text(say, line.figure.n, FEWEST), className="bp-muted bp-small"),
    ]  # fmt: skip
    css = "bp-tree-row" + (" bp-tree-root" if line.depth == 0 else "")
    return html.Div(cells, className=css)


def _left_out(line: Line, say: Words) -> str:
    """Why a question does not count here: nobody was asked, or too few answered."""
    return say("indicators.page.not_asked" if line.figure.n == 0 else "indicators.page.not_counted")


def _share_words(line: Line, say: Words) -> str:
    if line.depth == 0 or line.parent is None:
        return say("indicators.page.whole")
    return say("indicators.page.share", share=percent(line.share), parent=line.parent)


def span_of(drawn: Sequence[Drawn]) -> tuple[float, float]:
    """The tens between which everything that is drawn lies."""
    ends = [
        value
        for one in drawn
        for value in (one.low, one.high, one.target)
        if value is not None and one.score is not None
    ]
    if not ends:
        return 0.0, 100.0
    return max(0.0, 10 * (min(ends) // 10)), min(100.0, 10 * (max(ends) // 10 + 1))


def drawn_range(drawn: Drawn, ends: tuple[float, float], say: Words) -> Any:
    """A score with its interval, and an upright mark for the target."""
    if drawn.score is None or drawn.low is None or drawn.high is None:
        return html.Span(say("indicators.page.few"), className="bp-muted bp-small")

    def at(value: float) -> float:
        return 100 * (value - ends[0]) / (ends[1] - ends[0])

    line = {"left": f"{at(drawn.low):.2f}%", "right": f"{100 - at(drawn.high):.2f}%"}
    mark = None
    if drawn.target is not None:
        mark = html.I(className="bp-target", style={"left": f"{at(drawn.target):.2f}%"})
    return html.Div(
        [
            html.I(className="bp-line", style=line),
            mark,
            html.I(className="bp-point", style={"left": f"{at(drawn.score):.2f}%"}),
        ],
        className="bp-range",
        **{"aria-hidden": "true"},
    )


def scale_row(ends: tuple[float, float]) -> Any:
    """The ends of the common axis below the rows."""
    low, high = (index_points("", "").text(end).removesuffix(".0") for end in ends)
    inner = html.Div([html.Span(low), html.Span(high)])
    return html.Div([html.Span(), inner], className="bp-tree-row bp-tree-scale")


def _aim(line: Line, say: Words) -> Any:
    if line.aim is None:
        return html.Span(
            say("indicators.page.no_target"), className="bp-muted bp-small bp-tree-none"
        )
    return aim(line.aim, line.metric, say)


def aim(found: Aim, metric: Metric, say: Words) -> Any:
    """The verdict, the target and how much of it is attained, with its range."""
    words = [aim_words(found, metric, say)]
    if found.share is not None:
        words.append(
            say(
                "indicators.page.attained_range",
                share=percent(found.share),
                low=percent(found.low),
                high=percent(found.high),
            )
        )
    verdict = chip(say(f"indicators.verdict.{found.verdict}"), TONES[found.verdict])
    return [verdict, *(html.Span(one, className="bp-muted bp-small") for one in words)]


def change(metric: Metric, size: float | None, *, noise: bool | None) -> Any:
    """A change, grey where chance explains it."""
    if size is None:
        return html.Span(metric.signed(None), className="bp-muted bp-tree-none")
    if noise:
        return html.Span(metric.signed(size), className="bp-noise")
    words = metric.signed(size)
    symbol = icon("arrow-up-right" if size > 0 else "arrow-down-right")
    return html.Span([symbol, words], className="bp-better" if size > 0 else "bp-worse")


def _named_change(say: Words) -> dict[str, str]:
    """What a change is called where there are no heads of columns above it."""
    return {"data-label": say("indicators.column.change")}


def _below(view: IndicatorsView, say: Words) -> Any:
    """The units below, best first, each with its own target."""
    if not view.below:
        return None
    metric = view.lines[0].metric
    ends = span_of([one.drawn for one in view.below])
    rows = [_unit(one, metric, ends, say) for one in view.below]
    return card(
        say("indicators.page.below"),
        html.Div([*rows, scale_row(ends)], className="bp-tree"),
        html.P(say("indicators.page.more", more=count(view.more)), className="bp-muted")
        if view.more
        else None,
        note=say("indicators.page.below_note"),
    )


def _unit(one: Below, metric: Metric, ends: tuple[float, float], say: Words) -> Any:
    verdict = one.aim and aim(one.aim, metric, say)
    cells = [
        html.Div(html.Strong(one.name), className="bp-tree-name"),
        drawn_range(one.drawn, ends, say),
        html.Div(html.B(metric.text(one.figure.score)), className="bp-tree-number"),
        html.Div(verdict, className="bp-tree-aim"),
        html.Div(
            change(metric, one.difference.change, noise=one.difference.is_noise),
            className="bp-tree-number",
            **_named_change(say),
        ),
        html.Div(answers_text(say, one.figure.n, FEWEST), className="bp-muted bp-small"),
    ]
    return dcc.Link(cells, href=one.href, className="bp-tree-row")


def _how(view: IndicatorsView, say: Words) -> Any:
    told = {"days": count(view.days), "version": view.version, "since": view.since}
    names = ("weights", "range", "target", "change", "adjusted", "version")
    return card(
        say("indicators.page.how"),
        html.Ul(
            [html.Li(say(f"indicators.page.how_{name}", **told)) for name in names],
            className="bp-how",
        ),
    )


def _edit(href: str | None, say: Words) -> Any:
    if href is None:
        return None
    words = [icon("pencil-square"), say("indicators.page.edit")]
    return dcc.Link(words, href=href, className="bp-button bp-primary")


def _versions(view: IndicatorsView, say: Words, *, edit: str | None = None) -> Any:
    note = say("indicators.page.versions_note")
    return versions_card(view.versions, "indicators", say, note=note, aside=_edit(edit, say))
