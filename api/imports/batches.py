"""Rows in batches through a service that takes a list whole or names what is wrong with items."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Protocol, TypeVar

from pydantic import ValidationError

from api.customers.errors import ItemProblem, ItemsConflict, ItemsInvalid
from api.imports.job import ImportJob
from api.imports.rejects import RejectLog
from api.imports.values import Reason, Reject, reason

SIZE = 1_000


class Row(Protocol):
    """A row of a file, told by its line."""

    @property
    def line(self) -> int:
        """Where it begins."""


AnyRow = TypeVar("AnyRow", bound=Row)


def batches(rows: Iterable[AnyRow], size: int = SIZE) -> Iterator[list[AnyRow]]:
    """The rows in lists of at most ``size``."""
    batch: list[AnyRow] = []
    for row in rows:
        batch.append(row)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


class ItemRefusals:
    """Turns what a service says of items into rejects with line and column."""

    def __init__(self, job: ImportJob, log: RejectLog, names: dict[str, str]) -> None:
        self._job, self._log, self._names = job, log, names

    def built(self, row: AnyRow, build: Callable[[AnyRow], Any]) -> Any | None:
        """The item that ``build`` makes of the row; None when its shape is refused."""
        try:
            return build(row)
        except ValidationError as error:
            for fault in error.errors(include_url=False, include_input=False):
                name = str(fault["loc"][-1]) if fault["loc"] else ""
                if name.isdigit() and len(fault["loc"]) > 1:
                    name = str(fault["loc"][-2])
                self._refuse(row, name, reason("refused_by_service", error=fault["msg"]))
            return None

    def add(self, rows: Sequence[Row], error: ItemsInvalid | ItemsConflict) -> None:
        """Every problem of a batch."""
        for problem in error.problems:
            self._refuse(rows[problem.index], problem.field.rpartition(".")[2], _why(problem))

    def _refuse(self, row: Row, name: str, why: Reason) -> None:
        column = self._job.column_of(self._names.get(name, name))
        self._log.add(Reject(row.line, column, "error", why))


def _why(problem: ItemProblem) -> Reason:
    return Reason(problem.key) if problem.message is None else reason(
        "refused_by_service", error=problem.message
    )  # fmt: skip
