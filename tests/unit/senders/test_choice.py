"""With live sending off, nothing leaves the machine, whatever else is set."""

import itertools
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest
from pydantic import ValidationError
from pytest_socket import SocketBlockedError, disable_socket, enable_socket

from api.core.crypto import Vault
from api.core.database import Database
from api.core.ids import new_id
from api.core.installation import Installation
from api.core.settings import Settings
from scheduler.senders.choice import (
    CHANNELS,
    GATEWAYS,
    ConfiguredSenders,
    check_gateways,
    ready_gateways,
)
from scheduler.senders.port import OutgoingMessage, Question, Refused, Sender, Unresolved

TWILIO = {
    "twilio_account_sid": "AC1",
    "twilio_auth_token": "token",
    "twilio_from": "+12025550100",
}
DOMESTIC = {
    "domestic_sms_base_url": "http://127.0.0.1:9",
    "domestic_sms_key_id": "key",
    "domestic_sms_key_secret": "secret",
}
CONTACTLESS = {"contactless_base_url": "http://127.0.0.1:9", "contactless_secret": "s" * 32}
FURTHER = {
    "gateways": json.dumps(
        {
            "tencent_sms": {
                "base_url": "http://127.0.0.1:9",
                "secret_id": "i",
                "secret_key": "k",
                "app_id": "1",
                "region": "r",
            }
        }
    )
}
SMTP = {"smtp_url": "smtp://127.0.0.1:9", "mail_from": "Branchpulse <ask@example.com>"}
WECOM = {
    "wecom_base_url": "http://127.0.0.1:9",
    "wecom_corp_id": "ww1",
    "wecom_agent_id": 1000002,
    "wecom_secret": "s",
}
RELAY = {"relay_base_url": "http://127.0.0.1:9", "relay_secret": "r" * 32}
CHINA, US = "+8619900000001", "+12025550101"
OPTIONS: tuple[dict[str, Any], ...] = (
    {**TWILIO, **FURTHER, "twilio_base_url": "http://127.0.0.1:9"},
    {**DOMESTIC, **CONTACTLESS, **RELAY},
    {**SMTP, **WECOM},
    {
        "wechat_app_id": "wx",
        "wechat_secret": "s",
        "wechat_base_url": "http://127.0.0.1:9",
        "wechat_token": "t",
    },
    {"demo_data": True},
    {"public_url": "https://ask.example.com", "allow_cross_border_sms": True},
)
COMBINATIONS = [
    {name: value for option in chosen for name, value in option.items()}
    for size in range(len(OPTIONS) + 1)
    for chosen in itertools.combinations(OPTIONS, size)
]


def settings(home: Path, **values: Any) -> Settings:
    return Settings(_env_file=None, home=home, **values)  # type: ignore[call-arg]


def senders(home: Path, **values: Any) -> ConfiguredSenders:
    """The senders of an installation whose database nobody asks."""
    database, vault = cast(Database, object()), Vault("v" * 32)
    return ConfiguredSenders(Installation(settings(home, **values), database, vault))


def sender(home: Path, channel: str, **values: Any) -> Sender:
    return senders(home, **values).route(channel, US)


def message(channel: str = "sms") -> OutgoingMessage:
    to = "a@example.com" if channel == "email" else "+12025550101"
    return OutgoingMessage(new_id(), channel, to, "text", subject="subject")


@pytest.mark.parametrize("channel", [*CHANNELS, "a channel of tomorrow"])
def test_without_live_sending_every_channel_is_the_console(channel: str, tmp_path: Path) -> None:
    for values in COMBINATIONS:
        every = senders(tmp_path, **values)
        names = {every.route(channel, address).name for address in (US, CHINA)}
        assert names == {"console"}
        assert not every.every()


def test_without_live_sending_no_socket_is_ever_opened(tmp_path: Path) -> None:
    disable_socket()
    try:
        for values in COMBINATIONS:
            for channel in CHANNELS:
                found = sender(tmp_path, channel, **values)
                assert found.send(message(channel)).provider_id is None
    finally:
        enable_socket()


def test_the_wall_of_that_test_would_stop_a_provider(tmp_path: Path) -> None:
    live = sender(tmp_path, "email", live_sending=True, **SMTP)
    disable_socket()
    try:
        with pytest.raises((SocketBlockedError, UserWarning), match="tried to use socket"):
            live.send(message("email"))
    finally:
        enable_socket()


@pytest.mark.parametrize(
    ("values", "channel", "address", "expected"),
    [
        ({}, "sms", CHINA, "console"),
        (TWILIO, "sms", US, "twilio"),
        (TWILIO, "sms", CHINA, "twilio"),  # which refuses it, unless that is allowed
        (DOMESTIC, "sms", CHINA, "domestic_sms"),
        (DOMESTIC, "sms", US, "nobody"),
        (DOMESTIC, "sms", "+88619900000001"[:12], "nobody"),
        ({**TWILIO, **DOMESTIC}, "sms", CHINA, "domestic_sms"),
        ({**TWILIO, **DOMESTIC}, "sms", US, "twilio"),
        ({**TWILIO, **FURTHER}, "sms", CHINA, "tencent_sms"),
        ({**DOMESTIC, **FURTHER}, "sms", CHINA, "domestic_sms"),
        ({**TWILIO, **DOMESTIC}, "email", "a@example.com", "console"),
        (SMTP, "email", "a@example.com", "smtp"),
        (CONTACTLESS, "contactless", "C-1", "contactless"),
        ({**TWILIO, **DOMESTIC}, "contactless", "C-1", "console"),
        (CONTACTLESS, "sms", CHINA, "console"),
        (RELAY, "relay", CHINA, "relay"),
        (RELAY, "sms", CHINA, "console"),
        (CONTACTLESS, "a channel of tomorrow", "x", "console"),
    ],
)
def test_live_sending_is_routed_by_channel_and_address(
    tmp_path: Path, values: dict[str, Any], channel: str, address: str, expected: str
) -> None:
    every = senders(tmp_path, live_sending=True, **values)
    found = every.route(channel, address)
    assert found.name == expected
    assert every.route(channel, address) is found or expected == "nobody"
    if expected != "nobody":
        assert every.named(expected) is found


