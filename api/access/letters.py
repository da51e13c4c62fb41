"""The letters that carry account links: an invitation or a reset, in the person's language."""

from datetime import datetime
from html import escape

from api.core.crypto import Vault
from api.core.languages import Language, say
from api.models import OutboxMessage


def link_letter(
    vault: Vault, recipient: str, *, purpose: str, language: Language, link: str, now: datetime
) -> OutboxMessage:
    """The outbox row for one link; ``purpose`` is ``invitation`` or ``reset``."""

    def words(part: str) -> str:
        return say(f"access.letter.{purpose}_{part}", language)

    name = say("access.product", language)
    lines = [words("lead").format(product=name), link, words("valid"), words("not_you")]
    html = "".join(
        f'<p><a href="{escape(link)}">{escape(words("button"))}</a></p>'
        if line == link
        else f"<p>{escape(line)}</p>"
        for line in lines
    )
    return OutboxMessage(
        kind=f"account_{purpose}",
        dedupe_key=f"account_link:{vault.lookup_hash('link', link).hex()}",
        recipient_encrypted=vault.encrypt(recipient),
        subject=words("subject").format(product=name),
        body_text_encrypted=vault.encrypt("\n\n".join(lines) + "\n"),
        body_html_encrypted=vault.encrypt(f'<html lang="{language}"><body>{html}</body></html>'),
        created_at=now,
    )
