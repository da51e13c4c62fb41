"""What a link leads to: the invitation with the names of its moment, and what was answered so far.

One round trip by the driver's own cursor: it is asked on every request of every customer, and the
layers above the driver cost more than the database does.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.engine import Connection

from api.core.languages import Language
from api.surveys.definitions import Answer


@dataclass(frozen=True)
class Names:
    """What the page calls the brand, the branch and the occasion, in one language."""

    brand: str
    branch: str
    occasion: str


# By phone an interviewer fills the form in; at a kiosk nobody knows who it is.
_MODES = {"call": "phone", "kiosk": "kiosk"}


@dataclass(frozen=True)
class Asked:
    """An invitation with the context of its moment."""

    id: UUID
    branch_id: int
    survey_version_id: int
    person_id: UUID | None
    contact_point_id: UUID | None
    occurred_on: date
    language: str
    first_seen_at: datetime | None
    answered_at: datetime | None
    names_zh: Names
    names_en: Names
    channel: str = ""  # of the message that carried the link
    point: str | None = None  # code of the printed code or kiosk that this was begun at

    @property
    def mode(self) -> str:
        """Who fills the form in, as the response keeps it."""
        return _MODES.get(self.channel, "self")

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
class Link:
    """A token that was once given out, with its invitation and what was answered by it."""

    expires_at: datetime
    dead_at: datetime | None
    asked: Asked
    saved: Saved


@dataclass(frozen=True)
class PrivacyTexts:
    """The network's own privacy texts; empty ones are not set."""

    zh: str
    en: str

    def text(self, language: Language) -> str:
        """The text in ``language``."""
        return self.en if language == "en" else self.zh


_OPEN = "select * from bp_open_link(%s, %s, %s)"
_PRIVACY = "select privacy_text_zh, privacy_text_en from network where id = 1"


def open_link(
    connection: Connection,
    token_hash: bytes,
    *,
    lock: bool = False,
    seen_at: datetime | None = None,
) -> Link | None:
    """The link with this token; shows its one branch to the transaction (see migration 0002).

    With ``lock`` everybody else who wants to write to the invitation waits until the end. With
    ``seen_at`` the first look is noted.
    """
    row = driver(connection).execute(_OPEN, (token_hash, lock, seen_at)).fetchone()
    return None if row is None else _link(row)


def read_privacy_texts(connection: Connection) -> PrivacyTexts:
    """The network's privacy texts."""
    row = driver(connection).execute(_PRIVACY).fetchone()
    return PrivacyTexts("", "") if row is None else PrivacyTexts(*row)


def driver(connection: Connection) -> Any:
    """The psycopg connection below, in the same transaction."""
    return connection.connection.driver_connection


def _link(row: Any) -> Link:
    values = (*row[2:11], Names(*row[11:14]), Names(*row[14:17]), *row[17:19])
    return Link(row[0], row[1], Asked(*values), _saved(*row[19:24]))


def _saved(response_id: UUID | None, *rest: Any) -> Saved:
    if response_id is None:
        return Saved()
    pages_done, named, language, answers = rest
    given = {question: _answer(*columns) for question, *columns in answers or ()}
    return Saved(response_id, pages_done, named, language, given)


def _answer(value: int | None, choices: list[str] | None, words: str | None) -> Any:
    """An answer as the survey takes it: the kind of question decides which column is set."""
    if value is not None:
        return value
    return words if choices is None else choices
