"""Makes a PDF of HTML in a process of its own: ``python -m api.points.printing < html > pdf``.

Loads nothing: what the document needs is in it. A character that no font has is an error, since it
would print as a box. Knows no database.
"""

import logging
import sys
from typing import NoReturn

from weasyprint import HTML

from api.points.errors import NoFont

_MISSING = ".notdef"


class _Missing(logging.Handler):
    """Remembers whether a character was missing."""

    def __init__(self) -> None:
        super().__init__()
        self.found = False

    def emit(self, record: logging.LogRecord) -> None:
        """Looks at one line of the log."""
        self.found = self.found or _MISSING in record.getMessage()


def pdf_of(html: str) -> bytes | None:
    """The document; None when no font has one of its characters."""
    missing = _Missing()
    log = logging.getLogger("weasyprint")
    log.addHandler(missing)
    try:
        made: bytes = HTML(string=html, url_fetcher=_nothing).write_pdf()
    finally:
        log.removeHandler(missing)
    return None if missing.found else made


def _nothing(url: str, *_: object, **__: object) -> NoReturn:
    raise ValueError("documents load nothing")


def main() -> int:
    """Reads HTML, writes a PDF; 3 when a font lacks a character."""
    made = pdf_of(sys.stdin.buffer.read().decode("utf-8"))
    if made is None:
        return NoFont.exit_code
    sys.stdout.buffer.write(made)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
