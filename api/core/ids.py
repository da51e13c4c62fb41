"""Identifiers and secrets: time-ordered ids, and tokens of which only a hash is kept."""

import base64
import hashlib
import os
import secrets
import time
import uuid


def new_id() -> uuid.UUID:
    """A UUIDv7: sorts by the millisecond it was made in (PostgreSQL before 18 has none)."""
    stamp = time.time_ns() // 1_000_000
    value = (stamp & 0xFFFF_FFFF_FFFF) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return uuid.UUID(int=value)


def new_token(bits: int = 128) -> str:
    """A random secret for an address or a cookie; 128 bits are 22 characters."""
    return base64.urlsafe_b64encode(os.urandom(bits // 8)).rstrip(b"=").decode("ascii")


def token_hash(token: str) -> bytes:
    """What is stored in place of a token; tokens are random, so a plain hash is enough."""
    return hashlib.sha256(token.encode()).digest()
