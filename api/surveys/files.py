"""Definition files at the command line: checked alone, or checked against what is published here.

Gives lines for the person who wrote the file; a file with problems raises DefinitionInvalid. The
caller commits.
"""

from datetime import datetime
from pathlib import Path
from typing import Literal

from sqlmodel import Session

from api.core.languages import Language
from api.surveys import service, summary
from api.surveys.definitions import load_text, read_messages, read_rules, read_survey
from api.surveys.published import known_to_rules

Kind = Literal["survey", "message", "rules"]


def check_file(kind: Kind, path: Path, public_url: str, language: Language = "en") -> list[str]:
    """What a file says, when nothing is wrong with it; needs no database."""
    text, name = load_text(path), str(path)
    if kind == "survey":
        return summary.survey_lines(read_survey(text, name), language)
    if kind == "message":
        return summary.message_lines(read_messages(text, name), public_url, language)
    return summary.rules_lines(read_rules(text, name), language)


def publish_file(
    session: Session, kind: Kind, path: Path, now: datetime, language: Language = "en"
) -> list[str]:
    """Publishes what a file holds: all of it, or nothing."""
    text, name = load_text(path), str(path)
    if kind == "survey":
        made = [service.publish_survey(session, read_survey(text, name), now)]
    elif kind == "message":
        made = service.publish_messages(session, read_messages(text, name), now)
    else:
        rules = read_rules(text, name, known=known_to_rules(session))
        made = [service.publish_rules(session, rules, now, written=text)]
    return [summary.publication_line(one, language) for one in made]
