"""What the bench stands on: a flat network, a machine token, and COPY of the same rows."""

import time
from datetime import date
from uuid import uuid4

from sqlalchemy import text
from sqlalchemy.engine import Connection

_NETWORK = """
insert into network (id, name_zh, name_en, leaf_word, branch_names_public, default_timezone,
    default_language, ranking_weeks, privacy_text_zh, privacy_text_en, structure_version)
values (1, '网络', 'Network', 'dealer', false, 'Asia/Shanghai', 'zh', 13, '', '', 1);
insert into unit (id, code, kind, level, name_zh, name_en, sort_key)
values (1, 'N', 'network', 'network', '网络', 'Network', 'network');
insert into touchpoint (id, code, stage, position, owner_function, branch_kind, name_zh, name_en)
values (1, 'service_visit', 'own', 1, 'after_sales', 'dealer', '维修', 'Service');
"""
_BRANCHES = """
insert into unit (id, code, kind, level, name_zh, name_en, sort_key)
select 100 + n, 'B' || lpad(n::text, 4, '0'), 'branch', 'dealer', 'B' || n, 'B' || n, 'b' || n
from generate_series(0, :branches - 1) n
"""
_PARENTS = """
insert into unit_parent (unit_id, parent_id, valid_from)
select id, 1, :day from unit where kind = 'branch'
"""
_TOKEN = """
insert into api_token (id, name, token_hash, scopes, created_at)
values (:id, 'bench', :hash, '{events:write}', now())
"""


def seed_network(connection: Connection, branches: int, token: bytes, day: date) -> None:
    """One network with ``branches`` under it, one touchpoint, and a token that may write."""
    for statement in _NETWORK.strip().split(";\n"):
        connection.execute(text(statement))
    connection.execute(text(_BRANCHES), {"branches": branches})
    connection.execute(text(_PARENTS), {"day": day})
    connection.execute(text(_TOKEN), {"id": uuid4(), "hash": token})


def count_stored(connection: Connection) -> dict[str, int]:
    """How much of each kind there is."""
    row = connection.execute(
        text(
            "select (select count(*) from event) as events_stored, "
            "(select count(*) from person where merged_into_id is null) as people, "
            "(select count(*) from contact_point) as contact_points"
        )
    ).one()
    return dict(row._mapping)


def copy_reference(connection: Connection, times: int = 3) -> tuple[int, float]:
    """Copies the rows of ``event`` by COPY into a table like it; rows, and the least seconds."""
    raw = connection.connection.driver_connection
    assert raw is not None
    rows, seconds = 0, float("inf")
    with raw.cursor() as cursor:
        cursor.execute("create table event_copied (like event including all)")
        with cursor.copy("copy event to stdout (format binary)") as source:
            blocks = [bytes(block) for block in source]
        for _ in range(times):
            cursor.execute("truncate event_copied")
            raw.commit()
            began = time.perf_counter()
            with cursor.copy("copy event_copied from stdin (format binary)") as target:
                for block in blocks:
                    target.write(block)
            rows = cursor.rowcount
            raw.commit()
            seconds = min(seconds, time.perf_counter() - began)
    return rows, seconds
