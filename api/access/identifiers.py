"""By what people log in: an e-mail address, a phone or a staff number, brought into one form.

Pure. What people type at log-in may be read as more than one of them.
"""

from dataclasses import dataclass
from typing import Literal

import phonenumbers

from api.access.errors import BadEmail, BadPhone, BadStaffNumber

Kind = Literal["email", "phone", "staff_number"]


@dataclass(frozen=True)
class Identifier:
    """One identifier in the form that is hashed and stored."""

    kind: Kind
    value: str


def email(typed: str) -> Identifier:
    """An e-mail address; raises BadEmail."""
    value = typed.strip().casefold()
    local, _, domain = value.rpartition("@")
    fits = local and "." in domain.strip(".") and len(value) <= 254
    if (
        not fits
        or not value.isprintable()
        or any(char.isspace() or char in '<>",;' for char in value)
    ):
        raise BadEmail(field="email")
    return Identifier("email", value)


def phone(typed: str, country: str = "CN") -> Identifier:
    """A phone as E.164; without a country code it is one of ``country``; raises BadPhone."""
    try:
        number = phonenumbers.parse(typed, country)
    except phonenumbers.NumberParseException as error:
        raise BadPhone(field="phone") from error
    if not phonenumbers.is_possible_number(number):
        raise BadPhone(field="phone")
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return Identifier("phone", e164)


def staff_number(typed: str) -> Identifier:
    """A staff number; raises BadStaffNumber."""
    value = typed.strip().casefold()
    if not 0 < len(value) <= 64 or "@" in value or not value.isprintable():
        raise BadStaffNumber(field="staff_number")
    return Identifier("staff_number", value)


def readings(typed: str, country: str = "CN") -> list[Identifier]:
    """Everything that ``typed`` may mean at log-in, the likeliest first."""
    found: list[Identifier] = []
    for read in (email, lambda value: phone(value, country), staff_number):
        try:
            found.append(read(typed[:300]))
        except (BadEmail, BadPhone, BadStaffNumber):
            continue
    return found
