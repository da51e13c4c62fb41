"""Writing the rules of the closed loop: the text, what is wrong with it, what it would change."""

from dataclasses import dataclass

from api.surveys.rulebook import differences, problems_as_data
from api.tickets import loopbook
from api.tickets.loopbook import CheckedLoop
from dashboard.data.drafting import Compared, Trouble, diff_lines
from dashboard.data.sitting import Sitting


@dataclass(frozen=True)
class LoopText:
    """The text one goes on with: that of the newest version."""

    text: str
    version: int | None


@dataclass(frozen=True)
class LoopChecked:
    """What checking found; without troubles: what the text would publish."""

    troubles: list[Trouble]
    version: int = 0
    rules: int = 0
    causes: int = 0
    calendars: int = 0


def loop_text(sitting: Sitting) -> LoopText:
    """The text of the newest version; NotAllowed for who may not publish."""
    versions = loopbook.list_versions(sitting.session, sitting.viewer)
    if not versions:
        return LoopText("", None)
    newest = versions[0].version
    return LoopText(loopbook.read_version(sitting.session, sitting.viewer, newest).text, newest)


def checked_loop(sitting: Sitting, text: str) -> LoopChecked:
    """Every problem of a text with its line, or what it would publish."""
    return _checked(sitting, loopbook.check_text(sitting.session, sitting.viewer, text))


def compared_loop(sitting: Sitting, text: str) -> Compared:
    """What a text changes against the newest version."""
    newest = loop_text(sitting)
    return Compared(newest.version or 0, diff_lines(differences(newest.text, text)))


def _checked(sitting: Sitting, found: CheckedLoop) -> LoopChecked:
    file = found.file
    if file is None:
        told = problems_as_data(found.problems, sitting.language)
        return LoopChecked([Trouble(one["line"], one["message"]) for one in told])
    return LoopChecked(
        [],
        version=file.version,
        rules=len(file.alerts),
        causes=len(file.causes),
        calendars=len(file.calendars),
    )
