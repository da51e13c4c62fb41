"""The file of the closed loop's rules at the command line: checked alone, or against what is here.

Gives lines for the person who wrote the file; one with problems raises DefinitionInvalid. The
caller commits.
"""

from datetime import datetime
from pathlib import Path

from sqlmodel import Session

from api.core.languages import Language, say
from api.tickets.definitions import LoopFile, load_text, loop_of, read_loop
from api.tickets.loop import Loop
from api.tickets.loopbook import publish_loop
from api.tickets.published import known_to_loop


def check_file(path: Path, language: Language = "en") -> list[str]:
    """What a file says, when nothing is wrong with it; needs no database."""
    file = read_loop(load_text(path), str(path))
    return [_head(file, loop_of(file), language)]


def publish_file(
    session: Session, path: Path, now: datetime, language: Language = "en"
) -> list[str]:
    """Publishes a file, held against surveys, templates, touchpoints and units here."""
    text = load_text(path)
    file = read_loop(text, str(path), known=known_to_loop(session))
    made = publish_loop(session, file, now, written=text)
    key = "loop.command.published" if made.new else "loop.command.unchanged"
    return [say(key, language, code=made.code, version=made.version)]


def _head(file: LoopFile, loop: Loop, language: Language) -> str:
    return say(
        "loop.command.read",
        language,
        code=file.code,
        version=file.version,
        alerts=len(loop.rules),
        calendars=len(loop.calendars),
        targets=len(loop.targets),
        escalations=len(loop.escalations),
        causes=len(loop.causes),
    )
