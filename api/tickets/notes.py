"""What people note about a ticket, without personal details. Pure."""

from api.core.redaction import redact
from api.tickets.errors import NoteNeeded

LONGEST_NOTE = 2_000
SHORTEST_NOTE = 3


def tidy_note(words: str | None, *, needed: bool = False, name: str = "note") -> str | None:
    """The note as it is stored; None for nothing. Raises NoteNeeded for too little or too much."""
    said = (words or "").replace("\0", "").strip()
    if len(said) > LONGEST_NOTE or (needed and len(said) < SHORTEST_NOTE):
        message = f"a few words, at most {LONGEST_NOTE} characters"
        raise NoteNeeded(fields=[{"field": name, "message": message}])
    return redact(said) if said else None
