"""The network's units from a file that somebody hands over in a browser, tried before it is taken.

Decides who may (who manages the whole network) and which columns are what (their own mapping, or
columns named as the fields are); the reading and writing is that of the command line.
"""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory

from sqlmodel import Session

from api.core.errors import NotAllowed
from api.core.installation import Installation
from api.imports.fields import REQUIRED, known_fields
from api.imports.service import run_import
from api.imports.source import open_table
from api.imports.values import ImportSummary
from api.security.audit import audit
from api.security.permissions import Permission
from api.security.viewer import Viewer

UNIT_FIELDS = known_fields("units")
_MAPPING = "mapping.toml"


@dataclass(frozen=True)
class Upload:
    """A table as a browser hands it over, with its mapping or None for columns named as fields."""

    name: str
    content: bytes
    mapping: bytes | None = None

    @property
    def fingerprint(self) -> str:
        """What was tried is what is taken: both files together."""
        digest = sha256(self.content)
        digest.update(b"\0" + (self.mapping or b""))
        return digest.hexdigest()


def may_import(viewer: Viewer) -> bool:
    """True for who manages the whole network."""
    return viewer.may_everywhere(Permission.MANAGE_NETWORK)


def import_units(
    session: Session,
    viewer: Viewer,
    installation: Installation,
    upload: Upload,
    *,
    now: datetime,
    dry_run: bool,
) -> ImportSummary:
    """Reads the file and, unless it is tried only or anything is wrong, writes it and audits it.

    Raises ``Refused`` for a file or mapping that cannot be read at all.
    """
    if not may_import(viewer):
        raise NotAllowed(permission=Permission.MANAGE_NETWORK)
    with TemporaryDirectory() as folder:
        file = Path(folder) / (PurePath(upload.name).name or "units.csv")
        file.write_bytes(upload.content)
        mapping = Path(folder, "mapping") / _MAPPING
        mapping.parent.mkdir()
        mapping.write_bytes(upload.mapping or _by_name(file))
        summary = run_import(session, installation, "units", file, mapping, dry_run=dry_run)
    if summary.ok and not dry_run:
        counted = {"written": summary.written, "unchanged": summary.unchanged}
        audit(session, viewer.actor, "units_imported", now=now, detail=counted)
    return summary


def _by_name(file: Path) -> bytes:
    """A mapping for a file whose columns are called as the fields are."""
    with open_table(file) as table:
        given = {name.casefold(): name for name in table.heading.names}
    lines = ['kind = "units"']
    for field in UNIT_FIELDS:
        if field in given or field in REQUIRED["units"]:
            lines += [f"[columns.{field}]", f'from = "{given.get(field, field)}"']
    return "\n".join(lines).encode()
