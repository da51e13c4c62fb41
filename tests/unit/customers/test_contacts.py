"""Contact points in one form, however they were written; people joined by what they share."""

from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.core.crypto import Vault
from api.core.ids import new_id
from api.customers.contacts import (
    NotReachable,
    email_contact,
    masked,
    openid_contact,
    phone_contact,
    region_of_zone,
)
from api.customers.incoming import Identifier, PersonRecord
from api.customers.matching import Matching, match
from api.customers.schemas import CustomerIn

VAULT = Vault("a secret key of sufficient length for tests")


@pytest.mark.parametrize(
    ("written", "region", "stored"),
    [
        ("19900001234", "CN", "+8619900001234"),
        ("+86 199-0000-1234", "GB", "+8619900001234"),
        ("0086 199 0000 1234", "CN", "+8619900001234"),
        ("１９９００００１２３４", "CN", "+8619900001234"),
        ("07700 900123", "GB", "+447700900123"),
        ("(202) 555-0123", "US", "+12025550123"),
    ],
)
def test_a_phone_number_has_one_form(written: str, region: str, stored: str) -> None:
    assert phone_contact(written, region).value == stored


@pytest.mark.parametrize("written", ["", "12", "none", "1" * 30, "+999123"])
def test_what_is_no_phone_number_is_refused_without_being_quoted(written: str) -> None:
    with pytest.raises(NotReachable) as refused:
        phone_contact(written, "CN")
    assert refused.value.key == "customers.fields.phone"
    assert str(refused.value) == "customers.fields.phone"


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        (" Wang.Li@Example.COM ", "wang.li@example.com"),
        ("a@bücher.example", "a@xn--bcher-kva.example"),
        ("王@例子.测试", "王@xn--fsqu00a.xn--0zwm56d"),
    ],
)
def test_an_address_is_lower_case_and_its_domain_ascii(written: str, stored: str) -> None:
    assert email_contact(written).value == stored


@pytest.mark.parametrize(
    "written", ["a", "a@b", "@b.cn", "a b@c.cn", "a@-b.cn", "a@b..cn", "<a@b.cn>", "a@" + "b" * 300]
)
def test_what_is_no_address_is_refused(written: str) -> None:
    with pytest.raises(NotReachable):
        email_contact(written)


def test_an_openid_is_taken_verbatim() -> None:
    assert openid_contact("oAbC-_1").value == "oAbC-_1"
    for wrong in ("o a", "o中", "o" * 129):
        with pytest.raises(NotReachable):
            openid_contact(wrong)


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    for read in (email_contact, openid_contact, lambda value: phone_contact(value, "CN")):
        try:
            made = read(text)
        except NotReachable:
            continue
        assert made.value


def test_a_zone_tells_the_country() -> None:
    zones = ("Asia/Shanghai", "Europe/London", "UTC")
    assert [region_of_zone(zone) for zone in zones] == ["CN", "GB", "CN"]


def test_a_masked_contact_tells_two_apart_and_reaches_nobody() -> None:
    assert masked("phone", "+8619900001234") == "+86…34"
    assert masked("email", "wang@example.com") == "w…@example.com"
    assert masked("wechat", "oAbC123") == "…123"


def record(*names: str) -> PersonRecord:
    """An item that names a person by ``names``."""
    found = tuple(
        Identifier(VAULT.lookup_hash("source", name), "source", name, "s") for name in names
    )
    return PersonRecord(found, 1, date(2026, 1, 1), CustomerIn(), "s")


def key(name: str) -> bytes:
    return VAULT.lookup_hash("source", name)


def groups(matching: Matching) -> set[frozenset[int]]:
    """Which records are the same person."""
    people: dict[UUID | None, set[int]] = {}
    for place, person in enumerate(matching.people):
        people.setdefault(person, set()).add(place)
    return {frozenset(places) for places in people.values()}


names = st.sampled_from("abcdefgh")


@given(st.lists(st.lists(names, min_size=1, max_size=3, unique=True), max_size=12))
def test_records_that_share_a_name_are_one_person_in_any_order(items: list[list[str]]) -> None:
    records = [record(*item) for item in items]
    matching = match(records, {})
    for a, left in enumerate(items):
        for b, right in enumerate(items):
            if set(left) & set(right):
                assert matching.people[a] == matching.people[b]
    backwards = groups(match(records[::-1], {}))
    turned = {frozenset(len(items) - 1 - place for place in group) for group in backwards}
    assert groups(matching) == turned
    assert len(set(matching.people)) == len(matching.created)


def test_the_oldest_person_stays_when_several_meet() -> None:
    first, second, third = new_id(), new_id(), new_id()
    known = {key("a"): third, key("b"): first, key("c"): second}
    oldest, *others = sorted((first, second, third))
    matching = match([record("a", "b"), record("b", "c")], known)
    assert matching.people == [oldest, oldest]
    assert sorted(matching.merges) == sorted((oldest, other) for other in others)
    assert matching.created == []


def test_people_parted_before_are_not_merged_again() -> None:
    first, second = new_id(), new_id()
    known = {key("a"): first, key("b"): second}
    matching = match([record("a", "b")], known, apart={frozenset((first, second))})
    assert matching.people == [first]
    assert matching.merges == []


def test_an_erased_name_leaves_a_record_without_a_person() -> None:
    matching = match([record("a", "b"), record("b")], {}, erased={key("a")})
    assert matching.people[0] is None
    assert matching.people[1] is not None
