"""One database folder and its server: create it, start it, find it running.

Callers hold the home's start lock. Decides nothing about who shares the server or when it ends.
"""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from sqlalchemy import URL

from api.core.embedded import processes
from api.core.embedded.account import Account, account_for
from api.core.embedded.places import MAJOR, binaries, choose_data, like_its_folder
from api.core.embedded.problems import (
    ClusterCreationError,
    ClusterVersionError,
    PasswordMissingError,
    PortTakenError,
    StartFailedError,
    StillInUseError,
    recognise,
)

HOST = "127.0.0.1"
SUPERUSER = "bp_admin"
START_PATIENCE = 300.0  # replaying the log after a crash may take minutes; a dead server is seen
_ATTEMPTS = 6
_LOG_LIMIT = 10_000_000

SETTINGS: dict[str, str] = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "80",
    "max_locks_per_transaction": "256",  # partitions
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "password_encryption": "scram-sha-256",
    # Nothing personal in a log: no statements, no DETAIL lines that quote a row, and no errors of
    # statements, whose messages may quote a value (the application logs their state instead).
    "log_min_messages": "log",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}


@dataclass(frozen=True)
class Server:
    """A running embedded server and how to log in to it as its superuser."""

    host: str
    port: int
    superuser: str
    password: str = field(repr=False)
    data: Path
    binaries: Path

    def url(self, database: str, user: str | None = None, password: str | None = None) -> str:
        """Return the SQLAlchemy address of a database; without a user, the superuser's."""
        login, secret = (self.superuser, self.password) if user is None else (user, password)
        url = URL.create("postgresql+psycopg", login, secret, self.host, self.port, database)
        return url.render_as_string(hide_password=False)


def find_running(home: Path, data: Path) -> Server | None:
    """Return the server of this folder when it runs and is ready."""
    live = processes.live_postmaster(data)
    if live is None or not live.ready:
        return None
    return _server(home, data, live.port, binaries(account_for(data)))


def ensure_running(home: Path, *, port: int | None = None) -> Server:
    """Create, start, recover or take over the home's server; ``port`` insists on one port."""
    data = choose_data(home)
    account = account_for(data)
    programs = binaries(account)
    if not (data / "PG_VERSION").exists():
        _create(home, data, account, programs)
    _check_version(data)
    _settle(data)
    live = processes.live_postmaster(data)
    if live is None:
        live = _start(home, data, account, programs, port)
    return _server(home, data, live.port, programs)


def _server(home: Path, data: Path, port: int, programs: Path) -> Server:
    return Server(HOST, port, SUPERUSER, _password(home), data, programs)


# --- creating ---------------------------------------------------------------------------------


def _create(home: Path, data: Path, account: Account, programs: Path) -> None:
    """Initialise beside the final place and rename, so that a kill leaves no half a database."""
    for left in data.parent.glob("pgdata.new-*"):
        shutil.rmtree(left)
    _write_password(home)
    stage = data.with_name(f"pgdata.new-{secrets.token_hex(4)}")
    stage.mkdir(mode=0o711)
    stage.chmod(0o711)
    fresh, secret = stage / "data", stage / "password"
    fresh.mkdir(mode=0o700)
    secret.touch(mode=0o600)
    secret.write_text(_password(home))
    account.own(fresh)
    account.own(secret)
    shown = account.run(
        programs / "initdb", "-D", fresh, "-U", SUPERUSER, "-A", "scram-sha-256",
        "--pwfile", secret, "-E", "UTF8", "--locale=C", "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
    )  # fmt: skip
    if shown.returncode != 0:
        shutil.rmtree(stage)
        raise recognise(shown.stderr, ClusterCreationError, where=f"({data})")
    fresh.rename(data)
    shutil.rmtree(stage)


def _write_password(home: Path) -> None:
    if (home / "postgres.password").exists():
        return
    fresh = home / "postgres.password.new"
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(32))
        file.flush()
        os.fsync(file.fileno())
    like_its_folder(fresh)
    fresh.rename(home / "postgres.password")


