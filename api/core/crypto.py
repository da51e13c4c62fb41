"""Personal values at rest: encrypted for reading back, hashed with a key for finding again.

The key lives outside the database. Losing it loses every contact point; changing it needs a
re-encryption, which is why both derived keys carry a purpose and a version.
"""

import hashlib
import hmac
import secrets

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE_BYTES = 12


class Vault:
    """Encrypts personal values and finds them again by keyed hash."""

    def __init__(self, secret_key: str) -> None:
        self._cipher = AESGCM(_derived(secret_key, b"branchpulse contact encryption v1"))
        self._hash_key = _derived(secret_key, b"branchpulse contact lookup v1")
        self._signing_key = _derived(secret_key, b"branchpulse signing v1")

    def encrypt(self, value: str) -> bytes:
        """``value`` as nonce and ciphertext (AES-256-GCM); two calls never give the same bytes."""
        return self.seal(value.encode())

    def decrypt(self, stored: bytes) -> str:
        """The value that :meth:`encrypt` was given; raises ``InvalidTag`` with another key."""
        return self.unseal(stored).decode()

    def seal(self, content: bytes) -> bytes:
        """A file's content as nonce and ciphertext, such as a letter's attachment."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, content, None)

    def unseal(self, stored: bytes) -> bytes:
        """The content that :meth:`seal` was given; raises ``InvalidTag`` with another key."""
        return self._cipher.decrypt(stored[:_NONCE_BYTES], stored[_NONCE_BYTES:], None)

    def lookup_hash(self, kind: str, normalised: str) -> bytes:
        """Keyed hash by which a normalised phone, address or id of one kind is found again."""
        return hmac.digest(self._hash_key, f"{kind}\0{normalised}".encode(), "sha256")

    def sign(self, message: str) -> str:
        """A signature for values that travel through other hands and come back."""
        return hmac.new(self._signing_key, message.encode(), hashlib.sha256).hexdigest()

    def signed(self, message: str, signature: str) -> bool:
        """True when ``signature`` was made here for ``message``."""
        return hmac.compare_digest(self.sign(message), signature)


def _derived(secret_key: str, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(secret_key.encode())
