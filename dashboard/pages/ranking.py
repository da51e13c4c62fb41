"""The weekly ranking as its e-mail shows it."""

from typing import Any

from dash import html

from dashboard.data.ranking import RankingView
from dashboard.data.words import Words


def ranking_page(view: RankingView, say: Words) -> Any:
    """The letter in a frame of its own, under a sentence about when it goes out."""
    return html.Section(
        [
            html.P(
                say("overview.ranking_lead", unit=view.unit, day=view.day), className="bp-muted"
            ),
            html.Iframe(srcDoc=view.html, className="bp-letter", title=view.subject),
        ],
        className="bp-card",
    )
