"""Runs migrations as the owner, with a lock timeout, and compares models with the schema."""

import os
import re
from typing import Any, Literal

import sqlalchemy as sa
from alembic import context
from sqlalchemy import create_engine
from sqlmodel import SQLModel

import api.models  # noqa: F401  (knows every table)
from api.models.base import Instant

PARTITION = re.compile(r"_(default|y\d{4}m\d{2})$")
BY_HAND = ("ix_answer_words",)  # of a function that tables do not know


def is_ours(thing: Any, name: str | None, kind: str, reflected: bool, _compare: Any) -> bool:
    """Leaves out what is made by hand, and partitions with their indexes: their table has them."""
    if reflected and kind == "index" and name in BY_HAND:
        return False
    table = name if kind == "table" else getattr(getattr(thing, "table", None), "name", "")
    return not (reflected and PARTITION.search(table or ""))


def rendered(kind: str, thing: Any, _context: Any) -> str | Literal[False]:
    """Writes our own types as the plain ones they are."""
    if kind == "type" and isinstance(thing, Instant):
        return "sa.DateTime(timezone=True)"
    return False


def run() -> None:
    """Upgrades or compares, in one transaction, waiting at most 5 s for any lock."""
    url = context.config.attributes.get("url") or os.environ["BRANCHPULSE_ADMIN_DATABASE_URL"]
    engine = create_engine(url, poolclass=sa.pool.NullPool)
    with engine.connect() as connection:
        connection.execute(sa.text("set lock_timeout = '5s'"))
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=SQLModel.metadata,
            include_object=is_ours,
            render_item=rendered,
            compare_type=True,
        )
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


run()
