"""After a matter was resolved the customer has the last word, and is asked for it once."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from asking import (
    EXAMPLES,
    Customer,
    Network,
    add_customer,
    add_event,
    change,
    make_network,
    one,
    rows,
    shanghai,
)
from conftest import NOW, Office
from web import visitor

from api.contests.repository import answer_of
from api.invitations.service import decide_due
from api.surveys.definitions import read_messages, read_survey
from api.surveys.service import publish_messages, publish_survey
from api.tickets import changing
from api.tickets.changing import Change
from api.tickets.definitions import read_loop
from api.tickets.loopbook import publish_loop
from api.tickets.opening import Opening, open_ticket
from api.tickets.recovery import DROPPED_REST, UNFINISHED, follow_resolved
from api.tickets.repository import tickets
from scheduler.jobs.sending import send_due
from scheduler.senders.recorder import Only, Recorder

PHONE = "+8619900000001"
LATER = timedelta(days=7)


class Matter:
    """A customer whose matter was taken up, with the network that asks them."""

    def __init__(self, office: Office, **rules: object) -> None:
        self.office = office
        self.recorder = Recorder()
        self.network: Network = make_network(office.owner)
        publish_recovery(office, **rules)
        self.customer: Customer = add_customer(
            office.owner, office.worker.vault, self.network.branches[0], phone=PHONE
        )
        self.event = add_event(office.owner, self.network, self.customer)

    def asked_first(self) -> None:
        """The event's own survey went out: the floor of the caps is full."""
        decide_due(self.office.worker)
        self.send()
        assert len(self.recorder.sent) == 1

    def opened(self, event: UUID | None = None, **values: Any) -> UUID:
        """A ticket about the event."""
        wanted = Opening(
            branch_id=self.network.branches[0],
            kind="complaint",
            loop_version=1,
            event_id=event or self.event,
            person_id=self.customer.id,
            metric="nps",
            first_score=2,
            **values,
        )
        with self.office.worker.database.transaction() as session:
            made = open_ticket(session, wanted, self.office.clock())
        assert made is not None
        return made

    def resolved(self, ticket_id: UUID | None = None) -> UUID:
        """A ticket, resolved now."""
        made = ticket_id or self.opened()
        with self.office.worker.database.transaction() as session:
            ticket = tickets.ticket_by_id(session, made)
            assert ticket is not None
            wanted = Change("state", to_state="resolved", values={"cause": "price"})
            changing.change(session, ticket, wanted, self.office.clock())
        return made

    def follow(self) -> int:
        """What the job does each time."""
        return follow_resolved(self.office.worker)

    def send(self) -> None:
        """Sends what is due."""
        while send_due(self.office.worker, senders=Only(self.recorder)):
            pass

    def answer(self, score: int) -> None:
        """The customer follows the newest link and chooses a mark."""
        link = self.recorder.sent[-1].link
        assert link is not None
        place = link.removeprefix(self.office.settings.public_url)
        browser = visitor(self.office.web)
        assert "How content are you" in browser.get(place, params={"lang": "en"}).text
        said = browser.post(place, data={"settled": str(score), "page": "1", "lang": "en"})
        assert said.status_code in (200, 303), said.text

    def ticket(self) -> Any:
        """The ticket as it stands."""
        return one(self.office.worker, "select * from ticket")

    def steps(self) -> list[tuple[str, str | None]]:
        """What happened, with the reason where there is one."""
        found = rows(
            self.office.worker,
            "select kind, detail ->> 'reason' as reason from ticket_step order by at, id",
        )
        return [(row.kind, row.reason) for row in found]

    def questions(self) -> list[Any]:
        """The questions in the ledger, the oldest first."""
        return rows(
            self.office.worker,
            "select * from invitation where kind = 'recovery' order by reminder_number",
        )


def publish_recovery(office: Office, **rules: object) -> None:
    """The example's question and rules, switched on."""
    written = (EXAMPLES / "loop.toml").read_text("utf-8")
    for name, value in {"enabled": "true", **rules}.items():
        line = next(one for one in written.splitlines() if one.startswith(f"{name} = "))
        written = written.replace(line, f"{name} = {value}", 1)
    survey = (EXAMPLES / "surveys/recovery.toml").read_text("utf-8")
    messages = (EXAMPLES / "messages/recovery.toml").read_text("utf-8")
    with office.worker.database.transaction() as session:
        publish_survey(session, read_survey(survey, "recovery.toml"), NOW)
        publish_messages(session, read_messages(messages, "recovery.toml"), NOW)
        publish_loop(session, read_loop(written, "loop.toml"), NOW, written=written)


