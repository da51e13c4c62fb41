"""What a customer reads: short enough for one SMS, with the words of the moment."""

from datetime import date
from typing import Any

import pytest
from asking import EXAMPLES

from api.core.languages import LANGUAGES, Language, say
from api.invitations.messages import compose, spoken_date, survey_link
from api.surveys.definitions import AssumedLengths, Message, read_messages
from api.webhooks.twilio import wish_of

CONTEXT = {
    "brand": {"zh": "远山汽车", "en": "Yuanshan Motor"},
    "branch": {"zh": "上海静安旗舰体验中心", "en": "Yuanshan Shanghai Jing'an"},
    "occasion": {"zh": "保养维修", "en": "service visit"},
}
LINK = survey_link("https://as.y.example/", "A" * 22)
DAY = date(2026, 9, 30)


def template(code: str) -> Message:
    written = (EXAMPLES / "messages/invitation.toml").read_text("utf-8")
    return next(m for m in read_messages(written, "m").messages if m.code == code)


def test_a_link_is_made_of_the_public_address_and_the_token() -> None:
    assert f"https://as.y.example/s/{'A' * 22}" == LINK


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_shipped_sms_needs_one_part_with_link_and_opt_out(language: Language) -> None:
    made = compose(template("invite_sms"), CONTEXT, DAY, language, LINK)
    assert made.parts == 1
    assert made.link in made.text
    assert say("messages.opt_out_sms", language) in made.text
    if language == "zh":
        assert len(made.text) <= 70


def test_the_chinese_sms_reads_as_meant() -> None:
    made = compose(template("invite_sms"), CONTEXT, DAY, "zh", LINK)
    assert made.text == f"【远山汽车】邀您1分钟评价保养维修：{LINK} 退订回T"


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_an_sms_asks_to_answer_is_understood(language: Language) -> None:
    words = say("messages.opt_out_sms", language)
    answer = words[-1] if language == "zh" else words.split()[1]
    assert wish_of(answer) == "stop"


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_are_no_longer_than_message_check_assumes(language: Language) -> None:
    assumed = AssumedLengths()
    days = [date(2026, month, 30 if month != 2 else 28) for month in range(1, 13)]
    longest = max(len(spoken_date(day, language)) for day in days)
    assert longest <= assumed.of("date", language)
    assert len(say("messages.opt_out_sms", language)) <= assumed.of("opt_out", language)


def test_dates_are_spoken() -> None:
    assert [spoken_date(DAY, language) for language in LANGUAGES] == ["9月30日", "30 Sep"]


@pytest.mark.parametrize("code", ["invite_email", "invite_wechat"])
def test_elsewhere_the_way_out_is_a_link(code: str) -> None:
    made = compose(template(code), CONTEXT, DAY, "zh", LINK)
    assert f"{LINK}/opt-out" in made.text
    assert made.parts is None
    assert (made.subject is not None) == (code == "invite_email")


@pytest.mark.parametrize("missing", ["brand", "branch", "occasion"])
def test_a_context_that_lacks_something_is_not_guessed(missing: str) -> None:
    context: dict[str, Any] = {name: value for name, value in CONTEXT.items() if name != missing}
    with pytest.raises(KeyError):
        compose(template("invite_sms"), context, DAY, "zh", LINK)
