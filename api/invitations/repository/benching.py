"""What the bench of deciding counts, and the bare SQL it is held against."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.engine import Connection

_INVITED_AT = "coalesce({0}.sent_at, {0}.claimed_at, {0}.planned_at)"
# Pairs of one holder that are nearer than the window; a new one is in each of them.
_PAIRS = """
select count(distinct a.id) from invitation a join invitation b on {same} and a.id <> b.id
    and b.status <> 'dropped' and b.counts
    and {b} > {a} - :days * interval '1 day' and {b} < {a} + :days * interval '1 day'
where a.status = 'planned' and a.counts
"""


@dataclass(frozen=True, slots=True)
class Decided:
    """What a run left behind."""

    reasons: dict[str, int]
    invitations: int
    undecided: int


def decided(connection: Connection, source: str) -> Decided:
    """Decisions by reason, planned invitations, and events of a source without a decision."""
    rows = connection.execute(text("select reason, count(*) from decision group by 1 order by 2"))
    reasons = {row[0]: row[1] for row in rows}
    invitations = connection.execute(
        text("select count(*) from invitation where status = 'planned'")
    ).scalar_one()
    undecided = connection.execute(
        text(
            "select count(*) from event e where (e.asking = 'pending' or not exists "
            "(select from decision d where d.event_id = e.id)) and e.source = :source"
        ),
        {"source": source},
    ).scalar_one()
    return Decided(reasons, invitations, undecided)


def over_cap(
    connection: Connection, *, person_days: int, household_days: int, object_days: int | None = None
) -> dict[str, int]:
    """How many new invitations stand too near to another one, and events that have two."""
    sames = {
        "person": ("a.person_id = b.person_id", person_days),
        "address": ("a.contact_point_id = b.contact_point_id", person_days),
        "household": ("a.household_hash = b.household_hash", household_days),
    }
    if object_days is not None:
        sames["object"] = ("a.object_hash = b.object_hash", object_days)
    parts = {"a": _INVITED_AT.format("a"), "b": _INVITED_AT.format("b")}
    over = {
        name: int(
            connection.execute(text(_PAIRS.format(same=same, **parts)), {"days": days}).scalar_one()
        )
        for name, (same, days) in sames.items()
    }
    twice = connection.execute(
        text(
            "select count(*) from (select from invitation where reminder_number = 0 "
            "and status <> 'dropped' group by event_id having count(*) > 1) t"
        )
    ).scalar_one()
    return {
        "over_cap": sum(over.values()),
        **{f"over_cap_of_{name}": found for name, found in over.items()},
        "invited_twice": int(twice),
    }


def set_aside(connection: Connection) -> int:
    """Moves the newest decisions and their invitations away, numbered; how many decisions."""
    for statement in (
        "create table bare_decision as select row_number() over (order by id) as number, d.* "
        "from decision d",
        "create table bare_invitation as select d.number, i.* from invitation i "
        "join bare_decision d on d.event_id = i.event_id and d.action = 'send' "
        "where i.status = 'planned'",
        "create index on bare_decision (number)",
        "create index on bare_invitation (number)",
        "delete from invitation i using bare_invitation b where b.id = i.id",
        "truncate decision",
        "grant select on bare_decision, bare_invitation to bp_worker",
    ):
        connection.execute(text(statement))
    return int(connection.execute(text("select count(*) from bare_decision")).scalar_one())


def share_of(connection: Connection, number: int, processes: int) -> range:
    """The numbers of one process."""
    rows = connection.execute(text("select count(*) from bare_decision")).scalar_one()
    each = -(-rows // processes)
    return range(1 + number * each, 1 + min(rows, (number + 1) * each))


def write_bare(connection: Connection, first: int, stop: int) -> None:
    """Inserts what was set aside under these numbers."""
    given = {"first": first, "stop": stop}
    for table in ("decision", "invitation"):
        columns = _columns(connection, table)
        connection.execute(
            text(
                f"insert into {table} ({columns}) select {columns} from bare_{table} "
                "where number >= :first and number < :stop"
            ),
            given,
        )


def forget_bare(connection: Connection) -> None:
    """Ends what the reference left: the tables, and the decisions of the run before."""
    connection.execute(text("drop table if exists bare_decision, bare_invitation"))
    connection.execute(text("truncate decision"))


_known: dict[str, str] = {}


def _columns(connection: Connection, table: str) -> str:
    if table not in _known:
        rows = connection.execute(
            text(
                "select string_agg(column_name, ', ' order by ordinal_position) "
                "from information_schema.columns where table_name = :table"
            ),
            {"table": table},
        )
        _known[table] = rows.scalar_one()
    return _known[table]
