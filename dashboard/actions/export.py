"""Tables that people take with them: allowed by role, and written down in the audit."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from api.security.audit import audit
from api.security.permissions import Permission
from dashboard.actions.files import as_csv, as_xlsx
from dashboard.data.periods import days_text, shown_period
from dashboard.data.sitting import Sitting
from dashboard.data.tables import Table, Wanted
from dashboard.data.times import moment_text

_TYPES = {
    "csv": "text/csv;charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@dataclass(frozen=True)
class File:
    """A file for a browser to keep."""

    name: str
    content: str | bytes
    type: str


def take_table(sitting: Sitting, wanted: Wanted, make: Callable[[], Table]) -> File:
    """The table that ``make`` makes, as a file; it is not made for those who may not have it."""
    sitting.viewer.require(Permission.EXPORT)
    table = make()
    page = sitting.address.page
    audit(
        sitting.session,
        sitting.viewer.actor,
        "table.export",
        now=sitting.now,
        subject=f"{page}:{wanted.grid}",
        detail={
            "format": wanted.format,
            "rows": len(table.rows),
            "columns": [column.field for column in table.columns],
            "unit": sitting.address.unit,
            "days": [f"{day}" for day in (sitting.address.first, sitting.address.last) if day],
        },
    )
    return File(
        name=f"{_name(sitting)}.{wanted.format}",
        content=_written(sitting, wanted, table),
        type=_TYPES[wanted.format],
    )


def _written(sitting: Sitting, wanted: Wanted, table: Table) -> str | bytes:
    if wanted.format == "csv":
        return as_csv(table)
    say = sitting.say
    titles = say(f"dashboard.title.{sitting.address.page}"), say("tables.about.title")
    return as_xlsx(table, titles, _facts(sitting))


def _facts(sitting: Sitting) -> list[tuple[str, str]]:
    """What the file is, for whom opens it a year later."""
    say, address = sitting.say, sitting.address
    node = sitting.viewer.hierarchy.by_code.get(address.unit or "")
    known = node is not None and sitting.viewer.sees_unit(node.id)
    facts: list[tuple[str, Any]] = [
        ("page", say(f"dashboard.title.{address.page}")),
        ("unit", node.name(sitting.language) if node is not None and known else None),
        ("period", days_text(say, shown_period(sitting))),
        ("touchpoint", address.touchpoint),
        ("metric", address.metric),
        ("made", moment_text(sitting, sitting.now)),
        ("address", address.whole),
    ]
    return [(say(f"tables.about.{name}"), words) for name, words in facts if words]


def _name(sitting: Sitting) -> str:
    """A file's name: the page, what it is about, its days."""
    address, period = sitting.address, shown_period(sitting)
    about = address.subject or address.unit
    parts = [address.page, about] if about else [address.page]
    if address.subject is None:
        parts += [f"{period.start}", f"{period.end}"]
    return re.sub(r"[^\w.-]+", "-", "-".join(parts))
