"""``branchpulse loop``: what is wrong with the rules of the closed loop, and publishing them.

Imports what a command needs when it runs, so that ``--help`` is quick.
"""

import typer

from api.core.terminal import FileWork, file_commands

app = typer.Typer(no_args_is_help=True, help="Closed loop: alerts, clocks, escalation, causes.")


def _work() -> FileWork:
    from api.tickets.loop_files import check_file, publish_file

    return check_file, publish_file


file_commands(
    app,
    _work,
    "Says what is wrong with rules of the closed loop, or what they hold.",
    "Publishes rules; they hold from now on, and clocks of open tickets follow.",
)
