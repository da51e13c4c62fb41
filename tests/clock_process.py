"""A scheduler's work on clocks, over and over, on a clock that stands in a file.

``python clock_process.py CLOCK DONE``: what it took is appended to DONE. Killed by its test.
"""

import sys
import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from api.core.installation import Installation
from api.core.settings import Settings
from api.tickets.escalating import escalate_due, keep_up_clocks

if __name__ == "__main__":
    clock, done = Path(sys.argv[1]), Path(sys.argv[2])
    opened = replace(
        Installation.open(Settings(_env_file=None), "worker"),
        clock=lambda: datetime.fromisoformat(clock.read_text(encoding="ascii")),
    )
    while True:
        followed, taken = keep_up_clocks(opened), escalate_due(opened)
        with done.open("a", encoding="ascii", buffering=1) as file:
            file.write(f"{followed} {taken}\n")
        time.sleep(0.05)
