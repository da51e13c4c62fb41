"""What a page shows when it has no numbers: nothing yet, too few, an error, still loading."""

from typing import Any

from dash import dcc, html

from dashboard.data.frame import Link
from dashboard.data.words import Say
from dashboard.pages.parts import icon


def state(symbol: str, title: str, words: str, *more: Any) -> Any:
    """A quiet message in place of numbers."""
    return html.Div(
        [icon(symbol), html.Strong(title), html.P(words), *more],
        className="bp-state",
        role="status",
    )


def empty(say: Say, elsewhere: Link | None = None) -> Any:
    """Nothing was counted in this period; ``elsewhere`` leads to days that have answers."""
    there = None
    if elsewhere is not None:
        words = say("dashboard.empty.elsewhere", days=elsewhere.label)
        there = dcc.Link(words, href=elsewhere.href, className="bp-button")
    return _alone(state("inbox", say("dashboard.empty.title"), say("dashboard.empty.words"), there))


def unset(say: Say) -> Any:
    """No survey was published yet, so there is nothing to count."""
    return _alone(state("inbox", say("dashboard.unset.title"), say("dashboard.unset.words")))


def too_few(say: Say, needed: int) -> Any:
    """Fewer answers than a score needs."""
    words = say("dashboard.too_few.words", needed=needed)
    return state("info-circle", say("dashboard.too_few.title"), words)


def missing(say: Say) -> Any:
    """There is nothing here, or nothing that this viewer may know of."""
    back = html.A(say("dashboard.missing.back"), href="/app/", className="bp-button")
    words = say("dashboard.missing.words")
    return _alone(state("signpost-split", say("dashboard.missing.title"), words, back))


def closed(say: Say) -> Any:
    """The viewer's role has no pages here."""
    return _alone(
        state("signpost-split", say("dashboard.closed.title"), say("dashboard.closed.words"))
    )


def failed(say: Say, key: str) -> Any:
    """Something went wrong; ``key`` names it in the catalogue."""
    if key == "errors.not_found":
        return missing(say)
    again = html.A(say("dashboard.failed.again"), href="", className="bp-button")
    return _alone(state("exclamation-triangle", say("dashboard.failed.title"), say(key), again))


def skeleton() -> Any:
    """The shape of a page while it loads."""
    blocks = [(5, 280), (7, 280), (12, 240)]
    return html.Div(
        [
            html.Section(
                html.Div(className="bp-skeleton", style={"height": f"{height}px"}),
                className=f"bp-card bp-{width}",
            )
            for width, height in blocks
        ],
        className="bp-grid",
        **{"aria-busy": "true"},
    )


def _alone(inner: Any) -> Any:
    return html.Section(inner, className="bp-card")
