"""Writes the made-up network by COPY, as the owner: row-level security refuses COPY to others.

The embedded server's superuser loads without foreign-key triggers (they would take longer than
all the rest); every row comes from one generator, and a test checks the references afterwards.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg import Connection, sql
from sqlalchemy import select, text
from sqlmodel import Session, col

from api.core.ids import new_id
from api.models import Response, Ticket

_CHUNK = 4000


def begin_load(connection: Connection[tuple[object, ...]]) -> None:
    """Prepares the transaction for a bulk load."""
    connection.execute("set local session_replication_role = replica")
    connection.execute("set local synchronous_commit = off")
    connection.execute("set local work_mem = '64MB'")


def ensure_months(connection: Connection[tuple[object, ...]], first: str, last: str) -> None:
    """Partitions for every month between two dates."""
    connection.execute("select bp_ensure_partitions(%s::date, %s::date)", (first, last))


def copy_rows(
    connection: Connection[tuple[object, ...]],
    table: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[str | None]],
) -> int:
    """Loads rows of texts as COPY writes them (``None`` is null); returns how many."""
    statement = sql.SQL("copy {} ({}) from stdin").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    written = 0
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        lines: list[str] = []
        for row in rows:
            lines.append("\t".join("\\N" if value is None else value for value in row))
            if len(lines) == _CHUNK:
                copy.write("\n".join(lines) + "\n")
                written += len(lines)
                lines.clear()
        if lines:
            copy.write("\n".join(lines) + "\n")
            written += len(lines)
    return written


def escaped(value: str) -> str:
    """Free text as COPY wants it."""
    return (
        value.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
    )


def as_bytea(value: bytes) -> str:
    """Bytes as COPY's text form of ``bytea``."""
    return "\\\\x" + value.hex()


def is_empty(connection: Connection[tuple[object, ...]]) -> bool:
    """True before anything was imported or made."""
    found = connection.execute("select exists (select from unit)").fetchone()
    return not (found and found[0])


def analyze(connection: Connection[tuple[object, ...]]) -> None:
    """Fresh statistics for the planner, after so many rows."""
    connection.execute("analyze")


def touchpoint_ids(connection: Connection[tuple[object, ...]], codes: Sequence[str]) -> list[int]:
    """The ids of touchpoints, in the order of ``codes``."""
    rows = connection.execute("select code, id from touchpoint").fetchall()
    found = {str(code): int(str(own)) for code, own in rows}
    return [found[code] for code in codes]


_CALLS = """
insert into call_task (invitation_id, branch_id, status, call_after, call_before, appointment,
    tries)
select id, branch_id, 'waiting',
    case when n % 9 = 4 then now() - interval '5 minutes' when n % 5 = 2
        then now() + interval '3 hours' else sent_at end,
    expires_at, n % 9 = 4, case when n % 5 = 2 then 1 else 0 end
from (
    select i.*, row_number() over (order by i.sent_at desc, i.id) as n from invitation i
    where i.channel = 'call' and i.status in ('sent', 'delivered') and i.answered_at is null
        and i.expires_at > now() + interval '1 day'
) waiting where n <= 60
"""
_POINTS = """
insert into qr_point (id, code, kind, branch_id, touchpoint_id, survey_code, label, created_at)
select gen_random_uuid(), 'demo' || substr(md5(u.id::text || p.kind || p.label), 1, 6), p.kind,
    u.id, t.id, s.code, p.label, now() - interval '40 days'
from unit u
cross join (values ('qr', '前台 · Front desk'), ('kiosk', '休息区 · Lounge')) p(kind, label)
cross join lateral (
    select s.code, t.touchpoint from survey_version s,
        jsonb_array_elements_text(s.definition -> 'touchpoints') t(touchpoint)
    order by s.code desc limit 1
) s join touchpoint t on t.code = s.touchpoint
where u.kind = 'branch' and u.closed_on is null
"""


def add_calls_and_points(connection: Connection[tuple[object, ...]]) -> None:
    """What interviewers and branches find: open calls, and a code and a kiosk everywhere."""
    connection.execute(_CALLS)
    connection.execute(_POINTS)


def answers_since(session: Session, since: datetime) -> list[tuple[UUID, datetime]]:
    """Whole answers that came in since, in their order: id and moment."""
    query = (
        select(col(Response.id), col(Response.submitted_at))
        .where(col(Response.submitted_at) >= since, col(Response.completed_at).is_not(None))
        .order_by(col(Response.submitted_at), col(Response.id))
    )
    return [(row[0], row[1]) for row in session.execute(query)]


def list_tickets(session: Session) -> list[Ticket]:
    """All tickets in the order in which they were opened."""
    return list(session.execute(select(Ticket).order_by(col(Ticket.number))).scalars())


# Whoever had to be asked by then was.
_SEND = text("""
update invitation set status = 'delivered', claimed_at = planned_at, claimed_by = 'demo',
    sent_at = planned_at, delivered_at = planned_at, sender = 'console',
    parts = case when channel = 'sms' then 1 end
where kind = 'recovery' and status = 'planned' and planned_at <= :at
returning id, sent_at
""")
_ANSWER = text("""
with asked as (
    update invitation set answered_at = :at where id = :invitation returning *
), said as (
    insert into response (id, invitation_id, survey_version_id, branch_id, touchpoint_id, person_id,
        occurred_on, channel, segment, advisor, language, named, pages_done, started_at,
        submitted_at, completed_at)
    select :id, a.id, a.survey_version_id, a.branch_id, a.touchpoint_id, a.person_id, a.occurred_on,
        a.channel, a.segment, a.advisor, a.language, t.named, 1, :at, :at, :at
    from asked a join ticket t on t.recovery_invitation_id = a.id
)
insert into answer (response_id, question, occurred_on, branch_id, metric, value)
select :id, 'settled', occurred_on, branch_id, :metric, :score from asked
""")


@dataclass(frozen=True, slots=True)
class Word:
    """What a customer says of what was done about their matter."""

    invitation: UUID
    at: datetime
    score: int


def send_recovery(session: Session, at: datetime) -> list[tuple[UUID, datetime]]:
    """The questions to customers that were due by then have gone out: id and moment."""
    found = session.execute(_SEND, {"at": at}).all()
    return sorted(((row[0], row[1]) for row in found), key=lambda one: (one[1], one[0]))


def answer_recovery(session: Session, word: Word, metric: str) -> None:
    """A customer's answer to the question, as the survey page stores it."""
    values = {"id": new_id(), "invitation": word.invitation, "at": word.at}
    session.execute(_ANSWER, {**values, "metric": metric, "score": word.score})


_TOLD = text(
    "update notice set spread_at = created_at, "
    "read_at = case when created_at < :read_before then created_at end"
)


def forget_telling(session: Session, read_before: datetime) -> None:
    """What happened before the network was made is told to nobody; older notices are read."""
    session.execute(_TOLD, {"read_before": read_before})
    session.execute(text("delete from webhook_delivery"))


_MANAGED = text(
    "select g.unit_id, g.account_id from access_grant g join unit u on u.id = g.unit_id "
    "where g.role = 'branch_manager' and u.kind = 'branch' order by g.id limit 1"
)


def managed_branch(session: Session) -> tuple[int, UUID] | None:
    """The branch whose manager may log in, and who that is."""
    row = session.execute(_MANAGED).first()
    return None if row is None else (row[0], row[1])
