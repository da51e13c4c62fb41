"""The demo: a made-up network of a given size in an empty database, and who may log in to it.

One transaction writes everything, so that a demo that was interrupted begins anew. Runs as the
embedded server's owner; refuses a database that holds anything else.
"""

import http.client
import json
import os
import secrets
import time
import tomllib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any, cast

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from sqlalchemy import create_engine
from sqlmodel import Session

from api.cells.service import rebuild
from api.core.clock import system_clock
from api.core.crypto import Vault
from api.core.errors import BadInput
from api.core.installation import Installation
from api.core.languages import say
from api.core.settings import Settings
from api.demo import repository
from api.demo.loading import Connection, Loader
from api.demo.matters import begin_plan, live_through
from api.demo.network import ROOT, SHARES, make_branches, make_regions
from api.demo.people import Login, make_logins
from api.demo.rows import Published
from api.demo.story import Truth, draw_truth
from api.indicators.files import publish_file
from api.insights.case_mix.coefficients import publish_all
from api.network.service import add_units, ensure_owner_group, ensure_touchpoints, set_network
from api.surveys.definitions import Survey, load_text, read_messages, read_rules, read_survey
from api.surveys.service import publish_messages, publish_rules, publish_survey
from api.tickets.definitions import read_loop
from api.tickets.loopbook import publish_loop
from api.tickets.published import known_to_loop

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
_SURVEYS = {"cars": ("car_sales", "car_service"), "bank": ("bank_counter",)}
_MESSAGES = {"cars": "invitation", "bank": "bank_invitation"}


@dataclass(frozen=True)
class DemoSize:
    """What the demo is made of."""

    network: str = "cars"
    branches: int = 300
    months: int = 12
    seed: int = 1


def prepare(settings: Settings, size: DemoSize) -> list[Login]:
    """Makes the network unless the home already has one; who may log in."""
    kept = settings.home / "demo_logins.json"
    assert settings.admin_database_url is not None
    engine = create_engine(settings.admin_database_url.get_secret_value())
    try:
        with Session(engine) as session, session.begin():
            raw = cast(Connection, session.connection().connection.driver_connection)
            if not repository.is_empty(raw):
                return _known_logins(kept, settings)
            logins = _make(session, raw, settings, size)
            _keep(kept, [asdict(login) for login in logins])
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            repository.analyze(cast(Connection, connection.connection.driver_connection))
    finally:
        engine.dispose()
    _count(settings, size)
    return logins


def introduce(settings: Settings, logins: list[Login], still_runs: Callable[[], bool]) -> None:
    """Waits for the web process, then prints the address and one log-in per role."""
    while not _is_up(settings):
        if not still_runs():
            print(say("demo.stopped", "en").format(folder=settings.home / "logs"), flush=True)
            return
        time.sleep(0.2)
    print(f"\n{say('demo.ready', 'zh')} {say('demo.ready', 'en')}\n")
    for login in logins:
        print(f"  {login.role:<20} {login.email:<30} {login.password}  {login.sees}")
    print(f"\n  {settings.public_url}/app/\n")
    print(say("demo.stop", "zh"), say("demo.stop", "en"), flush=True)


