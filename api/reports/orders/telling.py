"""Tells whoever ordered reports that they are there: in the dashboard, and as subscribed to.

Called in the transaction that finishes the order, so that it is told once. Files that are small
enough go along with the letter; behind the link stands the order, which asks who is there.
"""

from datetime import datetime, timedelta
from functools import cache
from uuid import UUID

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from sqlmodel import Session

from api.core.installation import Installation
from api.core.languages import Language, say, spoken
from api.insights.periods import Period
from api.models import OutboxMessage
from api.notices.repository.notices import add_notices
from api.notices.telling import Telling, telling_rows
from api.reports.content.telling import days_text
from api.reports.orders import repository
from api.reports.orders.packing import Packed, file_names, whole
from api.reports.orders.repository import Finished
from api.reports.repository.subscriptions import addresses
from api.reports.repository.weekly import put_in_outbox

LARGEST = 5_000_000  # bytes of files that go along with a letter; larger ones stay behind the link
TYPES = {
    "pdf": "application/pdf",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "zip": "application/zip",
}


def tell_finished(
    session: Session, installation: Installation, order_id: UUID, now: datetime
) -> None:
    """Letters for what a subscription ordered, else a notice."""
    order = repository.finished(session, order_id)
    if order.ways:
        _write(session, installation, order, now)
        return
    notice = Telling(
        "report",
        f"report:{order_id}:{now:%Y%m%d%H%M%S}",
        branch_id=order.branch_id,
        detail={"order": str(order_id), "count": order.done, "failed": order.failed},
    )
    # Not to who stands in for them: an order is its owner's alone.
    add_notices(session, telling_rows(notice, (order.account_id,), now))


def order_link(installation: Installation, order_id: UUID) -> str:
    """The address of an order in the dashboard."""
    return f"{installation.settings.public_url.rstrip('/')}/app/reports/order/{order_id}"


def _write(session: Session, installation: Installation, order: Finished, now: datetime) -> None:
    language = spoken(order.language)
    known = addresses(session, order.account_id)
    lines = _lines(order, language)
    link = order_link(installation, order.id)
    for way in order.ways:
        if way not in known:
            continue
        letter = OutboxMessage(
            kind="report",
            channel=way,
            dedupe_key=f"report:{way}:{order.id}:{now:%Y%m%d%H%M%S}",
            recipient_encrypted=known[way],
            subject=lines[0],
            body_text_encrypted=installation.vault.encrypt("\n\n".join([*lines, link])),
            created_at=now,
            detail={"order": str(order.id), "language": language, "link": link},
        )
        if way == "email":
            _dress(session, installation, letter, order, (lines, link))
        put_in_outbox(session, letter)


def _dress(
    session: Session,
    installation: Installation,
    letter: OutboxMessage,
    order: Finished,
    words: tuple[list[str], str],
) -> None:
    """HTML and the files, for a letter that can carry them."""
    lines, link = words
    html = (
        _template()
        .get_template("ordered.html")
        .render(
            language=order.language,
            subject=letter.subject,
            lines=lines,
            link=link,
            open=say("orders.letter.open", spoken(order.language)),
        )
    )
    letter.body_html_encrypted = installation.vault.encrypt(html)
    attached = _attached(session, order)
    if attached is not None:
        name, content = attached
        letter.attachment = installation.vault.seal(content)
        kind = TYPES[name.rpartition(".")[2]]
        letter.detail = {**letter.detail, "attachment": {"name": name, "type": kind}}


def _attached(session: Session, order: Finished) -> tuple[str, bytes] | None:
    """The only file, or all in a ZIP; None when there are none, or too large ones."""
    if not 0 < order.bytes <= LARGEST:
        return None
    files = repository.contents(session, order.id)
    if len(files) == 1:
        return files[0]
    names = file_names(name for name, _ in files)
    packed = [
        Packed(name, lambda content=content: content)  # type: ignore[misc]
        for name, (_, content) in zip(names, files, strict=True)
    ]
    return f"{files[0][0].rpartition('.')[0]}.zip", whole(packed)


def _lines(order: Finished, language: Language) -> list[str]:
    """What is said: first the subject, then what is there and what is not."""
    unit = order.unit_en if language == "en" else order.unit_zh
    days = days_text(Period(order.period_from, order.period_to + timedelta(days=1)), language)
    lines = [say("orders.letter.subject", language, unit=unit, days=days)]
    if order.done:
        lines.append(say("orders.letter.done", language, files=order.done))
    if order.failed:
        lines.append(say("orders.letter.failed", language, files=order.failed))
    return lines


@cache
def _template() -> Environment:
    return Environment(
        loader=PackageLoader("api.reports", "templates"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
    )
