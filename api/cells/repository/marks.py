"""Dirty marks, the lock that lets one folder work at a time, and data versions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import text
from sqlalchemy.engine import Connection
from sqlmodel import Session

FOLD_LOCK = 7002  # advisory; 7001 is the scheduler's leader
ANY_METRIC = "*"  # a day of which anything changed, be it a comment only


@dataclass(frozen=True)
class Keys:
    """Days of branches at touchpoints to be counted again, as parallel columns."""

    branches: list[int]
    days: list[date]
    touchpoints: list[int]
    versions: list[int]

    @classmethod
    def of(cls, rows: Sequence[Sequence[object]]) -> "Keys":
        """From rows of branch, day, touchpoint, survey version."""
        columns = [list(column) for column in zip(*rows, strict=True)] or [[], [], [], []]
        return cls(*columns)

    def in_months(self) -> "Keys":
        """The months of the days, each once, under their first day."""
        firsts = [day.replace(day=1) for day in self.days]
        columns = (self.branches, firsts, self.touchpoints, self.versions)
        return Keys.of(sorted(set(zip(*columns, strict=True))))

    def parameters(self) -> dict[str, object]:
        """For the statements' array parameters."""
        return dict(vars(self))


_TAKE = text(
    "with taken as (delete from dirty_mark where id <= (select max(id) from "
    "(select id from dirty_mark order by id limit :most) as oldest) "
    "and branch_id % :shares = :share "
    "returning branch_id, occurred_on, touchpoint_id, survey_version_id) "
    "select distinct branch_id, occurred_on, touchpoint_id, survey_version_id from taken"
)
_MARK = text(
    "insert into dirty_mark (branch_id, occurred_on, touchpoint_id, survey_version_id) "
    "values (:branch, :day, :touchpoint, :version)"
)
_STAMP = text(
    "insert into metric_day (metric, day, version) "
    "select metric, day, :version from unnest(cast(:metrics as text[]), cast(:days as date[])) "
    "as changed(metric, day) "
    "on conflict (metric, day) do update set version = excluded.version"
)

_STAMP_BRANCHES = text(
    "insert into branch_version (branch_id, version) "
    "select id, :version from unit where kind = 'branch' and (cast(:branches as int[]) is null "
    "or id = any (cast(:branches as int[]))) "
    "on conflict (branch_id) do update set version = excluded.version"
)


def add_mark(
    session: Session | Connection, branch: int, day: date, touchpoint: int, version: int
) -> None:
    """Appends a dirty mark."""
    values = {"branch": branch, "day": day, "touchpoint": touchpoint, "version": version}
    session.execute(_MARK, values)


def lock_folding(connection: Connection) -> None:
    """Waits until no other transaction folds; the lock ends with this one."""
    prepare_folding(connection)
    wait_for_folding(connection)


def prepare_folding(connection: Connection) -> None:
    """Settings of a transaction that folds.

    Nobody waits for the disk: a crash that loses the counts brings their marks back.
    """
    connection.execute(
        text(
            "set local jit = off; set local statement_timeout = 0; set local work_mem = '64MB'; "
            "set local synchronous_commit = off"
        )
    )


def wait_for_folding(connection: Session | Connection) -> None:
    """Holds folding off until this transaction ends."""
    hold_folding(connection)


def hold_folding(session: Session | Connection) -> None:
    """Keeps folders waiting until this transaction ends."""
    session.execute(text("select pg_advisory_xact_lock(:key)"), {"key": FOLD_LOCK})


def has_marks(connection: Connection, many: int) -> bool:
    """Whether so many marks wait."""
    at = text("select exists (select from dirty_mark offset :many - 1)")
    return bool(connection.execute(at, {"many": many}).scalar_one())


def take_marks(connection: Connection, most: int, share: int = 0, shares: int = 1) -> Keys:
    """Takes the oldest marks away and says which keys they name: a share of the branches'."""
    given = {"most": most, "share": share, "shares": shares}
    return Keys.of([tuple(row) for row in connection.execute(_TAKE, given)])


def drop_marks(connection: Connection) -> None:
    """Takes all present marks away: everything is about to be counted."""
    connection.execute(text("delete from dirty_mark"))


def stamp(
    session: Session | Connection,
    changed: set[tuple[str, date]],
    branches: Sequence[int] | None = None,
) -> int:
    """Gives the changed metric days a new data version and tells whoever listens.

    So it does for ``branches``, whose pages are made again: all of them if none are named.
    """
    version = int(session.execute(text("select nextval('data_version')")).scalar_one())
    ordered = sorted(changed)
    session.execute(
        _STAMP,
        {
            "version": version,
            "metrics": [metric for metric, _ in ordered],
            "days": [day for _, day in ordered],
        },
    )
    session.execute(_STAMP_BRANCHES, {"version": version, "branches": branches})
    session.execute(text("select pg_notify('bp_data', :version)"), {"version": str(version)})
    return version
