"""`branchpulse adjust …`: translates options; everything else stands in `commands`."""

from datetime import datetime
from typing import Annotated

import typer

from api.core.terminal import AsJson, opened, print_json, stop

app = typer.Typer(no_args_is_help=True, help="Adjusting scores for customers and channels.")

Metric = Annotated[str, typer.Argument(help="The code of a metric.")]
Year = Annotated[
    int | None, typer.Option(min=1900, max=2100, help="Scoring year; by default this one.")
]
First = Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day.")]
Last = Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day.")]


@app.command()
def fit(
    metric: Metric,
    *,
    year: Year = None,
    first: First = None,
    last: Last = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Publish nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Estimates a metric's coefficients and freezes them for a year: they never change again.

    By default from the answers of the year; while it lasts, of the latest twelve months.
    """
    from api.insights.case_mix.commands import coefficient_lines, fit_coefficients
    from api.insights.commands import period_of

    if (first is None) != (last is None):
        stop("--from and --to go together")
    period = None if first is None or last is None else period_of(first.date(), last.date())
    with opened("worker") as house:
        found = fit_coefficients(house, metric, year, period, dry_run=dry_run)
    print_json(found) if as_json else typer.echo(coefficient_lines(found))


@app.command()
def show(
    metric: Annotated[str | None, typer.Argument(help="The code of a metric.")] = None,
    *,
    year: Annotated[int | None, typer.Option(help="Scoring year.")] = None,
    as_json: AsJson = False,
) -> None:
    """The published coefficients with their standard errors; exit 1 when there are none."""
    from api.insights.case_mix.commands import coefficient_lines, shown_coefficients

    with opened("worker") as house:
        found = shown_coefficients(house, metric, year)
    lines = "\n\n".join(map(coefficient_lines, found["rows"]))
    print_json(found) if as_json else typer.echo(lines)
    if not found["rows"]:
        raise SystemExit(1)


@app.command()
def explain(
    unit: Annotated[str, typer.Argument(help="The code of a branch.")],
    *,
    metric: Annotated[str, typer.Option()],
    first: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First day.")],
    last: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day.")],
    as_json: AsJson = False,
) -> None:
    """What each channel and kind of customer adds to a branch's score."""
    from api.insights.case_mix.commands import apart_lines, taken_apart
    from api.insights.commands import period_of

    period = period_of(first.date(), last.date())
    with opened("worker") as house:
        found = taken_apart(house, metric, period, unit)
    print_json(found) if as_json else typer.echo(apart_lines(found))
