"""The rules of the closed loop as a person reads them, and all versions."""

from typing import Any

from dash import dcc, html

from dashboard.data.loopbook import KINDS, LoopView, RuleCard
from dashboard.data.words import Words
from dashboard.pages import states
from dashboard.pages.parts import card, chip, folded_text, icon
from dashboard.pages.versions import versions_card


def loop_page(view: LoopView, say: Words) -> Any:
    """The page, or the words for why there are no rules."""
    if view.version is None:
        words = say("loopbook.page.none"), say("loopbook.page.none_words")
        inner = states.state("file-earmark-text", *words, _buttons(view, say))
        return html.Div(card(None, inner), className="bp-grid")
    wide = [_rules(view, say), _targets(view, say), _escalations(view, say)]
    narrow = [_verify(view, say), _calendars(view, say), _causes(view, say)]
    return html.Div(
        [
            _head(view, say),
            html.Div(wide, className="bp-stack bp-natural bp-7"),
            html.Div(narrow, className="bp-stack bp-natural bp-5"),
            folded_text(view.written, say),
            versions_card(view.versions, "loopbook", say),
        ],
        className="bp-grid bp-loop",
    )


def _head(view: LoopView, say: Words) -> Any:
    key = "loopbook.page.lead" if view.holds else "loopbook.page.lead_past"
    past = None if view.holds else chip(say("loopbook.state.past"))
    lead = html.Div([html.H2(say(key, version=view.version)), past], className="bp-lead")
    return html.Section([lead, _buttons(view, say)], className="bp-card bp-between-ends")


def _buttons(view: LoopView, say: Words) -> Any:
    back = dcc.Link(say("loopbook.page.back"), href=view.back, className="bp-button")
    edit = dcc.Link(
        [icon("pencil-square"), say("loopbook.page.edit")],
        href=view.edit,
        className="bp-button bp-primary",
    )
    shown = [back if view.back else None, edit if view.edit else None]
    return html.Div(shown, className="bp-buttons") if any(shown) else None


def _rules(view: LoopView, say: Words) -> Any:
    rows = [_rule(one) for one in view.rules]
    return card(say("loopbook.page.alerts"), html.Div(rows, className="bp-loop-rules"),
                note=view.digest)  # fmt: skip


def _rule(one: RuleCard) -> Any:
    head = html.Div(
        [html.Strong(one.name), chip(one.severity, "bp-down" if one.urgent else "")],
        className="bp-loop-rule",
    )
    notes = html.Div(" · ".join(one.notes), className="bp-muted bp-small")
    return html.Article([html.Div([head, html.Div(one.words), notes])], className="bp-loop-row")


def _targets(view: LoopView, say: Words) -> Any:
    names = [say("loopbook.page.severity"), *(say(f"board.clock.{kind}") for kind in KINDS)]
    head = html.Tr([html.Th(name, scope="col") for name in names])
    body = [
        html.Tr(
            [
                html.Th(row.severity, scope="row"),
                *(
                    html.Td(cell, **{"data-label": name})
                    for cell, name in zip(row.cells, names[1:], strict=True)
                ),
            ]
        )
        for row in view.targets
    ]
    table = html.Table([html.Thead(head), html.Tbody(body)],
                       className="bp-table bp-words bp-roles bp-loop-targets")  # fmt: skip
    scroll = html.Div(table, className="bp-scroll", tabIndex=0)
    return card(say("loopbook.page.targets"), scroll, note=say("loopbook.page.targets_note"))


def _escalations(view: LoopView, say: Words) -> Any:
    title = say("loopbook.page.escalations")
    if not view.escalations:
        return card(title, html.P(say("loopbook.page.escalations_none"), className="bp-muted"))
    return card(title, html.Ul([html.Li(words) for words in view.escalations],
                               className="bp-plain-list"))  # fmt: skip


def _verify(view: LoopView, say: Words) -> Any:
    return card(say("loopbook.page.verify"), *(html.P(words) for words in view.verify))


def _calendars(view: LoopView, say: Words) -> Any:
    parts: list[Any] = []
    for one in view.calendars:
        lines = [html.Li(line) for line in one.lines]
        code = html.Div(one.code, className="bp-muted bp-small") if view.edit else None
        parts.append(
            html.Div([html.H3(one.where), code, html.Ul(lines, className="bp-plain-list")])
        )
    return card(say("loopbook.page.calendars"), html.Div(parts, className="bp-loop-parts"),
                note=say("loopbook.page.calendars_note"))  # fmt: skip


def _causes(view: LoopView, say: Words) -> Any:
    title = say("loopbook.page.causes")
    if not view.causes:
        return card(title, html.P(say("loopbook.page.causes_none"), className="bp-muted"))
    parts = [
        html.Div(
            [
                html.H3(group.name),
                html.Div(say("loopbook.comma").join(group.causes), className="bp-muted"),
            ]
        )
        for group in view.causes
    ]
    return card(title, html.Div(parts, className="bp-loop-parts"))
