"""One callback or page at work: its transaction, its viewer, and what the browser shows."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row
from sqlmodel import Session

from api.boundary.visits import SESSION_COOKIE, visit_of_session
from api.core.database import read_once
from api.core.installation import Installation
from api.core.languages import Language, spoken
from api.insights.metrics import MetricInfo
from api.insights.queries import list_metrics, touchpoint_rows
from api.security.sessions import is_session
from api.security.viewer import Viewer
from api.surveys.published import rules_in_force
from dashboard.address import Address
from dashboard.data.words import Words

THEME_COOKIE = "bp_theme"
DEFAULT_TIMEZONE = "Asia/Shanghai"


@dataclass(frozen=True)
class Sitting:
    """What data functions and actions stand on."""

    session: Session
    viewer: Viewer
    now: datetime
    installation: Installation
    address: Address
    dark: bool
    key: str = field(default="", repr=False)  # the session's secret

    @property
    def language(self) -> Language:
        """The language of the page."""
        return self.viewer.language

    @cached_property
    def metrics(self) -> list[MetricInfo]:
        """All metrics, in their order."""
        return list_metrics(self.session)

    @cached_property
    def touchpoints(self) -> list[Row[Any]]:
        """All touchpoints, in the order of the customer's way."""
        return touchpoint_rows(self.session)

    @cached_property
    def segment_titles(self) -> dict[str, str]:
        """What the rules in force call their segments."""
        found = rules_in_force(self.session, self.now)
        segments = found.rules.rules[0].segments if found and found.rules.rules else ()
        titles = {one.name: (one.titles or {}).get(self.language) for one in segments}
        return {code: title for code, title in titles.items() if title}

    @property
    def say(self) -> Words:
        """The words of the page's language."""
        return Words(self.viewer.language)

    @property
    def today(self) -> date:
        """Today in the network's time zone."""
        root = self.viewer.hierarchy.root
        zone = (root.timezone if root else None) or DEFAULT_TIMEZONE
        return self.now.astimezone(ZoneInfo(zone)).date()


@contextmanager
def sitting_of(
    installation: Installation, cookies: Mapping[str, str], address: Address
) -> Iterator[Sitting]:
    """A transaction for the person whose cookie it is, in the language that the address wants."""
    with visit_of_session(installation, cookies.get(SESSION_COOKIE)) as visit:
        viewer = visit.viewer
        if address.language:
            viewer = replace(viewer, language=spoken(address.language))
        read_once(visit.session)
        yield Sitting(
            session=visit.session,
            viewer=viewer,
            now=visit.now,
            installation=visit.installation,
            address=address,
            dark=cookies.get(THEME_COOKIE) == "dark",
            key=cookies.get(SESSION_COOKIE, ""),
        )


def has_session(installation: Installation, secret: str | None) -> bool:
    """True when ``secret`` is a session that holds."""
    with installation.database.transaction() as session:
        return is_session(session, secret, installation.clock())
