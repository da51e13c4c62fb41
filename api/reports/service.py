"""Sends everybody the weekly rankings they subscribed to, once for each week.

A week is claimed by compare-and-set in the transaction that writes the letters to the outbox: of
two workers one sends, and one that dies sends nothing that the next would not send.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime

from sqlmodel import Session

from api.core.errors import BranchpulseError, NotAllowed
from api.core.installation import Installation
from api.core.languages import Language
from api.insights.league import NETWORK
from api.insights.league_store import compute_table
from api.insights.periods import week_start
from api.insights.queries import TableName
from api.reports import subscriptions
from api.reports.letters import Posting, post, ways_to
from api.reports.repository import subscriptions as repository
from api.reports.repository.weekly import read_network
from api.reports.subscriptions import Due
from api.reports.weekly import METRIC, WeeklyRanking, ranking_period, weekly_ranking, zone_of
from api.security.hierarchy import Node, current_hierarchy
from api.security.scope import sight_of_person
from api.security.sessions import viewer_of_account
from api.security.viewer import Viewer

_log = logging.getLogger(__name__)


class NoAddress(NotAllowed):
    """The account has no e-mail address that a letter could go to."""

    key = "subscriptions.errors.no_address"


def send_due_rankings(installation: Installation) -> int:
    """Writes every ranking that is due to the outbox; how many letters."""
    now = installation.clock()
    written = 0
    computed: set[tuple[date, int | None]] = set()
    for due in _due(installation, now):
        with _by_itself(due):
            wanted = (due.window.date(), due.subscribed.weeks)
            if wanted not in computed:
                _compute(installation, *wanted)
                computed.add(wanted)
            written += _send_one(installation, due, now)
    return written


def this_weeks(session: Session, viewer: Viewer, unit: Node, now: datetime) -> WeeklyRanking:
    """The ranking as it would go out today where the unit is."""
    before = week_start(now.astimezone(zone_of(session, viewer, unit)).date())
    return weekly_ranking(session, viewer, unit, before=before, now=now)


def send_to_me(
    session: Session,
    installation: Installation,
    viewer: Viewer,
    unit: Node,
    language: Language,
) -> None:
    """Sends the viewer the ranking by e-mail, at once; once a minute at most."""
    now = installation.clock()
    if viewer.account_id is None:
        raise NoAddress
    known = ways_to(repository.addresses(session, viewer.account_id), ["email"])
    if not known:
        raise NoAddress
    ranking = this_weeks(session, replace(viewer, language=language), unit, now)
    key = f"now:{viewer.account_id}:{unit.id}:{language}:{now:%Y%m%d%H%M}"
    post(session, installation, Posting(ranking, language, known, key, with_pdf=True), now)


@contextmanager
def _by_itself(due: Due) -> Iterator[None]:
    """One ranking that fails leaves the others alone; it stays due."""
    try:
        yield
    except Exception:
        one = due.subscribed
        _log.exception("ranking of unit %s for account %s failed", one.unit_id, one.account_id)


def _due(installation: Installation, now: datetime) -> list[Due]:
    with installation.database.transaction() as session:
        network = read_network(session)
        if network is None:
            return []
        tree = current_hierarchy(session, now.date())
        return subscriptions.due_now(session, "ranking", tree, network.default_timezone, now)


def _compute(installation: Installation, before: date, weeks: int | None) -> None:
    """Has the network-wide table ready that all these letters are cut from."""
    with installation.database.transaction() as session:
        period = ranking_period(session, before, weeks)
    compute_table(installation.database, TableName(METRIC, period, NETWORK))


def _send_one(installation: Installation, due: Due, now: datetime) -> int:
    one = due.subscribed
    with installation.database.transaction() as session:
        if not subscriptions.claim(session, due):
            return 0
        addresses = ways_to(repository.addresses(session, one.account_id), one.ways)
        viewer = viewer_of_account(session, one.account_id, one.name, one.language, now)
        unit = _unit_of(viewer, one.unit_id)
        if unit is None or not addresses:
            _log.warning("nobody is left to send the ranking of unit %s to", one.unit_id)
            return 0
        before = due.window.date()
        with sight_of_person(session, viewer.scope):
            ranking = weekly_ranking(session, viewer, unit, before=before, now=now, weeks=one.weeks)
        key = f"{before}:{one.key}"
        posting = Posting(ranking, one.language, addresses, key, with_pdf="pdf" in one.formats)
        return post(session, installation, posting, now)


def _unit_of(viewer: Viewer, unit_id: int) -> Node | None:
    """The unit, unless it is not the person's to rank any more."""
    try:
        return subscriptions.subject_of(viewer, "ranking", viewer.hierarchy.nodes[unit_id].code)
    except BranchpulseError:
        return None
