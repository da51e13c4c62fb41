"""With live sending off, nothing leaves the machine, whatever else is set."""

import itertools
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pytest_socket import SocketBlockedError, disable_socket, enable_socket

from api.core.ids import new_id
from api.core.settings import Settings
from scheduler.senders.choice import CHANNELS, choose_sender
from scheduler.senders.port import OutgoingMessage, Question, Unresolved

TWILIO = {
    "twilio_account_sid": "AC1",
    "twilio_auth_token": "token",
    "twilio_from": "+12025550100",
}
OPTIONS: tuple[dict[str, Any], ...] = (
    TWILIO,
    {"twilio_base_url": "http://127.0.0.1:9"},
    {"smtp_url": "smtp://127.0.0.1:9", "mail_from": "Branchpulse <ask@example.com>"},
    {
        "wechat_app_id": "wx",
        "wechat_secret": "s",
        "wechat_base_url": "http://127.0.0.1:9",
        "wechat_token": "t",
    },
    {"allow_cross_border_sms": True},
    {"demo_data": True},
    {"public_url": "https://ask.example.com"},
)
COMBINATIONS = [
    {name: value for option in chosen for name, value in option.items()}
    for size in range(len(OPTIONS) + 1)
    for chosen in itertools.combinations(OPTIONS, size)
]


def settings(home: Path, **values: Any) -> Settings:
    return Settings(_env_file=None, home=home, **values)  # type: ignore[call-arg]


def message(channel: str = "sms") -> OutgoingMessage:
    to = "a@example.com" if channel == "email" else "+12025550101"
    return OutgoingMessage(new_id(), channel, to, "text", subject="subject")


@pytest.mark.parametrize("channel", [*CHANNELS, "a channel of tomorrow"])
def test_without_live_sending_every_channel_is_the_console(channel: str, tmp_path: Path) -> None:
    found = {choose_sender(settings(tmp_path, **values), channel).name for values in COMBINATIONS}
    assert found == {"console"}


def test_without_live_sending_no_socket_is_ever_opened(tmp_path: Path) -> None:
    disable_socket()
    try:
        for values in COMBINATIONS:
            for channel in CHANNELS:
                sender = choose_sender(settings(tmp_path, **values), channel)
                assert sender.send(message(channel)).provider_id is None
    finally:
        enable_socket()


def test_the_wall_of_that_test_would_stop_a_provider(tmp_path: Path) -> None:
    live = settings(tmp_path, live_sending=True, **OPTIONS[2])
    disable_socket()
    try:
        with pytest.raises((SocketBlockedError, UserWarning), match="tried to use socket"):
            choose_sender(live, "email").send(message("email"))
    finally:
        enable_socket()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, ["console"] * 4),
        (TWILIO, ["twilio", "console", "console", "console"]),
        (OPTIONS[2], ["console", "console", "smtp", "console"]),
        ({**TWILIO, **OPTIONS[2]}, ["twilio", "console", "smtp", "console"]),
        (OPTIONS[3], ["console"] * 4),
    ],
)
def test_live_sending_uses_what_is_set_up(
    tmp_path: Path, values: dict[str, Any], expected: list[str]
) -> None:
    live = settings(tmp_path, live_sending=True, **values)
    assert [choose_sender(live, channel).name for channel in CHANNELS] == expected


def test_the_console_writes_messages_down_only_for_made_up_data(tmp_path: Path) -> None:
    choose_sender(settings(tmp_path / "real"), "sms").send(message())
    assert not (tmp_path / "real").exists()
    choose_sender(settings(tmp_path / "demo", demo_data=True), "sms").send(message())
    (written,) = (tmp_path / "demo/console").iterdir()
    assert "+12025550101" in written.read_text("utf-8")
    assert written.stat().st_mode & 0o777 == 0o600
    assert written.parent.stat().st_mode & 0o777 == 0o700


def test_the_console_logs_neither_address_nor_text(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    choose_sender(settings(tmp_path), "sms").send(message())
    assert "console" in caplog.text
    assert "2025550101" not in caplog.text
    assert "2025550101" not in repr(message())


def test_the_console_cannot_be_asked(tmp_path: Path) -> None:
    sender = choose_sender(settings(tmp_path), "sms")
    assert not sender.can_look_up
    with pytest.raises(Unresolved):
        sender.look_up(Question(new_id(), "+12025550101", datetime.now(UTC), ()))
