"""``branchpulse loop``: what is wrong with the rules of the closed loop, and publishing them.

Imports what a command needs when it runs, so that ``--help`` is quick.
"""

from pathlib import Path
from typing import Annotated

import typer

from api.core.terminal import opened

LoopFile = Annotated[Path, typer.Argument(help="A TOML file.")]

app = typer.Typer(no_args_is_help=True, help="Closed loop: alerts, clocks, escalation, causes.")


@app.command()
def check(file: LoopFile) -> None:
    """Says what is wrong with rules of the closed loop, or what they hold."""
    from api.tickets.loop_files import check_file

    typer.echo("\n".join(check_file(file)))


@app.command()
def publish(file: LoopFile) -> None:
    """Publishes rules; they hold from now on, and clocks of open tickets follow."""
    from api.tickets.loop_files import publish_file

    check(file)
    with opened("worker") as here, here.database.transaction() as session:
        lines = publish_file(session, file, here.clock())
    typer.echo("\n".join(lines))
