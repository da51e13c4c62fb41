"""Which account of the machine runs PostgreSQL, and what it can reach.

PostgreSQL refuses to run as root, so root hands it to the owner of the database folder, or to
``nobody``. Adds no account and changes the mode of nothing it did not make.
"""

from __future__ import annotations

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api.core.embedded.problems import AccountMissingError

NOBODY = "nobody"


@dataclass(frozen=True)
class Account:
    """Who runs the server; ``uid`` is None where we run it as ourselves."""

    uid: int | None = None
    gid: int | None = None

    def popen_options(self) -> dict[str, Any]:
        """Options for ``subprocess`` that make the child this account."""
        options: dict[str, Any] = {"cwd": "/", "env": _bare_environment()}
        if self.uid is not None:
            options |= {"user": self.uid, "group": self.gid, "extra_groups": []}
        return options

    def own(self, path: Path) -> None:
        """Give a file or folder of ours to this account."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)

    def run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        """Run a short command as this account and return what it printed."""
        return subprocess.run(
            [str(part) for part in command],
            check=False,
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            **self.popen_options(),
        )

    def reaches(self, folder: Path) -> bool:
        """Say whether the account can enter the folder (asked of the kernel, not of mode bits)."""
        if self.uid is None:
            return os.access(folder, os.X_OK)
        try:
            return self.run("/bin/sh", "-c", 'cd -- "$1"', "sh", folder).returncode == 0
        except (OSError, subprocess.SubprocessError) as error:
            raise AccountMissingError(str(error)) from error


def account_for(data: Path | None) -> Account:
    """Return the account for a database folder; for a folder yet to be made pass None."""
    if os.geteuid() != 0:
        return Account()
    if data is not None and data.exists() and data.stat().st_uid != 0:
        owner = data.stat()
        return Account(owner.st_uid, owner.st_gid)
    try:
        entry = pwd.getpwnam(NOBODY)
    except KeyError as error:
        raise AccountMissingError("There is no such account; run as an ordinary user.") from error
    return Account(entry.pw_uid, entry.pw_gid)


def _bare_environment() -> dict[str, str]:
    """Only what PostgreSQL needs: no secrets of ours, no PG* variables of the caller."""
    kept = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
    return {"LC_ALL": "C"} | {name: os.environ[name] for name in kept if name in os.environ}
