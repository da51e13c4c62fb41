"""Publishing league tables and reading what was published.

Only headquarters publish, and only what the workers have computed over the whole comparison set.
What counts for a bonus stands in a table that was published for it, and only with 100 answers.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row
from sqlmodel import Session

from api.core.errors import NotAllowed, NotFound
from api.core.ids import new_id
from api.insights.comparison import ComparisonSet
from api.insights.figures import shown_count
from api.insights.league_compute import table_version
from api.insights.measures import require_measure
from api.insights.published import queries, repository
from api.insights.published.document import FIGURES, FrozenRow, Head, hash_of, settled
from api.insights.published.errors import (
    AlreadyPublished,
    NothingToPublish,
    NotOver,
    NotTheNewest,
    ReasonMissing,
    StillComputing,
)
from api.insights.queries import StoredTable, TableName, funnel, newest_ready, require_touchpoint
from api.insights.sight import scored_branches
from api.security.audit import audit
from api.security.permissions import Permission
from api.security.viewer import Viewer
from scoring.tiers import Tier

BONUS_FROM = 100
"""Answers that a branch needs before its place may count for a bonus."""
LONGEST_REASON = 2_000


@dataclass(frozen=True, slots=True)
class Publishing:
    """What is to be published; ``corrects`` is the number of the table that was wrong."""

    name: TableName
    for_bonus: bool = False
    corrects: int | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """A published table without its rows; ``corrected_by`` is the number of its correction."""

    head: Head
    rows_hash: str
    corrected_by: int | None

    @property
    def in_force(self) -> bool:
        """Whether no other table corrects it."""
        return self.corrected_by is None

    def document(self) -> dict[str, Any]:
        """The head, its hash and whether it is in force."""
        return {
            **self.head.document(),
            "corrected_by": self.corrected_by,
            "sha256": self.rows_hash,
        }


@dataclass(frozen=True, slots=True)
class Published:
    """A published table with the rows that the viewer may see.

    ``intact`` says whether the rows still give the hash; None where not all of them are to be seen.
    """

    listed: Listed
    rows: list[FrozenRow]
    intact: bool | None

    def document(self) -> dict[str, Any]:
        """What is published, its hash, and whether it still fits."""
        rows = [row.document() for row in self.rows]
        return {**self.listed.document(), "intact": self.intact, "rows": rows}


def may_publish(viewer: Viewer) -> bool:
    """Whether the viewer publishes for the whole network."""
    return viewer.account_id is not None and viewer.may_everywhere(Permission.PUBLISH_TABLES)


def publish_as(session: Session, viewer: Viewer, wanted: Publishing, now: datetime) -> Listed:
    """Publishes for someone at headquarters; raises NotAllowed for everybody else."""
    if not may_publish(viewer):
        raise NotAllowed(permission=Permission.PUBLISH_TABLES)
    return publish(session, viewer, wanted, now=now, actor=viewer.actor)


def publish(
    session: Session, viewer: Viewer, wanted: Publishing, *, now: datetime, actor: str
) -> Listed:
    """Freezes the stored table, as it is, for good; the transaction must see the whole network.

    Raises StillComputing while the workers have no table of the present data, NotOver before the
    period's end, AlreadyPublished for a second one that corrects nothing, and NothingToPublish.
    """
    name = wanted.name
    measure = require_measure(session, name.metric, name.period)
    place = ComparisonSet.named(name.comparison_set).touchpoint
    touchpoint = None if place is None else require_touchpoint(session, place)
    if name.period.end > now.date():
        raise NotOver(last=str(name.period.end))
    stored = newest_ready(session, name)
    if (
        stored is None
        or stored.computed_at is None
        or stored.data_version != table_version(session, name)
    ):
        raise StillComputing
    repository.lock_publishing(session)
    corrected = _corrected(session, wanted)
    rows = _frozen(session, viewer, stored, wanted)
    links = funnel(session, name.period, None, now, touchpoint).open_links
    head = Head(
        id=new_id(),
        number=repository.next_number(session),
        metric=name.metric,
        metric_name_zh=measure.name("zh"),
        metric_name_en=measure.name("en"),
        start=name.period.start,
        end=name.period.end,
        comparison_set=name.comparison_set,
        for_bonus=wanted.for_bonus,
        corrects=wanted.corrects,
        reason=wanted.reason,
        data_version=stored.data_version,
        as_of=stored.computed_at,
        seed=int(stored.parameters["seed"]),
        parameters=settled({**stored.parameters, **_circumstances(wanted, rows, links)}),
        published_by=actor,
        published_at=now,
    )
    found = hash_of(head, rows)
    repository.insert_table(session, head, corrected, rows, found)
    audit(
        session,
        actor,
        "league.publish",
        now=now,
        subject=f"published:{head.number}",
        detail={"metric": head.metric, "sha256": found, "corrects": head.corrects,
                "for_bonus": head.for_bonus, "rows": len(rows)},
    )  # fmt: skip
    return Listed(head, found, None)


def list_published(session: Session, viewer: Viewer, metric: str | None = None) -> list[Listed]:
    """Everything that was published, the newest first, for whoever reads scores."""
    _require_scores(viewer)
    return [_listed(row) for row in queries.head_rows(session, metric)]


def read_published(session: Session, viewer: Viewer, number: int) -> Published:
    """One published table, its rows cut to the viewer's branches; raises NotFound."""
    _require_scores(viewer)
    found = queries.head_row(session, number)
    if found is None:
        raise NotFound(published=number)
    listed, readable = _listed(found), scored_branches(viewer)
    rows = queries.frozen_rows(session, found.id, readable)
    everything = queries.frozen_rows(session, found.id)
    whole = len(everything) == listed.head.parameters["rows"]
    intact = hash_of(listed.head, everything) == listed.rows_hash if whole else None
    return Published(listed, rows, intact)


