"""A notice in words: which branch, which ticket, how urgent. Never whom it is about.

Only the unit's name, the ticket's number, its severity and a count get into the words, so that a
message may go through WeCom, SMS or a mail box without anything personal in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from api.core.languages import Language, say
from api.notices.queries import NoticeRow
from api.security.hierarchy import Hierarchy, Node

MOST = 10  # lines of one message


@dataclass(frozen=True, slots=True)
class Message:
    """What one person is told at once by ways besides the dashboard."""

    subject: str
    lines: tuple[str, ...]
    link: str
    more: str | None = None
    footer: str = field(default="")

    @property
    def text(self) -> str:
        """All of it as plain text."""
        body = [*self.lines, *([self.more] if self.more else []), self.link, self.footer]
        return "\n".join(filter(None, body)) + "\n"


def line(row: NoticeRow, node: Node | None, language: Language) -> str:
    """A notice in one line."""
    count = row.detail.get("count")
    place = node.name(language) if node else say("notices.network", language)
    parts = [
        place if node or row.kind != "report" else "",  # of a region, which is no branch
        say(f"notices.kind.{row.kind}", language),
        "" if row.ticket is None else say("notices.number", language, number=row.ticket),
        "" if row.severity is None else say(f"notices.severity.{row.severity}", language),
        say("notices.count", language, count=count) if isinstance(count, int) else "",
    ]
    return say("notices.between", language).join(filter(None, parts))


def message(
    rows: Sequence[NoticeRow], tree: Hierarchy, language: Language, public_url: str
) -> Message:
    """Several notices of one person as one message."""
    nodes = [tree.nodes.get(row.branch_id) if row.branch_id else None for row in rows]
    lines = [line(row, node, language) for row, node in zip(rows, nodes, strict=True)]
    subject = lines[0]
    if len(rows) > 1:
        subject = say("notices.several", language, count=len(rows))
    beyond = len(lines) - MOST
    return Message(
        subject=subject,
        lines=tuple(lines[:MOST]),
        link=_link(rows, language, public_url),
        more=say("notices.more", language, count=beyond) if beyond > 0 else None,
        footer=say("notices.footer", language),
    )


def _link(rows: Sequence[NoticeRow], language: Language, public_url: str) -> str:
    base = public_url.rstrip("/")
    tickets = {row.ticket for row in rows}
    if len(tickets) == 1 and None not in tickets:
        return f"{base}/app/ticket?subject={tickets.pop()}"
    return f"{base}/app/notices"
