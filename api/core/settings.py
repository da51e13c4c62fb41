"""Settings of one installation: read once at start, frozen, refused when they do not fit together.

Nothing here is read at import, and no other module reads the environment.
"""

from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


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
    live_sending: bool = False
    demo_data: bool = False
    allow_cross_border_sms: bool = False
    twilio_account_sid: str | None = None
    twilio_auth_token: SecretStr | None = None
    twilio_from: str | None = None
    twilio_base_url: str | None = None
    wechat_app_id: str | None = None
    wechat_secret: SecretStr | None = None
    wechat_base_url: str | None = None
    wechat_authorize_url: str | None = None  # where WeChat's browser says who somebody is
    wechat_token: SecretStr | None = None  # signs callbacks
    wechat_aes_key: SecretStr | None = None  # encrypts them, where the account is set so
    smtp_url: SecretStr | None = None
    mail_from: str | None = None
    mail_bounce_domain: str | None = None  # mail to it is handed to `branchpulse mail bounce`
    mail_bounce_secret: SecretStr | None = None  # signs what is posted to /webhooks/mail/bounce
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
            *self._wechat_combinations(),
            *self._mail_combinations(),
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
                key is not None and not (len(key) == 43 and key.isascii() and key.isalnum()),
                "BRANCHPULSE_WECHAT_AES_KEY must be the 43 letters and figures that WeChat shows",
            ),
            (
                any(each and not each.startswith(("http://", "https://")) for each in addresses),
                "BRANCHPULSE_WECHAT_BASE_URL and BRANCHPULSE_WECHAT_AUTHORIZE_URL must begin "
                "with http:// or https://",
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
