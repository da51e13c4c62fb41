"""What a link leads to: the invitation with the names of its moment, and what was answered so far.

Reads only. The table of tokens is the one table that may be read before a scope is open: it leads
to the branch whose scope is then opened.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.engine import Connection

from api.core.languages import Language
from api.surveys.definitions import Answer


@dataclass(frozen=True)
class Link:
    """A token that was once given out."""

    invitation_id: UUID
    branch_id: int
    expires_at: datetime
    dead_at: datetime | None


@dataclass(frozen=True)
class Names:
    """What the page calls the brand, the branch and the occasion, in one language."""

    brand: str
    branch: str
    occasion: str


@dataclass(frozen=True)
class Asked:
    """An invitation with the context of its moment."""

    id: UUID
    branch_id: int
    touchpoint_id: int
    survey_version_id: int
    person_id: UUID | None
    contact_point_id: UUID | None
    occurred_on: date
    channel: str
    segment: str | None
    advisor: str | None
    language: str
    first_seen_at: datetime | None
    answered_at: datetime | None
    names_zh: Names
    names_en: Names

    def names(self, language: Language) -> Names:
        """The names in ``language``."""
        return self.names_en if language == "en" else self.names_zh


@dataclass(frozen=True)
class Saved:
    """The response so far; ``response_id`` is None before the first page was saved."""

    response_id: UUID | None = None
    pages_done: int = 0
    named: bool = False
    language: str | None = None
    answers: dict[str, Answer] = field(default_factory=dict)


@dataclass(frozen=True)
class PrivacyTexts:
    """The network's own privacy texts; empty ones are not set."""

    zh: str
    en: str

    def text(self, language: Language) -> str:
        """The text in ``language``."""
        return self.en if language == "en" else self.zh


_LINK = text(
    "select invitation_id, branch_id, expires_at, dead_at from survey_token "
    "where token_hash = :hash"
)
_ASKED = """
select i.id, i.branch_id, i.touchpoint_id, i.survey_version_id, i.person_id, i.contact_point_id,
       i.occurred_on, i.channel, i.segment, i.advisor, i.language, i.first_seen_at, i.answered_at,
       coalesce(p.brand, n.name_zh, ''), u.name_zh, t.name_zh,
       coalesce(p.brand, n.name_en, ''), u.name_en, t.name_en
from invitation i
join unit u on u.id = i.branch_id
join touchpoint t on t.id = i.touchpoint_id
left join unit_profile p on p.unit_id = i.branch_id and p.valid_from <= i.occurred_on
    and (p.valid_to is null or p.valid_to > i.occurred_on)
left join network n on n.id = 1
where i.id = :id
"""
_READ = text(_ASKED)
_LOCK = text(_ASKED + " for update of i")
_SAVED = text(
    """
select r.id, r.pages_done, r.named, r.language,
       (select json_agg(json_build_array(a.question, a.value, a.choices, a.text))
        from answer a where a.response_id = r.id and a.occurred_on = r.occurred_on)
from response r where r.invitation_id = :id
"""
)
_PRIVACY = text("select privacy_text_zh, privacy_text_en from network where id = 1")


def find_link(connection: Connection, token_hash: bytes) -> Link | None:
    """The link whose token has this hash."""
    row = connection.execute(_LINK, {"hash": token_hash}).first()
    return None if row is None else Link(*row)


def read_asked(connection: Connection, invitation_id: UUID, *, lock: bool = False) -> Asked | None:
    """The invitation, if the open scope shows it; ``lock`` keeps others out until the end."""
    row = connection.execute(_LOCK if lock else _READ, {"id": invitation_id}).first()
    return None if row is None else _asked(row)


def read_saved(connection: Connection, invitation_id: UUID) -> Saved:
    """What was answered so far; read after the lock, so that it is the newest."""
    row = connection.execute(_SAVED, {"id": invitation_id}).first()
    if row is None:
        return Saved()
    answers = {question: _answer(*rest) for question, *rest in row[4] or ()}
    return Saved(row[0], row[1], row[2], row[3], answers)


def read_privacy_texts(connection: Connection) -> PrivacyTexts:
    """The network's privacy texts."""
    row = connection.execute(_PRIVACY).first()
    return PrivacyTexts("", "") if row is None else PrivacyTexts(*row)


def _asked(row: Any) -> Asked:
    values = (*row[:13], Names(*row[13:16]), Names(*row[16:19]))
    return Asked(*values)


def _answer(value: int | None, choices: list[str] | None, words: str | None) -> Any:
    """An answer as the survey takes it: the kind of question decides which column is set."""
    if value is not None:
        return value
    return words if choices is None else choices