def _password(home: Path) -> str:
    try:
        return (home / "postgres.password").read_text().strip()
    except FileNotFoundError as error:
        raise PasswordMissingError(str(home / "postgres.password")) from error


def _check_version(data: Path) -> None:
    found = (data / "PG_VERSION").read_text().strip()
    if found != str(MAJOR):
        raise ClusterVersionError(f"{data} is of version {found}, the programs are of {MAJOR}.")


# --- starting ---------------------------------------------------------------------------------


def _settle(data: Path) -> None:
    """Wait for a server that is starting or stopping to become one thing or the other."""

    def settled() -> bool:
        found = processes.live_postmaster(data)
        return found is None or found.ready

    if not processes.wait_until(settled, seconds=START_PATIENCE):
        raise StartFailedError(f"The server in {data} neither starts nor stops.")


def _start(
    home: Path, data: Path, account: Account, programs: Path, port: int | None
) -> processes.Postmaster:
    """Start, giving way to who took the port and to what an earlier server left behind."""
    for attempt in range(_ATTEMPTS):
        _disown_pid_file(data)
        chosen = port or _free_port(home, remembered=attempt == 0)
        try:
            live = _launch(home, data, account, programs, chosen)
        except PortTakenError:
            if attempt == _ATTEMPTS - 1:
                raise
        except StillInUseError:
            if attempt == _ATTEMPTS - 1:
                raise
            processes.end_strays(data)
            time.sleep(0.2 * attempt)
        else:
            _remember_port(home, live.port)
            return live
    raise StartFailedError(f"({data})")


def _disown_pid_file(data: Path) -> None:
    """Make a stale ``postmaster.pid`` name us, its starter, which PostgreSQL takes for stale.

    It would refuse to start if the number now belonged to another program or to a zombie. The
    file is not deleted, since its seventh line lets PostgreSQL see whether processes of the
    killed server still use the shared memory.
    """
    path = data / "postmaster.pid"
    try:
        lines = path.read_text(errors="surrogateescape").splitlines(keepends=True)
    except FileNotFoundError:
        return
    if len(lines) < 7:
        processes.end_strays(data)
        path.unlink()
        return
    with path.open("r+", errors="surrogateescape") as file:
        file.write("".join([f"{os.getpid()}\n", *lines[1:]]))
        file.truncate()


def _launch(
    home: Path, data: Path, account: Account, programs: Path, port: int
) -> processes.Postmaster:
    command = [str(programs / "postgres"), "-D", str(data)]
    for name, value in (SETTINGS | {"port": str(port)}).items():
        command += ["-c", f"{name}={value}"]
    with _open_log(home) as log:
        began = log.tell()
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            start_new_session=True, **account.popen_options(),
        )  # fmt: skip
    processes.children[process.pid] = process

    def decided() -> bool:
        found = processes.read_postmaster(data)
        ours = found is not None and found.pid == process.pid and found.ready
        return ours or process.poll() is not None

    in_time = processes.wait_until(decided, seconds=START_PATIENCE)
    live = processes.live_postmaster(data)
    if live is not None and live.pid == process.pid and live.ready:
        return live
    if not in_time:
        processes.stop_server(process.pid, data)
    processes.children.pop(process.pid, None)
    raise recognise(_log_since(home, began), StartFailedError, where=f"({data})")


def _open_log(home: Path) -> IO[bytes]:
    path = home / "postgres.log"
    if path.exists() and path.stat().st_size > _LOG_LIMIT:
        path.replace(home / "postgres.log.1")
    path.touch(mode=0o600)
    file = path.open("ab")
    like_its_folder(path)
    return file


def _log_since(home: Path, began: int) -> str:
    with (home / "postgres.log").open("rb") as file:
        file.seek(began)
        return file.read(100_000).decode(errors="replace")


def _free_port(home: Path, *, remembered: bool) -> int:
    """Prefer the port of last time, so that addresses stay good over a restart."""
    last = home / "postgres.port"
    wanted = int(last.read_text()) if remembered and last.exists() else 0
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise PortTakenError()


def _remember_port(home: Path, port: int) -> None:
    path = home / "postgres.port"
    path.write_text(f"{port}\n")
    like_its_folder(path)
