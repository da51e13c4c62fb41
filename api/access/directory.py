"""Finding people among those whom the viewer manages: by name, sound, place, role or log-in.

Reads only. What may be known of whom is decided by :mod:`api.access.people`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from uuid import UUID

from pypinyin import lazy_pinyin
from sqlmodel import Session

from api.access import identifiers, people, repository
from api.access.repository import AuditRow, DirectoryRow
from api.core.crypto import Vault
from api.core.languages import LANGUAGES, say
from api.models import Grant
from api.security.hierarchy import Hierarchy
from api.security.viewer import Viewer

EVERYBODY = 100_000  # more accounts than any network has
CHANGES = 50  # of one account, the newest


@dataclass(frozen=True)
class Listed:
    """An account of the directory with the grants that hold today."""

    row: DirectoryRow
    grants: Sequence[Grant]


@dataclass(frozen=True)
class Change:
    """One thing that was done to an account; ``by`` is a name that the viewer may know, or None."""

    at: datetime
    action: str
    by: str | None
    role: str | None
    unit_id: int | None


def find_people(
    session: Session, viewer: Viewer, vault: Vault, *, today: date, sought: str = ""
) -> list[Listed]:
    """The accounts that fit all words of ``sought``, by name as it is spoken."""
    reach = people.reach_of(viewer)
    ids = repository.accounts_within_reach(session, reach, today=today, limit=EVERYBODY)
    held = _held(session, ids, today)
    rows = repository.directory_rows(session, ids)
    listed = [Listed(row, held.get(row.id, ())) for row in rows]
    words = sought.casefold().split()
    if words:
        named = _named(session, vault, sought)
        groups = {one.id or 0: one.name for one in repository.list_owner_groups(session)}
        listed = [
            one
            for one in listed
            if one.row.id in named
            or fits(words, _haystack(one, viewer.hierarchy, groups))
        ]  # fmt: skip
    return sorted(listed, key=lambda one: (spoken(one.row.name), one.row.id))


def changes_of(
    session: Session, viewer: Viewer, vault: Vault, account_id: UUID, today: date
) -> list[Change]:
    """What was done to an account, newest first; *not found* when it is not the viewer's."""
    people.require_person(session, viewer, vault, account_id, today)
    rows = repository.account_changes(session, account_id, CHANGES)
    reach = people.reach_of(viewer)
    actors = {row.actor_id for row in rows if row.actor_id is not None}
    known = repository.names_within_reach(session, reach, actors, today=today)
    return [_change(row, known) for row in rows]


def last_login(session: Session, account_id: UUID) -> datetime | None:
    """When the account last logged in; for whoever has asked for the account before."""
    return repository.last_login_at(session, account_id)


def fits(words: Sequence[str], haystack: str) -> bool:
    """True when every word stands somewhere in ``haystack``."""
    return all(word in haystack for word in words)


@lru_cache(maxsize=20_000)
def spoken(name: str) -> str:
    """A name as it is spoken, in Latin letters: 王建国 → ``wang jian guo``."""
    return " ".join(lazy_pinyin(name.casefold()))


def in_force(grant: Grant, today: date) -> bool:
    """True when the grant holds on ``today``."""
    return grant.valid_from <= today and (grant.valid_to is None or grant.valid_to > today)


def _held(session: Session, ids: Sequence[UUID], today: date) -> Mapping[UUID, list[Grant]]:
    found: dict[UUID, list[Grant]] = {}
    for grant in repository.list_grants(session, ids):
        if in_force(grant, today):
            found.setdefault(grant.account_id, []).append(grant)
    return found


def _named(session: Session, vault: Vault, sought: str) -> frozenset[UUID]:
    """Who logs in by exactly what was typed; identifiers are found by their hash alone."""
    hashes = [
        (one.kind, vault.lookup_hash(one.kind, one.value))
        for one in identifiers.readings(sought)
    ]  # fmt: skip
    return (
        frozenset(repository.find_identifiers(session, hashes).values()) if hashes else frozenset()
    )


def _haystack(one: Listed, tree: Hierarchy, groups: Mapping[int, str]) -> str:
    name = spoken(one.row.name)
    parts = [one.row.name, name, name.replace(" ", "")]
    for grant in one.grants:
        parts += [say(f"access.role.{grant.role}", language) for language in LANGUAGES]
        node = tree.nodes.get(grant.unit_id or 0)
        if node is not None:
            parts += [node.code, node.name_zh, node.name_en]
        if grant.owner_group_id is not None:
            parts.append(groups.get(grant.owner_group_id, ""))
    return "\n".join(parts).casefold()


def _change(row: AuditRow, known: Mapping[UUID, str]) -> Change:
    role = row.detail.get("role")
    return Change(
        at=row.at,
        action=row.action,
        by=known.get(row.actor_id) if row.actor_id is not None else None,
        role=str(role) if role else None,
        unit_id=row.unit_id,
    )