def test_a_content_customer_verifies_and_the_first_score_stays(office: Office) -> None:
    matter = Matter(office)
    matter.asked_first()
    matter.resolved()
    assert matter.follow() == 1
    matter.send()
    assert "您的问题解决了吗" in matter.recorder.sent[-1].text
    assert matter.follow() == 0
    matter.answer(5)
    assert matter.follow() == 1
    found = matter.ticket()
    assert (found.state, found.first_score, found.recovery_score) == ("verified", 2, 5)
    assert found.closed_at == office.clock()
    last = one(office.worker, "select by_id, to_state from ticket_step where to_state = 'verified'")
    assert last.by_id is None
    assert ("asked", None) in matter.steps()
    word = one(office.worker, "select id from response order by submitted_at desc limit 1")
    with office.worker.database.transaction() as session:
        assert answer_of(session, word.id) is None  # nothing to contest: it is in no rank
        about = tickets.ticket_of_word(session, word.id)
        assert (about and about.number) == found.number, "its ticket is the one that was settled"


def test_who_is_not_content_opens_the_matter_again_and_is_asked_again_after_it(
    office: Office,
) -> None:
    matter = Matter(office)
    made = matter.resolved()
    matter.follow()
    matter.send()
    matter.answer(2)
    matter.follow()
    found = matter.ticket()
    assert (found.state, found.recovery_score, found.reopened) == ("reopened", 2, 1)
    held = one(office.worker, "select closed_at from person_hold")
    assert held.closed_at is None
    office.clock.now += timedelta(hours=1)
    matter.resolved(made)
    matter.follow()
    matter.send()
    first, second = matter.questions()
    assert first.id != second.id
    assert matter.ticket().recovery_invitation_id == second.id
    matter.answer(4)
    matter.follow()
    assert matter.ticket().state == "verified"


def test_under_the_caps_a_full_one_holds_the_question_back_and_it_ends_unverified(
    office: Office,
) -> None:
    matter = Matter(office, counts="true")
    matter.asked_first()
    matter.resolved()
    matter.follow()
    assert ("not_asked", "capped") in matter.steps()
    assert not matter.questions()
    office.clock.now += LATER - timedelta(seconds=1)
    assert matter.follow() == 0
    office.clock.now += timedelta(seconds=1)
    assert matter.follow() == 1
    assert matter.ticket().state == "unverified"


def test_a_question_that_counts_takes_its_place_under_the_caps(office: Office) -> None:
    matter = Matter(office, counts="true")
    change(office.worker, "update event set asking = 'decided'")
    matter.resolved()
    matter.follow()
    (question,) = matter.questions()
    assert question.counts
    matter.send()
    other = add_event(office.owner, matter.network, matter.customer, touchpoint="delivery")
    decide_due(office.worker)
    found = one(office.worker, f"select reason from decision where event_id = '{other}'")
    assert found.reason == "capped"


def test_who_did_not_consent_is_not_asked(office: Office) -> None:
    matter = Matter(office)
    change(office.worker, "update consent set granted = false")
    matter.resolved()
    matter.follow()
    assert ("not_asked", "no_consent") in matter.steps()


def test_without_an_event_nobody_can_be_asked(office: Office) -> None:
    matter = Matter(office)
    made = matter.opened()
    change(office.worker, "update ticket set event_id = null")
    matter.resolved(made)
    matter.follow()
    assert ("not_asked", "no_event") in matter.steps()
    assert matter.follow() == 0


def test_switched_off_nobody_is_asked_and_it_ends_without_a_word(office: Office) -> None:
    matter = Matter(office, enabled="false")
    matter.resolved()
    assert matter.follow() == 0
    office.clock.now += LATER
    assert matter.follow() == 1
    assert matter.ticket().state == "unverified"
    assert not matter.questions()


def test_while_another_matter_is_open_the_customer_is_left_in_peace(office: Office) -> None:
    matter = Matter(office)
    other = add_event(office.owner, matter.network, matter.customer, touchpoint="delivery")
    made = matter.opened()
    another = matter.opened(other, source="crm", external_id="1")
    matter.resolved(made)
    matter.follow()
    assert not matter.questions()
    office.clock.now += timedelta(days=1)
    matter.resolved(another)
    matter.follow()
    assert len(matter.questions()) == 2


