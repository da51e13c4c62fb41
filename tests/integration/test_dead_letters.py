"""What only a person can settle: shown with its reason, sent again once and by their wish only."""

from datetime import timedelta
from uuid import UUID

import pytest
from asking import (
    PHONE,
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
from viewers import looking

from api.core.errors import NotAllowed, NotFound
from api.core.languages import LANGUAGES
from api.invitations.dead_letters import (
    count_dead_letters,
    failure_words,
    list_dead_letters,
    resend,
)
from api.invitations.errors import CannotResend, NotDead
from api.invitations.service import decide_due
from scheduler.jobs.housekeeping import expire_plans
from scheduler.jobs.sending import send_due
from scheduler.senders.port import OutgoingMessage, Unresolved
from scheduler.senders.recorder import Only, Recorder


@pytest.fixture
def network(office: Office) -> Network:
    return make_network(office.owner)


def lost(office: Office, network: Network, number: int = 1, branch: int = 0) -> UUID:
    """An invitation of which nobody can say whether it arrived."""

    def fail(message: OutgoingMessage) -> None:
        raise Unresolved("no_answer")

    phone = f"{PHONE[:-2]}{number:02d}"
    someone = add_customer(office.owner, office.worker.vault, network.branches[branch], phone=phone)
    event = add_event(office.owner, network, someone, branch=branch)
    assert decide_due(office.worker) == 1
    send_due(office.worker, senders=Only(Recorder(before=fail)))
    found: UUID = one(
        office.worker, "select id from invitation where event_id = :event", event=event
    ).id
    return found


def root(office: Office) -> int:
    found: int = one(office.worker, "select id from unit where kind = 'network'").id
    return found


def again(office: Office, invitation: UUID, role: str = "hq_admin") -> UUID:
    with looking(office, root(office), role) as (session, viewer):
        return resend(session, viewer, invitation, office.clock.now)


def test_an_unknown_message_is_shown_with_its_reason_in_words(
    office: Office, network: Network
) -> None:
    lost(office, network)
    with looking(office, root(office), "hq_analyst") as (session, viewer):
        (letter,) = list_dead_letters(session, viewer, NOW).items
        assert count_dead_letters(session, viewer) == 1
    assert (letter.status, letter.failure, letter.against) == ("unknown", "no_answer", None)
    for language in LANGUAGES:
        assert "no_answer" not in failure_words(letter.failure, language)
    assert failure_words("given_up:429", "en") == (
        "Given up after several tries: The provider is too busy"
    )
    assert failure_words("59999", "en") == "The provider says: 59999"


def test_pages_go_from_the_newest_to_the_oldest_without_a_gap(
    office: Office, network: Network
) -> None:
    made = {lost(office, network, number) for number in range(1, 6)}
    seen: list[UUID] = []
    with looking(office, root(office), "hq_admin") as (session, viewer):
        cursor = None
        for _ in range(3):
            page = list_dead_letters(session, viewer, NOW, cursor=cursor, limit=2)
            seen += [one.id for one in page.items]
            cursor = page.next
    assert cursor is None
    assert len(seen) == 5
    assert set(seen) == made


def test_other_branches_messages_are_not_there(office: Office, network: Network) -> None:
    invitation = lost(office, network)
    with looking(office, network.branches[1], "branch_manager") as (session, viewer):
        assert not list_dead_letters(session, viewer, NOW).items
        with pytest.raises(NotFound):
            resend(session, viewer, invitation, NOW)


def test_sending_again_makes_one_further_message_of_the_chain(
    office: Office, network: Network
) -> None:
    invitation = lost(office, network)
    new = again(office, invitation)
    recorder = Recorder()
    send_due(office.worker, senders=Only(recorder))
    send_due(office.worker, senders=Only(recorder))
    (message,) = recorder.sent
    assert message.id == new
    first, second = rows(office.worker, "select * from invitation order by reminder_number")
    assert (first.status, first.failure) == ("unknown", "no_answer")
    assert (second.status, second.kind, second.root_id) == ("sent", "resend", invitation)
    assert (second.counts, second.reminder_number) == (False, 1)
    tokens = rows(office.worker, "select invitation_id, message_id from survey_token")
    assert {tuple(token) for token in tokens} == {(invitation, invitation), (invitation, new)}
    told = one(office.worker, "select action, subject from audit_entry")
    assert tuple(told) == ("invitation.resent", str(invitation))


@pytest.mark.parametrize("role", ["hq_analyst", "regional_manager", "branch_manager"])
def test_only_who_may_manage_asking_sends_again(
    office: Office, network: Network, role: str
) -> None:
    with pytest.raises(NotAllowed):
        again(office, lost(office, network), role)


def test_nobody_sends_twice_again(office: Office, network: Network) -> None:
    invitation = lost(office, network)
    again(office, invitation)
    with pytest.raises(CannotResend, match="already"):
        again(office, invitation)
    assert len(rows(office.worker, "select 1 from invitation")) == 2


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        ("update invitation set answered_at = :now", "answered"),
        ("update invitation set expires_at = :now", "expired"),
        ("update consent set withdrawn_at = :now", "not consented"),
        (
            "insert into suppression select kind, value_hash, 'opt_out', :now from contact_point",
            "opted out",
        ),
        (
            "insert into person_hold (id, person_id, reason, source, external_id, opened_at) "
            "select gen_random_uuid(), id, 'complaint', 'crm', '1', :now from person",
            "complaint",
        ),
    ],
)
def test_what_stands_against_asking_stands_against_sending_again(
    office: Office, network: Network, harm: str, words: str
) -> None:
    invitation = lost(office, network)
    change(office.worker, harm, now=NOW)
    with pytest.raises(CannotResend, match=words):
        again(office, invitation)


def test_what_was_delivered_is_not_sent_again(office: Office, network: Network) -> None:
    invitation = lost(office, network)
    change(office.worker, "update invitation set status = 'delivered'")
    with pytest.raises(NotDead):
        again(office, invitation)


def test_sent_again_at_night_it_leaves_in_the_morning(office: Office, network: Network) -> None:
    invitation = lost(office, network)
    office.clock.now = shanghai(18, 23)
    new = again(office, invitation)
    planned = one(office.worker, "select planned_at from invitation where id = :id", id=new)
    assert planned.planned_at == shanghai(19, 9)


def test_an_answer_ends_what_was_to_be_sent_again(office: Office, network: Network) -> None:
    invitation = lost(office, network)
    again(office, invitation)
    change(
        office.worker, "update invitation set answered_at = :now where id = :id",
        now=NOW, id=invitation,
    )  # fmt: skip
    recorder = Recorder()
    send_due(office.worker, senders=Only(recorder))
    assert not recorder.sent
    found = one(office.worker, "select status, failure from invitation where kind = 'resend'")
    assert tuple(found) == ("dropped", "answered")


def test_a_message_given_up_when_it_expired_is_shown(office: Office, network: Network) -> None:
    from_now = NOW + timedelta(days=15)
    invitation = lost(office, network)
    change(
        office.worker,
        "update invitation set status = 'planned', attempts = 3, failure = '429' where id = :id",
        id=invitation,
    )
    office.clock.now = from_now
    expire_plans(office.worker)
    with looking(office, root(office), "hq_admin") as (session, viewer):
        (letter,) = list_dead_letters(session, viewer, from_now).items
    assert (letter.failure, letter.against) == ("given_up:429", "expired")
