"""Published versions of a text, as tables show them."""

from dataclasses import dataclass

from api.indicators.book import TreeVersion
from api.surveys.rulebook import RulesVersion
from api.tickets.loopbook import LoopVersionLine
from dashboard.address import Page
from dashboard.data.sitting import Sitting
from dashboard.data.times import moment_text


@dataclass(frozen=True)
class VersionRow:
    """A published version; ``state`` is ``in_force``, ``coming`` or ``past``."""

    version: int
    state: str
    since: str
    published: str
    by: str
    href: str


def version_row(
    sitting: Sitting,
    one: RulesVersion | TreeVersion | LoopVersionLine,
    page: Page,
    *,
    since: str = "",
) -> VersionRow:
    """A version with the ``page`` that shows it; ``since`` is when it begins to hold."""
    return VersionRow(
        version=one.version,
        state=one.state,
        since=since,
        published=moment_text(sitting, one.published_at),
        by=one.published_by or sitting.say("rulebook.page.command"),
        href=sitting.address.about(page, str(one.version)).href,
    )
