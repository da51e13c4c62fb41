"""The rules of the closed loop as they are written: the newest text, checking another."""

from api.tickets import loopbook
from dashboard.data.drafting import Checked, EditorView, troubles_of
from dashboard.data.sitting import Sitting


def loop_text(sitting: Sitting) -> EditorView:
    """The text of the newest version; NotAllowed for who may not publish."""
    versions = loopbook.list_versions(sitting.session, sitting.viewer)
    if not versions:
        return EditorView("", None, None)
    newest = versions[0].version
    text = loopbook.read_version(sitting.session, sitting.viewer, newest).text
    return EditorView(text, None, newest, before=text)


def checked_loop(sitting: Sitting, text: str) -> Checked:
    """Every problem of a text with its line, or what it would publish."""
    found = loopbook.check_text(sitting.session, sitting.viewer, text)
    file = found.file
    if file is None:
        return Checked(troubles_of(sitting, found.problems))
    counts = {
        "rules": len(file.alerts),
        "causes": len(file.causes),
        "calendars": len(file.calendars),
    }
    return Checked([], version=file.version, counts=counts, at_once=True)
