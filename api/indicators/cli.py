"""``branchpulse indicators``: what is wrong with a tree, publishing it, and the one in force.

Imports what a command needs when it runs, so that ``--help`` is quick.
"""

from datetime import datetime
from typing import Annotated

import typer

from api.core.terminal import FileWork, file_commands, opened

app = typer.Typer(no_args_is_help=True, help="Indicator tree: weights, kinds, targets.")


def _work() -> FileWork:
    from api.indicators.files import check_file, publish_file

    return check_file, publish_file


file_commands(
    app,
    _work,
    "Says what is wrong with a tree, or what it is made of.",
    "Publishes a tree; a published version never changes, and none reaches back.",
)


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
