"""What the ledger's benches stand on: people who can be reached, with invitations due now.

Written straight into the tables from made-up addresses; each person, contact point, event and
invitation has the same id. Never used on real data.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.engine import Connection

from api.core.crypto import Vault
from api.core.database import Database
from api.core.ids import new_id
from api.core.migrate import ROOT
from api.core.settings import Settings
from api.network.plans import NewUnit, Profile
from api.network.service import add_units, ensure_touchpoints, set_network
from api.surveys.files import publish_file

EXAMPLES = Path(ROOT) / "examples"
SINCE = date(2020, 1, 1)
DUE = datetime(2026, 1, 1, tzinfo=UTC)
LATER = datetime(2060, 1, 1, tzinfo=UTC)
_GIVEN = """
unnest(cast(:ids as uuid[]), cast(:hashes as bytea[]), cast(:values as bytea[]))
    g(id, hash, value)
"""
_PERSONS = text(
    f"insert into person (id, created_at, attributes) select g.id, :due, '{{}}' from {_GIVEN}"
)
_CONTACTS = text(f"""
insert into contact_point (id, kind, value_hash, value_encrypted, person_id, created_at)
select g.id, :kind, g.hash, g.value, g.id, :due from {_GIVEN}
""")
_CONSENTS = text(f"""
insert into consent (id, person_id, purpose, channel, granted, wording_version, source, given_at)
select g.id, g.id, 'survey', 'any', true, '1', 'dms', cast(:due as timestamptz) - interval '1 day'
from {_GIVEN}
""")
_EVENTS = text(f"""
insert into event (id, source, external_id, revision, content_hash, touchpoint_id, branch_id,
    occurred_at, occurred_on, person_id, attributes, status, received_at, asking, due_at)
select g.id, 'dms', g.id::text, 1, '\\x00', t.id, u.id, :due, cast(:due as date), g.id, '{{}}',
    'active', :due, 'decided', :due
from {_GIVEN}, touchpoint t, unit u where t.code = 'service' and u.code = 'D1'
""")
_INVITATIONS = text(f"""
insert into invitation (id, event_id, survey_code, survey_version_id, reminder_number,
    message_version_id, rule_set_version, person_id, contact_point_id, branch_id, touchpoint_id,
    occurred_on, channel, segment, language, context, created_at, planned_at, expires_at, status)
select g.id, g.id, s.code, s.id, 0, m.id, 1, g.id, g.id, u.id, t.id, cast(:due as date), :channel,
    'others', 'zh', cast(:context as jsonb), :due, :due, cast(:due as timestamptz)
    + interval '50 years', 'planned'
from {_GIVEN}, touchpoint t, unit u, survey_version s, message_version m
where t.code = 'service' and u.code = 'D1' and s.code = 'car_service' and m.code = :template
""")
# A million at once: ids and hashes by the database, one address for all.
_MANY = (
    "create temporary table g on commit drop as select gen_random_uuid() as id, "
    "sha256(convert_to(n::text, 'utf8')) as hash, cast(:value as bytea) as value "
    "from generate_series(1, cast(:count as int)) n"
)
_CONTEXT = (
    '{"brand": {"zh": "Yuanshan", "en": "Yuanshan"}, "branch": {"zh": "East 1", "en": "East 1"}, '
    '"occasion": {"zh": "service", "en": "service"}}'
)
_CHUNK = 5_000
_STATUSES = text(
    "select channel, status, count(*) from invitation group by channel, status order by 1, 2"
)
_OPEN = text("select count(*) from invitation where status in ('planned', 'claimed')")
_TWICE = text(
    "select count(*) from (select provider_id from invitation where provider_id is not null "
    "group by provider_id having count(*) > 1) t"
)
_IDS = text("select id from invitation")
_ALL = text("select channel, id, status from invitation")
_BRANCH = text("select id from unit where code = 'D1'")
_HOLD_BACK = text("update invitation set planned_at = :later where status = 'planned'")
_RELEASE = text("""
update invitation set planned_at = :due where id in (select id from invitation
    where status = 'planned' and planned_at = :later order by random() limit :count)
