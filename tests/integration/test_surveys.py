"""What is published never changes: surveys, messages, rules; and the metrics that are declared."""

from pathlib import Path

import pytest
from conftest import NOW, Office
from sqlalchemy.exc import ProgrammingError
from sqlmodel import Session
from surveyed import EXAMPLES, rows

from api.models import Metric, Touchpoint
from api.surveys.definitions import DefinitionInvalid, read_rules, read_survey
from api.surveys.errors import NotPublishable, PublishedOtherwise
from api.surveys.files import check_file, publish_file
from api.surveys.published import (
    RulesInForce,
    newest_message_id,
    newest_survey_id,
    require_message,
    require_survey,
    rules_in_force,
)
from api.surveys.service import publish_rules, publish_survey
from scheduler.planner import Channel

SURVEY = (EXAMPLES / "surveys/car_service.toml").read_text("utf-8")
CARS = ["surveys/car_sales.toml", "surveys/car_service.toml"]


def add_touchpoints(session: Session, *codes: str) -> None:
    for position, code in enumerate(codes, 1):
        session.add(
            Touchpoint(
                code=code,
                stage="ownership",
                position=position,
                owner_function="after_sales",
                branch_kind="dealer",
                name_zh=code,
                name_en=code,
            )
        )
    session.flush()


@pytest.fixture
def dealer(office: Office) -> Office:
    with office.worker.database.transaction() as session:
        add_touchpoints(session, "test_drive", "sales", "delivery", "service")
    return office


def published(office: Office, text: str, version: int = 1) -> int:
    text = text.replace("version = 1", f"version = {version}", 1)
    with office.worker.database.transaction() as session:
        return publish_survey(session, read_survey(text, "a.toml"), NOW).id


def test_a_survey_is_read_back_as_it_was_written(dealer: Office) -> None:
    made = published(dealer, SURVEY)
    with dealer.web.database.connection() as connection:
        assert require_survey(connection, made) == read_survey(SURVEY, "a.toml")
        assert newest_survey_id(connection, "car_service") == made


def test_publishing_the_same_again_changes_nothing(dealer: Office) -> None:
    first = published(dealer, SURVEY)
    assert published(dealer, "# another comment\n" + SURVEY) == first
    assert rows(dealer.worker.database, "select count(*) from survey_version") == [(1,)]


def test_a_published_version_cannot_get_other_content(dealer: Office) -> None:
    published(dealer, SURVEY)
    with pytest.raises(PublishedOtherwise):
        published(dealer, SURVEY.replace("Your service visit", "Your visit"))


def test_a_new_version_needs_a_higher_number_and_leaves_the_old_one_alone(dealer: Office) -> None:
    old = published(dealer, SURVEY, version=5)
    changed = SURVEY.replace("Your service visit", "Your visit")
    with pytest.raises(NotPublishable, match="version 5 is published"):
        published(dealer, changed, version=4)
    new = published(dealer, changed, version=6)
    with dealer.web.database.connection() as connection:
        assert newest_survey_id(connection, "car_service") == new
        assert require_survey(connection, old).title.en == "Your service visit"
        assert require_survey(connection, new).title.en == "Your visit"


def test_a_survey_for_a_touchpoint_that_is_not_there_is_refused(office: Office) -> None:
    with pytest.raises(NotPublishable, match="unknown touchpoints: service"):
        published(office, SURVEY)


def test_metrics_are_registered_with_kind_scale_and_names(dealer: Office) -> None:
    published(dealer, SURVEY)
    found = rows(dealer.worker.database, "select code, kind, scale, name_en from metric")
    assert ("nps", "nps", "0-10", "Net Promoter Score") in found
    assert ("waiting", "mean", "1-5", "Waiting time") in found
    assert len(found) == 4


def test_a_metric_is_never_redeclared(dealer: Office) -> None:
    with dealer.worker.database.transaction() as session:
        session.add(
            Metric(code="overall", kind="mean", scale="1-5", name_zh="总体", name_en="Overall")
        )
    with pytest.raises(NotPublishable, match=r"metric overall is registered as mean on 1-5"):
        published(dealer, SURVEY)
    assert rows(dealer.worker.database, "select count(*) from survey_version") == [(0,)]


def test_answers_feed_the_same_nps_as_imported_bands(dealer: Office) -> None:
    with dealer.worker.database.transaction() as session:
        session.add(Metric(code="nps", kind="nps", scale="nps3", name_zh="净推荐", name_en="NPS"))
    published(dealer, SURVEY)
    assert ("nps3",) in rows(dealer.worker.database, "select scale from metric")