def test_an_address_that_nobody_serves_is_refused(tmp_path: Path) -> None:
    nobody = sender(tmp_path, "sms", live_sending=True, **DOMESTIC)
    with pytest.raises(Refused, match="no_gateway"):
        nobody.send(message())


def test_a_sender_that_is_not_set_up_any_more_has_no_name(tmp_path: Path) -> None:
    every = senders(tmp_path, live_sending=True, **TWILIO)
    assert every.named("domestic_sms") is None
    assert senders(tmp_path, **TWILIO).named("twilio") is None


def test_every_gateway_of_the_table_can_be_set_up(tmp_path: Path) -> None:
    assert len({gateway.name for gateway in GATEWAYS}) == len(GATEWAYS)
    together = {name: value for option in OPTIONS for name, value in option.items()}
    live = {**together, "live_sending": True, "demo_data": False}
    ready = ready_gateways(settings(tmp_path, **live))
    assert {gateway.name for gateway in ready} == {gateway.name for gateway in GATEWAYS}
    check_gateways(senders(tmp_path, **live).installation)


def test_letters_go_by_mail_or_stay_here(tmp_path: Path) -> None:
    live = senders(tmp_path, live_sending=True, **SMTP, **TWILIO)
    assert live.route("email", "a@example.com").name == "smtp"
    assert live.route("wecom", "zhang.wei").name == "console"


WRONG = [
    ({"relay_base_url": "http://127.0.0.1:9"}, "RELAY_BASE_URL"),
    ({**RELAY, "relay_base_url": "http://relay.example.com"}, "RELAY_BASE_URL"),
    ({**RELAY, "relay_secret": "short"}, "RELAY_SECRET"),
    ({"domestic_sms_key_id": "key"}, "DOMESTIC_SMS_BASE_URL"),
    ({**DOMESTIC, "domestic_sms_base_url": "http://sms.example.com"}, "DOMESTIC_SMS_BASE_URL"),
    ({**DOMESTIC, "domestic_sms_callback_token": "short"}, "DOMESTIC_SMS_CALLBACK_TOKEN"),
    ({**DOMESTIC, "domestic_sms_callback_token": "a/" * 20}, "DOMESTIC_SMS_CALLBACK_TOKEN"),
    ({"domestic_sms_callback_token": "t" * 32}, "DOMESTIC_SMS_CALLBACK_TOKEN"),
    ({"contactless_secret": "s" * 32}, "CONTACTLESS_BASE_URL"),
    ({**CONTACTLESS, "contactless_secret": "s"}, "CONTACTLESS_SECRET"),
    ({**CONTACTLESS, "contactless_base_url": "ftp://127.0.0.1"}, "CONTACTLESS_BASE_URL"),
    ({"gateways": "[]"}, "GATEWAYS"),
    ({"gateways": "{"}, "GATEWAYS"),
    ({"gateways": '{"tencent_sms": {"app_id": 1}}'}, "GATEWAYS"),
    ({"gateways": '{"tencent_sms": []}'}, "GATEWAYS"),
    ({"gateways": '{"tencent_sms": {"base_url": "http://sms.example.com"}}'}, "GATEWAYS"),
    ({"wecom_corp_id": "ww1"}, "WECOM_CORP_ID"),
    ({**WECOM, "wecom_base_url": "http://wecom.example.com"}, "WECOM_BASE_URL"),
    ({"webhook_url": "https://tickets.example.com"}, "WEBHOOK_URL"),
    ({"webhook_url": "http://tickets.example.com", "webhook_secret": "s" * 32}, "WEBHOOK_URL"),
    ({"webhook_url": "https://a:b@tickets.example.com", "webhook_secret": "s" * 32}, "WEBHOOK"),
    ({"webhook_url": "https://tickets.example.com", "webhook_secret": "s"}, "WEBHOOK_SECRET"),
    ({"notice_template": "SMS_1"}, "NOTICE_TEMPLATE"),
]


@pytest.mark.parametrize(("values", "name"), WRONG)
def test_wrong_combinations_fail_at_start_by_name(
    tmp_path: Path, values: dict[str, Any], name: str
) -> None:
    with pytest.raises(ValidationError, match=f"BRANCHPULSE_{name}"):
        settings(tmp_path, **values)


def test_the_console_writes_messages_down_only_for_made_up_data(tmp_path: Path) -> None:
    sender(tmp_path / "real", "sms").send(message())
    assert not (tmp_path / "real").exists()
    sender(tmp_path / "demo", "sms", demo_data=True).send(message())
    (written,) = (tmp_path / "demo/console").iterdir()
    assert "+12025550101" in written.read_text("utf-8")
    assert written.stat().st_mode & 0o777 == 0o600
    assert written.parent.stat().st_mode & 0o777 == 0o700


def test_the_console_logs_neither_address_nor_text(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    sender(tmp_path, "sms").send(message())
    assert "console" in caplog.text
    assert "2025550101" not in caplog.text
    assert "2025550101" not in repr(message())


def test_the_console_cannot_be_asked(tmp_path: Path) -> None:
    console = sender(tmp_path, "sms")
    assert not console.can_look_up
    with pytest.raises(Unresolved):
        console.look_up(Question(new_id(), "+12025550101", datetime.now(UTC), ()))
