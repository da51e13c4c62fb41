"""`branchpulse drivers`: its options; what it does is in `commands`.

Imports what it needs when it runs, so that ``--help`` is quick.
"""

from typing import Annotated

import typer

from api.core.terminal import AsJson, FirstDay, LastDay, opened, print_json


def drivers(
    *,
    outcome: Annotated[str, typer.Option(help="The metric that is to be explained.")],
    first: FirstDay,
    last: LastDay,
    unit: Annotated[str | None, typer.Option(help="Code of a unit: only its answers.")] = None,
    touchpoint: Annotated[str | None, typer.Option(help="Code of a touchpoint.")] = None,
    between: Annotated[bool, typer.Option("--between", help="Compare branches.")] = False,
    as_json: AsJson = False,
) -> None:
    """What drives a metric, with intervals; exit 1 when nothing can be told."""
    from api.insights.commands import period_of
    from api.insights.drivers.commands import as_lines, network_drivers

    days = period_of(first.date(), last.date())
    with opened("worker") as house:
        found = network_drivers(
            house, outcome, days, unit=unit, touchpoint=touchpoint, between=between
        )
    print_json(found.as_dict("en")) if as_json else typer.echo(as_lines(found))
    raise SystemExit(0 if found.problem is None else 1)
