"""Settings of WeChat and of bounced mail that do not fit together are refused by name."""

from typing import Any

import pytest
from pydantic import ValidationError
from wechat_stub import AES_KEY

from api.core.settings import Settings

WECHAT = {
    "wechat_app_id": "wx1",
    "wechat_secret": "s",
    "wechat_token": "t",
    "wechat_base_url": "https://wechat.example.com",
}
SMTP = {"smtp_url": "smtp://127.0.0.1:25", "mail_from": "ask@example.com"}
BOUNCES = {**SMTP, "mail_bounce_domain": "bounces.example.com"}


def settings(**values: Any) -> Settings:
    return Settings(_env_file=None, **values)  # type: ignore[call-arg]


@pytest.mark.parametrize(
    "values",
    [
        WECHAT,
        {**WECHAT, "wechat_authorize_url": "http://127.0.0.1:9", "wechat_aes_key": AES_KEY},
        BOUNCES,
        {**BOUNCES, "mail_bounce_secret": "x" * 32},
        {"phone_check_template": "SMS_1", "phone_check_signature": "n"},
    ],
)
def test_what_belongs_together_is_taken(values: dict[str, Any]) -> None:
    assert settings(**values)


@pytest.mark.parametrize(
    ("values", "name"),
    [
        *(({k: v for k, v in WECHAT.items() if k != lacking}, lacking) for lacking in WECHAT),
        ({"wechat_aes_key": AES_KEY}, "wechat_aes_key"),
        ({"wechat_authorize_url": "https://wechat.example.com"}, "wechat_authorize_url"),
        ({**WECHAT, "wechat_aes_key": "short"}, "wechat_aes_key"),
        ({**WECHAT, "wechat_aes_key": "+" * 43}, "wechat_aes_key"),
        ({**WECHAT, "wechat_base_url": "http://wechat.example.com"}, "wechat_base_url"),
        ({**WECHAT, "wechat_authorize_url": "wechat.example.com"}, "wechat_authorize_url"),
        ({"phone_check_template": "SMS_1"}, "phone_check_signature"),
        ({"mail_bounce_domain": "bounces.example.com"}, "mail_bounce_domain"),
        ({**SMTP, "mail_bounce_domain": "a@b.example.com"}, "mail_bounce_domain"),
        ({**SMTP, "mail_bounce_secret": "x" * 32}, "mail_bounce_secret"),
        ({**BOUNCES, "mail_bounce_secret": "short"}, "mail_bounce_secret"),
        ({"smtp_url": "smtp://127.0.0.1:25"}, "mail_from"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(values: dict[str, Any], name: str) -> None:
    with pytest.raises(ValidationError, match=f"BRANCHPULSE_{name.upper()}"):
        settings(**values)