def test_a_question_withdrawn_for_another_matter_is_thought_of_again(office: Office) -> None:
    matter = Matter(office)
    office.clock.now = shanghai(18, 23)  # planned for the morning
    matter.resolved()
    matter.follow()
    other = add_event(office.owner, matter.network, matter.customer, touchpoint="delivery")
    another = matter.opened(other, source="crm", external_id="1")
    assert [one.status for one in matter.questions()] == ["dropped"]
    assert matter.follow() == 1
    matter.resolved(another)
    office.clock.now += DROPPED_REST
    matter.follow()
    states = [one.status for one in matter.questions() if one.event_id == matter.event]
    assert states == ["dropped", "planned"]


def test_at_night_the_question_waits_and_late_it_is_planned_anew(office: Office) -> None:
    matter = Matter(office)
    office.clock.now = shanghai(18, 23)
    matter.resolved()
    matter.follow()
    (question,) = matter.questions()
    assert question.planned_at == shanghai(19, 9)
    office.clock.now = shanghai(19, 22)  # no worker all day
    matter.send()
    assert not matter.recorder.sent
    matter.follow()
    late, anew = matter.questions()
    assert (late.status, late.failure) == ("dropped", "late")
    assert (anew.status, anew.planned_at) == ("planned", shanghai(20, 9))


def test_who_was_asked_late_has_as_long_as_the_link_lives(office: Office) -> None:
    matter = Matter(office)
    matter.resolved()
    matter.follow()
    matter.send()
    ends: datetime = matter.questions()[0].expires_at
    change(office.worker, "update invitation set expires_at = :at", at=ends + timedelta(days=2))
    office.clock.now += LATER
    assert matter.follow() == 0
    office.clock.now += timedelta(days=2, seconds=1)
    assert matter.follow() == 1
    assert matter.ticket().state == "unverified"


def test_an_answer_that_was_not_sent_off_counts_after_a_while(office: Office) -> None:
    matter = Matter(office)
    matter.resolved()
    matter.follow()
    matter.send()
    matter.answer(5)
    change(office.worker, "update response set completed_at = null")
    assert matter.follow() == 0
    office.clock.now += UNFINISHED
    assert matter.follow() == 1
    assert matter.ticket().state == "verified"


def test_of_a_ticket_that_a_colleague_opened_again_only_the_score_is_kept(office: Office) -> None:
    matter = Matter(office)
    matter.resolved()
    matter.follow()
    matter.send()
    change(office.worker, "update ticket set state = 'reopened', version = version + 1")
    matter.answer(5)
    matter.follow()
    found = matter.ticket()
    assert (found.state, found.recovery_score) == ("reopened", 5)
    assert matter.follow() == 0


def test_a_customer_is_heard_also_after_a_colleague_said_that_all_is_well(office: Office) -> None:
    matter = Matter(office)
    matter.resolved()
    matter.follow()
    matter.send()
    change(office.worker, "update ticket set state = 'verified', version = version + 1")
    matter.answer(1)
    matter.follow()
    assert (matter.ticket().state, matter.ticket().recovery_score) == ("reopened", 1)


def test_a_question_that_never_left_does_not_keep_its_ticket_open(office: Office) -> None:
    matter = Matter(office)
    matter.resolved()
    matter.follow()
    office.clock.now += LATER  # planned all the time, and its hours are over
    matter.follow()
    assert [one.status for one in matter.questions()] == ["dropped"]
    assert matter.ticket().state == "unverified"


def test_one_ticket_that_fails_stops_no_other(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    matter = Matter(office)
    other = add_event(office.owner, matter.network, matter.customer, touchpoint="delivery")
    made = matter.opened()
    another = matter.opened(other, source="crm", external_id="1")
    for each in (made, another):
        matter.resolved(each)
    seen: list[UUID] = []
    real = tickets.ticket_by_id

    def failing(session: Any, ticket_id: UUID) -> Any:
        seen.append(ticket_id)
        if len(seen) == 1:
            raise ZeroDivisionError
        return real(session, ticket_id)

    monkeypatch.setattr(tickets, "ticket_by_id", failing)
    assert matter.follow() == 1
    assert len(matter.questions()) == 1
