"""Phone numbers, e-mail addresses and openids in the one form under which they are found again.

Pure. Raises without repeating the value: it is personal.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Literal

import idna
import phonenumbers

Kind = Literal["phone", "email", "wechat", "ref"]
DEFAULT_REGION = "CN"
_MAX_EMAIL = 254
_ADDRESS = re.compile(r"\+\d{7,15}|(?:00)?(?:86)?1[3-9]\d{9}|[^@\s]+@[^@\s]+")


class NotReachable(ValueError):
    """A value that cannot be a contact point of its kind; ``key`` says why in the catalogue."""

    def __init__(self, key: str, field: str = "") -> None:
        self.key = key
        self.field = field
        super().__init__(key)


@dataclass(frozen=True, slots=True)
class Contact:
    """A normalised contact point."""

    kind: Kind
    value: str


def phone_contact(value: str, region: str) -> Contact:
    """A phone number as E.164; ``region`` says what a number without country code belongs to."""
    try:
        number = phonenumbers.parse(value, region)
    except phonenumbers.NumberParseException as error:
        raise NotReachable("customers.fields.phone") from error
    if not phonenumbers.is_possible_number(number):
        raise NotReachable("customers.fields.phone")
    return Contact("phone", phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def email_contact(value: str) -> Contact:
    """An e-mail address in lower case, its domain in IDNA form."""
    local, at, domain = value.strip().lower().rpartition("@")
    plain = local.isprintable() and not any(sign in local for sign in ' \t"<>(),:;[]\\@')
    if not (at and local and "." in domain and plain and not local.startswith(".")):
        raise NotReachable("customers.fields.email")
    try:
        address = f"{local}@{_ascii_domain(domain)}"
    except idna.IDNAError as error:
        raise NotReachable("customers.fields.email") from error
    if len(address) > _MAX_EMAIL:
        raise NotReachable("customers.fields.email")
    return Contact("email", address)


def openid_contact(value: str) -> Contact:
    """A WeChat openid, verbatim."""
    if not (value.isascii() and value.isprintable() and " " not in value and 0 < len(value) <= 128):
        raise NotReachable("customers.fields.openid")
    return Contact("wechat", value)


def ref_contact(value: str) -> Contact:
    """A reference that only the client's own gateway can resolve, verbatim; no address itself."""
    readable = value.isascii() and value.isprintable() and 0 < len(value) <= 200
    if not readable or _ADDRESS.fullmatch(value):
        raise NotReachable("customers.fields.contact_ref")
    return Contact("ref", value)


def contact(kind: str, value: str, region: str) -> Contact:
    """The contact point of any kind; raises NotReachable."""
    if kind == "phone":
        return phone_contact(value, region)
    if kind == "email":
        return email_contact(value)
    if kind == "wechat":
        return openid_contact(value)
    if kind == "ref":
        return ref_contact(value)
    raise NotReachable("customers.fields.kind")


def region_of_zone(zone: str) -> str:
    """The country of a time zone, for numbers written without a country code."""
    return _regions().get(zone, DEFAULT_REGION)


def masked(kind: str, value: str) -> str:
    """Enough of a contact point to tell two apart, too little to use one."""
    if kind == "phone":
        return f"{value[:3]}…{value[-2:]}"
    if kind == "email":
        local, _, domain = value.partition("@")
        return f"{local[:1]}…@{domain}"
    return f"…{value[-3:]}"


@lru_cache(maxsize=4096)
def _ascii_domain(domain: str) -> str:
    return idna.encode(domain, uts46=True).decode()


@cache
def _regions() -> Mapping[str, str]:
    regions: dict[str, str] = {}
    lines = files("tzdata.zoneinfo").joinpath("zone.tab").read_text(encoding="utf-8").splitlines()
    for line in lines:
        if line and not line.startswith("#"):
            country, _, zone, *_ = line.split("\t")
            regions[zone] = country
    return regions
