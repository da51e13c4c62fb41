"""`branchpulse league …`: translates options; everything else stands in `commands`."""

from datetime import datetime
from typing import Annotated

import typer

from api.core.terminal import AsJson, FirstDay, LastDay, opened, print_json, stop

app = typer.Typer(help="League tables: shown, published, and what was published.")

Metric = Annotated[str, typer.Option(help="The code of a metric or an index.")]
Touchpoint = Annotated[str | None, typer.Option(help="Code of a touchpoint: its answers alone.")]
Peers = Annotated[bool, typer.Option("--peers", help="Each branch among those like it.")]
First = Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day.")]
Last = Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day.")]


@app.callback(invoke_without_command=True)
def league(  # noqa: PLR0917
    context: typer.Context,
    metric: Annotated[str | None, typer.Option(help="The code of a metric or an index.")] = None,
    first: First = None,
    last: Last = None,
    unit: Annotated[str | None, typer.Option(help="Code of a unit: only what is below.")] = None,
    touchpoint: Touchpoint = None,
    peers: Peers = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Rows as CSV.")] = False,
    as_json: AsJson = False,
) -> None:
    """The league table of the whole network or of a unit, one row per branch."""
    from api.insights import commands

    if context.invoked_subcommand is not None:
        return
    if metric is None or first is None or last is None:
        stop("a league table needs --metric, --from and --to")
    period = commands.period_of(first.date(), last.date())
    with opened("worker") as installation:
        found = commands.network_league(
            installation, metric, period, unit, touchpoint=touchpoint, peers=peers
        )
    shown = commands.as_csv if as_csv else commands.as_lines
    print_json(found.as_dict()) if as_json else typer.echo(shown(found).rstrip("\n"))


@app.command()
def publish(
    *,
    metric: Metric,
    first: FirstDay,
    last: LastDay,
    touchpoint: Touchpoint = None,
    peers: Peers = False,
    for_bonus: Annotated[
        bool, typer.Option("--for-bonus", help="Only branches with 100 answers or more.")
    ] = False,
    corrects: Annotated[int | None, typer.Option(help="Number of the table it corrects.")] = None,
    reason: Annotated[str | None, typer.Option(help="Why it is corrected.")] = None,
    as_json: AsJson = False,
) -> None:
    """Freezes a table with its rows, seed, versions and a hash: it never changes again."""
    from api.insights.commands import period_of
    from api.insights.comparison import comparison_set
    from api.insights.published.commands import as_lines, publish_table
    from api.insights.published.service import Publishing
    from api.insights.queries import TableName

    period = period_of(first.date(), last.date())
    name = TableName(metric, period, comparison_set(touchpoint, peers=peers))
    with opened("worker") as house:
        done = publish_table(house, Publishing(name, for_bonus, corrects, reason))
    print_json(done.document()) if as_json else typer.echo("\n".join(as_lines([done])))


@app.command()
def published(
    number: Annotated[int | None, typer.Argument(help="One table, checked.")] = None,
    *,
    metric: Annotated[str | None, typer.Option(help="Only tables of this metric.")] = None,
    as_json: AsJson = False,
) -> None:
    """What was published; of one table its rows, exit 1 if they do not give its hash."""
    from api.insights.published import commands

    with opened("worker") as house:
        if number is None:
            found = commands.published_tables(house, metric)
            rows = {"rows": [one.document() for one in found]}
            print_json(rows) if as_json else typer.echo("\n".join(commands.as_lines(found)))
            return
        one = commands.published_table(house, number)
    print_json(one.document()) if as_json else typer.echo("\n".join(commands.checked_lines(one)))
    raise SystemExit(0 if one.intact else 1)
