"""Takes notices out of the dashboard: by e-mail, WeCom and SMS, as each person chose.

Writes letters to the outbox, sends nothing. What has been read meanwhile is not told again; what
falls into somebody's quiet hours waits for their end, and is then told in one message.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from itertools import groupby
from uuid import UUID

from sqlmodel import Session

from api.core.installation import Installation
from api.core.languages import Language, spoken
from api.models import NoticeChoice, OutboxMessage
from api.network.queries import get_network
from api.notices import queries
from api.notices.choices import Choices, stored
from api.notices.kinds import WAYS
from api.notices.queries import NoticeRow, Reachable
from api.notices.repository import notices as repository
from api.notices.wording import Message, message
from api.security.hierarchy import Hierarchy, current_hierarchy
from api.security.viewer import load_grants

BATCH = 200
LETTER = "notice"


@dataclass(frozen=True, slots=True)
class _Desk:
    """What spreading a batch works with."""

    session: Session
    installation: Installation
    tree: Hierarchy
    zone: str
    people: Mapping[UUID, Reachable]
    chosen: Mapping[UUID, NoticeChoice]
    now: datetime


def spread_notices(installation: Installation, limit: int = BATCH) -> int:
    """Looks at the other ways of notices that are due, in one transaction; how many."""
    now = installation.clock()
    with installation.database.transaction() as session:
        rows = queries.take_unspread(session, now, limit)
        if not rows:
            return 0
        desk = _desk(session, installation, rows, now)
        for account_id, theirs in groupby(rows, key=lambda row: row.account_id):
            _spread(desk, account_id, list(theirs))
    return len(rows)


def _desk(
    session: Session, installation: Installation, rows: Sequence[NoticeRow], now: datetime
) -> _Desk:
    network = get_network(session)
    accounts = {row.account_id for row in rows}
    return _Desk(
        session,
        installation,
        current_hierarchy(session, now.date()),
        network.default_timezone if network else "Asia/Shanghai",
        queries.reachable(session, accounts),
        repository.choices_of(session, accounts),
        now,
    )


def _spread(desk: _Desk, account_id: UUID, rows: Sequence[NoticeRow]) -> None:
    person = desk.people.get(account_id)
    choices = stored(desk.chosen.get(account_id), desk.installation.vault)
    wanted = [row for row in rows if row.read_at is None and choices.ways_of(row.kind)]
    if person is None or not wanted:
        queries.note_spread(desk.session, [row.id for row in rows], (), desk.now)
        return
    until = choices.quiet_until(desk.now, _zone(desk, account_id))
    if until is not None:
        queries.hold(desk.session, [row.id for row in rows], until)
        return
    told: dict[UUID, list[str]] = {row.id: [] for row in rows}
    for way in WAYS:
        theirs = [row for row in wanted if way in choices.ways_of(row.kind)]
        address = _address(desk, way, person, choices)
        if theirs and address is not None:
            _write(desk, way, person, theirs, address)
            for row in theirs:
                told[row.id].append(way)
    for row_id, ways in told.items():
        queries.note_spread(desk.session, [row_id], ways, desk.now)


def _zone(desk: _Desk, account_id: UUID) -> str:
    """The time zone of the first unit that the person was granted."""
    grants = load_grants(desk.session, account_id, desk.now.date())
    units = [one.unit_id for one in grants if one.unit_id is not None and not one.excluded]
    return desk.tree.timezone(units[0], desk.zone) if units else desk.zone


def _address(desk: _Desk, way: str, person: Reachable, choices: Choices) -> bytes | None:
    """Where a person is told by a way, encrypted; None when that is not known."""
    if way == "wecom":
        return None if choices.wecom is None else desk.installation.vault.encrypt(choices.wecom)
    found = person.email_encrypted if way == "email" else person.phone_encrypted
    return None if found is None else bytes(found)


def _write(
    desk: _Desk, way: str, person: Reachable, rows: Sequence[NoticeRow], address: bytes
) -> None:
    language = spoken(person.language)
    said = message(rows, desk.tree, language, desk.installation.settings.public_url)
    vault = desk.installation.vault
    html = vault.encrypt(_html(said, language)) if way == "email" else None
    repository.put_in_outbox(
        desk.session,
        OutboxMessage(
            kind=LETTER,
            channel=way,
            dedupe_key=f"{LETTER}:{way}:{rows[0].id}",
            recipient_encrypted=address,
            subject=said.subject,
            body_text_encrypted=vault.encrypt(said.text),
            body_html_encrypted=html,
            created_at=desk.now,
            detail={
                "language": language,
                "link": said.link,
                "template": LETTER,
                "parameters": {"notice": said.subject, "count": str(len(rows))},
            },
        ),
    )


def _html(said: Message, language: Language) -> str:
    items = "".join(f"<p>{escape(one)}</p>" for one in (*said.lines, said.more) if one)
    link = f'<p><a href="{escape(said.link)}">{escape(said.link)}</a></p>'
    foot = f'<p style="color:#777777;font-size:12px">{escape(said.footer)}</p>'
    return f'<html lang="{language}"><body>{items}{link}{foot}</body></html>'
