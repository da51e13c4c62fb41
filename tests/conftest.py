"""Fixtures that all suites share: a migrated PostgreSQL, a transaction per test, real copies.

`office` is the fast one: web and worker installations on one connection, undone after the test,
each transaction starting without any scope. `real_office` is a copy of the database with real
log-ins for tests that need several connections or processes.
"""

import fcntl
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import Connection, make_url
from sqlmodel import Session

from api.core.crypto import Vault
from api.core.database import Database, make_engine
from api.core.embedded import discard_server, embedded_server
from api.core.embedded.cluster import SETTINGS
from api.core.installation import Installation
from api.core.migrate import migrate
from api.core.settings import Settings
from api.demo.people import Login
from api.demo.service import DemoSize, prepare

pytest_plugins = ["dashboard_site"]
NOW = datetime(2026, 11, 18, 4, 0, tzinfo=UTC)  # a Wednesday, noon in Shanghai
SECRET = "test secret key of sufficient length, not real"
ROLE_PASSWORD = "only-for-tests"
TEST_SEED = int(os.environ.get("BRANCHPULSE_TEST_SEED", "7"))


@pytest.fixture(scope="session")
def shared_data() -> Path | None:
    """The folder of real data, or None where it is absent."""
    folder = Path(os.environ.get("BRANCHPULSE_SHARED", "../shared")) / "data"
    return folder.resolve() if folder.is_dir() else None


@pytest.fixture(scope="session")
def admin_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A superuser's address of the server under test: embedded, or ``TEST_DATABASE_URL``."""
    named = os.environ.get("TEST_DATABASE_URL") or os.environ.get("BRANCHPULSE_TEST_DATABASE_URL")
    if named:
        yield named
        return
    home = tmp_path_factory.mktemp("postgres")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("fsync", "full_page_writes"):
            patch.setitem(SETTINGS, name, "off")  # nobody needs it after a power failure
        with embedded_server(home) as server:
            patch.undo()
            yield server.url("postgres")
    discard_server(home)


def as_role(url: str, role: str) -> str:
    """The same database by another role."""
    changed = make_url(url).set(username=role, password=ROLE_PASSWORD)
    return changed.render_as_string(hide_password=False)


def in_database(url: str, name: str) -> str:
    """The same server's other database."""
    return make_url(url).set(database=name).render_as_string(hide_password=False)


@contextmanager
def new_database(admin_url: str, template: str = "template1") -> Iterator[str]:
    """A database of its own, dropped afterwards."""
    name = f"bp_test_{uuid.uuid4().hex[:12]}"
    engine = make_engine(admin_url).execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'create database "{name}" template "{template}"'))
    try:
        yield in_database(admin_url, name)
    finally:
        with engine.connect() as connection:
            connection.execute(text(f'drop database "{name}" with (force)'))
        engine.dispose()


def settings_for(url: str, home: Path, **changes: object) -> Settings:
    """Settings of an installation on ``url`` with real roles."""
    values = {
        "home": home,
        "admin_database_url": url,
        "database_url": as_role(url, "bp_web"),
        "worker_database_url": as_role(url, "bp_worker"),
        "secret_key": SECRET,
        **changes,
    }
    return Settings(_env_file=None, **values)  # type: ignore[call-arg]