def _require_scores(viewer: Viewer) -> None:
    if not scored_branches(viewer):
        raise NotAllowed(permission=Permission.VIEW_SCORES)


def _listed(row: Row[Any]) -> Listed:
    return Listed(queries.head_of(row), row.rows_hash, row.corrected_by)


def _corrected(session: Session, wanted: Publishing) -> Any:
    """The id of the table that is corrected, None for a first one."""
    reason = (wanted.reason or "").strip()
    if (wanted.corrects is None) == bool(reason) or len(reason) > LONGEST_REASON:
        raise ReasonMissing
    newest = queries.newest_of(session, wanted.name, for_bonus=wanted.for_bonus)
    if wanted.corrects is None:
        if newest is not None:
            raise AlreadyPublished(number=newest.number)
        return None
    if queries.head_row(session, wanted.corrects) is None:
        raise NotFound(published=wanted.corrects)
    if newest is None or newest.number != wanted.corrects:
        raise NotTheNewest(number=wanted.corrects)
    return newest.id


def _frozen(
    session: Session, viewer: Viewer, stored: StoredTable, wanted: Publishing
) -> list[FrozenRow]:
    """The rows to be frozen: all with answers, for a bonus those ranked with enough of them."""
    nodes = viewer.hierarchy.nodes
    found = queries.league_rows(session, stored.id)
    if len(found) != stored.parameters["branches"]:  # a newer table has just taken its place
        raise StillComputing
    rows = [row for row in found if not wanted.for_bonus or (row.ranked and row.n >= BONUS_FROM)]
    if not rows:
        raise NothingToPublish
    return [
        FrozenRow(
            row.branch_id,
            nodes[row.branch_id].code,
            nodes[row.branch_id].name_zh,
            nodes[row.branch_id].name_en,
            settled(_figures(row)),
        )
        for row in sorted(rows, key=lambda row: nodes[row.branch_id].code)
    ]


def _figures(row: Row[Any]) -> dict[str, Any]:
    """A row's figures, the count of a hidden branch and the mix of an unshown one left out."""
    found = {name: getattr(row, name) for name in FIGURES}
    hidden = row.tier == Tier.HIDDEN.name.lower()
    return found | {
        "n": shown_count(row.n, Tier.HIDDEN) if hidden else row.n,
        "mix": None if row.adjusted is None else row.mix,
    }


def _circumstances(wanted: Publishing, rows: list[FrozenRow], links: int) -> Mapping[str, Any]:
    return {
        "rows": len(rows),
        "bonus_from": BONUS_FROM if wanted.for_bonus else None,
        "open_links": links,
    }
