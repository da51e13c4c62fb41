"""Migrations go up, down and up again, and the models agree with the schema: on one server.

The server is the one that TEST_DATABASE_URL names, else an embedded one of a temporary home.
"""

import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, make_url, text

from api.core.embedded import discard_server, embedded_server

PROGRAMS = Path(sys.executable).parent
LEFT = """
select relname from pg_class join pg_namespace n on n.oid = relnamespace
where nspname = 'public' and relkind in ('r', 'p', 'v', 'm', 'S') and relname != 'alembic_version'
"""


@contextmanager
def server() -> Iterator[str]:
    """The superuser's address of the server under test."""
    named = os.environ.get("TEST_DATABASE_URL")
    if named:
        yield named
        return
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        with embedded_server(home) as embedded:
            yield embedded.url("postgres")
        discard_server(home)


def environment(admin_url: str) -> dict[str, str]:
    """Settings that make the commands work on this database."""

    def role(name: str) -> str:
        url = make_url(admin_url).set(username=name, password=secrets.token_hex(16))
        return url.render_as_string(hide_password=False)

    return os.environ | {
        "BRANCHPULSE_ADMIN_DATABASE_URL": admin_url,
        "BRANCHPULSE_DATABASE_URL": role("bp_web"),
        "BRANCHPULSE_WORKER_DATABASE_URL": role("bp_worker"),
        "BRANCHPULSE_SECRET_KEY": secrets.token_hex(32),
    }


def run(settings: dict[str, str], *command: str) -> None:
    """Run one command and say which."""
    sys.stdout.write(f"  {' '.join(command)}\n")
    sys.stdout.flush()
    subprocess.run([PROGRAMS / command[0], *command[1:]], env=settings, check=True)


def main() -> None:
    """Go up, down and up, and compare."""
    with server() as url:
        maintenance = create_engine(url, isolation_level="AUTOCOMMIT")
        name = f"bp_migrations_{secrets.token_hex(4)}"
        with maintenance.connect() as connection:
            connection.execute(text(f'create database "{name}"'))
            sys.stdout.write(f"PostgreSQL {connection.scalar(text('show server_version'))}\n")
        admin_url = make_url(url).set(database=name).render_as_string(hide_password=False)
        try:
            check(admin_url)
        finally:
            with maintenance.connect() as connection:
                connection.execute(text(f'drop database "{name}" with (force)'))
            maintenance.dispose()


def check(admin_url: str) -> None:
    """The four commands, and that the way down leaves nothing."""
    settings = environment(admin_url)
    run(settings, "branchpulse", "migrate")
    run(settings, "alembic", "downgrade", "base")
    engine = create_engine(admin_url)
    with engine.connect() as connection:
        left = list(connection.scalars(text(LEFT)))
    engine.dispose()
    if left:
        sys.exit(f"the way down left {', '.join(left)}")
    run(settings, "branchpulse", "migrate")
    run(settings, "alembic", "check")


if __name__ == "__main__":
    main()
