"""Keeps the mergeable counts equal to the answers they were made from.

A response's transaction leaves a mark; a worker folds marks into cells. Every stored answer to a
question with a metric counts, question by question: a partial response counts with the answers it
has, one that headquarters excluded does not. Only days are counted; weeks and months are sums of
days. Imported (``span``) cells are not touched, sealed ones (their answers are gone by retention)
neither.
"""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

from sqlalchemy.engine import Connection
from sqlmodel import Session

from api.cells import repository
from api.cells.folding import recount
from api.cells.rebuilding import Rebuild
from api.core.database import Database

MARKS_PER_BATCH = 20_000
SHARED_FROM = 2_000


def mark_dirty(
    session: Session | Connection,
    branch_id: int,
    occurred_on: date,
    touchpoint_id: int,
    survey_version_id: int,
) -> None:
    """Says that answers of this key were written, changed or deleted in the same transaction.

    Whoever moves a response to another branch, day or touchpoint marks the old key too.
    """
    repository.add_mark(session, branch_id, occurred_on, touchpoint_id, survey_version_id)


def fold(database: Database) -> int:
    """Folds all marks into cells, a batch a transaction; the number of keys counted again.

    One folder works at a time, others wait. Many marks are shared between two connections, each of
    which folds its own branches. A crash leaves the marks of what was not committed in place.
    """
    counted = 0
    while True:
        folded = _fold_batch(database)
        if not folded:
            return counted
        counted += folded


def _fold_batch(database: Database) -> int:
    with database.connection() as connection:
        repository.lock_folding(connection)
        shares = 2 if repository.has_marks(connection, SHARED_FROM) else 1
        with ThreadPoolExecutor(shares) as others:
            rest = [others.submit(_fold_share, database, n, shares) for n in range(1, shares)]
            keys, changed = _count(connection, 0, shares)
            # This one holds the lock and has to end last; data versions go up as they commit.
            folded = sum(share.result() for share in rest)
        _stamp(connection, keys, changed)
        return folded + len(keys.branches)


def _fold_share(database: Database, share: int, shares: int) -> int:
    """A share that is whole in itself, in its own transaction under the lock of another."""
    with database.connection() as connection:
        repository.prepare_folding(connection)
        keys, changed = _count(connection, share, shares)
        _stamp(connection, keys, changed)
        return len(keys.branches)


def _count(
    connection: Connection, share: int, shares: int
) -> tuple[repository.Keys, set[tuple[str, date]]]:
    keys = repository.take_marks(connection, MARKS_PER_BATCH, share, shares)
    return keys, recount(connection, keys) if keys.branches else set()


def _stamp(connection: Connection, keys: repository.Keys, changed: set[tuple[str, date]]) -> None:
    if keys.branches:
        any_metric = {(repository.ANY_METRIC, day) for day in keys.days}
        repository.stamp(connection, changed | any_metric, sorted(set(keys.branches)))


def rebuild(database: Database) -> int:
    """Counts every cell again from the answers, in one transaction; the metric days that changed.

    Gives what folding gives: marks set meanwhile stay for the next fold.
    """
    with database.connection() as connection, database.reading() as reader:
        repository.lock_folding(connection)
        repository.drop_marks(connection)
        changed = Rebuild(connection, reader).run()
        if changed:
            days = {(repository.ANY_METRIC, day) for _, day in changed}
            repository.stamp(connection, changed | days)
        return len(changed)


def spans_changed(session: Session | Connection, spans: set[tuple[str, date]]) -> int:
    """Says that imported cells were written: metric and first day of each span; the new version.

    To be called last in the import's transaction: folding waits from here until it ends.
    """
    repository.wait_for_folding(session)
    any_metric = {(repository.ANY_METRIC, day) for _, day in spans}
    return repository.stamp(session, spans | any_metric)
