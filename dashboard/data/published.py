"""Published league tables as pages show them: the list, one table, and what is to be published.

What is frozen is shown as it was frozen; only words and links are of today.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from api.core.errors import NotFound
from api.insights.comparison import ComparisonSet
from api.insights.league import league
from api.insights.league_rows import LeagueRow, in_table_order
from api.insights.periods import Period
from api.insights.published.document import FrozenRow, Head
from api.insights.published.service import (
    BONUS_FROM,
    Listed,
    Published,
    list_published,
    may_publish,
    read_published,
)
from api.insights.queries import TableName
from dashboard.address import PEERS, Address, Page
from dashboard.data.frame import Link
from dashboard.data.league import LeagueView, shown_rows
from dashboard.data.metrics import INDEX_ENDS, as_shown, shown_metric
from dashboard.data.periods import days_text, shown_period
from dashboard.data.sitting import Sitting
from dashboard.data.times import moment_text
from dashboard.numbers import Metric, count

_FROZEN = LeagueRow.__annotations__.keys() - {"branch_id", "unit_code", "unit_name"}


@dataclass(frozen=True)
class Asked:
    """A table that is to be published, and how one says which it is."""

    name: TableName
    metric: str
    period: str
    compared: str
    ranked: int
    enough: int  # of these with the answers that a bonus needs
    pending: bool
    bonus_from: int = BONUS_FROM

    @property
    def key(self) -> str:
        """What was asked about, so that nothing else is published."""
        period = self.name.period
        return "|".join(
            (self.name.metric, str(period.start), str(period.end), self.name.comparison_set)
        )


@dataclass(frozen=True)
class Entry:
    """One line of the list."""

    number: int
    title: str
    about: str
    published: str
    for_bonus: bool
    note: str | None
    in_force: bool
    href: str


@dataclass(frozen=True)
class PublishedList:
    """The list; ``may_publish`` tells where publishing begins."""

    entries: list[Entry]
    league: Link | None


@dataclass(frozen=True)
class PublishedView:
    """One published table."""

    entry: Entry
    facts: list[tuple[str, str]]
    sha256: str
    reason: str | None
    corrects: Link | None
    corrected_by: Link | None
    may_correct: bool
    complete: bool
    table: LeagueView
    document: str
    everything: Link


def published_list(sitting: Sitting) -> PublishedList:
    """Everything that was published, the newest first."""
    found = list_published(sitting.session, sitting.viewer)
    there = None
    if may_publish(sitting.viewer):
        there = Link(sitting.say("publishing.begin"), sitting.address.to(Page.LEAGUE).href)
    return PublishedList([_entry(sitting, one) for one in found], there)


def published_view(sitting: Sitting) -> PublishedView:
    """The table whose number the address names."""
    found = require_published(sitting, sitting.address.subject)
    listed = found.listed
    return PublishedView(
        entry=_entry(sitting, listed),
        facts=_facts(sitting, found),
        sha256=listed.rows_hash,
        reason=listed.head.reason,
        corrects=_to(sitting, listed.head.corrects, "publishing.corrects"),
        corrected_by=_to(sitting, listed.corrected_by, "publishing.corrected_by"),
        may_correct=listed.in_force and may_publish(sitting.viewer),
        complete=found.intact is not None,
        table=_table(sitting, found),
        document=f"/api/v1/league/published/{listed.head.number}",
        everything=Link(
            sitting.say("publishing.all"),
            Address(Page.PUBLISHED, language=sitting.address.language).href,
        ),
    )


def require_published(sitting: Sitting, number: str | None) -> Published:
    """The published table of that number, cut to the viewer's branches."""
    if number is None or not number.isascii() or not number.isdigit() or len(number) > 9:
        raise NotFound(published=number)
    return read_published(sitting.session, sitting.viewer, int(number))


def asked_here(sitting: Sitting) -> Asked:
    """The table of the address: the whole comparison set, whatever part of it is shown."""
    metric = shown_metric(sitting)
    if metric is None:
        raise NotFound(metric=None)
    compared = ComparisonSet(sitting.address.compared == PEERS, sitting.address.touchpoint)
    return _asked(
        sitting, TableName(metric.code, shown_period(sitting), compared.name), metric.name
    )


def asked_again(sitting: Sitting, head: Head) -> Asked:
    """The table of the newest answers in place of a published one."""
    name = TableName(head.metric, _as_period(head), head.comparison_set)
    return _asked(sitting, name, head.name(sitting.language))


def _asked(sitting: Sitting, name: TableName, metric: str) -> Asked:
    """Asks for the table as well, so that it is computed while the question is read."""
    compared = ComparisonSet.named(name.comparison_set)
    found = league(
        sitting.session,
        sitting.viewer,
        name.metric,
        name.period,
        now=sitting.now,
        touchpoint=compared.touchpoint,
        peers=compared.peers,
    )
    ranked = [row for row in found.rows if row.ranked]
    return Asked(
        name=name,
        metric=metric,
        period=days_text(sitting.say, name.period),
        compared=compared_words(sitting, name.comparison_set),
        ranked=len(ranked),
        enough=sum((row.n or 0) >= BONUS_FROM for row in ranked),
        pending=found.ranks_pending,
    )


