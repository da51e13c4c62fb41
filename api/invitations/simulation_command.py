"""``branchpulse simulate``: a file of rules tried on past events, with a bar while it runs."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeElapsedColumn
from sqlmodel import Session

from api.core.errors import BadInput
from api.core.languages import Language, say
from api.invitations.simulated import as_document
from api.invitations.simulating import simulate
from api.security.scope import Scope
from api.surveys.definitions import load_text, read_rules, rule_set
from api.surveys.published import known_to_rules


def simulate_file(
    session: Session, path: Path, days: tuple[date, date], now: datetime
) -> dict[str, Any]:
    """What the rules of a file would have done in the whole network."""
    if days[1] < days[0]:
        raise BadInput(f"--to {days[1]} lies before --from {days[0]}")
    file = read_rules(load_text(path), str(path), known=known_to_rules(session))
    scope = Scope.whole_network(reason="someone at the command line tries rules out")
    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=None)
        made = simulate(
            session,
            scope,
            rule_set(file),
            days,
            now,
            progress=lambda done, events: bar.update(task, completed=done, total=events),
        )
    return as_document(made)


def as_lines(document: dict[str, Any], language: Language = "en") -> str:
    """The totals, then segments, reasons and changes, each beside the rules in force."""
    width = 34
    lines = [
        say("asking.simulation.head", language, **_head(document)),
        f"{'':{width}}{say('asking.simulation.now', language):>12}"
        f"{say('asking.simulation.then', language):>12}",
    ]
    totals = document["totals"]
    for name in ("invitations", "follow_ups", "people", "expected_answers", "cost"):
        word = say(f"asking.simulation.{name}", language)
        lines.append(_line(word, totals["now"][name], totals["then"][name], width))
    for one in document["reach"]:
        name = one["segment"] or say("asking.simulation.no_segment", language)
        word = say("asking.simulation.asked_of", language, segment=name)
        lines.append(_line(word, one["asked_now"], one["asked_then"], width))
    for one in document["reasons"]:
        word = say(f"asking.reason.{one['reason']}", language)
        lines.append(_line(word[: width - 1], one["now"], one["then"], width))
    changes = {way: sum(one[way] for one in document["changes"]) for way in ("more", "fewer")}
    lines.append(say("asking.simulation.changes", language, **changes))
    return "\n".join(lines)


def _head(document: dict[str, Any]) -> dict[str, Any]:
    names = {"first": document["from"], "last": document["to"]}
    return {**names, **{key: document[key] for key in ("events", "rules_now", "rules_then")}}


def _line(word: str, now: float | None, then: float | None, width: int) -> str:
    shown = ("–" if value is None else f"{value:,}" for value in (now, then))
    return f"{word:<{width}}" + "".join(f"{value:>12}" for value in shown)
