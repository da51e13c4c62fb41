"""Settings of one installation: read once at start, frozen, refused when they do not fit together.

Nothing here is read at import, and no other module reads the environment.
"""

import json
import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

_IN_A_PATH = re.compile(r"[A-Za-z0-9_-]{32,}")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class Settings(BaseSettings):
    """Everything that differs between installations, from ``BRANCHPULSE_*`` or ``.env``."""

    model_config = SettingsConfigDict(
        env_prefix="BRANCHPULSE_", env_file=".env", frozen=True, extra="ignore"
    )

    home: Path = Path(".branchpulse")
    database_url: SecretStr | None = None
    worker_database_url: SecretStr | None = None
    admin_database_url: SecretStr | None = None
    public_url: str = "http://127.0.0.1:8050"
    secret_key: SecretStr | None = None
    trusted_proxies: str = ""
    bind: str = "127.0.0.1"
    port: int = Field(default=8050, ge=1, le=65535)
    # Processes that make reports and the PDFs of rankings beside the worker, 150-300 MB each.
    report_processes: int = Field(default_factory=lambda: min(2, os.cpu_count() or 1), ge=1, le=16)
    live_sending: bool = False
    demo_data: bool = False
    allow_cross_border_sms: bool = False
    twilio_account_sid: str | None = None
    twilio_auth_token: SecretStr | None = None
    twilio_from: str | None = None
    twilio_base_url: str | None = None
    domestic_sms_base_url: str | None = None
    domestic_sms_key_id: str | None = None
    domestic_sms_key_secret: SecretStr | None = None
    domestic_sms_callback_token: SecretStr | None = None  # stands in the address it pushes to
    contactless_base_url: str | None = None  # the own gateway that knows whom a reference means
    contactless_secret: SecretStr | None = None  # signs what goes there and what comes back
    gateways: SecretStr | None = None  # further gateways: a JSON object of objects, by name
    wechat_app_id: str | None = None
    wechat_secret: SecretStr | None = None
    wechat_base_url: str | None = None
    wechat_authorize_url: str | None = None  # where WeChat's browser says who somebody is
    wechat_token: SecretStr | None = None  # signs callbacks
    wechat_aes_key: SecretStr | None = None  # encrypts them, where the account is set so
    wecom_base_url: str | None = None  # also for the robots of groups, which need nothing else
    wecom_corp_id: str | None = None
    wecom_agent_id: int | None = None
    wecom_secret: SecretStr | None = None
    webhook_url: SecretStr | None = None  # of the network's own ticket system
    webhook_secret: SecretStr | None = None  # signs what goes there
    webhook_internal: bool = False  # it may stand in the own network
    relay_base_url: str | None = None  # connects a colleague with a customer, numbers unseen
    relay_secret: SecretStr | None = None  # signs what goes there
    smtp_url: SecretStr | None = None
    mail_from: str | None = None
    phone_check_template: str | None = None  # at the SMS gateway; parameters: code, minutes
    phone_check_signature: str | None = None
    notice_template: str | None = None  # at the SMS gateway; parameters: notice, count
    notice_signature: str | None = None
    mail_bounce_domain: str | None = None  # mail to it is handed to `branchpulse mail bounce`
    mail_bounce_secret: SecretStr | None = None  # signs what is posted to /webhooks/mail/bounce
    # Messages a second (and at once) per provider account: "twilio=10/20, smtp=5".
    sending_rates: str = Field(default="", pattern=r"^(\s*[a-z_]+=[1-9]\d*(/[1-9]\d*)?\s*(,|$))*$")
    test_database_url: SecretStr | None = None
    shared: Path = Path("../shared")

    @property
    def embedded(self) -> bool:
        """True when no server was named, so that the embedded one is used."""
        return self.database_url is None

    @property
    def secure_cookies(self) -> bool:
        """True when people reach us by https, so that cookies must never travel without it."""
        return self.public_url.startswith("https://")

    @model_validator(mode="after")
    def _fits_together(self) -> "Settings":
        problems = [text for wrong, text in self._combinations() if wrong]
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _combinations(self) -> list[tuple[bool, str]]:
        external = self.database_url is not None
        twilio = (self.twilio_account_sid, self.twilio_auth_token, self.twilio_from)
        return [
            *self._gateway_combinations(),
            *self._wechat_combinations(),
            *self._mail_combinations(),
            *self._house_combinations(),
            (
                external and self.worker_database_url is None,
                "BRANCHPULSE_WORKER_DATABASE_URL is required with BRANCHPULSE_DATABASE_URL",
            ),
            (
                external and self.secret_key is None,
                "BRANCHPULSE_SECRET_KEY is required with BRANCHPULSE_DATABASE_URL",
            ),
            (
                self.secret_key is not None and len(self.secret_key.get_secret_value()) < 32,
                "BRANCHPULSE_SECRET_KEY must have at least 32 characters",
            ),
            (
                self.live_sending and self.demo_data,
                "BRANCHPULSE_LIVE_SENDING must be off with demo data (BRANCHPULSE_DEMO_DATA)",
            ),
            (
                any(twilio) and not all(twilio),
                "BRANCHPULSE_TWILIO_ACCOUNT_SID, BRANCHPULSE_TWILIO_AUTH_TOKEN and "
                "BRANCHPULSE_TWILIO_FROM belong together",
            ),
            (
                not self.public_url.startswith(("http://", "https://")),
                "BRANCHPULSE_PUBLIC_URL must begin with http:// or https://",
            ),
        ]

    def gateway(self, name: str) -> dict[str, str]:
        """What ``GATEWAYS`` says of one further gateway; empty when it is not set up."""
        return (_gateways(self.gateways) or {}).get(name, {})

    @property
    def gateway_names(self) -> set[str]:
        """The further gateways that ``GATEWAYS`` sets up."""
        return set(_gateways(self.gateways) or {})

    def _gateway_combinations(self) -> list[tuple[bool, str]]:
        domestic = (
            self.domestic_sms_base_url,
            self.domestic_sms_key_id,
            self.domestic_sms_key_secret,
        )
        contactless = (self.contactless_base_url, self.contactless_secret)
        token, secret = self.domestic_sms_callback_token, self.contactless_secret
        return [
            (
                any(domestic) and not all(domestic),
                "BRANCHPULSE_DOMESTIC_SMS_BASE_URL, BRANCHPULSE_DOMESTIC_SMS_KEY_ID and "
                "BRANCHPULSE_DOMESTIC_SMS_KEY_SECRET belong together",
            ),
            (
                self.domestic_sms_callback_token is not None and not any(domestic),
                "BRANCHPULSE_DOMESTIC_SMS_CALLBACK_TOKEN needs BRANCHPULSE_DOMESTIC_SMS_BASE_URL",
            ),
            (
                any(contactless) and not all(contactless),
                "BRANCHPULSE_CONTACTLESS_BASE_URL and BRANCHPULSE_CONTACTLESS_SECRET belong "
                "together",
            ),
            (
                _gateways(self.gateways) is None,
                "BRANCHPULSE_GATEWAYS must be a JSON object that gives each gateway an object of "
                "texts",
            ),
            (
                not all(
                    _private(self.gateway(name).get("base_url")) for name in self.gateway_names
                ),
                "BRANCHPULSE_GATEWAYS: each base_url must begin with https:// (http:// is for "
                "this machine only)",
            ),
            *(
                (
                    not _private(address),
                    f"BRANCHPULSE_{name}_BASE_URL must begin with https:// (http:// is for this "
                    "machine only)",
                )
                for name, address in (
                    ("DOMESTIC_SMS", self.domestic_sms_base_url),
                    ("CONTACTLESS", self.contactless_base_url),
                )
            ),
            (
                token is not None and not _IN_A_PATH.fullmatch(token.get_secret_value()),
                "BRANCHPULSE_DOMESTIC_SMS_CALLBACK_TOKEN must have at least 32 characters: "
                "letters, figures, - and _",
            ),
            (
                secret is not None and len(secret.get_secret_value()) < 32,
                "BRANCHPULSE_CONTACTLESS_SECRET must have at least 32 characters",
            ),
        ]

    def _wechat_combinations(self) -> list[tuple[bool, str]]:
        account = (self.wechat_app_id, self.wechat_secret, self.wechat_base_url, self.wechat_token)
        more = (self.wechat_authorize_url, self.wechat_aes_key)
        key = self.wechat_aes_key.get_secret_value() if self.wechat_aes_key else None
        addresses = (self.wechat_base_url, self.wechat_authorize_url)
        return [
            (
                any(account) and not all(account),
                "BRANCHPULSE_WECHAT_APP_ID, BRANCHPULSE_WECHAT_SECRET, "
                "BRANCHPULSE_WECHAT_BASE_URL and BRANCHPULSE_WECHAT_TOKEN belong together",
            ),
            (
                any(more) and not any(account),
                "BRANCHPULSE_WECHAT_AUTHORIZE_URL and BRANCHPULSE_WECHAT_AES_KEY need "
                "BRANCHPULSE_WECHAT_APP_ID and what belongs to it",
            ),
            (
                (self.phone_check_template is None) != (self.phone_check_signature is None),
                "BRANCHPULSE_PHONE_CHECK_TEMPLATE and BRANCHPULSE_PHONE_CHECK_SIGNATURE belong "
                "together",
            ),
            (
                key is not None and not (len(key) == 43 and key.isascii() and key.isalnum()),
                "BRANCHPULSE_WECHAT_AES_KEY must be the 43 letters and figures that WeChat shows",
            ),
            (
                not all(_private(each) for each in addresses),
                "BRANCHPULSE_WECHAT_BASE_URL and BRANCHPULSE_WECHAT_AUTHORIZE_URL must begin "
                "with https:// (http:// is for this machine only)",
            ),
        ]

    def _house_combinations(self) -> list[tuple[bool, str]]:
        """Of ways to colleagues and to the network's own systems."""
        app = (self.wecom_corp_id, self.wecom_agent_id, self.wecom_secret)
        url, secret = self.webhook_url, self.webhook_secret
        relay = (self.relay_base_url, self.relay_secret)
        return [
            (
                any(relay) and not all(relay),
                "BRANCHPULSE_RELAY_BASE_URL and BRANCHPULSE_RELAY_SECRET belong together",
            ),
            (
                not _private(self.relay_base_url),
                "BRANCHPULSE_RELAY_BASE_URL must begin with https:// (http:// is for this machine "
                "only)",
            ),
            (
                self.relay_secret is not None and len(self.relay_secret.get_secret_value()) < 32,
                "BRANCHPULSE_RELAY_SECRET must have at least 32 characters",
            ),
            (
                any(app) and not all((*app, self.wecom_base_url)),
                "BRANCHPULSE_WECOM_CORP_ID, BRANCHPULSE_WECOM_AGENT_ID, BRANCHPULSE_WECOM_SECRET "
                "and BRANCHPULSE_WECOM_BASE_URL belong together",
            ),
            (
                not _private(self.wecom_base_url),
                "BRANCHPULSE_WECOM_BASE_URL must begin with https:// (http:// is for this machine "
                "only)",
            ),
            (
                (url is None) != (secret is None),
                "BRANCHPULSE_WEBHOOK_URL and BRANCHPULSE_WEBHOOK_SECRET belong together",
            ),
            (
                url is not None and not _plain_address(url.get_secret_value()),
                "BRANCHPULSE_WEBHOOK_URL must begin with https:// (http:// is for this machine "
                "only) and carry neither a log-in nor a fragment",
            ),
            (
                secret is not None and len(secret.get_secret_value()) < 32,
                "BRANCHPULSE_WEBHOOK_SECRET must have at least 32 characters",
            ),
            (
                (self.notice_template is None) != (self.notice_signature is None),
                "BRANCHPULSE_NOTICE_TEMPLATE and BRANCHPULSE_NOTICE_SIGNATURE belong together",
            ),
        ]

    def _mail_combinations(self) -> list[tuple[bool, str]]:
        domain, secret = self.mail_bounce_domain, self.mail_bounce_secret
        return [
            (
                self.smtp_url is not None and self.mail_from is None,
                "BRANCHPULSE_MAIL_FROM is required with BRANCHPULSE_SMTP_URL",
            ),
            (
                domain is not None and self.smtp_url is None,
                "BRANCHPULSE_MAIL_BOUNCE_DOMAIN needs BRANCHPULSE_SMTP_URL",
            ),
            (
                domain is not None and ("@" in domain or "." not in domain),
                "BRANCHPULSE_MAIL_BOUNCE_DOMAIN must be a domain, such as bounces.example.com",
            ),
            (
                secret is not None and domain is None,
                "BRANCHPULSE_MAIL_BOUNCE_SECRET needs BRANCHPULSE_MAIL_BOUNCE_DOMAIN",
            ),
            (
                secret is not None and len(secret.get_secret_value()) < 32,
                "BRANCHPULSE_MAIL_BOUNCE_SECRET must have at least 32 characters",
            ),
        ]

    def with_changes(self, **changes: Any) -> "Settings":
        """A copy with other values, checked again."""
        return Settings.model_validate({**self.model_dump(), **changes})

    def environment(self) -> dict[str, str]:
        """The same settings as environment variables, for a process of ours."""
        found: dict[str, str] = {}
        for name, value in self.model_dump().items():
            if value is not None:
                plain = value.get_secret_value() if isinstance(value, SecretStr) else value
                found[f"BRANCHPULSE_{name.upper()}"] = (
                    str(plain).lower() if isinstance(plain, bool) else str(plain)
                )
        return found


def _gateways(given: SecretStr | None) -> dict[str, dict[str, str]] | None:
    """The further gateways by name; None when what is set has another shape."""
    if given is None:
        return {}
    try:
        found = json.loads(given.get_secret_value())
    except ValueError:
        return None
    if not isinstance(found, dict):
        return None
    every = [one for about in found.values() for one in _texts(about)]
    return None if None in every else found


def _texts(about: Any) -> list[str | None]:
    """The values of an object; None stands for what is no text, or no object."""
    if not isinstance(about, dict):
        return [None]
    return [value if isinstance(value, str) else None for value in about.values()]


def _private(address: str | None) -> bool:
    """Whether nobody on the way can read what is sent to ``address``."""
    if address is None:
        return True
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)


def _plain_address(address: str) -> bool:
    """Whether ``address`` is private and names a host, without a log-in or a fragment."""
    parts = urlsplit(address)
    plain = not (parts.username or parts.password or parts.fragment)
    return _private(address) and plain and bool(parts.hostname)
