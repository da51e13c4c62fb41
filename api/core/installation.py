"""One running installation: settings, database, keys and clock, handed to whoever works.

Knows where the secrets of an embedded installation lie; knows nothing of HTTP or of tables.
"""

import contextlib
import json
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from api.core.clock import Clock, system_clock
from api.core.crypto import Vault
from api.core.database import Database
from api.core.embedded import embedded_server
from api.core.settings import Settings

Role = Literal["web", "worker"]
DATABASE = "branchpulse"


@dataclass(frozen=True)
class Installation:
    """What every request, callback and job stands on."""

    settings: Settings
    database: Database
    vault: Vault
    clock: Clock = system_clock

    @classmethod
    def open(cls, settings: Settings, role: Role) -> "Installation":
        """Connects as the web or the worker role; ``settings`` must name the servers."""
        url = settings.database_url if role == "web" else settings.worker_database_url
        if url is None or settings.secret_key is None:
            raise RuntimeError("the embedded database must be started first: settings name none")
        database = Database(
            url.get_secret_value(), application=f"branchpulse {role}", many=role == "web"
        )
        return cls(settings, database, Vault(settings.secret_key.get_secret_value()))

    def close(self) -> None:
        """Gives the connections back."""
        self.database.close()


def home_secrets(home: Path) -> dict[str, str]:
    """The secret key and role passwords of an embedded home, made on first use (mode 0600)."""
    path = home / "secrets.json"
    if not path.exists():
        made = {name: secrets.token_urlsafe(32) for name in ("secret_key", "bp_web", "bp_worker")}
        draft = path.with_suffix(f".{os.getpid()}")
        with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            json.dump(made, file)
        with contextlib.suppress(FileExistsError):  # another process was quicker: its secrets hold
            os.link(draft, path)
        draft.unlink()
    found: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return found


def with_embedded_server(settings: Settings, admin_url: str) -> Settings:
    """``settings`` completed for the embedded server that ``admin_url`` reaches."""
    kept = home_secrets(settings.home)

    def url(role: str) -> str:
        changed = make_url(admin_url).set(username=role, password=kept[role])
        return changed.render_as_string(hide_password=False)

    return settings.with_changes(
        admin_database_url=admin_url,
        database_url=url("bp_web"),
        worker_database_url=url("bp_worker"),
        secret_key=settings.secret_key or kept["secret_key"],
    )


@contextlib.contextmanager
def running_settings(settings: Settings) -> Iterator[Settings]:
    """``settings`` whose database runs: the named one, or the embedded one of the home."""
    if not settings.embedded:
        yield settings
        return
    with embedded_server(settings.home) as server:
        ready = with_embedded_server(settings, server.url(DATABASE))
        _ensure_database(server.url("postgres"))
        yield ready


def _ensure_database(server_url: str) -> None:
    engine = create_engine(server_url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            found = connection.execute(
                text("select 1 from pg_database where datname = :name"), {"name": DATABASE}
            ).scalar()
            if not found:
                connection.execute(text(f'create database "{DATABASE}"'))
    finally:
        engine.dispose()
