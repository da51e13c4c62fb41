"""Whether a callback really comes from the provider. Nothing unsigned is believed.

Knows settings and headers; reads no table.
"""

import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta

from pydantic import SecretStr
from twilio.request_validator import RequestValidator

from api.core.settings import Settings
from api.webhooks import contactless
from api.webhooks.errors import NotSigned

CLOCKS_APART = timedelta(minutes=5)


def require_twilio(
    settings: Settings, address: str, form: Mapping[str, str], signature: str | None
) -> None:
    """Nothing, when Twilio signed ``form`` for our ``address`` (path and query); else NotSigned.

    The address that Twilio was told begins with ``PUBLIC_URL``, whatever a proxy makes of it.
    """
    token = settings.twilio_auth_token
    if token is None or signature is None:
        raise NotSigned
    validator = RequestValidator(token.get_secret_value())
    if not validator.validate(settings.public_url.rstrip("/") + address, form, signature):
        raise NotSigned


def require_path_secret(secret: SecretStr | None, given: str) -> None:
    """Nothing, when the address of a call holds our secret; else NotSigned."""
    if secret is None:
        raise NotSigned
    expected = secret.get_secret_value().encode()
    if not hmac.compare_digest(expected, given.encode("utf-8", "replace")):
        raise NotSigned


def require_contactless(
    settings: Settings, headers: Mapping[str, str], body: bytes, now: datetime
) -> None:
    """Nothing, when the client's own gateway signed ``body`` a moment ago; else NotSigned."""
    secret = settings.contactless_secret
    timestamp, given = headers.get(contactless.TIMESTAMP), headers.get(contactless.SIGNATURE)
    if secret is None or timestamp is None or given is None:
        raise NotSigned
    if not contactless.is_signed(secret.get_secret_value(), timestamp, body, given, now):
        raise NotSigned