def compared_words(sitting: Sitting, name: str) -> str:
    """A comparison set as one says it."""
    found = ComparisonSet.named(name)
    whole = sitting.say(f"publishing.set.{'peers' if found.peers else 'network'}")
    if found.touchpoint is None:
        return whole
    places = {row.code: row for row in sitting.touchpoints}
    row = places.get(found.touchpoint)
    english = sitting.language == "en"
    place = found.touchpoint if row is None else row.name_en if english else row.name_zh
    return sitting.say("publishing.at_touchpoint", whole=whole, touchpoint=place)


def _as_period(head: Head) -> Period:
    return Period(head.start, head.end)


def _entry(sitting: Sitting, listed: Listed) -> Entry:
    head, say = listed.head, sitting.say
    note = None
    if listed.corrected_by is not None:
        note = say("publishing.corrected_by", number=listed.corrected_by)
    elif head.corrects is not None:
        note = say("publishing.corrects", number=head.corrects)
    return Entry(
        number=head.number,
        title=say("publishing.title", number=head.number, metric=head.name(sitting.language)),
        about=say(
            "publishing.about",
            days=days_text(say, _as_period(head)),
            compared=compared_words(sitting, head.comparison_set),
        ),
        published=moment_text(sitting, head.published_at),
        for_bonus=head.for_bonus,
        note=note,
        in_force=listed.in_force,
        href=entry_href(sitting, head.number),
    )


def _facts(sitting: Sitting, found: Published) -> list[tuple[str, str]]:
    """What the table was made of, in the order in which one asks."""
    head, say = found.listed.head, sitting.say
    by = "command" if (head.published_by or "system:").startswith("system:") else "headquarters"
    values = {
        "published": moment_text(sitting, head.published_at),
        "by": say(f"publishing.by.{by}"),
        "as_of": moment_text(sitting, head.as_of),
        "rows": count(head.parameters.get("rows")),
        "open_links": count(head.parameters.get("open_links")),
        "data_version": count(head.data_version),
        "seed": str(head.seed),
    }
    return [(say(f"publishing.fact.{name}"), value) for name, value in values.items()]


def _table(sitting: Sitting, found: Published) -> LeagueView:
    head = found.listed.head
    metric = _metric(sitting, head)
    then = replace(sitting, address=_address_then(sitting, head))
    rows = sorted((_league_row(row, sitting.language) for row in found.rows), key=in_table_order)
    ranked = sum(row.ranked for row in rows)
    return LeagueView(
        metric=metric,
        period=days_text(sitting.say, _as_period(head)),
        rows=shown_rows(then, rows, metric, _parts(found.rows)),
        ranked=ranked,
        apart=len(rows) - ranked,
        answers=sum(row.n or 0 for row in rows),
        pending=False,
        version=head.data_version,
        by_peers=ComparisonSet.named(head.comparison_set).peers,
    )


def _metric(sitting: Sitting, head: Head) -> Metric:
    """The measure with the name that it had; an index counts points from 0 to 100."""
    name = head.name(sitting.language)
    info = next((one for one in sitting.metrics if one.code == head.metric), None)
    if info is None:
        return Metric(head.metric, name, "mean", *INDEX_ENDS)
    return replace(as_shown(info, sitting), name=name)


def _address_then(sitting: Sitting, head: Head) -> Address:
    """Where links from a frozen table lead: to the same days."""
    compared = ComparisonSet.named(head.comparison_set)
    return sitting.address.with_(
        first=head.start,
        last=head.end - timedelta(days=1),
        metric=head.metric,
        touchpoint=compared.touchpoint,
        compared=PEERS if compared.peers else None,
        subject=None,
    )


def _league_row(row: FrozenRow, language: str) -> LeagueRow:
    """The frozen figures as a row; what was not frozen then is not known."""
    known: dict[str, Any] = {name: row.figures.get(name) for name in _FROZEN}
    known["ranked"], known["tier"] = bool(known["ranked"]), known["tier"] or "hidden"
    return LeagueRow(row.branch_id, row.unit_code, row.name(language), **known)


def _parts(rows: Sequence[FrozenRow]) -> dict[int, Mapping[str, Any]]:
    return {row.branch_id: row.figures["mix"][0] for row in rows if row.figures.get("mix")}


def _to(sitting: Sitting, number: int | None, words: str) -> Link | None:
    if number is None:
        return None
    return Link(sitting.say(words, number=number), entry_href(sitting, number))


def entry_href(sitting: Sitting, number: int) -> str:
    """Where a published table is shown."""
    return Address(Page.PUBLISHED, subject=str(number), language=sitting.address.language).href


def taken_again(sitting: Sitting) -> tuple[bool, str]:
    """Whether the rows still give the published fingerprint, and when that was looked at."""
    intact = require_published(sitting, sitting.address.subject).intact
    if intact is None:  # not all rows are the viewer's to see
        raise NotFound(published=sitting.address.subject)
    return intact, moment_text(sitting, sitting.now)
