"""A scheduler that does the same over and over, on a clock that stands in a file.

``python scheduler_process.py CLOCK DONE MODULE:FUNCTION...``: after each round of the functions a
line goes to DONE: who it was, and what the last of them says it did. Killed by its test.
"""

import os
import sys
import time
from dataclasses import replace
from datetime import datetime
from importlib import import_module
from pathlib import Path

from api.core.installation import Installation
from api.core.settings import Settings

if __name__ == "__main__":
    clock, done = Path(sys.argv[1]), Path(sys.argv[2])
    names = [one.split(":") for one in sys.argv[3:]]
    work = [getattr(import_module(module), function) for module, function in names]
    opened = replace(
        Installation.open(Settings(_env_file=None), "worker"),
        clock=lambda: datetime.fromisoformat(clock.read_text(encoding="ascii")),
    )
    while True:
        did = [one(opened) for one in work]
        with done.open("a", encoding="ascii", buffering=1) as file:
            file.write(f"{os.getpid()} {did[-1]}\n")
        time.sleep(0.02)
