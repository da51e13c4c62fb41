"""The network that the league bench measures: branches, answers, and people who look at it.

Made up by a fixed seed and written by COPY as the owner.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import cycle
from uuid import UUID

import psycopg
from sqlalchemy.engine import make_url

from api.core.ids import new_id, new_token, token_hash

AT = datetime(2026, 11, 17, 1, tzinfo=UTC)
END = date(2026, 11, 16)
WEEKS = 13
BRANCHES_PER_REGION = 100
TOUCHPOINTS = 3
COMMENT = "服务很好，the repair was quick and the price fair"  # of every tenth answer
_CHUNK = 10_000


@dataclass(frozen=True)
class Size:
    """How many branches and answers, and how many branches each viewer sees."""

    branches: int
    answers: int
    viewers: tuple[int, ...]


@dataclass(frozen=True)
class Seeded:
    """What was written: the session secret of each viewer by number of branches."""

    sessions: dict[int, str]


def seed(owner_url: str, size: Size) -> Seeded:
    """Writes the network, its answers over twice the period, and one log-in per viewer."""
    with connected(owner_url) as connection:
        # Foreign keys hold by construction; checking two million of them is not what is measured.
        connection.execute("set session_replication_role = replica")
        network(connection, size)
        _answers(connection, size)
        sessions = {count: viewer(connection, count) for count in size.viewers}
    return Seeded(sessions)


def vacuum(owner_url: str) -> None:
    """What autovacuum does in the life of an installation."""
    with connected(owner_url) as connection:
        connection.autocommit = True
        connection.execute("vacuum analyze")


def connected(owner_url: str) -> psycopg.Connection:
    """A connection as the owner."""
    address = make_url(owner_url).set(drivername="postgresql")
    return psycopg.connect(address.render_as_string(hide_password=False))


def branch_id(number: int) -> int:
    """The unit id of a branch, numbered from 0."""
    return 10_000 + number


def network(connection: psycopg.Connection, size: Size) -> None:
    """Regions of branches, three touchpoints, one metric and one survey."""
    connection.execute(
        "insert into network (id, name_zh, name_en, leaf_word, branch_names_public, "
        "default_timezone, default_language, ranking_weeks, privacy_text_zh, privacy_text_en, "
        "structure_version) values (1, '网络', 'Network', 'dealer', false, 'Asia/Shanghai', 'zh', "
        "13, '', '', nextval('data_version'))"
    )
    units: list[tuple[int, str, str, int | None]] = [(1, "HQ", "network", None)]
    for number in range(size.branches):
        region = 100 + number // BRANCHES_PER_REGION
        if number % BRANCHES_PER_REGION == 0:
            units.append((region, f"R{region}", "region", 1))
        units.append((branch_id(number), f"D{number:05}", "branch", region))
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into unit (id, code, kind, level, name_zh, name_en, sort_key) "
            "values (%s, %s, %s, 'level', %s, %s, %s)",
            [(key, code, kind, code, code, code) for key, code, kind, _ in units],
        )
        cursor.executemany(
            "insert into unit_parent (unit_id, parent_id, valid_from) "
            "values (%s, %s, '2020-01-01')",
            [(key, parent) for key, _, _, parent in units if parent is not None],
        )
        cursor.executemany(
            "insert into touchpoint (id, code, stage, position, owner_function, branch_kind, "
            "name_zh, name_en) values (%s, %s, 'use', %s, 'sales', 'dealer', %s, %s)",
            [(place, f"t{place}", place, "触点", "Touchpoint") for place in _touchpoints()],
        )
    connection.execute(
        "insert into metric (code, kind, scale, position, name_zh, name_en) "
        "values ('nps', 'nps', '0-10', 0, 'NPS', 'NPS')"
    )
    connection.execute(
        "insert into survey_version (id, code, version, definition, content_hash, published_at) "
        "values (1, 'bench', 1, '{}', '', now())"
    )


def _touchpoints() -> range:
    return range(1, TOUCHPOINTS + 1)


def _answers(connection: psycopg.Connection, size: Size) -> None:
    ids = [new_id() for _ in range(size.answers)]
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "copy response (id, survey_version_id, branch_id, touchpoint_id, occurred_on, channel, "
            "language, named, pages_done, started_at, submitted_at, completed_at) from stdin"
        ) as copy,
    ):
        for chunk in _chunks(
            f"{one}\t1\t{branch}\t{touchpoint}\t{day}\tsms\tzh\tf\t1{_at(number, day)}\n"
            for number, (one, branch, touchpoint, day, _) in enumerate(_made_up(ids, size))
        ):
            copy.write(chunk)
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "copy answer (response_id, question, occurred_on, branch_id, metric, value, text) "
            "from stdin"
        ) as copy,
    ):
        for chunk in _chunks(
            f"{one}\tnps\t{day}\t{branch}\tnps\t{value}\t\\N\n"
            + (f"{one}\tcomment\t{day}\t{branch}\t\\N\t\\N\t{COMMENT}\n" if wrote else "")
            for (one, branch, _, day, value), wrote in zip(
                _made_up(ids, size), cycle([True] + [False] * 9)
            )
        ):
            copy.write(chunk)


def _at(number: int, day: date) -> str:
    """Begun, sent and completed on the day, spread over ten hours."""
    minute = timedelta(minutes=number % 600)
    return 3 * f"\t{datetime.combine(day, time(1), UTC) + minute}"


def _made_up(ids: list[UUID], size: Size) -> Iterator[tuple[UUID, int, int, date, int]]:
    luck = random.Random(7)
    days = [END - timedelta(days=back) for back in range(1, 2 * WEEKS * 7 + 1)]
    level = [luck.gauss(8, 0.5) for _ in range(size.branches)]
    for one in ids:
        number = int(luck.random() * size.branches)
        value = min(10, max(0, round(luck.gauss(level[number], 2))))
        yield one, branch_id(number), 1 + int(luck.random() * 3), luck.choice(days), value


def _chunks(lines: Iterator[str]) -> Iterator[str]:
    held: list[str] = []
    for line in lines:
        held.append(line)
        if len(held) == _CHUNK:
            yield "".join(held)
            held.clear()
    yield "".join(held)


def viewer(connection: psycopg.Connection, count: int) -> str:
    """An account that sees the first ``count`` branches; the secret of its session."""
    account, secret = new_id(), new_token(256)
    connection.execute(
        "insert into account (id, name, language, status, created_at) "
        "values (%s, %s, 'en', 'active', now())",
        (account, f"viewer of {count}"),
    )
    if count >= BRANCHES_PER_REGION:
        units = [100 + number for number in range(count // BRANCHES_PER_REGION)]
    else:
        units = [branch_id(number) for number in range(count)]
    for unit in units:
        connection.execute(
            "insert into access_grant (id, account_id, role, unit_id, excluded, valid_from) "
            "values (%s, %s, 'regional_manager', %s, false, '2020-01-01')",
            (new_id(), account, unit),
        )
    connection.execute(
        "insert into login_session (id_hash, account_id, created_at, last_seen_at, expires_at) "
        "values (%s, %s, now(), now(), now() + interval '1 day')",
        (token_hash(secret), account),
    )
    return secret
