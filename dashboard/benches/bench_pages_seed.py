"""The people whom the bench of the pages lets in: branches, regions, headquarters.

Written as the owner beside the network of `api.insights.bench_seed`; made up.
"""

from dataclasses import dataclass

import psycopg

from api.core.ids import new_id, new_token, token_hash
from api.insights.bench_seed import BRANCHES_PER_REGION, branch_id


@dataclass(frozen=True)
class Person:
    """A role at a unit, and the secret of a session."""

    role: str
    unit: str
    secret: str


def let_in(connection: psycopg.Connection, branches: int, people: int) -> list[Person]:
    """So many sessions: of 20, one of headquarters, two of regions, the others of branches."""
    made: list[Person] = []
    for number in range(people):
        branch = number * branches // people
        if number % 20 == 0:
            made.append(_person(connection, "hq_analyst", 1, "HQ"))
        elif number % 20 in (7, 14):
            region = 100 + branch // BRANCHES_PER_REGION
            made.append(_person(connection, "regional_manager", region, f"R{region}"))
        else:
            role = "branch_manager" if number % 2 else "branch_staff"
            made.append(_person(connection, role, branch_id(branch), f"D{branch:05}"))
    connection.commit()
    return made


def _person(connection: psycopg.Connection, role: str, unit: int, code: str) -> Person:
    account, secret = new_id(), new_token(256)
    connection.execute(
        "insert into account (id, name, language, status, created_at) "
        "values (%s, %s, 'zh', 'active', now())",
        (account, f"{role} {code}"),
    )
    connection.execute(
        "insert into access_grant (id, account_id, role, unit_id, excluded, valid_from) "
        "values (%s, %s, %s, %s, false, '2020-01-01')",
        (new_id(), account, role, unit),
    )
    connection.execute(
        "insert into login_session (id_hash, account_id, created_at, last_seen_at, expires_at) "
        "values (%s, %s, now(), now(), now() + interval '1 day')",
        (token_hash(secret), account),
    )
    return Person(role, code, secret)