""")
_ANALYZE = text("vacuum analyze")


@dataclass(frozen=True)
class Way:
    """A channel with its kind of address and the template that is sent there."""

    channel: str
    kind: str
    template: str


SMS = Way("sms", "phone", "invite_sms")
EMAIL = Way("email", "email", "invite_email")


def owner_of(settings: Settings) -> Database:
    """The owner's connection of a bench's own database."""
    assert settings.admin_database_url is not None
    return Database(settings.admin_database_url.get_secret_value(), pool_size=2)


def seed_network(owner: Database, now: datetime = DUE) -> None:
    """One dealer, and the examples' surveys, templates and rules."""
    with owner.transaction() as session:
        set_network(session, name_zh="Yuanshan Motors", name_en="Yuanshan Motors")
        ensure_touchpoints(session, "cars")
        units = [
            NewUnit("R1", "region", "East", "network", SINCE),
            NewUnit("D1", "branch", "East 1", "R1", SINCE, profile=Profile(brand="Yuanshan")),
        ]
        add_units(session, units)
        for name in ("car_sales", "car_service"):
            publish_file(session, "survey", EXAMPLES / f"surveys/{name}.toml", now)
        publish_file(session, "message", EXAMPLES / "messages/invitation.toml", now)
        publish_file(session, "rules", EXAMPLES / "rules/cars.toml", now)


def seed_invitations(
    connection: Connection, vault: Vault, way: Way, addresses: Sequence[str]
) -> list[UUID]:
    """An invitation that is due for each address; their ids."""
    made: list[UUID] = []
    for start in range(0, len(addresses), _CHUNK):
        some = addresses[start : start + _CHUNK]
        ids = [new_id() for _ in some]
        given = {
            "ids": ids,
            "hashes": [vault.lookup_hash(way.kind, address) for address in some],
            "values": [vault.encrypt(address) for address in some],
            "kind": way.kind,
            "channel": way.channel,
            "template": way.template,
            "context": _CONTEXT,
            "due": DUE,
        }
        for statement in (_PERSONS, _CONTACTS, _CONSENTS, _EVENTS, _INVITATIONS):
            connection.execute(statement, given)
        made += ids
    return made


def seed_many(connection: Connection, vault: Vault, count: int) -> None:
    """So many invitations that are due, all of one address."""
    # References hold by construction; checking nine million of them would take minutes.
    connection.execute(text("set local statement_timeout = 0"))
    connection.execute(text("set local session_replication_role = replica"))
    connection.execute(text(_MANY), {"value": vault.encrypt(phones(1)[0]), "count": count})
    given = {
        "kind": SMS.kind,
        "channel": SMS.channel,
        "template": SMS.template,
        "context": _CONTEXT,
        "due": DUE,
    }
    for statement in (_PERSONS, _CONTACTS, _CONSENTS, _EVENTS, _INVITATIONS):
        connection.execute(text(statement.text.replace(_GIVEN, " g ")), given)


def hold_back(connection: Connection) -> None:
    """Nothing is due any more."""
    connection.execute(_HOLD_BACK, {"later": LATER})


def release(connection: Connection, count: int) -> None:
    """So many of what was held back are due, of any channel."""
    connection.execute(_RELEASE, {"due": DUE, "later": LATER, "count": count})


def settle_down(owner: Database) -> None:
    """Lets the database know what was written."""
    with owner.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(_ANALYZE)


def statuses(connection: Connection) -> dict[str, dict[str, int]]:
    """How many invitations of each channel stand where."""
    found: dict[str, dict[str, int]] = {}
    for channel, status, count in connection.execute(_STATUSES):
        found.setdefault(channel, {})[status] = count
    return found


def still_open(connection: Connection) -> int:
    """How many are planned or claimed."""
    count: int = connection.execute(_OPEN).scalar_one()
    return count


def read_ids(connection: Connection) -> set[str]:
    """The ids of all invitations."""
    return {str(one) for one in connection.execute(_IDS).scalars()}


def read_sent(connection: Connection) -> dict[str, dict[str, str]]:
    """The status of every invitation, by channel and id."""
    found: dict[str, dict[str, str]] = {}
    for channel, id_, status in connection.execute(_ALL):
        found.setdefault(channel, {})[str(id_)] = status
    return found


def read_branch(connection: Connection) -> int:
    """The only branch."""
    found: int = connection.execute(_BRANCH).scalar_one()
    return found


def provider_ids_twice(connection: Connection) -> int:
    """How many provider ids stand at two invitations."""
    count: int = connection.execute(_TWICE).scalar_one()
    return count


def phones(count: int) -> list[str]:
    """Made-up mainland numbers."""
    return [f"+86199{number:08d}" for number in range(count)]


def mails(count: int) -> list[str]:
    """Made-up mail addresses."""
    return [f"c{number:08d}@example.com" for number in range(count)]
