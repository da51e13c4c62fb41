"""A real worker process that makes reports, for tests to kill: ``python report_process.py FILE``.

It says in FILE what it draws, and never comes back from it.
"""

import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from api.core.installation import Installation
from api.core.settings import Settings
from api.reports.orders import making
from scheduler.jobs.reports import make_reports


def prepared(installation: Any, period: Any) -> None:
    """Nothing: what is drawn is not read."""


def built(session: Any, viewer: Any, unit: Any, period: Any, now: Any) -> Any:
    """A report that says nothing."""
    return SimpleNamespace(unit=unit, period=period)


def never(content: Any, format: str, language: str) -> bytes:
    """Notes that it draws, and draws for ten minutes."""
    with Path(sys.argv[1]).open("a", encoding="utf-8") as file:
        file.write(f"{content.unit.code} {format}\n")
    time.sleep(600)
    return b""


if __name__ == "__main__":
    making.prepare_report = prepared
    making.build_report = built
    making.render_report = never
    make_reports(Installation.open(Settings(_env_file=None), "worker"))