def test_web_may_not_publish(dealer: Office) -> None:
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        dealer.web.database.transaction() as session,
    ):
        publish_survey(session, read_survey(SURVEY, "a.toml"), NOW)


def test_the_car_examples_are_published_in_order_and_hold(dealer: Office) -> None:
    publish_what_rules_name(dealer)
    with dealer.worker.database.transaction() as session:
        lines = publish_file(session, "rules", EXAMPLES / "rules/cars.toml", NOW)
        assert lines == ["published cars version 1"]
        again = publish_file(session, "rules", EXAMPLES / "rules/cars.toml", NOW)
        assert again == ["cars version 1 was published before with the same content"]
    with dealer.web.database.connection() as connection:
        rules = rules_in_force(connection, NOW)
        assert rules is not None
        assert rules.version == 1
        assert rules.rules.cap.days == 90
        message = newest_message_id(connection, "invite_sms")
        assert message is not None
        assert require_message(connection, message).channel is Channel.SMS
        before = rules.rules.effective_from.replace(year=2020)
        assert rules_in_force(connection, before) is None


def test_rules_of_the_same_number_in_a_restored_database_are_others(dealer: Office) -> None:
    """As after a restore: version 1 was taken back, and another version 1 was published."""
    written = (EXAMPLES / "rules/cars.toml").read_text("utf-8")

    def in_force(text: str) -> RulesInForce:
        with dealer.worker.database.transaction() as session:
            found = publish_rules(session, read_rules(text, "cars.toml"), NOW)
            read = rules_in_force(session, NOW)
            assert read is not None
            assert read.version == found.version
            session.rollback()
            return read

    publish_what_rules_name(dealer)
    first = in_force(written)
    second = in_force(written.replace("margin = 10", "margin = 40"))
    assert [_margins(one) for one in (first, second)] == [{10}, {40}]


def _margins(found: RulesInForce) -> set[float]:
    return {rule.sampling.margin for rule in found.rules.rules if rule.sampling}


def publish_what_rules_name(dealer: Office) -> None:
    with dealer.worker.database.transaction() as session:
        found = rows(dealer.worker.database, "select code from touchpoint")
        touchpoints = {row.code for row in found}
        for name in CARS:
            survey = read_survey((EXAMPLES / name).read_text("utf-8"), name)
            add_missing(session, touchpoints, survey.touchpoints)
            publish_file(session, "survey", EXAMPLES / name, NOW)
        publish_file(session, "message", EXAMPLES / "messages/invitation.toml", NOW)


def add_missing(session: Session, known: set[str], wanted: tuple[str, ...]) -> None:
    for code in wanted:
        if code not in known:
            known.add(code)
            session.add(
                Touchpoint(
                    code=code,
                    stage="purchase",
                    position=100 + len(known),
                    owner_function="sales",
                    branch_kind="dealer",
                    name_zh=code,
                    name_en=code,
                )
            )
    session.flush()


def test_rules_that_name_what_is_not_published_are_refused_with_the_line(dealer: Office) -> None:
    with (
        pytest.raises(DefinitionInvalid, match=r"cars\.toml:\d+: rule\[1\]"),
        dealer.worker.database.transaction() as session,
    ):
        publish_file(session, "rules", EXAMPLES / "rules/cars.toml", NOW)


@pytest.mark.parametrize(
    ("kind", "name", "line"),
    [
        ("survey", "surveys/car_service.toml", "3 pages, 7 questions"),
        ("survey", "surveys/bank_counter.toml", "feeds nps"),
        ("message", "messages/invitation.toml", "zh: at most 68 characters (UCS-2), one SMS"),
        ("rules", "rules/cars.toml", "in force from"),
    ],
)
def test_check_says_what_a_file_holds(kind: str, name: str, line: str) -> None:
    text = "\n".join(check_file(kind, EXAMPLES / name, "http://127.0.0.1:8050"))  # type: ignore[arg-type]
    assert line in text


def test_a_message_of_more_than_one_sms_is_called_so() -> None:
    file = EXAMPLES / "messages/invitation.toml"
    lines = check_file("message", file, "https://a-much-longer-host.example.com")
    assert any("MORE THAN ONE" in line for line in lines)


def test_a_file_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    with pytest.raises(DefinitionInvalid, match=r"nowhere\.toml"):
        check_file("survey", tmp_path / "nowhere.toml", "http://127.0.0.1")
