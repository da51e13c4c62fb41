"""A ranking on its way to one person: the rows of the outbox, one for each way.

Writes in the caller's transaction; each has a key of its own, so that it is there once. A letter
that is to have its PDF waits a little for the worker that makes it (api.reports.attaching).
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from sqlmodel import Session

from api.core.installation import Installation
from api.core.languages import Language
from api.models import OutboxMessage
from api.reports.rendering import Letter, render
from api.reports.repository.weekly import put_in_outbox
from api.reports.weekly import WeeklyRanking

KIND = "weekly_ranking"
WAITS_FOR_PDF = timedelta(minutes=15)  # then it goes without


@dataclass(frozen=True)
class Posting:
    """A ranking for one person: by which ways (each with its encrypted address), with what file.

    ``key`` says which occasion it is: of one there is one letter a way.
    """

    ranking: WeeklyRanking
    language: Language
    addresses: dict[str, bytes]
    key: str
    with_pdf: bool


def post(session: Session, installation: Installation, posting: Posting, now: datetime) -> int:
    """Puts the letters into the outbox; how many."""
    ranking = posting.ranking
    letter = render(ranking, posting.language, ranking_links(installation, ranking))
    for way, address in posting.addresses.items():
        put_in_outbox(session, _message(installation, posting, letter, (way, address), now))
    return len(posting.addresses)


def ranking_links(installation: Installation, ranking: WeeklyRanking) -> dict[str, str]:
    """Addresses in the dashboard: of the same table, of the tickets, of the subscriptions."""
    first, last = ranking.period.start, ranking.period.end - timedelta(days=1)
    unit: dict[str, object] = {"unit": ranking.unit.code}
    pages: dict[str, tuple[str, dict[str, object]]] = {
        "league": ("league", {**unit, "from": first, "to": last}),
        "tickets": ("tickets", {**unit, "state": "late"}),
        "voices": ("voices", {**unit, "from": ranking.week.start, "to": _last(ranking)}),
        "warnings": ("warnings", unit),
        "unit": ("unit", {}),
        "subscriptions": ("subscriptions", {}),
    }
    home = installation.settings.public_url.rstrip("/")
    return {
        name: f"{home}/app/{page}" + (f"?{urlencode(query)}" if query else "")
        for name, (page, query) in pages.items()
    }


def file_name(ranking: WeeklyRanking, language: Language) -> str:
    """What the attached file is called, safe on every system."""
    return f"{safe(ranking.unit.code)}_{ranking.week.start:%G-W%V}_{language}.pdf"


def safe(code: str) -> str:
    """A code without what a file system might take amiss."""
    return "".join(sign if sign.isalnum() or sign in "-_" else "-" for sign in code)


def ways_to(known: dict[str, bytes], wanted: Collection[str]) -> dict[str, bytes]:
    """The addresses of the ways that are wanted, as far as there are any."""
    return {way: known[way] for way in wanted if way in known}


def _last(ranking: WeeklyRanking) -> object:
    return ranking.week.end - timedelta(days=1)


def _message(
    installation: Installation,
    posting: Posting,
    letter: Letter,
    to: tuple[str, bytes],
    now: datetime,
) -> OutboxMessage:
    (way, address), vault, ranking = to, installation.vault, posting.ranking
    message = OutboxMessage(
        kind=KIND,
        channel=way,
        dedupe_key=f"{KIND}:{posting.key}:{way}",
        recipient_encrypted=address,
        subject=letter.subject,
        body_text_encrypted=vault.encrypt(letter.text if way == "email" else letter.short),
        created_at=now,
        detail={"unit_id": ranking.unit.id, "week": ranking.week.start.isoformat()},
    )
    if way != "email":  # a card with a button
        message.detail = {**message.detail, "link": ranking_links(installation, ranking)["league"]}
        return message
    message.body_html_encrypted = vault.encrypt(letter.html)
    if posting.with_pdf:
        message.not_before = now + WAITS_FOR_PDF
        name = file_name(ranking, posting.language)
        message.detail = {**message.detail, "pdf_wanted": name}
    return message
