"""Importing the network's units from a file that the browser hands over."""

import base64
import binascii
from dataclasses import dataclass

from api.imports.uploads import Upload, import_units
from api.imports.values import Refused, row_as_json
from dashboard.data.sitting import Sitting

SHOWN = 100  # of the rows that are not taken


@dataclass(frozen=True)
class Tried:
    """What a file would do, or did; ``refused`` when it cannot be read at all."""

    read: int
    written: int
    unchanged: int
    skipped: int
    errors: int
    rejects: list[dict[str, str]]
    not_taken: int
    fingerprint: str
    refused: str | None = None


def upload_of(name: str, content: str, mapping: str | None) -> Upload | None:
    """The files as a browser hands them over (data addresses); None when they are none."""
    try:
        return Upload(name, _bytes(content), _bytes(mapping) if mapping else None)
    except (ValueError, binascii.Error):
        return None


def take_units(sitting: Sitting, upload: Upload, *, dry_run: bool) -> Tried:
    """Tries the file, or takes it."""
    try:
        done = import_units(
            sitting.session,
            sitting.viewer,
            sitting.installation,
            upload,
            now=sitting.now,
            dry_run=dry_run,
        )
    except Refused as error:
        why = error.why.text(sitting.language)
        return Tried(0, 0, 0, 0, 0, [], 0, upload.fingerprint, refused=_place(error) + why)
    rows = [row_as_json(row, sitting.language) for row in done.rows[:SHOWN]]
    return Tried(
        done.read,
        done.written,
        done.unchanged,
        done.skipped,
        done.errors,
        [{name: str(value) for name, value in row.items()} for row in rows],
        done.errors + done.skipped,
        upload.fingerprint,
    )


def _place(error: Refused) -> str:
    parts = [str(part) for part in (error.line, error.column) if part is not None]
    return f"{' · '.join(parts)}: " if parts else ""


def _bytes(content: str) -> bytes:
    """What stands behind the comma of a data address."""
    return base64.b64decode(content.partition(",")[2], validate=True)
