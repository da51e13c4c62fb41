"""What all commands share: the opened installation, one document or one clear line, their options.

Owns how a command ends (see `stop`) and the settings it runs with. Everything but typer is imported
when it is needed, so that ``--help`` is quick. Knows no domain.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

if TYPE_CHECKING:
    from sqlmodel import Session

    from api.core.installation import Installation, Role
    from api.core.settings import Settings

AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
FirstDay = Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First day.")]
DefinitionFile = Annotated[Path, typer.Argument(help="A TOML file.")]
# What a file says, and publishing it; each gives lines for the person who wrote it.
FileWork = tuple[Callable[[Path], list[str]], "Callable[[Session, Path, datetime], list[str]]"]
LastDay = Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day.")]


def stop(message: str, code: int = 2) -> NoReturn:
    """Ends the command with one line on standard error."""
    typer.echo(f"branchpulse: {message}", err=True)
    raise SystemExit(code)


def print_json(document: Any) -> None:
    """One document on standard output; dates as ISO 8601, what is missing as null."""
    typer.echo(json.dumps(document, ensure_ascii=False, indent=2, default=str))


def read_settings() -> "Settings":
    """The settings of this installation, or one line that says which setting is wrong."""
    from pydantic import ValidationError

    from api.core.settings import Settings

    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"])).upper()
        where = f"BRANCHPULSE_{name}: " if name else ""
        stop(where + first["msg"].removeprefix("Value error, "))


@contextmanager
def opened(role: "Role") -> Iterator["Installation"]:
    """The installation, its embedded server running if it has one."""
    from api.core.installation import Installation, running_settings

    with running_settings(read_settings()) as settings:
        installation = Installation.open(settings, role)
        try:
            yield installation
        finally:
            installation.close()


def file_commands(
    group: typer.Typer, work: Callable[[], FileWork], checking: str, publishing: str
) -> None:
    """Gives a group ``check`` and ``publish`` of a file; ``work`` imports what they do."""

    @group.command("check", help=checking)
    def check(file: DefinitionFile) -> None:
        says, _ = work()
        typer.echo("\n".join(says(file)))

    @group.command("publish", help=publishing)
    def publish(file: DefinitionFile) -> None:
        check(file)
        _, publishes = work()
        with opened("worker") as here, here.database.transaction() as session:
            lines = publishes(session, file, here.clock())
        typer.echo("\n".join(lines))
