"""A real worker process that makes reports, for tests to kill: ``python report_process.py FILE``.

It says in FILE what it draws, and never comes back from it.
"""

import sys
import time
from pathlib import Path
from typing import Any

from api.core.installation import Installation
from api.core.settings import Settings
from api.reports.orders import making
from scheduler.jobs.reports import make_reports


def never(content: Any, format: str, language: str) -> bytes:
    """Notes that it draws, and draws for ten minutes."""
    with Path(sys.argv[1]).open("a", encoding="utf-8") as file:
        file.write(f"{content.unit.code} {format}\n")
    time.sleep(600)
    return b""


if __name__ == "__main__":
    making.render_report = never  # type: ignore[assignment]
    make_reports(Installation.open(Settings(_env_file=None), "worker"))
