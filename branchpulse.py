"""The command line, and the factory of the whole web application.

Every command imports what it needs when it runs, so that ``--help`` is quick. Exit codes: 0
success, 1 it ran but the answer is no, 2 bad input with one clear line on standard error. Nobody
imports this module.
"""

import json
import sys
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.core.terminal import (
    AsJson,
    DefinitionFile,
    FileWork,
    FirstDay,
    LastDay,
    file_commands,
    opened,
    print_json,
    read_settings,
    stop,
)
from api.indicators.cli import app as indicators_app
from api.insights.case_mix.cli import app as adjust_app
from api.insights.drivers.cli import drivers
from api.insights.league_cli import app as league_app
from api.tickets.cli import app as loop_app

if TYPE_CHECKING:
    from fastapi import FastAPI

    from api.surveys.files import Kind

app = typer.Typer(
    name="branchpulse",
    help="Experience monitoring for dealer and branch networks.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

user_app = typer.Typer(no_args_is_help=True, help="People who may log in.")
token_app = typer.Typer(no_args_is_help=True, help="Machine tokens.")
app.add_typer(user_app, name="user")
app.add_typer(token_app, name="token")
customer_app = typer.Typer(no_args_is_help=True, help="What is held about a customer.")
app.add_typer(customer_app, name="customer")
survey_app = typer.Typer(no_args_is_help=True, help="Questionnaires.")
app.add_typer(survey_app, name="survey")
message_app = typer.Typer(no_args_is_help=True, help="Message templates.")
app.add_typer(message_app, name="message")
rules_app = typer.Typer(no_args_is_help=True, help="Rules of asking.")
app.add_typer(rules_app, name="rules")
app.add_typer(indicators_app, name="indicators")
app.add_typer(adjust_app, name="adjust")
app.add_typer(league_app, name="league")
app.add_typer(loop_app, name="loop")
mail_app = typer.Typer(no_args_is_help=True, help="Mail that came back.")
app.add_typer(mail_app, name="mail")
app.command()(drivers)


def main() -> None:
    """Runs a command; what people did wrong is one line on standard error and exit code 2."""
    from api.core.errors import BranchpulseError

    try:
        app()
    except BranchpulseError as error:
        stop(error.log_text())
    except KeyboardInterrupt:
        raise SystemExit(130) from None


def web_app() -> "FastAPI":
    """The whole web application: API, survey pages and dashboard (uvicorn's factory)."""
    from api.core.installation import Installation
    from api.core.logs import configure_logging
    from api.core.processes import rest_collector
    from api.main import create_api
    from dashboard.app import add_dashboard

    settings = read_settings()
    configure_logging()
    api = create_api(Installation.open(settings, "web"))
    add_dashboard(api)
    rest_collector()
    return api


@app.command()
def demo(
    *,
    network: Annotated[str, typer.Option(help="cars or bank")] = "cars",
    branches: Annotated[int, typer.Option(min=5, max=2000)] = 300,
    months: Annotated[int, typer.Option(min=1, max=36)] = 12,
    seed: int = 1,
    port: Annotated[int | None, typer.Option(min=1, max=65535)] = None,
    no_serve: Annotated[bool, typer.Option("--no-serve", help="Only make the network.")] = False,
) -> None:
    """A made-up network on this machine: database, data, web and workers, on loopback."""
    from api.core.installation import running_settings
    from api.core.migrate import migrate as bring_to_head
    from api.core.processes import run_together, sole_holder
    from api.demo.service import DemoSize, introduce, prepare

    settings = read_settings()
    if not settings.embedded:
        stop("demo uses the embedded database; unset BRANCHPULSE_DATABASE_URL")
    if network not in ("cars", "bank"):
        stop(f"--network must be cars or bank, not {network!r}")
    port = port or settings.port
    settings = settings.with_changes(
        demo_data=True, port=port, public_url=f"http://127.0.0.1:{port}"
    )
    with sole_holder(settings.home / "demo.lock") as alone:
        if not alone:
            stop(f"a demo is already running in {settings.home}; stop it or set BRANCHPULSE_HOME")
        with running_settings(settings) as ready:
            bring_to_head(ready)
            logins = prepare(ready, DemoSize(network, branches, months, seed))
            if no_serve:
                return
            code = run_together(
                (["serve", "--with-parent"], ["work", "--with-parent"]),
                ready.environment(),
                logs=settings.home / "logs",
                started=lambda still_run: introduce(ready, logins, still_run),
            )
        raise SystemExit(code)


@app.command()
def migrate() -> None:
    """Brings the schema to head; creates roles and grants (BRANCHPULSE_ADMIN_DATABASE_URL)."""
    from api.core.installation import running_settings
    from api.core.migrate import migrate as bring_to_head

    with running_settings(read_settings()) as settings:
        if settings.admin_database_url is None:
            stop("BRANCHPULSE_ADMIN_DATABASE_URL is required: migrate runs as the owner")
        bring_to_head(settings)


WithParent = Annotated[bool, typer.Option("--with-parent", hidden=True)]


@app.command()
def serve(
    workers: Annotated[int, typer.Option(min=1, max=64)] = 1,
    access_log: Annotated[bool, typer.Option(help="A line per request; proxies have one.")] = False,
    with_parent: WithParent = False,
) -> None:
    """The web application."""
    import os

    import uvicorn

    from api.core.installation import running_settings
    from api.core.processes import end_with_parent

    with running_settings(read_settings()) as settings:
        if with_parent:
            end_with_parent()
        os.environ.update(settings.environment())  # what web_app reads, also in other processes
        uvicorn.run(
            "branchpulse:web_app",
            factory=True,
            host=settings.bind,
            port=settings.port,
            workers=workers,
            log_config=None,
            access_log=access_log,
            proxy_headers=bool(settings.trusted_proxies),
            forwarded_allow_ips=settings.trusted_proxies or None,
            server_header=False,
        )


@app.command()
def work(
    with_parent: WithParent = False,
    only: Annotated[str, typer.Option(help="Loops, with commas: send,decide; never leads.")] = "",
) -> None:
    """Workers, and the scheduler in the one process that leads; reports are made beside it."""
    from contextlib import nullcontext

    from api.core.logs import configure_logging
    from api.core.processes import end_with_parent, kept_beside
    from scheduler.jobs import LOOPS
    from scheduler.runner import run

    wanted = [name.strip() for name in only.split(",") if name.strip()]
    known = [loop.name for loop in LOOPS]
    if set(wanted) - set(known):
        stop(f"unknown loop in {only!r}; known: {', '.join(known)}")
    configure_logging()
    with opened("worker") as installation:
        if with_parent:
            end_with_parent()
        apart = ",".join(loop.name for loop in LOOPS if loop.apart)
        command = ["work", "--only", apart, "--with-parent"]
        settings = installation.settings
        beside = kept_beside(command, settings.environment(), settings.report_processes)
        with nullcontext() if wanted else beside:
            run(installation, wanted)


@user_app.command("add")
def user_add(
    email: str,
    *,
    role: Annotated[str, typer.Option(help="hq_admin, regional_manager, branch_manager …")],
    unit: Annotated[str, typer.Option(help="The code of the unit they are granted.")],
    password_stdin: Annotated[bool, typer.Option("--password-stdin")] = False,
) -> None:
    """Adds a person; without a password, prints (and mails) the link to choose one."""
    from api.access.commands import add_user

    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else None
    with opened("worker") as house, house.database.transaction() as session:
        link = add_user(session, house, email, role=role, unit_code=unit, password=password)
    print(link or email)


@token_app.command("add")
def token_add(
    name: str,
    *,
    scope: Annotated[list[str], typer.Option(help="events:write, customers:write or read")],
    unit: Annotated[str | None, typer.Option(help="Only this unit and what is under it.")] = None,
) -> None:
    """Adds a machine token and prints its secret, which is never shown again."""
    from api.access.commands import add_token

    with opened("worker") as house, house.database.transaction() as session:
        secret = add_token(session, house, name, scopes=scope, unit_code=unit)
    print(secret)


Customer = Annotated[str, typer.Argument(help="Our id, SOURCE:ID, phone:…, email:… or openid:…")]


@customer_app.command("export")
def customer_export(customer: Customer) -> None:
    """Everything held about a customer, as one JSON document."""
    from api.customers.commands import export_named

    with opened("worker") as house, house.database.transaction() as session:
        print_json(export_named(session, house, customer))


@customer_app.command("erase")
def customer_erase(customer: Customer) -> None:
    """Erases a customer for good; only counts stay, and a re-import does not bring them back."""
    from api.customers.commands import erase_named

    with opened("worker") as house, house.database.transaction() as session:
        print_json(erase_named(session, house, customer))


@customer_app.command("suppress")
def customer_suppress(
    file: Annotated[Path, typer.Argument(help="A number or address in each line.")],
    reason: Annotated[str, typer.Option(help="staff, blocklist or opt_out")] = "blocklist",
) -> None:
    """Nobody writes to these addresses: of staff and dealers, of a blocklist."""
    from api.customers.commands import suppress_listed

    if reason not in ("staff", "blocklist", "opt_out"):
        stop(f"unknown reason {reason!r}; known: staff, blocklist, opt_out")
    with opened("worker") as house, house.database.transaction() as session:
        print_json(suppress_listed(session, house, file, reason))


@customer_app.command("part")
def customer_part(
    merge: Annotated[str, typer.Argument(help="The id of a merge, as the export shows it.")],
) -> None:
    """Makes two customers again of two records that were merged; they are not merged again."""
    from api.customers.commands import part_merged

    with opened("worker") as house, house.database.transaction() as session:
        part_merged(session, house, merge)


@mail_app.command("bounce")
def mail_bounce(
    recipient: Annotated[str, typer.Option(help="Where it was sent, if the server says so.")] = "",
) -> None:
    """Takes one mail from standard input that came to a return address; exit 1 if it is forged."""
    from api.webhooks.mail.service import LONGEST, take

    raw = sys.stdin.buffer.read(LONGEST)
    if not raw.strip():
        stop("no mail on standard input")
    with opened("worker") as house, house.database.transaction() as session:
        taken = take(session, house.vault, raw, recipient, house.clock())
    print(taken)
    if taken == "forged":
        raise SystemExit(1)


@survey_app.command("preview")
def survey_preview(
    file: DefinitionFile,
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder.")] = Path("preview"),
) -> None:
    """Writes the survey as customers will see it, a file per page and language."""
    from datetime import UTC

    from api.responses.preview import write_preview
    from api.surveys.definitions import load_text, read_survey

    survey = read_survey(load_text(file), str(file))
    for path in write_preview(survey, output, datetime.now(UTC).date()):
        print(path)


def _definition_commands(group: typer.Typer, kind: "Kind", checking: str, publishing: str) -> None:
    """Gives a group of commands its ``check`` and ``publish``, which all definitions have."""

    def work() -> FileWork:
        from api.surveys.files import check_file, publish_file

        return (
            lambda file: check_file(kind, file, read_settings().public_url),
            lambda session, file, now: publish_file(session, kind, file, now),
        )

    file_commands(group, work, checking, publishing)


_definition_commands(
    survey_app,
    "survey",
    "Says what is wrong with a survey, or what it asks.",
    "Publishes a survey; a published version never changes.",
)
_definition_commands(
    message_app,
    "message",
    "Says what is wrong with templates, and how many SMS each may take.",
    "Publishes every template of a file.",
)
_definition_commands(
    rules_app,
    "rules",
    "Says what is wrong with rules of asking.",
    "Publishes rules of asking; surveys and templates they name must be published before.",
)


@app.command("import")
def import_(
    kind: Annotated[
        str, typer.Argument(help="units, people, customers, events, responses or counts")
    ],
    file: Annotated[Path, typer.Argument(help="CSV (plain or .gz) or XLSX")],
    *,
    mapping: Annotated[Path, typer.Option(help="Which column is what, as TOML.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Write nothing.")] = False,
    rejects: Annotated[Path | None, typer.Option(help="CSV of rows not taken.")] = None,
    as_json: AsJson = False,
) -> None:
    """Brings a file in by a mapping: all of it, or after an error nothing."""
    from api.imports.commands import as_lines, check_input, import_file, rows_shown

    check_input(kind, file, mapping)
    with opened("worker") as house, rows_shown(sys.stderr) as progress:
        done = import_file(
            house, kind, file, mapping, dry_run=dry_run, rejects=rejects, progress=progress
        )
    if as_json:
        print_json(done.as_json())
    elif done.ok:
        print(as_lines(done))
    if not done.ok:
        stop(done.first_error())


@app.command()
def score(
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Count everything again.")] = False,
    as_json: AsJson = False,
) -> None:
    """Brings the cells up to date with the answers."""
    from api.insights.commands import bring_up_to_date

    with opened("worker") as installation:
        done = bring_up_to_date(installation, from_scratch=rebuild)
    said = f"folded {done['folded']} keys, data version {done['data_version']}"
    print_json(done) if as_json else print(said)


@app.command()
def warnings(
    *,
    metric: Annotated[str, typer.Option()],
    month: Annotated[datetime, typer.Option(formats=["%Y-%m"], help="A month, as YYYY-MM.")],
    as_json: AsJson = False,
) -> None:
    """Branches that have fallen below their own normal by more than chance does."""
    from api.insights.warnings.commands import as_lines, network_warnings

    with opened("worker") as installation:
        found = network_warnings(installation, metric, month.date())
    print_json(found.as_dict(everyone=True)) if as_json else print(as_lines(found))


@app.command()
def explain(
    event: Annotated[str, typer.Argument(help="Our id, or SOURCE:EXTERNAL_ID")],
    as_json: AsJson = False,
) -> None:
    """Why the customer of an event is asked, when and how; or why not."""
    from api.invitations.commands import as_lines, explain_event

    with opened("worker") as house, house.database.transaction() as session:
        document = explain_event(session, event, house.clock())
    print_json(document) if as_json else print(as_lines(document))


@app.command()
def simulate(
    file: DefinitionFile,
    *,
    first: FirstDay,
    last: LastDay,
    as_json: AsJson = False,
) -> None:
    """Tries rules on past events, beside the rules in force; writes nothing."""
    from api.invitations.simulation_command import as_lines, simulate_file

    days = (first.date(), last.date())
    with opened("worker") as house, house.database.transaction() as session:
        document = simulate_file(session, file, days, house.clock())
    print_json(document) if as_json else print(as_lines(document))


@app.command("report")
def report_(
    unit: Annotated[str, typer.Argument(help="Code of a unit.")],
    *,
    first: FirstDay,
    last: LastDay,
    format: Annotated[str, typer.Option("--format", help="pdf, pptx or xlsx")] = "pdf",
    language: Annotated[str, typer.Option("--lang", help="zh or en")] = "zh",
    output: Annotated[Path, typer.Option("-o", "--output", help="The file to write.")],
) -> None:
    """Writes one report about a unit and period."""
    from api.reports.commands import write_report

    days = (first.date(), last.date())
    with opened("worker") as house:
        size = write_report(house, unit, days, format, language, output=output)
    print(f"{output}: {size} bytes")


BENCHES = {
    "submit": "api.responses.bench",
    "ingest": "api.customers.bench",
    "league": "api.insights.bench",
    "cells": "api.insights.bench_cells",
    "adjust": "api.insights.bench_adjust",
    "rank": "api.insights.bench_rank",
    "pages": "dashboard.benches.bench_pages",
    "tickets": "dashboard.benches.bench_tickets",
    "plan": "api.invitations.bench_plan",
    "claim": "scheduler.benches.bench_claim",
    "send": "scheduler.benches.bench_send",
    "crash": "scheduler.benches.bench_crash",
    "report": "scheduler.benches.bench_report",
}


@app.command()
def bench(
    name: Annotated[str, typer.Argument(help=" | ".join(BENCHES))],
    full: Annotated[bool, typer.Option("--full", help="The stated size.")] = False,
) -> None:
    """Measures against a named reference in the same run; exit 1 when a target is missed."""
    if name not in BENCHES:
        stop(f"unknown bench {name!r}; known: {', '.join(BENCHES)}")
    result = getattr(import_module(BENCHES[name]), f"bench_{name}")(full)
    print(json.dumps(result, default=str))
    raise SystemExit(0 if result["ok"] else 1)


if __name__ == "__main__":
    main()
