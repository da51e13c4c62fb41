"""``branchpulse indicators``: what is wrong with a tree, publishing it, and the one in force.

Imports what a command needs when it runs, so that ``--help`` is quick.
"""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from api.core.terminal import opened

TreeFile = Annotated[Path, typer.Argument(help="A TOML file.")]

app = typer.Typer(no_args_is_help=True, help="Indicator tree: weights, kinds, targets.")


@app.command()
def check(file: TreeFile) -> None:
    """Says what is wrong with a tree, or what it is made of."""
    from api.indicators.files import check_file

    typer.echo("\n".join(check_file(file)))


@app.command()
def publish(file: TreeFile) -> None:
    """Publishes a tree; a published version never changes, and none reaches back."""
    from api.indicators.files import publish_file

    check(file)
    with opened("worker") as here, here.database.transaction() as session:
        lines = publish_file(session, file, here.clock())
    typer.echo("\n".join(lines))


@app.command()
def show(
    on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="In force on a day; today.")
    ] = None,
) -> None:
    """The tree in force."""
    from api.indicators.files import shown

    with opened("worker") as here, here.database.transaction() as session:
        lines = shown(session, (on or here.clock()).date())
    typer.echo("\n".join(lines))
