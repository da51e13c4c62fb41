"""Token, followers, one-time consents, branches' codes: the SQL. Decides nothing."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

TOKEN_LOCK = 7020  # advisory; others of the 70xx are named where they are taken

_LOCK_TOKEN = text("select pg_advisory_xact_lock(:key)")
_READ_TOKEN = text(
    "select value_encrypted, version, expires_at from provider_token where account = :account"
)
_WRITE_TOKEN = text("""
insert into provider_token (account, value_encrypted, version, fetched_at, expires_at)
values (:account, :value, 1, :now, :expires_at)
on conflict (account) do update set value_encrypted = excluded.value_encrypted,
    version = provider_token.version + 1, fetched_at = excluded.fetched_at,
    expires_at = excluded.expires_at
returning version
""")
# An older event that comes late changes nothing; a branch once known stays.
_FOLLOW = text("""
insert into wechat_follower as f (openid_hash, openid_encrypted, following, changed_at, branch_id,
    person_id)
values (:hash, :sealed, :following, :at, :branch_id,
    (select person_id from contact_point where kind = 'wechat' and value_hash = :hash))
on conflict (openid_hash) do update set following = excluded.following,
    changed_at = excluded.changed_at, branch_id = coalesce(excluded.branch_id, f.branch_id),
    person_id = coalesce(f.person_id, excluded.person_id)
where f.changed_at <= excluded.changed_at
""")
_BOUND = text("""
insert into wechat_follower as f (openid_hash, openid_encrypted, following, changed_at, branch_id,
    person_id, bound_at)
values (:hash, :sealed, true, :at, :branch_id, :person_id, :at)
on conflict (openid_hash) do update set person_id = excluded.person_id,
    bound_at = excluded.bound_at, branch_id = coalesce(f.branch_id, excluded.branch_id)
""")
_IS_BOUND = text(
    "select exists (select from contact_point where kind = 'wechat' and value_hash = :hash)"
)
_BRANCH_OF_SCENE = text("""
select branch_id from qr_point where code = :scene and kind = 'wechat' and closed_at is null
""")
_ADD_CONSENT = text("""
insert into wechat_consent as c (openid_hash, template_id, stock, changed_at)
values (:hash, :template, 1, :now)
on conflict (openid_hash, template_id) do update set stock = c.stock + 1,
    changed_at = excluded.changed_at
""")
_TAKE_CONSENT = text("""
update wechat_consent set stock = stock - 1, changed_at = :now
where openid_hash = :hash and template_id = :template and stock > 0 returning stock
""")
_NO_CONSENT = text("""
update wechat_consent set stock = 0, changed_at = :now
where openid_hash = :hash and template_id = :template
""")
_SEEN = text("""
insert into idempotency_key (principal, key, body_hash, created_at)
values ('wechat', :key, :body_hash, :now) on conflict do nothing returning key
""")
_POINTS = text("""
select id, code from qr_point where kind = 'wechat' and wechat_url is null and closed_at is null
order by created_at, id limit :limit for update skip locked
""")
_POINT_URL = text("update qr_point set wechat_url = :url where id = :id")


@dataclass(frozen=True, slots=True)
class StoredToken:
    """The shared token, still encrypted."""

    value_encrypted: bytes
    version: int
    expires_at: datetime


def lock_token(session: Session) -> None:
    """Nobody else renews the token until this transaction ends."""
    session.execute(_LOCK_TOKEN, {"key": TOKEN_LOCK})


def read_token(session: Session, account: str) -> StoredToken | None:
    """The token of an account; None before the first."""
    row = session.execute(_READ_TOKEN, {"account": account}).first()
    return None if row is None else StoredToken(bytes(row[0]), row[1], row[2])


def write_token(
    session: Session, account: str, value: bytes, *, now: datetime, expires_at: datetime
) -> int:
    """Replaces the token; its version."""
    given = {"account": account, "value": value, "now": now, "expires_at": expires_at}
    version: int = session.execute(_WRITE_TOKEN, given).scalar_one()
    return version


@dataclass(frozen=True, slots=True)
class Openid:
    """Who, as the tables know them: found by hash, read back by key."""

    hashed: bytes
    sealed: bytes


def note_following(
    session: Session, who: Openid, *, following: bool, branch_id: int | None, at: datetime
) -> None:
    """Notes that somebody follows, or does no more."""
    given = {"hash": who.hashed, "sealed": who.sealed, "following": following}
    session.execute(_FOLLOW, {**given, "branch_id": branch_id, "at": at})


def note_bound(
    session: Session, who: Openid, person_id: UUID, branch_id: int | None, at: datetime
) -> None:
    """Notes whose account it is."""
    given = {"hash": who.hashed, "sealed": who.sealed, "person_id": person_id}
    session.execute(_BOUND, {**given, "branch_id": branch_id, "at": at})


def is_bound(session: Session, openid_hash: bytes) -> bool:
    """Whether it is known whose account it is."""
    found: bool = session.execute(_IS_BOUND, {"hash": openid_hash}).scalar_one()
    return found


def branch_of_scene(session: Session, scene: str) -> int | None:
    """The branch whose open code has ``scene`` in it."""
    found: int | None = session.execute(_BRANCH_OF_SCENE, {"scene": scene}).scalar()
    return found


def add_consent(session: Session, openid_hash: bytes, template: str, now: datetime) -> None:
    """One more message is allowed."""
    session.execute(_ADD_CONSENT, {"hash": openid_hash, "template": template, "now": now})


def take_consent(session: Session, openid_hash: bytes, template: str, now: datetime) -> bool:
    """Takes one consent from the stock; False when there is none."""
    given = {"hash": openid_hash, "template": template, "now": now}
    return session.execute(_TAKE_CONSENT, given).first() is not None


def drop_consents(session: Session, openid_hash: bytes, template: str, now: datetime) -> None:
    """Nothing is allowed any more."""
    session.execute(_NO_CONSENT, {"hash": openid_hash, "template": template, "now": now})


def first_time(session: Session, key: str, body_hash: bytes, now: datetime) -> bool:
    """Whether a callback comes for the first time; whoever brings it again waits for the first."""
    given = {"key": key, "body_hash": body_hash, "now": now}
    return session.execute(_SEEN, given).first() is not None


def points_without_url(session: Session, limit: int) -> list[tuple[UUID, str]]:
    """Branches' WeChat codes that WeChat was not asked for yet: id and scene; locked."""
    return [(row[0], row[1]) for row in session.execute(_POINTS, {"limit": limit})]


def keep_url(session: Session, point_id: UUID, url: str) -> None:
    """Notes where a branch's WeChat code leads to."""
    session.execute(_POINT_URL, {"id": point_id, "url": url})
