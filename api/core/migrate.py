"""Brings the schema to head and lets the roles log in; runs as the owner, nothing else does."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from psycopg import sql
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url

from api.core.settings import Settings

ROOT = Path(__file__).resolve().parents[2]


def migrate(settings: Settings, revision: str = "head") -> None:
    """Upgrades the database that ``admin_database_url`` names, and gives the roles their log-in."""
    if settings.admin_database_url is None:
        raise RuntimeError("BRANCHPULSE_ADMIN_DATABASE_URL is not set")
    admin_url = settings.admin_database_url.get_secret_value()
    command.upgrade(alembic_config(admin_url), revision)
    for secret in (settings.database_url, settings.worker_database_url):
        if secret is not None:
            _allow_login(admin_url, secret.get_secret_value())


def alembic_config(admin_url: str) -> Config:
    """Alembic's configuration for one database; quiet, and free of secrets in files."""
    config = Config(str(ROOT / "alembic.ini"))
    config.attributes["url"] = admin_url
    return config


def _allow_login(admin_url: str, role_url: str) -> None:
    wanted = make_url(role_url)
    if wanted.username not in ("bp_web", "bp_worker"):
        raise RuntimeError(
            f"the user of a database address must be bp_web or bp_worker, not {wanted.username!r}"
        )
    engine = create_engine(admin_url)
    try:
        with engine.begin() as connection:
            raw = connection.connection.driver_connection
            assert raw is not None
            raw.execute(
                sql.SQL("alter role {} login password {}").format(
                    sql.Identifier(wanted.username), sql.Literal(wanted.password or "")
                )
            )
    finally:
        engine.dispose()
