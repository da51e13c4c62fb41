"""Codes sent to phones, whose phone it is, and the names that the pages show: the SQL."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from api.models import OutboxMessage, PhoneCheck

CODE_KIND = "phone_check"  # of outbox rows
_SPACE = 7021  # advisory; others of the 70xx are named where they are taken

_LOCK = text("select pg_advisory_xact_lock(:space, k) from unnest(cast(:keys as int[])) k")
_RECENT = text("""
select count(*) filter (where openid_hash = :openid) as by_openid,
    count(*) filter (where phone_hash = :phone) as by_phone, max(made_at) as latest
from phone_check where made_at > :since and (openid_hash = :openid or phone_hash = :phone)
""")
# Nobody writes to a suppressed number, not even a code.
_OWNER = text("""
select c.person_id, (select b.branch_id from person_branch b where b.person_id = c.person_id
    order by b.first_seen_on desc, b.branch_id limit 1) as branch_id
from contact_point c join person p on p.id = c.person_id
where c.kind = 'phone' and c.value_hash = :phone and p.erased_at is null
    and not exists (select from suppression s where s.kind = 'phone' and s.value_hash = :phone)
""")
_LOCK_CHECK = text("""
select id, phone_hash, phone_encrypted, code_hash, branch_id, tries from phone_check
where id = :id and openid_hash = :openid and used_at is null and expires_at > :now for update
""")
_TRIED = text("update phone_check set tries = tries + 1 where id = :id")
_USED = text("update phone_check set used_at = :now where id = :id")
_POINT = text("""
select p.branch_id, u.name_zh, u.name_en from qr_point p join unit u on u.id = p.branch_id
where p.code = :code and p.kind = 'wechat' and p.closed_at is null
""")
_NETWORK = text("select name_zh, name_en from network where id = 1")


@dataclass(frozen=True, slots=True)
class Recent:
    """How many codes an account asked for lately, and how many went to a phone."""

    by_openid: int
    by_phone: int
    latest: datetime | None


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose phone it is, and a branch that knows them."""

    person_id: UUID
    branch_id: int | None


@dataclass(frozen=True, slots=True)
class OpenCheck:
    """A check that still runs; nobody else tries it until the transaction ends."""

    id: UUID
    phone_hash: bytes
    phone_encrypted: bytes
    code_hash: bytes
    branch_id: int | None
    tries: int


@dataclass(frozen=True, slots=True)
class Point:
    """The branch of a WeChat code."""

    branch_id: int
    name_zh: str
    name_en: str


def lock_checks(session: Session, hashes: tuple[bytes, ...]) -> None:
    """Nobody else asks for codes of these until the transaction ends."""
    keys = sorted({int.from_bytes(one[:4], "big", signed=True) for one in hashes})
    session.execute(_LOCK, {"space": _SPACE, "keys": keys})


def recent_checks(session: Session, openid: bytes, phone: bytes, since: datetime) -> Recent:
    """Codes asked for since then, by the account or for the phone."""
    given = {"openid": openid, "phone": phone, "since": since}
    return Recent(*session.execute(_RECENT, given).one())


def owner_of(session: Session, phone_hash: bytes) -> Owner | None:
    """The person with this phone; None also when nobody may write to it."""
    row = session.execute(_OWNER, {"phone": phone_hash}).first()
    return None if row is None else Owner(*row)


def insert_check(session: Session, check: PhoneCheck, letter: OutboxMessage | None) -> None:
    """Stores a check, and the code on its way."""
    session.add(check)
    if letter is not None:
        session.add(letter)
    session.flush()


def lock_check(session: Session, check: UUID, openid: bytes, now: datetime) -> OpenCheck | None:
    """The account's check, if it still runs."""
    row = session.execute(_LOCK_CHECK, {"id": check, "openid": openid, "now": now}).first()
    if row is None:
        return None
    return OpenCheck(row[0], bytes(row[1]), bytes(row[2]), bytes(row[3]), row[4], row[5])


def note_try(session: Session, check: UUID) -> None:
    """Counts a try."""
    session.execute(_TRIED, {"id": check})


def note_used(session: Session, check: UUID, now: datetime) -> None:
    """Ends a check."""
    session.execute(_USED, {"id": check, "now": now})


def point_of(session: Session, code: str) -> Point | None:
    """The branch whose open WeChat code this is."""
    row = session.execute(_POINT, {"code": code}).first()
    return None if row is None else Point(*row)


def network_names(session: Session) -> tuple[str, str]:
    """The network's name in Chinese and English."""
    row = session.execute(_NETWORK).first()
    return ("", "") if row is None else (row[0], row[1])
