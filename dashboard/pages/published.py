"""Published league tables: the list, one with its proof, the questions before freezing."""

from collections.abc import Sequence
from typing import Any

import dash_bootstrap_components as dbc
from dash import dcc, html

from dashboard.data.published import Asked, Entry, PublishedList, PublishedView
from dashboard.data.words import Words
from dashboard.ids import Id
from dashboard.numbers import count
from dashboard.pages import states
from dashboard.pages.grid import grid
from dashboard.pages.league import legend
from dashboard.pages.league_columns import columns
from dashboard.pages.parts import card, chip, icon

LONGEST_REASON = 500


def list_page(view: PublishedList, say: Words) -> Any:
    """Everything that was published, the newest first."""
    begin = None
    if view.league is not None:
        begin = dcc.Link(view.league.label, href=view.league.href, className="bp-button")
    if not view.entries:
        words = say("publishing.none"), say("publishing.none_words")
        return card(None, states.state("lock", *words, begin))
    rows = [_entry(one, say) for one in view.entries]
    return card(
        say("publishing.heading"),
        html.Div(rows, className="bp-waiting bp-frozen-list"),
        note=say("publishing.note"),
        aside=begin,
    )


def _entry(one: Entry, say: Words) -> Any:
    return dcc.Link(
        [
            html.Strong(one.title),
            html.Div(_marks(one, say), className="bp-marks"),
            html.Span(one.about, className="bp-muted bp-when"),
            html.Span(
                say("publishing.published_at", when=one.published),
                className="bp-muted bp-small bp-when",
            ),
        ],
        href=one.href,
        className="bp-wait-row" + ("" if one.in_force else " bp-over"),
    )


def _marks(one: Entry, say: Words) -> list[Any]:
    return [
        chip(say("publishing.for_bonus")) if one.for_bonus else None,
        chip(one.note) if one.note else None,
    ]


def table_page(view: PublishedView, say: Words) -> Any:
    """One table: what it is, what proves it, its rows as they were frozen."""
    return html.Div(
        [
            _superseded(view),
            _head(view, say),
            _proof(view, say),
            _rows(view, say),
            html.Div(id=Id.PUBLISH_PLACE),
        ],
        className="bp-grid",
    )


def _superseded(view: PublishedView) -> Any:
    """That another table holds in its place, which nobody may overlook."""
    if view.corrected_by is None:
        return None
    link = view.corrected_by
    return dcc.Link(
        [icon("info-circle"), link.label, icon("arrow-right")], href=link.href, className="bp-alarm"
    )


def _head(view: PublishedView, say: Words) -> Any:
    why = None
    if view.corrects is not None:
        why = html.P(
            [
                dcc.Link(view.corrects.label, href=view.corrects.href),
                say("publishing.because", reason=view.reason or ""),
            ]
        )
    facts = [html.Div([html.Dt(name), html.Dd(value)]) for name, value in view.facts]
    correct = None
    if view.may_correct:
        correct = html.Button(
            [icon("pencil-square"), say("publishing.correct")],
            id=Id.CORRECT,
            value=str(view.entry.number),
            className="bp-button",
        )
    link = view.everything
    everything = dcc.Link([icon("arrow-right"), link.label], href=link.href, className="bp-button")
    return html.Section(
        [
            html.Div(
                [
                    html.H2(view.entry.title),
                    chip(say("publishing.for_bonus")) if view.entry.for_bonus else None,
                ],
                className="bp-lead",
            ),
            html.P(view.entry.about, className="bp-muted"),
            why,
            html.Dl(facts, className="bp-frozen-facts"),
            html.Div([correct, everything], className="bp-buttons"),
            html.P(say("publishing.note"), className="bp-note"),
        ],
        className="bp-card bp-7",
    )


def _proof(view: PublishedView, say: Words) -> Any:
    """The fingerprint, a button that takes it again, and the way to do so oneself."""
    verify = html.Button(
        [icon("fingerprint"), say("publishing.verify")],
        id=Id.VERIFY,
        className="bp-button bp-primary",
        disabled=not view.complete,
    )
    document = html.A(
        [icon("file-earmark-text"), say("publishing.document")],
        href=view.document,
        className="bp-button",
    )
    part = None if view.complete else html.P(say("publishing.part"), className="bp-muted")
    return html.Section(
        [
            html.Div(html.H2(say("publishing.proof")), className="bp-card-head"),
            html.Code(view.sha256, className="bp-fingerprint", id="fingerprint"),
            part,
            html.Div([verify, document], className="bp-buttons"),
            html.Div(id=Id.VERIFIED, role="status"),
            html.P(say("publishing.proof_note"), className="bp-note"),
        ],
        className="bp-card bp-5",
    )


