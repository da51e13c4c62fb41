"""A branch's team: each advisor's score with its interval beside the branch's own."""

from typing import Any

from dash import html

from dashboard.data.glance import COUNT_FROM, SCORE_FROM
from dashboard.data.team import Mate, TeamView
from dashboard.data.words import Words
from dashboard.numbers import count
from dashboard.pages import states
from dashboard.pages.beside import BesideRow, beside_rows, common_ends, ends_texts
from dashboard.pages.parts import answers_text, card


def team_page(view: TeamView | None, say: Words) -> Any:
    """The whole page."""
    if view is None:
        return states.unset(say)
    if view.figure.n == 0:
        return states.empty(say, view.elsewhere)
    return html.Div([_team(view, say), _how(say)], className="bp-grid")


def _team(view: TeamView, say: Words) -> Any:
    title = say("branch.team.card", metric=view.metric.name)
    period = html.Span(view.period, className="bp-muted bp-small")
    if not view.mates:
        needed = SCORE_FROM
        words = say("branch.team.none", needed=needed, people=count(view.untold))
        nobody = say("branch.team.unnamed") if not view.untold else words
        nothing = states.state("people", say("branch.team.none_title"), nobody)
        return card(title, nothing, aside=period, width=8)
    ends = _ends(view)
    rows = [_row(mate, view, say, ends) for mate in view.mates]
    usual = say("branch.team.usual")
    untold = (
        html.P(say("branch.team.untold", people=count(view.untold),
                   needed=SCORE_FROM), className="bp-muted bp-small bp-untold")
        if view.untold
        else None
    )  # fmt: skip
    reading = html.P(_reading(view, say), className="bp-team-reading")
    drawn = beside_rows(rows, say, usual=usual, ends=ends_texts(ends, view.metric))
    return card(title, reading, drawn, untold, aside=period, width=8)


def _ends(view: TeamView) -> tuple[float, float]:
    values = [value for mate in view.mates for value in (mate.figure.low, mate.figure.high)]
    return common_ends([*values, view.figure.score], view.metric)


def _reading(view: TeamView, say: Words) -> str:
    score = view.metric.text(view.figure.score)
    if not view.apart:
        return say("branch.team.alike", score=score)
    return say("branch.team.apart", score=score, apart=count(view.apart), of=count(len(view.mates)))


def _row(mate: Mate, view: TeamView, say: Words, ends: tuple[float, float]) -> BesideRow:
    figure, metric = mate.figure, view.metric
    facts = [answers_text(say, figure.n, COUNT_FROM)]
    if mate.difference.change is not None:
        key = "branch.team.noise" if mate.difference.is_noise else "branch.team.moved"
        facts.append(say(key, change=metric.signed(mate.difference.change)))
    return BesideRow(
        name=say("branch.team.advisor", name=mate.name),
        metric=metric,
        score=figure.score,
        low=figure.low,
        high=figure.high,
        ends=ends,
        usual=view.figure.score,
        verdict=mate.verdict,
        facts=facts,
    )


def _how(say: Words) -> Any:
    listed = [html.Li(say(f"branch.team.how_{name}")) for name in ("chance", "people", "work")]
    return card(say("branch.team.how"), html.Ul(listed, className="bp-plain-list"), width=4)
