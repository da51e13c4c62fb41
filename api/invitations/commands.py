"""What the command line shows of decisions: the document, and lines for people."""

from datetime import datetime
from typing import Any

from sqlmodel import Session

from api.core.languages import Language, say
from api.invitations.explaining import explain
from api.security.scope import Scope


def explain_event(session: Session, reference: str, now: datetime) -> dict[str, Any]:
    """The decision on an event of the whole network, as the contract says."""
    scope = Scope.whole_network(reason="someone at the command line asks why")
    return explain(session, scope, reference, now)


def as_lines(document: dict[str, Any], language: Language = "en") -> str:
    """The decision in words, one line per check."""
    decided = say(f"asking.decision.{document['decision']}", language)
    reason = say(f"asking.reason.{document['reason']}", language)
    lines = [f"{decided}: {reason}"]
    if document["earliest_at"]:
        lines[0] += f" ({document['earliest_at']})"
    for check in document["checks"]:
        mark = "+" if check["ok"] else "-"
        limit = f" / {_shown(check['limit'])}" if check["limit"] is not None else ""
        name = say(f"asking.check.{check['rule']}", language)
        lines.append(f"  {mark} {name}: {_shown(check['value'])}{limit}")
    return "\n".join(lines)


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
