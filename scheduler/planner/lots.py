"""Lots that everybody can draw again: a number that depends on nothing but what is drawn for."""

from hashlib import blake2b

_BITS = 53  # what a float holds exactly


def lot(subject: str, rule_set: str, purpose: str) -> float:
    """The number drawn for ``subject``, evenly spread over [0, 1).

    Parameters
    ----------
    subject : str
        Id of the event, or of the person.
    rule_set : str
        Code of the rule set, not its version: a lot survives a new version.
    purpose : str
        What is drawn, so that two lots of one event are independent.

    Returns
    -------
    float
        The first 53 bits of BLAKE2b over the three, as a fraction; nobody can choose it.
    """
    digest = blake2b("\x1f".join((rule_set, purpose, subject)).encode(), digest_size=8).digest()
    return (int.from_bytes(digest) >> (64 - _BITS)) / (1 << _BITS)
