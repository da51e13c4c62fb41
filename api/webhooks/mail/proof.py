"""The return address of a mail, and the proof that it is ours. Pure but for the vault's key.

The envelope's sender is made for each mail: whoever reports on one sends it there, and so proves to
have seen it. A header carries the same, for reports that quote the mail only.
"""

import hmac
import re
from uuid import UUID

from api.core.crypto import Vault

PREFIX = "bounce"
HEADER = "X-Branchpulse-Proof"
_DIGITS = 24  # 96 bits; the local part is then 64 characters long, and may be no longer
_OURS = re.compile(rb"(?<![0-9a-z])([0-9a-f]{32})\.([0-9a-f]{24})(?![0-9a-z])", re.IGNORECASE)
_MOST = 50  # candidates that are looked at


def proof_of(vault: Vault, message: UUID) -> str:
    """Id and signature of a mail, as they stand in its addresses and headers."""
    return f"{message.hex}.{_signature(vault, message)}"


def return_address(vault: Vault, message: UUID, domain: str) -> str:
    """The envelope's sender of a mail."""
    return f"{PREFIX}+{proof_of(vault, message)}@{domain}"


def proven_in(vault: Vault, text: bytes) -> UUID | None:
    """The mail of ours that ``text`` names with a valid proof; None without one."""
    for number, found in enumerate(_OURS.finditer(text)):
        if number == _MOST:
            return None
        message = UUID(found[1].decode())
        if hmac.compare_digest(found[2].decode().lower(), _signature(vault, message)):
            return message
    return None


def _signature(vault: Vault, message: UUID) -> str:
    return vault.sign(f"mail\0{message.hex}")[:_DIGITS]
