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
    smtp_url: SecretStr | None = None
    mail_from: str | None = None
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
                self.smtp_url is not None and self.mail_from is None,
                "BRANCHPULSE_MAIL_FROM is required with BRANCHPULSE_SMTP_URL",
            ),
            (
                not self.public_url.startswith(("http://", "https://")),
                "BRANCHPULSE_PUBLIC_URL must begin with http:// or https://",
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
