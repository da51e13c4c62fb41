"""What `branchpulse import` does: one file in one transaction, and the lines that say so."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO, get_args

from rich.console import Console
from rich.progress import Progress as Bar
from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

from api.core.errors import BadInput
from api.core.installation import Installation
from api.core.languages import say
from api.imports.mapping import Kind, load_mapping
from api.imports.service import run_import
from api.imports.staging import Progress
from api.imports.values import ImportSummary, Refused, reason


def check_input(kind: str, path: Path, mapping: Path) -> None:
    """What can be refused before a database is asked: the kind, the mapping, a missing file."""
    kinds = get_args(Kind)
    if kind not in kinds:
        raise BadInput(say("imports.no_kind", "en", kind=kind, known=", ".join(kinds)))
    load_mapping(mapping, kind)
    if not path.is_file():
        raise Refused(str(path), None, None, reason("no_file"))


def import_file(
    installation: Installation,
    kind: str,
    path: Path,
    mapping: Path,
    *,
    dry_run: bool = False,
    rejects: Path | None = None,
    progress: Progress = lambda rows: None,
) -> ImportSummary:
    """Imports the file and commits, if nothing was wrong and it was no dry run."""
    with installation.database.transaction() as session:
        return run_import(
            session, installation, kind, path, mapping,
            dry_run=dry_run, rejects=rejects, progress=progress,
        )  # fmt: skip


@contextmanager
def rows_shown(stream: TextIO) -> Iterator[Progress]:
    """How many rows were read, while it lasts; nothing where nobody looks."""
    if not stream.isatty():
        yield lambda rows: None
        return
    columns = (SpinnerColumn(), TextColumn("{task.completed:,.0f}"), TimeElapsedColumn())
    with Bar(*columns, console=Console(file=stream), transient=True) as bar:
        task = bar.add_task("rows", total=None)
        yield lambda rows: bar.update(task, completed=rows)


def as_lines(summary: ImportSummary) -> str:
    """The summary for a terminal: rows by fate, then the skipped ones by reason."""
    done = "would be written" if summary.dry_run else "written"
    lines = [
        f"{summary.file}: {summary.read} rows read, {summary.written} {done}, "
        f"{summary.unchanged} unchanged, {summary.skipped} skipped, {summary.errors} errors"
    ]
    for key, count in summary.reasons.most_common():
        for row in summary.rows:
            if row.reason.key == key:
                lines.append(f"{count:>8} such as line {row.line}: {row.reason.text()}")
                break
    return "\n".join(lines)
