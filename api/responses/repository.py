"""Writes of the survey page: a saved page in one statement, suppressions."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.engine import Connection

from api.core.ids import new_id
from api.responses.queries import Asked, driver

# So long nothing more was said: what stands there is looked at as it is.
UNFINISHED_FOR = timedelta(minutes=30)


@dataclass(frozen=True)
class AnswerRow:
    """One answer as it is stored."""

    question: str
    metric: str | None = None
    value: int | None = None
    choices: list[str] | None = None
    option_texts: list[str] | None = None
    text: str | None = None


@dataclass(frozen=True)
class SavedPage:
    """What one submitted page changes."""

    response_id: UUID
    language: str
    named: bool
    pages_done: int
    rows: tuple[AnswerRow, ...]
    removed: tuple[str, ...]
    complete: bool


# One statement, one round trip. An answer is either written or removed, never both, since the
# parts of a statement do not see each other. What the response freezes comes from the invitation,
# the model line from its event.
_SAVE = """
with asked as (
    select i.*, left(nullif(btrim(e.attributes ->> 'model'), ''), 100) as model
    from invitation i left join event e on e.id = i.event_id
        and jsonb_typeof(e.attributes -> 'model') in ('string', 'number')
    where i.id = %(invitation_id)s
), page as (
    insert into response (id, invitation_id, survey_version_id, branch_id, touchpoint_id, person_id,
        occurred_on, channel, segment, advisor, model, language, mode, named, pages_done,
        started_at, submitted_at, completed_at)
    select %(response_id)s, id, survey_version_id, branch_id, touchpoint_id, person_id,
        occurred_on, %(channel)s, segment, advisor, model, %(language)s, %(mode)s, %(named)s,
        %(pages_done)s, coalesce(first_seen_at, %(now)s), %(now)s,
        case when %(complete)s then %(now)s end
    from asked
    on conflict (invitation_id) do update set language = excluded.language,
        channel = excluded.channel, mode = excluded.mode, named = excluded.named,
        pages_done = excluded.pages_done, submitted_at = excluded.submitted_at,
        completed_at = excluded.completed_at
), gone as (
    delete from answer where response_id = %(response_id)s and occurred_on = %(occurred_on)s
        and question = any (%(removed)s)
), given as (
    insert into answer (response_id, question, occurred_on, branch_id, metric, value, choices,
        option_texts, text)
    select %(response_id)s, a.question, i.occurred_on, i.branch_id, a.metric, a.value, a.choices,
        a.option_texts, a.text
    from asked i, json_to_recordset(%(answers)s) as a (question text, metric text,
        value smallint, choices text[], option_texts text[], text text)
    on conflict (response_id, question, occurred_on) do update set metric = excluded.metric,
        value = excluded.value, choices = excluded.choices,
        option_texts = excluded.option_texts, text = excluded.text
), mark as (
    insert into dirty_mark (branch_id, occurred_on, touchpoint_id, survey_version_id)
    select branch_id, occurred_on, touchpoint_id, survey_version_id from asked
), told as (
    insert into alert_mark (response_id, branch_id, due_at)
    select %(response_id)s, branch_id, %(alert_at)s from asked
), answered as (
    update invitation set answered_at = %(now)s where id = %(invitation_id)s and %(complete)s
)
update survey_token set dead_at = %(now)s
where invitation_id = %(invitation_id)s and dead_at is null and %(complete)s
"""
_ADDRESSES = """
select c.id from contact_point c where c.id = :contact_point
    or (cast(:contact_point as uuid) is null and c.person_id = :person)
"""
_SUPPRESS = text(
    "insert into suppression (kind, value_hash, reason, created_at) "
    "select kind, value_hash, :reason, :now from contact_point "
    f"where id in ({_ADDRESSES}) on conflict (kind, value_hash) do nothing"
)
_DROP_PLANNED = text(
    "update invitation set status = 'dropped', failure = :reason "
    f"where status = 'planned' and contact_point_id in ({_ADDRESSES})"
)
# By telephone the call is over with the form, whoever of the list made it.
_END_CALL = text(
    "with done as (update call_task set status = 'done', outcome = 'answered', settled_at = :now "
    "where status in ('waiting', 'claimed') and invitation_id in "
    "(select id from invitation where id = :id or root_id = :id) "
    "returning invitation_id, branch_id, claimed_by) "
    "insert into call_try (id, invitation_id, branch_id, account_id, at, outcome) "
    "select :try, invitation_id, branch_id, claimed_by, :now, 'answered' from done "
    "where claimed_by is not null"
)
_KILL = text("update survey_token set dead_at = :now where invitation_id = :id and dead_at is null")


def save_page(connection: Connection, asked: Asked, page: SavedPage, now: datetime) -> None:
    """Stores a page, marks it for cells and alerts and, when it is the last one, ends the links."""
    values = {
        "response_id": page.response_id,
        "invitation_id": asked.id,
        "occurred_on": asked.occurred_on,
        "language": page.language,
        "channel": asked.channel,
        "mode": asked.mode,
        "named": page.named,
        "pages_done": page.pages_done,
        "removed": list(page.removed),
        "answers": orjson.dumps(page.rows).decode(),
        "complete": page.complete,
        "alert_at": now if page.complete else now + UNFINISHED_FOR,
        "now": now,
    }
    driver(connection).execute(_SAVE, values)


def end_call(connection: Connection, invitation_id: UUID, now: datetime) -> None:
    """Notes that the customer of an invitation answered by telephone."""
    connection.execute(_END_CALL, {"id": invitation_id, "try": new_id(), "now": now})


def suppress_addresses(connection: Connection, asked: Asked, reason: str, now: datetime) -> None:
    """Nobody writes any more to the invitation's address (without one, to any of the person's)."""
    whom: dict[str, Any] = {"contact_point": asked.contact_point_id, "person": asked.person_id}
    connection.execute(_SUPPRESS, {**whom, "reason": reason, "now": now})
    connection.execute(_DROP_PLANNED, {**whom, "reason": reason})


def end_links(connection: Connection, invitation_id: UUID, now: datetime) -> None:
    """Ends all links of an invitation."""
    connection.execute(_KILL, {"id": invitation_id, "now": now})
