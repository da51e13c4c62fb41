"""What one transaction may see, and how the database is told.

A scope is made in :mod:`api.security.viewer` for people and tokens, or here for work without a
viewer, which must say why. Row-level security enforces it again.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.engine import Connection
from sqlmodel import Session


@dataclass(frozen=True)
class Scope:
    """Branches that may be seen; ``whole`` means every branch there is."""

    branches: frozenset[int]
    whole: bool = False
    all_people: bool = False
    reason: str | None = None

    @classmethod
    def of(cls, branches: Iterable[int]) -> "Scope":
        """Exactly these branches."""
        return cls(branches=frozenset(branches))

    @classmethod
    def nothing(cls) -> "Scope":
        """No branch at all."""
        return cls(branches=frozenset())

    @classmethod
    def whole_network(cls, reason: str) -> "Scope":
        """Every branch and every person, for work that has no viewer; ``reason`` says which."""
        return cls(branches=frozenset(), whole=True, all_people=True, reason=reason)

    def sees(self, branch_id: int) -> bool:
        """True when ``branch_id`` is in the scope."""
        return self.whole or branch_id in self.branches


_OPEN = text(
    "select set_config('bp.branches', :branches, true), set_config('bp.people', :people, true)"
)
_OPEN_WHOLE = text(
    "select set_config('bp.branches', (select coalesce(string_agg(id::text, ','), '') from unit "
    "where kind = 'branch'), true), set_config('bp.people', :people, true)"
)
_PERSON = text("set local role bp_web")
_OPENED = text("select current_user, coalesce(current_setting('bp.branches', true), '')")
_KEPT = "opened"  # what a session's present transaction was opened to


def see_as_person(session: Session, scope: Scope) -> None:
    """Gives up a worker's sight for the rest of the transaction: ``scope`` is all there is.

    For whatever is made for one person in the background. Nothing but that is written in it.
    """
    session.execute(_PERSON)
    open_scope(session, scope)


@contextmanager
def sight_of_person(session: Session, scope: Scope) -> Iterator[None]:
    """The same for a part of a transaction, which then has its own sight again."""
    back = text(f'set local role "{opened(session).role}"')
    see_as_person(session, scope)
    yield
    session.execute(back)
    open_scope(session, Scope.nothing())


@dataclass(frozen=True)
class Opened:
    """The role of a transaction, and the branches that the database was told it may see."""

    role: str
    branches: frozenset[int]


def open_scope(session: Session | Connection, scope: Scope) -> None:
    """Shows the transaction what ``scope`` holds, and nothing else, until it ends."""
    if isinstance(session, Session):
        session.info.pop(_KEPT, None)
    people = "all" if scope.all_people else ""
    if scope.whole:
        session.execute(_OPEN_WHOLE, {"people": people})
        return
    listed = ",".join(map(str, sorted(scope.branches)))
    session.execute(_OPEN, {"branches": listed, "people": people})


def opened(session: Session) -> Opened:
    """What the database itself says of the transaction; it is asked once."""
    kept: tuple[object, Opened] | None = session.info.get(_KEPT)
    if kept is not None and kept[0] is session.get_transaction():
        return kept[1]
    role, listed = session.execute(_OPENED).one()
    found = Opened(role, frozenset(map(int, filter(None, listed.split(",")))))
    session.info[_KEPT] = (session.get_transaction(), found)
    return found