@pytest.fixture(scope="session")
def migrated(admin_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A database at head that nobody writes to: the template of all others."""
    with new_database(admin_url) as url:
        settings = settings_for(url, tmp_path_factory.mktemp("home"))
        with one_at_a_time(tmp_path_factory.getbasetemp().parent / "migrate.lock"):
            migrate(settings)  # roles belong to the whole server
        yield settings


@contextmanager
def one_at_a_time(path: Path) -> Iterator[None]:
    """Whoever else comes here with the same file waits."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def playground(migrated: Settings, admin_url: str) -> Iterator[Database]:
    """One database for all tests that are undone; connects as superuser, acts as a role."""
    assert migrated.admin_database_url is not None
    template = make_url(migrated.admin_database_url.get_secret_value()).database
    assert template is not None
    with new_database(admin_url, template) as url:
        database = Database(url)
        yield database
        database.close()


class UndoneDatabase(Database):
    """Transactions of one role, as savepoints of a connection that is rolled back."""

    def __init__(self, connection: Connection, role: str) -> None:
        self._connection = connection
        self._role = role
        self.engine = connection.engine
        self.url = str(connection.engine.url)

    def _enter(self) -> None:
        self._connection.execute(
            text(
                f"set local role {self._role}; select set_config('bp.branches', '', true), "
                "set_config('bp.people', '', true)"
            )
        )

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A savepoint that begins with nothing visible."""
        with self._connection.begin_nested():
            self._enter()
            with Session(
                self._connection,
                expire_on_commit=False,
                join_transaction_mode="create_savepoint",
            ) as session:
                yield session
                session.commit()

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """The connection itself, within a savepoint."""
        with self._connection.begin_nested():
            self._enter()
            yield self._connection

    reading = connection

    def close(self) -> None:
        """Nothing: the connection belongs to the test."""


class Timepiece:
    """A clock that tests set."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@dataclass(frozen=True)
class Office:
    """The two sides of one installation under test."""

    web: Installation
    worker: Installation
    owner: Database
    clock: Timepiece
    settings: Settings


@pytest.fixture
def clock() -> Timepiece:
    """The time in tests: ``NOW`` until a test moves it."""
    return Timepiece()


@pytest.fixture
def office(playground: Database, migrated: Settings, clock: Timepiece) -> Iterator[Office]:
    """An empty installation on one connection; everything is undone afterwards."""
    vault = Vault(SECRET)
    with playground.engine.connect() as connection:
        outer = connection.begin()
        owner = UndoneDatabase(connection, "none")
        web = Installation(migrated, UndoneDatabase(connection, "bp_web"), vault, clock)
        worker = Installation(migrated, UndoneDatabase(connection, "bp_worker"), vault, clock)
        yield Office(web, worker, owner, clock, migrated)
        outer.rollback()


@contextmanager
def open_office(url: str, home: Path, clock: Timepiece | None = None) -> Iterator[Office]:
    """Installations with real connections of the real roles to the database at ``url``."""
    clock = clock or Timepiece(datetime.now(UTC))
    vault = Vault(SECRET)
    settings = settings_for(url, home)
    web = Installation(settings, Database(as_role(url, "bp_web")), vault, clock)
    worker = Installation(settings, Database(as_role(url, "bp_worker")), vault, clock)
    owner = Database(url)
    yield Office(web, worker, owner, clock, settings)
    for database in (web.database, worker.database, owner):
        database.close()


@pytest.fixture
def real_office(
    migrated: Settings, admin_url: str, clock: Timepiece, tmp_path: Path
) -> Iterator[Office]:
    """A copy of the database with real connections of the real roles."""
    assert migrated.admin_database_url is not None
    template = make_url(migrated.admin_database_url.get_secret_value()).database
    assert template is not None
    with new_database(admin_url, template) as url, open_office(url, tmp_path, clock) as office:
        yield office


@pytest.fixture(scope="session")
def demo_template(
    migrated: Settings, admin_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Settings, list[Login]]]:
    """A small made-up network (24 branches, 4 months) that nobody writes to, and its log-ins.

    Another one with another ``BRANCHPULSE_TEST_SEED``: no test may hang on what was drawn.
    """
    assert migrated.admin_database_url is not None
    template = make_url(migrated.admin_database_url.get_secret_value()).database
    assert template is not None
    home = tmp_path_factory.mktemp("demo")
    with new_database(admin_url, template) as url:
        settings = settings_for(url, home, demo_data=True)
        logins = prepare(settings, DemoSize(branches=24, months=4, seed=TEST_SEED))
        yield settings, logins


@pytest.fixture
def demo_office(
    demo_template: tuple[Settings, list[Login]], admin_url: str
) -> Iterator[tuple[Office, list[Login]]]:
    """A copy of the small made-up network with real connections, at the present time."""
    made, logins = demo_template
    assert made.admin_database_url is not None
    template = make_url(made.admin_database_url.get_secret_value()).database
    assert template is not None
    with new_database(admin_url, template) as url, open_office(url, made.home) as office:
        yield office, logins
