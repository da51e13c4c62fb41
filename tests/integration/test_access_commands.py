"""``user add`` and ``token add``: what they make, and what they refuse in one line."""

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from conftest import NOW, Office
from sqlmodel import Session

import branchpulse
from api.access import commands, logins
from api.access.logins import LoggedIn
from api.core.errors import BadInput
from api.core.installation import Installation
from api.network import service as network
from api.network.plans import NewUnit
from api.security.sessions import viewer_of_session, viewer_of_token


@pytest.fixture
def command_line(office: Office, monkeypatch: pytest.MonkeyPatch) -> Office:
    """The command line on the office's database."""
    with office.worker.database.transaction() as session:
        network.set_network(session, name_zh="网络", name_en="Network", code="net")
        network.add_unit(session, NewUnit("b1", "branch", "一店", "net", network.BEGINNING))

    @contextmanager
    def opened(role: str) -> Iterator[Installation]:
        yield office.web if role == "web" else office.worker

    monkeypatch.setattr(branchpulse, "opened", opened)
    return office


def run(monkeypatch: pytest.MonkeyPatch, *words: str, typed: str = "") -> int:
    monkeypatch.setattr(sys, "argv", ["branchpulse", *words])
    monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
    with pytest.raises(SystemExit) as ended:
        branchpulse.main()
    return int(ended.value.code or 0)


def test_a_person_added_with_a_password_logs_in(
    command_line: Office, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["user", "add", "a@example.com", "--role", "branch_manager", "--unit", "b1"]
    password = "from a pipe, please"
    assert run(monkeypatch, *words, "--password-stdin", typed=f"{password}\n") == 0
    assert password not in capsys.readouterr().out
    with command_line.web.database.transaction() as session:
        vault = command_line.web.vault
        outcome = logins.log_in(session, vault, "a@example.com", password, now=NOW)
        assert isinstance(outcome, LoggedIn)
        viewer = viewer_of_session(session, outcome.secret, NOW)
        assert viewer.home is not None
        assert viewer.home.code == "b1"


def test_a_person_added_without_a_password_gets_a_link(
    command_line: Office, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["user", "add", "a@example.com", "--role", "hq_admin", "--unit", "net"]
    assert run(monkeypatch, *words) == 0
    secret = capsys.readouterr().out.strip().rsplit("/password/", 1)[1]
    with command_line.web.database.transaction() as session:
        assert logins.open_link(session, secret, NOW).name == "a"


def test_a_token_is_printed_once_and_works(
    command_line: Office, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["token", "add", "DMS", "--scope", "events:write", "--scope", "read", "--unit", "b1"]
    assert run(monkeypatch, *words) == 0
    secret = capsys.readouterr().out.strip()
    with command_line.web.database.transaction() as session:
        assert viewer_of_token(session, secret, NOW).token_scopes == {"events:write", "read"}
        assert len(viewer_of_token(session, secret, NOW).scope.branches) == 1


@pytest.mark.parametrize(
    "words",
    [
        ["user", "add", "a@example.com", "--role", "king", "--unit", "b1"],
        ["user", "add", "a@example.com", "--role", "hq_admin", "--unit", "nowhere"],
        ["user", "add", "no address", "--role", "hq_admin", "--unit", "net"],
        ["token", "add", "DMS", "--scope", "everything"],
        ["token", "add", "DMS", "--scope", "read", "--unit", "nowhere"],
    ],
)
def test_what_cannot_be_used_is_one_line_and_exit_2(
    command_line: Office,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
) -> None:
    assert run(monkeypatch, *words) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert len(said.err.strip().splitlines()) == 1


def test_a_short_password_is_refused(
    command_line: Office, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["user", "add", "a@example.com", "--role", "hq_admin", "--unit", "net"]
    assert run(monkeypatch, *words, "--password-stdin", typed="short\n") == 2
    assert "short" not in capsys.readouterr().err.replace("too short", "").replace("shortest", "")


def added(session: Session, office: Office) -> str | None:
    return commands.add_user(
        session, office.worker, "a@example.com", role="hq_admin", unit_code="net"
    )


def test_the_names_of_units_are_told_in_the_refusal(command_line: Office) -> None:
    with command_line.worker.database.transaction() as session:
        assert added(session, command_line)
        with pytest.raises(BadInput, match="no unit 'x'"):
            commands.add_token(session, command_line.worker, "x", scopes=["read"], unit_code="x")
