"""Contested answers: the answer in question on top, what waits, what can be contested, the past."""

from collections.abc import Sequence
from typing import Any

import dash_bootstrap_components as dbc
from dash import dcc, html

from dashboard.actions.contests import REASONS
from dashboard.data.contests import AnswerRow, ContestDetail, ContestsView, ShareRow
from dashboard.data.words import Words
from dashboard.ids import Id
from dashboard.pages import states
from dashboard.pages.parts import card, chip, icon

LARGEST = 2_000_000


def contests_page(view: ContestsView, say: Words) -> Any:
    """The whole page; callbacks make its inside anew."""
    return html.Div(contests_inside(view, say), id=Id.CONTESTS, className="bp-grid")


def contests_inside(view: ContestsView, say: Words) -> list[Any]:
    """The answer in question, then the lists."""
    lead = say("contests.page.lead_hq" if view.decides else "contests.page.lead_branch")
    parts: list[Any] = [html.P(lead, className="bp-muted bp-12 bp-lead")]
    if view.wanted is not None:
        parts.append(_form(view.wanted, say))
    if view.detail is not None:
        parts.append(_detail(view.detail, say))
    if view.waiting or view.decides:
        parts.append(_list("waiting", view.waiting, say, "check-circle"))
    if view.contests:
        parts.append(_list("recent", view.recent, say, "chat-left-quote"))
    parts.append(_history(view, say))
    parts.append(_shares(view, say))
    return parts


def _list(name: str, rows: Sequence[AnswerRow], say: Words, symbol: str) -> Any:
    title = say(f"contests.page.{name}")
    if not rows:
        words = say(f"contests.page.{name}_none"), say(f"contests.page.{name}_none_words")
        return card(title, states.state(symbol, *words))
    return card(title, html.Div([_row(row, say) for row in rows], className="bp-waiting"))


def _history(view: ContestsView, say: Words) -> Any:
    if view.history:
        return _list("history", view.history, say, "clock-history")
    none = html.P(say("contests.page.history_none"), className="bp-muted")
    return card(say("contests.page.history"), none, width=12 if view.shares else 6)


def _row(row: AnswerRow, say: Words) -> Any:
    right = chip(row.state) if row.state else html.Span(
        say("contests.page.contest"), className="bp-button"
    )  # fmt: skip
    css = "bp-wait-row bp-answer-row active" if row.active else "bp-wait-row bp-answer-row"
    return dcc.Link([*_answer(row), right], href=row.href, className=css)


def _answer(row: AnswerRow) -> list[Any]:
    return [
        html.Strong([row.mark, html.Small(row.unit)], className="bp-mark"),
        html.Div(
            [
                html.Div(row.words, className="bp-said"),
                html.Div(row.facts, className="bp-muted bp-small"),
                html.Div(row.note, className="bp-muted bp-small"),
            ]
        ),
    ]


def _form(row: AnswerRow, say: Words) -> Any:
    reasons = [{"label": say(f"contests.reason.{one}"), "value": one} for one in REASONS]
    form = html.Div(
        [
            html.Label(
                [
                    say("contests.page.reason"),
                    dbc.Select(id=Id.CONTEST_REASON, options=reasons, value=REASONS[0]),
                ]
            ),
            html.Label([say("contests.page.note"), _textarea(say("contests.page.note_hint"))]),
            html.Div(
                [
                    html.Span(say("contests.page.file"), className="bp-muted bp-small"),
                    dcc.Upload(
                        html.Div(
                            [icon("file-earmark-text"), say("contests.page.file_drop")],
                            id=Id.CONTEST_FILED,
                        ),
                        id=Id.CONTEST_FILE,
                        max_size=LARGEST,
                        accept=".pdf,.png,.jpg,.jpeg",
                        className="bp-drop",
                        className_active="bp-drop active",
                    ),
                ]
            ),
            html.Div(
                [
                    _button(say("contests.page.send"), Id.CONTEST_SEND, row.key, primary=True),
                    dcc.Link(
                        say("contests.page.cancel"),
                        href=row.href.replace(f"/{row.key}", ""),
                        className="bp-button",
                    ),
                ],
                className="bp-buttons",
            ),
        ],
        className="bp-form",
    )
    return card(
        say("contests.page.contest_this"),
        html.Div(_answer(row), className="bp-answer-row"),
        html.Hr(),
        form,
    )


def _detail(one: ContestDetail, say: Words) -> Any:
    files = [
        html.A([icon("file-earmark-text"), name], href=href, className="bp-button", target="_blank")
        for name, href in one.files
    ]
    decided = [html.P(one.decided, className="bp-muted")] if one.decided else []
    if one.decision_note:
        decided.append(html.Blockquote(one.decision_note, className="bp-quote"))
    body = [
        html.Div(_answer(one.row), className="bp-answer-row"),
        html.Hr(),
        html.H3(one.reason),
        html.Blockquote(one.note, className="bp-quote") if one.note else None,
        html.Div(files, className="bp-buttons") if files else None,
        *decided,
    ]
    return card(say("contests.page.contest"), *body, _deciding(one, say),
                aside=chip(say(f"contests.state.{one.state}")))  # fmt: skip


def _deciding(one: ContestDetail, say: Words) -> Any:
    """The decision's words and buttons, or the way back for who contested."""
    if one.may_decide and one.state != "withdrawn":
        words = {"upheld": say("contests.page.uphold"), "rejected": say("contests.page.reject")}
        ids = {"upheld": Id.CONTEST_UPHOLD, "rejected": Id.CONTEST_REJECT}
        buttons = [
            _button(words[verdict], ids[verdict], one.id, primary=verdict == "upheld")
            for verdict in one.verdicts
        ]
        return html.Div(
            [
                html.H3(say("contests.page.decide" if one.state == "open"
                            else "contests.page.reverse")),
                html.Label([say("contests.page.decide_note"), _textarea("")]),
                html.P(one.sure, className="bp-note") if "upheld" in one.verdicts else None,
                html.Div(buttons, className="bp-buttons"),
            ],
            className="bp-form",
        )  # fmt: skip
    if one.may_withdraw:
        return html.Div(
            _button(say("contests.page.withdraw"), Id.CONTEST_WITHDRAW, one.id),
            className="bp-buttons",
        )
    return None


def _textarea(hint: str) -> Any:
    return dcc.Textarea(
        id=Id.CONTEST_NOTE, value="", maxLength=1_000, rows=3, placeholder=hint,
        className="form-control",
    )  # fmt: skip


def _button(words: str, name: Id, value: str, *, primary: bool = False) -> Any:
    css = "bp-button bp-primary" if primary else "bp-button"
    return html.Button(words, id=name, value=value, className=css)


def _shares(view: ContestsView, say: Words) -> Any:
    title = say("contests.page.share")
    if not view.shares:
        none = html.P(say("contests.page.share_none", days=view.period), className="bp-muted")
        return card(title, none, width=12 if view.history else 6)
    names = ("unit", "n", "excluded", "share", "score", "all")
    head = html.Tr([html.Th(say(f"contests.page.column_{name}")) for name in names])
    table = html.Table(
        [html.Thead(head), html.Tbody([_share_row(row) for row in view.shares])],
        className="bp-table",
    )
    note = f"{say('contests.page.share_note')} {view.period}"
    return card(title, html.Div(table, className="bp-scroll", tabIndex=0), note=note)


def _share_row(row: ShareRow) -> Any:
    cells = (row.branch, row.counted, row.excluded, row.share, row.score, row.with_all)
    return html.Tr([html.Td(cell) for cell in cells])
