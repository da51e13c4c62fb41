"""A scheduler that sends rankings, over and over, on a clock that stands in a file.

``python ranking_process.py CLOCK DONE``: how many letters it wrote is appended to DONE. Killed by
its test.
"""

import sys
import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from api.core.installation import Installation
from api.core.settings import Settings
from api.reports.service import send_due_rankings

if __name__ == "__main__":
    clock, done = Path(sys.argv[1]), Path(sys.argv[2])
    opened = replace(
        Installation.open(Settings(_env_file=None), "worker"),
        clock=lambda: datetime.fromisoformat(clock.read_text(encoding="ascii")),
    )
    while True:
        written = send_due_rankings(opened)
        with done.open("a", encoding="ascii", buffering=1) as file:
            file.write(f"{written}\n")
        time.sleep(0.02)
