"""One import as it runs: the file, the mapping, and what the loaders need of the installation."""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from api.core.installation import Installation
from api.core.languages import DEFAULT_LANGUAGE
from api.imports.mapping import Mapping


@dataclass(frozen=True, slots=True)
class ImportJob:
    """What one import works with."""

    installation: Installation
    path: Path
    mapping: Mapping
    mapping_path: Path
    now: datetime
    dry_run: bool = False

    @property
    def today(self) -> date:
        """The day on whose structure paths are looked up."""
        return self.now.date()

    @property
    def language(self) -> str:
        """The language of answers that name none."""
        return DEFAULT_LANGUAGE

    @property
    def key_column(self) -> str:
        """The column that an id stands in; empty when several make the key."""
        parts = self.mapping.key.parts if self.mapping.key else []
        return self.column_of(parts[0]) if len(parts) == 1 else ""

    @property
    def leaf_column(self) -> str:
        """The column that names the branch."""
        return self.column_of(self.mapping.units.path[-1][1]) if self.mapping.units else ""

    def column_of(self, name: str) -> str:
        """The heading of the file behind a field or column name."""
        column = self.mapping.columns.get(name)
        return (column.from_ or name) if column is not None else name
