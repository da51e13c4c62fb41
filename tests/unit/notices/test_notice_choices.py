"""When somebody is told: quiet hours on the clock of the person's place."""

from datetime import UTC, datetime, time
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.core.crypto import Vault
from api.core.languages import LANGUAGES, catalogue
from api.models import NoticeChoice
from api.notices.choices import Choices, stored
from api.notices.kinds import KINDS, QUIET, WAYS
from api.notices.queries import NoticeRow
from api.notices.wording import MOST, line, message
from api.security.hierarchy import Hierarchy

NIGHT = datetime(2026, 11, 18, 15, 30, tzinfo=UTC)  # half past eleven in the evening in Shanghai
SHANGHAI, LONDON = "Asia/Shanghai", "Europe/London"
VAULT = Vault("v" * 32)


def notice(**values: object) -> NoticeRow:
    about: dict[str, object] = {
        "id": uuid4(), "account_id": uuid4(), "kind": "ticket", "branch_id": None, "ticket": 7,
        "severity": 3, "created_at": NIGHT, "read_at": None, "told": [], "detail": {},
    }  # fmt: skip
    return NoticeRow(**{**about, **values})  # type: ignore[arg-type]


def test_who_did_not_choose_is_left_in_peace_at_night_where_the_unit_is() -> None:
    usual = stored(None, VAULT)
    assert usual.quiet == QUIET
    assert usual.quiet_until(NIGHT, SHANGHAI) == datetime(2026, 11, 19, 0, 0, tzinfo=UTC)
    assert usual.quiet_until(NIGHT, LONDON) is None


def test_the_own_zone_counts_before_that_of_the_unit() -> None:
    assert Choices(timezone=LONDON).quiet_until(NIGHT, SHANGHAI) is None
    assert Choices(quiet=None).quiet_until(NIGHT, SHANGHAI) is None
    assert Choices(timezone="Nowhere/At_all").quiet_until(NIGHT, SHANGHAI) is not None


@given(
    st.tuples(st.times(), st.times()).filter(lambda pair: pair[0] != pair[1]),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.sampled_from([SHANGHAI, LONDON, "America/New_York"]),
)
def test_what_waits_for_the_end_of_quiet_hours_is_not_held_again_then(
    quiet: tuple[time, time], now: datetime, zone: str
) -> None:
    choices = Choices(quiet=quiet)
    until = choices.quiet_until(now, zone)
    if until is not None:
        assert until > now
        assert choices.quiet_until(until, zone) is None


def test_what_somebody_chose_holds_and_what_is_missing_is_as_usual() -> None:
    row = NoticeChoice(
        account_id=uuid4(),
        ways={"ticket": ["sms"], "of yesterday": ["email"]},
        updated_at=NIGHT,
        wecom_encrypted=VAULT.encrypt("zhang.wei"),
    )
    found = stored(row, VAULT)
    assert found.ways_of("ticket") == ("sms",)
    assert found.ways_of("escalated") == KINDS["escalated"]
    assert set(found.ways) == set(KINDS)
    assert found.quiet is None
    assert found.wecom == "zhang.wei"
    assert "zhang" not in repr(found)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_way_and_severity_has_words(language: str) -> None:
    words = catalogue(language)  # type: ignore[arg-type]
    keys = [f"kind.{kind}" for kind in KINDS] + [f"way.{way}" for way in WAYS]
    keys += [f"severity.{number}" for number in (1, 2, 3)]
    assert not [key for key in keys if f"notices.{key}" not in words]


def test_only_known_values_get_into_the_words() -> None:
    found = line(notice(detail={"count": 3, "name": "Chen Wei", "phone": "secret"}), None, "en")
    assert found == "Network · A customer waits for you · ticket 7 · urgent · 3 in all"


def test_one_notice_leads_to_its_ticket_and_several_to_the_list() -> None:
    tree = Hierarchy(())
    one = message([notice()], tree, "en", "https://example.com/")
    assert one.link == "https://example.com/app/ticket?subject=7"
    many = message([notice(ticket=number) for number in range(12)], tree, "en", "https://e.com")
    assert many.link == "https://e.com/app/notices"
    assert (many.subject, len(many.lines), many.more) == ("12 notices", MOST, "and 2 more")