def _is_up(settings: Settings) -> bool:
    connection = http.client.HTTPConnection(settings.bind, settings.port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _known_logins(kept: Path, settings: Settings) -> list[Login]:
    if not kept.exists():
        raise BadInput(f"the database in {settings.home} is in use and holds no demo")
    return [Login(**row) for row in json.loads(kept.read_text(encoding="utf-8"))]


def _make(session: Session, raw: Connection, settings: Settings, size: DemoSize) -> list[Login]:
    rng = np.random.default_rng(size.seed)
    words = _words()
    now = system_clock()
    assert settings.secret_key is not None
    vault = Vault(settings.secret_key.get_secret_value())
    truth = draw_truth(rng, size.branches, size.months)
    with _progress() as progress:
        task = progress.add_task("units, surveys, rules", total=10)
        branches = _units(session, words, size, truth, rng=rng, today=now.date())
        loader = Loader(
            raw,
            rng,
            words,
            truth,
            published=_publish(session, size.network, now),
            branches=list(branches.values()),
            touchpoints=repository.touchpoint_ids(raw, list(SHARES[size.network])),
            vault=vault,
            now=int(now.timestamp()),
        )
        logins = make_logins(session, vault, now, secrets.token_urlsafe(9))
        session.flush()
        repository.begin_load(raw)
        for done in loader.load(size.months, list(SHARES[size.network].values())):
            progress.update(task, advance=1, description=done)
        repository.add_calls_and_points(raw)
    _keep(settings.home / "demo_truth.json", _truth(truth, list(branches), size))
    return logins


def _words() -> dict[str, Any]:
    return tomllib.loads(files("api.demo").joinpath("words.toml").read_text(encoding="utf-8"))


def _units(
    session: Session,
    words: dict[str, Any],
    size: DemoSize,
    truth: Truth,
    *,
    rng: np.random.Generator,
    today: date,
) -> dict[str, int]:
    """Makes all units; the ids of the branches by code, in the order of the truth."""
    theme = words[size.network]
    set_network(
        session,
        name_zh=theme["brand_zh"],
        name_en=theme["brand_en"],
        code=ROOT,
        leaf_word=theme["leaf"],
    )
    ensure_touchpoints(session, size.network)
    groups = {code: ensure_owner_group(session, code, name) for code, name in theme["owner_groups"]}
    add_units(session, make_regions(words))
    branches = make_branches(words, size.network, truth, rng, today=today, owner_groups=groups)
    ids = add_units(session, branches)
    return {branch.code: ids[branch.code] for branch in branches}


def _publish(session: Session, network: str, now: datetime) -> Published:
    """Publishes the shipped definitions; what they became, by touchpoint."""
    surveys: dict[str, tuple[Survey, int]] = {}
    for code in _SURVEYS[network]:
        path = EXAMPLES / "surveys" / f"{code}.toml"
        survey = read_survey(load_text(path), path.name)
        publication = publish_survey(session, survey, now)
        surveys.update(dict.fromkeys(survey.touchpoints, (survey, publication.id)))
    path = EXAMPLES / "messages" / f"{_MESSAGES[network]}.toml"
    messages = read_messages(load_text(path), path.name)
    made = publish_messages(session, messages, now)
    path = EXAMPLES / "rules" / f"{network}.toml"
    written = load_text(path)
    rules = read_rules(written, path.name)
    publish_rules(session, rules, now, written=written)
    session.flush()
    publish_file(session, EXAMPLES / "indicators" / f"{network}.toml", now)
    _publish_loop(session, now)
    found = [surveys.get(touchpoint) for touchpoint in SHARES[network]]
    return Published(
        surveys=[pair[0] if pair else None for pair in found],
        survey_ids=[pair[1] if pair else 0 for pair in found],
        message_ids={
            message.channel: publication.id
            for message, publication in zip(messages.messages, made, strict=True)
        },
        rule_set=rules.version,
        network=network,
    )


def _publish_loop(session: Session, now: datetime) -> None:
    """The shipped rules with the customer's word switched on, once what it asks is published."""
    path = EXAMPLES / "surveys" / "recovery.toml"
    publish_survey(session, read_survey(load_text(path), path.name), now)
    path = EXAMPLES / "messages" / "recovery.toml"
    publish_messages(session, read_messages(load_text(path), path.name), now)
    session.flush()
    path = EXAMPLES / "loop.toml"
    written = load_text(path).replace("enabled = false", "enabled = true", 1)
    file = read_loop(written, path.name, known=known_to_loop(session))
    publish_loop(session, file, now, written=written)


def _count(settings: Settings, size: DemoSize) -> None:
    installation = Installation.open(settings, "worker")
    try:
        with _progress() as progress:
            task = progress.add_task("tickets and plans", total=1)
            now = installation.clock()
            live_through(installation, now, size.seed)
            begin_plan(installation.database, now, _words()[size.network]["plan"])
            progress.update(task, advance=1)
            task = progress.add_task("counting", total=1)
            rebuild(installation.database)
            with installation.database.transaction() as session:
                publish_all(session, (now.year - 1, now.year), now=now, by="system:demo")
            progress.update(task, advance=1)
    finally:
        installation.close()


def _truth(truth: Truth, codes: list[str], size: DemoSize) -> dict[str, Any]:
    return {
        **asdict(size),
        "sinking": [codes[index] for index in truth.sinking],
        "gamer": codes[truth.gamer],
        "dead_feed": codes[truth.dead_feed],
        "new": codes[truth.new],
        "closed": codes[truth.closed],
        "nps": {code: round(float(nps), 3) for code, nps in zip(codes, truth.nps, strict=True)},
        "sunk_since": str(system_clock().date() - timedelta(days=truth.sunk_days)),
    }


def _keep(path: Path, document: Any) -> None:
    """Writes a file that only its owner may read."""
    draft = path.with_suffix(".draft")
    with os.fdopen(os.open(draft, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w") as file:
        json.dump(document, file, ensure_ascii=False, indent=1)
    draft.replace(path)


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description:<28}"),
        BarColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
    )
