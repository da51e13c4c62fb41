"""Writes of the survey page: a saved page in one statement, the first look, suppressions."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine import Connection
from sqlalchemy.types import Text

from api.responses.queries import Asked


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
# parts of a statement do not see each other.
_SAVE = text(
    """
with page as (
    insert into response (id, invitation_id, survey_version_id, branch_id, touchpoint_id, person_id,
        occurred_on, channel, segment, advisor, language, named, pages_done, started_at,
        submitted_at, completed_at)
    values (:response_id, :invitation_id, :survey_version_id, :branch_id, :touchpoint_id,
        :person_id, :occurred_on, :channel, :segment, :advisor, :language, :named, :pages_done,
        coalesce(:first_seen_at, :now), :now, case when :complete then :now end)
    on conflict (invitation_id) do update set language = excluded.language,
        named = excluded.named, pages_done = excluded.pages_done,
        submitted_at = excluded.submitted_at, completed_at = excluded.completed_at
), gone as (
    delete from answer where response_id = :response_id and occurred_on = :occurred_on
        and question = any (:removed)
), given as (
    insert into answer (response_id, question, occurred_on, branch_id, metric, value, choices,
        option_texts, text)
    select :response_id, a.question, :occurred_on, :branch_id, a.metric, a.value, a.choices,
        a.option_texts, a.text
    from json_to_recordset(cast(:answers as json)) as a (question text, metric text,
        value smallint, choices text[], option_texts text[], text text)
    on conflict (response_id, question, occurred_on) do update set metric = excluded.metric,
        value = excluded.value, choices = excluded.choices,
        option_texts = excluded.option_texts, text = excluded.text
), mark as (
    insert into dirty_mark (branch_id, occurred_on, touchpoint_id, survey_version_id)
    values (:branch_id, :occurred_on, :touchpoint_id, :survey_version_id)
), answered as (
    update invitation set answered_at = :now where id = :invitation_id and :complete
)
update survey_token set dead_at = :now
where invitation_id = :invitation_id and dead_at is null and :complete
"""
).bindparams(bindparam("removed", type_=ARRAY(Text)))

_SEEN = text("update invitation set first_seen_at = :now where id = :id and first_seen_at is null")
_NOT_WORTH_WAITING = text("set local synchronous_commit = off")
_SUPPRESS = text(
    """
insert into suppression (kind, value_hash, reason, created_at)
select c.kind, c.value_hash, :reason, :now from contact_point c
where c.id = :contact_point or (cast(:contact_point as uuid) is null and c.person_id = :person)
on conflict (kind, value_hash) do nothing
"""
)
_DROP_PLANNED = text(
    """
update invitation set status = 'dropped', failure = :reason
where status = 'planned' and contact_point_id in (
    select c.id from contact_point c
    where c.id = :contact_point or (cast(:contact_point as uuid) is null and c.person_id = :person))
"""
)
_KILL = text("update survey_token set dead_at = :now where invitation_id = :id and dead_at is null")


def save_page(connection: Connection, asked: Asked, page: SavedPage, now: datetime) -> None:
    """Stores a page, marks its cell as dirty and, when it is the last one, ends the links."""
    connection.execute(
        _SAVE,
        {
            "response_id": page.response_id,
            "invitation_id": asked.id,
            "survey_version_id": asked.survey_version_id,
            "branch_id": asked.branch_id,
            "touchpoint_id": asked.touchpoint_id,
            "person_id": asked.person_id,
            "occurred_on": asked.occurred_on,
            "channel": asked.channel,
            "segment": asked.segment,
            "advisor": asked.advisor,
            "first_seen_at": asked.first_seen_at,
            "language": page.language,
            "named": page.named,
            "pages_done": page.pages_done,
            "removed": list(page.removed),
            "answers": orjson.dumps(page.rows).decode(),
            "complete": page.complete,
            "now": now,
        },
    )


def mark_first_seen(connection: Connection, invitation_id: UUID, now: datetime) -> None:
    """Notes the first look at a link; a crash may lose it, so nobody waits for the disk."""
    connection.execute(_NOT_WORTH_WAITING)
    connection.execute(_SEEN, {"id": invitation_id, "now": now})


def suppress_addresses(connection: Connection, asked: Asked, reason: str, now: datetime) -> None:
    """Nobody writes any more to the invitation's address (without one, to any of the person's)."""
    whom: dict[str, Any] = {"contact_point": asked.contact_point_id, "person": asked.person_id}
    connection.execute(_SUPPRESS, {**whom, "reason": reason, "now": now})
    connection.execute(_DROP_PLANNED, {**whom, "reason": reason})


def end_links(connection: Connection, invitation_id: UUID, now: datetime) -> None:
    """Ends all links of an invitation."""
    connection.execute(_KILL, {"id": invitation_id, "now": now})
