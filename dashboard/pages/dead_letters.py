"""Messages that only a person can settle: what happened, and the button to send again."""

from typing import Any

from dash import dcc, html

from dashboard.data.dead_letters import DeadLetter, DeadLetters
from dashboard.data.words import Words
from dashboard.ids import Id
from dashboard.numbers import count
from dashboard.pages import states
from dashboard.pages.parts import card, icon

PLACE = "dead-letters"


def alarm(found: DeadLetters, say: Words) -> Any:
    """One line at the top, when there is something that nobody but a person can settle."""
    if not found.total:
        return None
    words = say("asked.dead.alarm", n=count(found.total))
    return html.A(
        [icon("exclamation-triangle"), html.Span(words), icon("arrow-right")],
        href=f"#{PLACE}",
        className="bp-alarm",
    )


def own_alarm(found: DeadLetters, say: Words) -> Any:
    """One line when the network's own system never took messages, and the way to them."""
    if not found.refused_by_own:
        return None
    words = say("told.dead_alarm", n=count(found.refused_by_own))
    inside = [icon("exclamation-triangle"), html.Span(words), icon("arrow-right")]
    return dcc.Link(inside, href=found.own_page, className="bp-alarm")


def dead_letters_card(found: DeadLetters, say: Words, width: int) -> Any:
    """The table, or the good news that there is nothing in it."""
    title = say("asked.dead.title")
    if not found.items:
        inner = states.state("check-circle", say("asked.dead.none"), say("asked.dead.none_words"))
        return card(title, inner, width=width)
    note = say("asked.dead.note", shown=count(len(found.items)), total=count(found.total))
    rows = html.Div(letter_rows(found, say), id=Id.LETTERS, className="bp-letters")
    more = html.Div(older_letters(found, say), id=Id.LETTERS_MORE_PLACE)
    return html.Div(
        card(title, rows, more, html.Div(id=Id.RESEND_PLACE), note=note),
        id=PLACE,
        className=f"bp-anchor bp-{width}",
    )


def letter_rows(found: DeadLetters, say: Words) -> list[Any]:
    """One row per message."""
    return [_row(one, say) for one in found.items]


def older_letters(found: DeadLetters, say: Words) -> Any:
    """The way to older ones, which it names in its value."""
    if found.next is None:
        return None
    return html.Button(
        say("asked.dead.older"),
        id=Id.LETTERS_MORE,
        value=found.next,
        className="bp-button bp-more",
    )


def _row(one: DeadLetter, say: Words) -> Any:
    facts = " · ".join((one.channel, one.branch, one.when))
    return html.Article(
        [
            html.Div(
                [
                    html.Strong(one.reason),
                    html.Div(facts, className="bp-muted bp-small"),
                    dcc.Link(say("asked.dead.why"), href=one.href, className="bp-small"),
                ]
            ),
            _again(one, say),
        ],
        className="bp-letter-row",
    )


def _again(one: DeadLetter, say: Words) -> Any:
    """The button; where it may not be pressed, it says why."""
    button = html.Button(
        [icon("arrow-repeat"), say("asked.dead.again")],
        className="bp-button",
        disabled=bool(one.refused),
        title=one.refused or None,
        **{"data-letter": one.id},
    )
    if not one.refused:
        return button
    return html.Div([button, html.Div(one.refused, className="bp-muted bp-small bp-refused")])


def confirmation(one: DeadLetter, say: Words) -> Any:
    """What sending again means, and the button that does it."""
    inside = html.Div(
        [
            html.H2(say("asked.dead.sure")),
            html.P(say("asked.dead.sure_words", channel=one.channel, reason=one.reason)),
            html.Div(
                [
                    html.Button(
                        say("asked.dead.send"),
                        id=Id.RESEND,
                        value=one.id,
                        className="bp-button bp-primary",
                    ),
                    html.Button(say("asked.dead.not"), id=Id.RESEND_NOT, className="bp-button"),
                ],
                className="bp-buttons",
            ),
        ],
        className="bp-dialog",
        role="dialog",
        **{"aria-modal": "true"},
    )
    return html.Div(inside, className="bp-veil")
