"""Whether a call comes from WeChat, and what is in it: signature, moment, and the cipher. Pure.

In plain mode WeChat signs the moment and a nonce, not what it says: only that a nonce is good for
one call stands between the address and somebody who saw one. Encrypted mode signs the content.
"""

import binascii
import hashlib
import hmac
import secrets
from base64 import b64decode, b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from api.core.settings import Settings
from api.webhooks.errors import NotSigned
from api.webhooks.wechat.elements import Unreadable, read_xml

CLOCKS_APART = timedelta(minutes=5)
_BLOCK = 32  # bytes; WeChat pads to its key's length, not to the cipher's block
_RANDOM, _LENGTH = 16, 4


@dataclass(frozen=True, slots=True)
class Envelope:
    """What stands in the address of a call."""

    timestamp: str
    nonce: str
    signature: str
    msg_signature: str = ""
    encrypt_type: str = ""

    @property
    def stamp(self) -> str:
        """What no second call of WeChat's has, and what it signed."""
        return f"{self.timestamp}:{self.nonce}"


def require_signed(settings: Settings, envelope: Envelope, now: datetime) -> None:
    """Nothing, when WeChat signed this moment and nonce; else NotSigned."""
    token, stamp = settings.wechat_token, envelope.timestamp
    if token is None or not (stamp.isascii() and stamp.isdecimal() and len(stamp) <= 12):
        raise NotSigned
    if abs(now.timestamp() - int(stamp)) > CLOCKS_APART.total_seconds():
        raise NotSigned
    _require(envelope.signature, token.get_secret_value(), stamp, envelope.nonce)


def opened(settings: Settings, envelope: Envelope, body: bytes, now: datetime) -> bytes:
    """The XML that WeChat sent; raises NotSigned for anything that is not WeChat's own.

    With an AES key set only encrypted calls are believed, and of those that carry the text twice
    only the encrypted half.
    """
    require_signed(settings, envelope, now)
    key, token, app_id = settings.wechat_aes_key, settings.wechat_token, settings.wechat_app_id
    if key is None:
        if envelope.encrypt_type not in ("", "raw"):
            raise NotSigned
        return body
    try:
        sealed = read_xml(body).text("Encrypt")
    except Unreadable:
        raise NotSigned from None
    if not sealed or token is None:
        raise NotSigned
    secret = token.get_secret_value()
    _require(envelope.msg_signature, secret, envelope.timestamp, envelope.nonce, sealed)
    return _deciphered(key.get_secret_value(), app_id or "", sealed)


def sealed(settings: Settings, envelope: Envelope, xml: str) -> str:
    """An answer to a call as WeChat wants it: plain, or encrypted and signed like the call."""
    key, token = settings.wechat_aes_key, settings.wechat_token
    if key is None or token is None:
        return xml
    inner = _ciphered(key.get_secret_value(), settings.wechat_app_id or "", xml.encode())
    parts = (token.get_secret_value(), envelope.timestamp, envelope.nonce, inner)
    return (
        f"<xml><Encrypt><![CDATA[{inner}]]></Encrypt>"
        f"<MsgSignature><![CDATA[{_signature(*parts)}]]></MsgSignature>"
        f"<TimeStamp>{envelope.timestamp}</TimeStamp>"
        f"<Nonce><![CDATA[{envelope.nonce}]]></Nonce></xml>"
    )


def _ciphered(key: str, app_id: str, plain: bytes) -> str:
    secret = b64decode(key + "=")
    inner = secrets.token_bytes(_RANDOM) + len(plain).to_bytes(_LENGTH, "big") + plain
    inner += app_id.encode()
    padding = _BLOCK - len(inner) % _BLOCK
    cipher = Cipher(AES(secret), CBC(secret[:16])).encryptor()
    return b64encode(cipher.update(inner + bytes([padding]) * padding) + cipher.finalize()).decode()


def _signature(*parts: str) -> str:
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()  # WeChat's choice


def _require(signature: str, *parts: str) -> None:
    if not hmac.compare_digest(_signature(*parts).encode(), signature.encode()):
        raise NotSigned


def _deciphered(key: str, app_id: str, sealed: str) -> bytes:
    """Random, length, text, app id: the text, when everything fits."""
    secret = b64decode(key + "=")
    try:
        cipher = Cipher(AES(secret), CBC(secret[:16])).decryptor()
        buffer = cipher.update(b64decode(sealed, validate=True)) + cipher.finalize()
    except (ValueError, binascii.Error):
        raise NotSigned from None
    padding = buffer[-1] if buffer else 0
    if not 1 <= padding <= _BLOCK or buffer[-padding:] != bytes([padding]) * padding:
        raise NotSigned
    inner = buffer[_RANDOM:-padding]
    end = _LENGTH + int.from_bytes(inner[:_LENGTH], "big")
    if end > len(inner) or not hmac.compare_digest(inner[end:], app_id.encode()):
        raise NotSigned
    return inner[_LENGTH:end]