def verified(intact: bool, moment: str, say: Words) -> Any:
    """What taking the fingerprint again has shown."""
    name, word = ("patch-check", "intact") if intact else ("exclamation-triangle", "broken")
    css = "bp-verified" if intact else "bp-verified bp-broken"
    return html.P([icon(name), say(f"publishing.{word}", moment=moment)], className=css)


def _rows(view: PublishedView, say: Words) -> Any:
    table = view.table
    if not table.rows:
        return card(None, states.state("inbox", say("publishing.no_rows"), say("publishing.part")))
    shown = [one for one in columns(table, say) if one["field"] != "why"]
    return html.Section(
        [
            html.P(
                say(
                    "publishing.lead",
                    ranked=count(table.ranked),
                    apart=count(table.apart),
                    answers=count(table.answers),
                ),
                className="bp-muted",
            ),
            grid(
                Id.PUBLISHED_GRID,
                shown,
                [{**row, "why": None} for row in table.rows],
                language=say.language,
                row_id="unit_code",
                options={
                    "postSortRows": {"function": "bpRankedFirst(params)"},
                    "rowClassRules": {"bp-unranked": "!params.data.ranked"},
                    "rowHeight": 60,
                    "suppressColumnVirtualisation": True,
                },
                listeners={"gridSizeChanged": ["bpFit(params)"]},
                legend=legend(table, say),
            ),
        ],
        className="bp-card",
    )


def publish_question(asked: Asked, say: Words) -> Any:
    """What publishing means, with the button that does it."""
    bonus = dbc.Checkbox(
        id=Id.PUBLISH_BONUS,
        label=say("publishing.bonus", needed=asked.bonus_from, n=count(asked.enough)),
        value=False,
    )
    buttons = _sure(asked, Id.PUBLISH_SURE, Id.PUBLISH_NOT, say("publishing.yes"), say)
    return _dialog(say("publishing.sure"), [_about(asked, say), bonus, buttons])


def correct_question(asked: Asked, number: int, say: Words) -> Any:
    """What a correction means, the reason, and the button that publishes it."""
    reason = html.Label(
        [
            say("publishing.reason"),
            dbc.Textarea(id=Id.CORRECT_REASON, rows=3, maxLength=LONGEST_REASON),
        ],
        className="bp-reason",
    )
    words = html.P(say("publishing.correct_words", number=number))
    buttons = _sure(asked, Id.CORRECT_SURE, Id.CORRECT_NOT, say("publishing.correct_yes"), say)
    title = say("publishing.correct_sure", number=number)
    return _dialog(title, [words, _about(asked, say), reason, buttons])


def _about(asked: Asked, say: Words) -> Any:
    lines = [
        say("publishing.what", metric=asked.metric, days=asked.period, compared=asked.compared),
        say("publishing.how_many", ranked=count(asked.ranked)),
        say("publishing.for_good"),
    ]
    waiting = None
    if asked.pending:
        waiting = html.P([html.I(className="bp-dot"), say("publishing.pending")],
                         className="bp-pending")  # fmt: skip
    return html.Div([*map(html.P, lines), waiting], className="bp-question")


def _sure(asked: Asked, yes: Id, no: Id, words: str, say: Words) -> Any:
    return html.Div(
        [
            html.Button(
                [icon("lock"), words],
                id=yes,
                value=asked.key,
                className="bp-button bp-primary",
                disabled=asked.pending,
            ),
            html.Button(say("publishing.not"), id=no, className="bp-button"),
        ],
        className="bp-buttons",
    )


def frozen(entry_href: str, number: int, say: Words) -> Any:
    """It is published; the way to it."""
    link = dcc.Link(say("publishing.open"), href=entry_href, className="bp-button bp-primary")
    return _dialog(
        say("publishing.done", number=number), [html.P(say("publishing.for_good")), link]
    )


def _dialog(title: str, body: Sequence[Any]) -> Any:
    inside = html.Div(
        [html.H2(title), *body],
        className="bp-dialog",
        role="dialog",
        **{"aria-modal": "true", "aria-label": title},
    )
    return html.Div(inside, className="bp-veil")
