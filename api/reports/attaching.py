"""Makes the PDF of letters that wait for one: the letter itself, as it is printed.

Loaded by workers only, since it brings the libraries that set pages. A letter that nobody gets to
goes without its file when its wait is over.
"""

import logging
from functools import lru_cache

from api.core.installation import Installation
from api.reports.files.pdf import html_pdf
from api.reports.printing import gathered
from api.reports.repository.letters import Waiting, attach, next_waiting

BATCH = 20
KEPT = 64  # letters, a quarter of a megabyte each with their PDF
_log = logging.getLogger(__name__)


def attach_files(installation: Installation, limit: int = BATCH) -> int:
    """Gives up to ``limit`` letters their file and lets them go; how many it took in hand."""
    for made in range(limit):
        with installation.database.transaction() as session:
            waiting = next_waiting(session, installation.clock())
            if waiting is None:
                return made
            attach(session, waiting, _printed(installation, waiting))
    return limit


def _printed(installation: Installation, waiting: Waiting) -> bytes | None:
    """The file, encrypted; None where it cannot be made, so that the letter goes without."""
    vault = installation.vault
    try:
        return vault.seal(_sheets(vault.decrypt(waiting.html)))
    except Exception as error:
        _log.error("no file for letter %s: %s", waiting.id, type(error).__name__)
        return None


@lru_cache(KEPT)
def _sheets(html: str) -> bytes:
    """The PDF of a letter. Colleagues of one unit and language get the same one: set once."""
    return html_pdf(gathered(html))
