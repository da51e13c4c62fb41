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
    lines += [_line(check, language) for check in document["checks"]]
    if document["further"]:
        lines.append(f"{say('asking.further', language)} ({document['as_of']})")
        lines += [_line(check, language) for check in document["further"]]
    return "\n".join(lines)


def _line(check: dict[str, Any], language: Language) -> str:
    mark = "+" if check["ok"] else "-"
    limit = f" / {_shown(check['limit'])}" if check["limit"] is not None else ""
    code, _, own = check["rule"].partition(":")
    name = say(f"asking.check.{code}", language)
    return f"  {mark} {name}{f' ({own})' if own else ''}: {_shown(check['value'])}{limit}"


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
