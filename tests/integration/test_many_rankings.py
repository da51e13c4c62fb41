"""Each of 300 recipients gets exactly the own branches, with the values of the network's table.

All letters are read back from the outbox as people would read them, and every line is compared.
"""

import random
import re
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from conftest import Office
from sqlalchemy import text
from sqlalchemy.engine import Connection

from api.core.ids import new_id
from api.demo.people import Login
from api.insights.league import NETWORK, LeagueRow, league
from api.insights.league_store import compute_table
from api.insights.queries import TableName
from api.insights.sight import whole_network_viewer
from api.reports.rendering import signed
from api.reports.service import send_due_rankings
from api.reports.weekly import METRIC, ranking_period
from api.reports.windows import next_due
from scoring.tiers import DEFAULT_THRESHOLDS

RECIPIENTS = 300
# What a letter's text says of a branch: its place in the table, or how much it lacks.
RANKED = re.compile(
    r"^ *(?P<rank>\S+) \[(?P<low>\d+)–(?P<high>\d+)\]  (?P<name>.+?) · Band (?P<band>[A-E])\n"
    r" +NPS (?P<score>\S+) \((?P<from>\S+) … (?P<to>\S+)\), n = (?P<n>\d+), "
    r"Change (?P<change>.+)$",
    re.MULTILINE,
)
APART = re.compile(
    r"^  (?P<name>.+): n (?P<n>= \d+|< 5), (?P<lacks>\d+) more needed$", re.MULTILINE
)
_BELOW = text("""
    with recursive below(id) as (
        select cast(:unit as int) union all
        select p.unit_id from unit_parent p join below b on p.parent_id = b.id
        where p.valid_from <= :on and (p.valid_to is null or p.valid_to > :on))
    select u.id from below b join unit u on u.id = b.id where u.kind = 'branch'
""")


def branches_under(connection: Connection, unit: int, on: date) -> set[int]:
    return set(connection.execute(_BELOW, {"unit": unit, "on": on}).scalars())


def add_recipient(connection: Connection, unit: int, excluded: list[int], secret: bytes) -> UUID:
    account = new_id()
    connection.execute(
        text(
            "insert into account (id, name, language, status, created_at) "
            "values (:id, 'somebody', 'en', 'active', now())"
        ),
        {"id": account},
    )
    for place, out in [(unit, False), *((one, True) for one in excluded)]:
        connection.execute(
            text(
                "insert into access_grant (id, account_id, role, unit_id, excluded, valid_from) "
                "values (:id, :account, 'regional_manager', :unit, :out, '2020-01-01')"
            ),
            {"id": new_id(), "account": account, "unit": place, "out": out},
        )
    connection.execute(
        text(
            "insert into login_identifier (id, account_id, kind, value_hash, value_encrypted) "
            "values (:id, :account, 'email', :hash, :value)"
        ),
        {"id": new_id(), "account": account, "hash": account.bytes, "value": secret},
    )
    return account


def hire(office: Office, on: date) -> dict[UUID, set[int]]:
    """300 managers of all units in turn, every third without a branch or two; what each sees."""
    chance, found = random.Random(7), {}
    secret = office.worker.vault.encrypt("somebody@demo.example")
    with office.owner.transaction() as session:
        connection = session.connection()
        units = connection.execute(text("select id from unit where kind <> 'branch' order by id"))
        places = [(one, branches_under(connection, one, on)) for one in units.scalars()]
        places = [place for place in places if place[1]]
        for number in range(RECIPIENTS):
            unit, below = places[number % len(places)]
            few = min(len(below) - 1, chance.choice((1, 2))) if number % 3 == 0 else 0
            excluded = chance.sample(sorted(below), few)
            account = add_recipient(connection, unit, excluded, secret)
            found[account] = below - set(excluded)
        session.commit()
    return found


def letters(office: Office, recipients: set[UUID]) -> dict[UUID, str]:
    """The text of each recipient's letter, by account; of one there must be one."""
    found: dict[UUID, str] = {}
    with office.owner.connection() as connection:
        query = text("select dedupe_key, body_text_encrypted from outbox_message")
        for key, body in connection.execute(query):
            account = UUID(key.split(":")[2])
            if account in recipients:
                assert account not in found
                found[account] = office.worker.vault.decrypt(bytes(body))
    return found


def told(row: LeagueRow) -> dict[str, Any]:
    """What a letter has to say of a row of the network-wide table."""
    if not row.ranked:
        lacks = DEFAULT_THRESHOLDS.rank - (row.n or 0)
        return {
            "name": row.unit_name,
            "n": "< 5" if row.n is None else f"= {row.n}",
            "lacks": str(lacks),
        }
    if row.change is None:
        change = "no comparison"
    else:
        change = f"{signed(row.change)} ({'noise' if row.change_is_noise else 'beyond noise'})"
    return {
        "rank": str(row.rank),
        "low": str(row.rank_low),
        "high": str(row.rank_high),
        "name": row.unit_name,
        "band": row.band,
        "score": signed(row.score),
        "from": signed(row.low),
        "to": signed(row.high),
        "n": str(row.n),
        "change": change,
    }


def read(letter: str) -> list[dict[str, Any]]:
    """Every line about a branch's place."""
    return [one.groupdict() for pattern in (RANKED, APART) for one in pattern.finditer(letter)]


def network_table(office: Office, due: datetime) -> list[LeagueRow]:
    with office.worker.database.transaction() as session:
        period = ranking_period(session, due.date())
    compute_table(office.worker.database, TableName(METRIC, period, NETWORK))
    with office.worker.database.transaction() as session:
        whole = whole_network_viewer(session, due.date(), "comparing all letters")
        return league(session, whole, METRIC, period, now=office.clock.now).rows


def closed_before(office: Office, day: date) -> set[int]:
    """Branches that were no more when the 13 weeks began."""
    with office.owner.connection() as connection:
        query = text("select id from unit where closed_on <= :day")
        return set(connection.execute(query, {"day": day}).scalars())


def test_each_of_300_recipients_gets_the_own_branches_with_the_networks_values(
    demo_office: tuple[Office, list[Login]],
) -> None:
    office, _ = demo_office
    due = next_due(office.clock.now, "Asia/Shanghai")
    seen = hire(office, due.date())
    office.clock.now = due.astimezone(UTC) + timedelta(hours=3)  # eight in Xinjiang too
    assert send_due_rankings(office.worker) >= RECIPIENTS
    table = {row.branch_id: row for row in network_table(office, due)}
    gone = closed_before(office, due.date() - timedelta(weeks=13))
    found = letters(office, set(seen))
    assert found.keys() == seen.keys()
    for account, branches in seen.items():
        wanted = {str(told(table[one])) for one in branches & table.keys() - gone}
        have = [str(one) for one in read(found[account])]
        assert (set(have), len(have)) == (wanted, len(wanted))
    assert sum(len(read(one)) for one in found.values()) > RECIPIENTS
