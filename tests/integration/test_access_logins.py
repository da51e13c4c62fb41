"""Logging in by each identifier, slowing down, sessions that end, links that work once."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from argon2 import PasswordHasher
from conftest import NOW, Office
from sqlalchemy import select, text
from sqlmodel import Session, col

from api.access import logins, passwords, service
from api.access.errors import (
    BadEmail,
    BadGrant,
    BadTokenScope,
    IdentifierTaken,
    LinkInvalid,
    NoIdentifier,
    TokenNameTaken,
    WeakPassword,
    WrongPassword,
)
from api.access.logins import Caller, LoggedIn, Refused, SlowedDown
from api.access.service import LoginNames
from api.core.errors import NotLoggedIn
from api.models import Account, AuditEntry, LoginThrottle, OutboxMessage
from api.network import service as network
from api.security.sessions import SESSION_LONGEST, viewer_of_session, viewer_of_token
from scheduler.jobs.housekeeping import forget_log_ins

PASSWORD = "correct horse battery"
NAMES = LoginNames("Li.Na@Example.com", "+86 199 0000 0001", "EMP-0042")


@pytest.fixture
def root(office: Office) -> int:
    with office.worker.database.transaction() as session:
        return network.set_network(session, name_zh="网络", name_en="Network")


@pytest.fixture
def person(office: Office, root: int) -> UUID:
    with office.web.database.transaction() as session:
        made = service.create_account(
            session, office.web.vault, NAMES, name="李娜", password=PASSWORD, now=NOW
        )
        service.grant(session, made, "hq_analyst", unit_id=root, now=NOW)
        return made


def attempt(
    office: Office, typed: str, password: str = PASSWORD, caller: Caller | None = None
) -> logins.LogIn:
    with office.web.database.transaction() as session:
        return logins.log_in(
            session, office.web.vault, typed, password, now=office.clock(), caller=caller
        )


def logged_in(office: Office, caller: Caller | None = None) -> LoggedIn:
    outcome = attempt(office, "EMP-0042", caller=caller)
    assert isinstance(outcome, LoggedIn)
    return outcome


def works(office: Office, secret: str) -> bool:
    with office.web.database.transaction() as session:
        try:
            viewer_of_session(session, secret, office.clock())
        except NotLoggedIn:
            return False
        return True


@pytest.mark.parametrize(
    "typed",
    [
        "li.na@example.com",
        " LI.NA@EXAMPLE.COM ",
        "+8619900000001",
        "199 0000 0001",
        "emp-0042",
        "EMP-0042",
    ],
)
def test_one_logs_in_by_mail_phone_or_staff_number(
    office: Office, person: UUID, typed: str
) -> None:
    outcome = attempt(office, typed)
    assert isinstance(outcome, LoggedIn)
    assert outcome.account_id == person
    assert works(office, outcome.secret)


@pytest.mark.parametrize("typed", ["nobody@example.com", "19900000009", "x", "", "a" * 5000])
def test_nobody_logs_in_by_an_unknown_identifier(office: Office, person: UUID, typed: str) -> None:
    assert attempt(office, typed) == Refused()


def test_an_unknown_identifier_costs_the_same_work(
    office: Office, person: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    verified: list[str] = []
    real = PasswordHasher.verify

    def counting(self: PasswordHasher, stored: str, password: str) -> bool:
        verified.append(stored.split("$")[3])
        return real(self, stored, password)

    monkeypatch.setattr(PasswordHasher, "verify", counting)
    attempt(office, "emp-0042", "wrong password")
    attempt(office, "nobody@example.com", "wrong password")
    assert len(verified) == 2
    assert verified[0] == verified[1], "the same parameters for somebody and nobody"


def test_failures_slow_down_the_next_attempts_and_end_by_themselves(
    office: Office, person: UUID
) -> None:
    for _ in range(5):
        assert attempt(office, "emp-0042", "wrong password") == Refused()
    assert attempt(office, "emp-0042") == SlowedDown(1), "even the right password has to wait"
    office.clock.now += timedelta(seconds=1)
    assert attempt(office, "emp-0042", "wrong password") == Refused()
    assert attempt(office, "emp-0042") == SlowedDown(2)
    office.clock.now += timedelta(seconds=2)
    assert isinstance(attempt(office, "emp-0042"), LoggedIn)
    assert attempt(office, "emp-0042", "wrong password") == Refused(), "success forgets failures"


def test_waiting_never_grows_beyond_a_minute(office: Office, person: UUID) -> None:
    for _ in range(30):
        outcome = attempt(office, "emp-0042", "wrong password")
        if isinstance(outcome, SlowedDown):
            assert outcome.retry_after <= 60
            office.clock.now += timedelta(seconds=outcome.retry_after)
    office.clock.now += timedelta(seconds=60)
    assert isinstance(attempt(office, "emp-0042"), LoggedIn)


def test_who_fails_on_purpose_does_not_keep_the_owner_out(office: Office, person: UUID) -> None:
    device = logged_in(office).device
    for _ in range(6):
        attempt(office, "emp-0042", "wrong password")
    assert isinstance(attempt(office, "emp-0042"), SlowedDown)
    assert isinstance(attempt(office, "emp-0042", caller=Caller(device=device)), LoggedIn)
    forged = Caller(device="x" * 22 + "." + "0" * 64)
    assert isinstance(attempt(office, "emp-0042", caller=forged), SlowedDown)


def test_an_unknown_identifier_slows_down_like_a_known_one(office: Office, person: UUID) -> None:
    for _ in range(5):
        attempt(office, "nobody@example.com", "wrong password")
    assert attempt(office, "nobody@example.com") == SlowedDown(1)


def test_an_address_slows_down_only_after_many_failures(office: Office, person: UUID) -> None:
    caller = Caller(address="203.0.113.7")
    vault = office.web.vault
    key = vault.lookup_hash("throttle", "address:203.0.113.7")
    attempt(office, "nobody", "wrong password", caller)
    with office.web.database.transaction() as session:
        session.execute(
            text("update login_throttle set failures = 99 where key_hash = :key"), {"key": key}
        )
    attempt(office, "somebody", "wrong password", caller)
    assert isinstance(attempt(office, "emp-0042", caller=caller), SlowedDown)
    assert isinstance(attempt(office, "emp-0042", caller=Caller("203.0.113.8")), LoggedIn)
    with office.web.database.transaction() as session:
        assert session.get(LoginThrottle, key).failures == 100  # type: ignore[union-attr]


def test_outdated_hashes_are_renewed_at_log_in(office: Office, person: UUID) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)
    with office.web.database.transaction() as session:
        session.execute(
            text("update account set password_hash = :hash where id = :id"),
            {"hash": weak, "id": person},
        )
    logged_in(office)
    with office.web.database.transaction() as session:
        stored = session.get(Account, person).password_hash  # type: ignore[union-attr]
    assert stored is not None
    assert stored.startswith("$argon2id$")
    assert not passwords.is_outdated(stored)
    logged_in(office)


def test_a_session_slides_and_ends_at_the_latest_after_a_week(office: Office, person: UUID) -> None:
    secret = logged_in(office).secret
    begun = office.clock.now
    while office.clock.now + timedelta(hours=11) < begun + SESSION_LONGEST:
        office.clock.now += timedelta(hours=11)
        assert works(office, secret)
    office.clock.now = begun + SESSION_LONGEST
    assert not works(office, secret)


def test_an_idle_session_ends_after_twelve_hours(office: Office, person: UUID) -> None:
    secret = logged_in(office).secret
    office.clock.now += timedelta(hours=12)
    assert not works(office, secret)


def test_a_database_holds_no_secret_that_works(office: Office, person: UUID) -> None:
    secret = logged_in(office).secret
    with office.owner.transaction() as session:
        for table in ("login_session", "account_link", "audit_entry"):
            dump = session.execute(text(f"select t::text from {table} t")).scalars().all()
            assert not any(secret in row for row in dump)


def test_logging_in_again_ends_the_session_it_replaces(office: Office, person: UUID) -> None:
    first = logged_in(office)
    logged_in(office, Caller(previous=first.secret))
    assert not works(office, first.secret)


def test_logging_out_ends_the_session(office: Office, person: UUID) -> None:
    secret, other = logged_in(office).secret, logged_in(office).secret
    with office.web.database.transaction() as session:
        logins.log_out(session, secret, now=NOW)
        logins.log_out(session, None, now=NOW)
    assert not works(office, secret)
    assert works(office, other)


def test_another_password_ends_the_other_sessions(office: Office, person: UUID) -> None:
    mine, other = logged_in(office).secret, logged_in(office).secret

    def change(present: str, new: str) -> None:
        with office.web.database.transaction() as session:
            logins.change_password(
                session, office.web.vault, person, present=present, new=new, keep=mine, now=NOW
            )

    with pytest.raises(WrongPassword):
        change("not this one", "another good one")
    with pytest.raises(WeakPassword):
        change(PASSWORD, "short")
    with pytest.raises(WeakPassword):
        change(PASSWORD, "li.na@example.com")
    assert works(office, other)
    change(PASSWORD, "another good one")
    assert works(office, mine)
    assert not works(office, other)
    assert attempt(office, "emp-0042") == Refused()
    assert isinstance(attempt(office, "emp-0042", "another good one"), LoggedIn)


def test_grants_and_their_end_end_sessions(office: Office, person: UUID, root: int) -> None:
    secret = logged_in(office).secret
    with office.web.database.transaction() as session:
        given = service.grant(session, person, "hq_admin", unit_id=root, now=NOW)
    assert not works(office, secret)
    secret = logged_in(office).secret
    with office.web.database.transaction() as session:
        service.end_grant(session, given, now=NOW)
    assert not works(office, secret)


def test_deactivation_ends_sessions_and_links_and_log_in(office: Office, person: UUID) -> None:
    secret = logged_in(office).secret
    with office.web.database.transaction() as session:
        link = service.make_link(session, office.web, person, "reset", now=NOW)
        service.deactivate(session, person, now=NOW)
    assert not works(office, secret)
    assert attempt(office, "emp-0042") == Refused()
    with office.web.database.transaction() as session, pytest.raises(LinkInvalid):
        logins.open_link(session, link.rsplit("/", 1)[1], NOW)


def invited(office: Office, session: Session, names: LoginNames, language: str = "zh") -> str:
    vault = office.web.vault
    made = service.create_account(session, vault, names, name="新人", language=language, now=NOW)
    return service.make_link(session, office.web, made, "invitation", now=NOW)


@pytest.mark.parametrize(("language", "word"), [("zh", "密码"), ("en", "password")])
def test_an_invitation_is_a_letter_in_the_persons_language(
    office: Office, language: str, word: str
) -> None:
    with office.web.database.transaction() as session:
        link = invited(office, session, LoginNames(email="new@example.com"), language)
        letter = session.execute(select(OutboxMessage)).scalar_one()
    vault = office.web.vault
    assert link.startswith(office.settings.public_url)
    assert vault.decrypt(letter.recipient_encrypted) == "new@example.com"
    body = vault.decrypt(letter.body_text_encrypted)
    assert link in body
    assert word in body
    assert letter.body_html_encrypted is not None
    assert link in vault.decrypt(letter.body_html_encrypted)
    assert "{" not in letter.subject + body


def test_without_mail_there_is_a_link_and_no_letter(office: Office) -> None:
    with office.web.database.transaction() as session:
        assert "/password/" in invited(office, session, LoginNames(staff_number="7"))
        assert session.execute(select(OutboxMessage)).first() is None


def use(office: Office, secret: str, password: str = "chosen by myself") -> LoggedIn:
    with office.web.database.transaction() as session:
        return logins.use_link(
            session, office.web.vault, secret, password, now=office.clock(), caller=Caller()
        )


def test_a_link_is_used_once(office: Office) -> None:
    with office.web.database.transaction() as session:
        secret = invited(office, session, LoginNames(email="new@example.com")).rsplit("/", 1)[1]
    assert attempt(office, "new@example.com", "chosen by myself") == Refused()
    with pytest.raises(WeakPassword):
        use(office, secret, "short")
    assert works(office, use(office, secret).secret)
    with pytest.raises(LinkInvalid):
        use(office, secret)
    assert isinstance(attempt(office, "new@example.com", "chosen by myself"), LoggedIn)


@pytest.mark.parametrize(
    ("purpose", "valid"), [("invitation", timedelta(days=7)), ("reset", timedelta(hours=1))]
)
def test_a_link_expires(office: Office, person: UUID, purpose: str, valid: timedelta) -> None:
    with office.web.database.transaction() as session:
        link = service.make_link(session, office.web, person, purpose, now=NOW)
    office.clock.now = NOW + valid
    with pytest.raises(LinkInvalid):
        use(office, link.rsplit("/", 1)[1])


def test_a_reset_ends_every_session_and_every_other_link(office: Office, person: UUID) -> None:
    session_before = logged_in(office).secret
    with office.web.database.transaction() as session:
        links = [service.make_link(session, office.web, person, "reset", now=NOW) for _ in "12"]
    secrets = [link.rsplit("/", 1)[1] for link in links]
    use(office, secrets[0])
    assert not works(office, session_before)
    with pytest.raises(LinkInvalid):
        use(office, secrets[1])


def reset(office: Office, typed: str) -> int:
    with office.web.database.transaction() as session:
        logins.request_reset(session, office.web, typed, office.clock())
        return len(session.execute(select(OutboxMessage)).all())


def test_a_reset_is_sent_to_whoever_has_mail_and_not_again_at_once(
    office: Office, person: UUID
) -> None:
    assert reset(office, "nobody@example.com") == 0
    assert reset(office, "emp-0042") == 1
    assert reset(office, "199 0000 0001") == 1
    office.clock.now += timedelta(minutes=3)
    assert reset(office, "li.na@example.com") == 2


def actions(session: Session) -> list[str]:
    rows = select(col(AuditEntry.action)).order_by(col(AuditEntry.id))
    return list(session.execute(rows).scalars())


def test_what_happens_to_access_is_audited_without_anything_personal(
    office: Office, person: UUID, root: int
) -> None:
    attempt(office, "emp-0042", "wrong password")
    secret = logged_in(office).secret
    with office.web.database.transaction() as session:
        logins.log_out(session, secret, now=NOW)
        given = service.grant(session, person, "hq_admin", unit_id=root, now=NOW)
        service.end_grant(session, given, now=NOW)
        service.create_token(session, "DMS", ["read"], now=NOW)
        service.revoke_token(session, "DMS", now=NOW)
        service.deactivate(session, person, now=NOW)
    with office.owner.transaction() as session:
        assert set(actions(session)) >= {
            *("account_created", "login", "login_failed", "logout", "grant", "revoke"),
            *("token_created", "token_revoked", "deactivate"),
        }
        dump = " ".join(session.execute(text("select t::text from audit_entry t")).scalars())
    for personal in ("example.com", "0000 0001", "19900000001", "emp-0042", "李娜", PASSWORD):
        assert personal.lower() not in dump.lower()


def test_an_identifier_belongs_to_one_account(office: Office, person: UUID) -> None:
    taken = LoginNames(phone="+8619900000001")
    with office.web.database.transaction() as session, pytest.raises(IdentifierTaken):
        service.create_account(session, office.web.vault, taken, name="x", now=NOW)


@pytest.mark.parametrize(
    ("names", "error"),
    [(LoginNames(), NoIdentifier), (LoginNames(email="not an address"), BadEmail)],
)
def test_an_account_needs_something_to_log_in_by(
    office: Office, names: LoginNames, error: type[Exception]
) -> None:
    with office.web.database.transaction() as session, pytest.raises(error):
        service.create_account(session, office.web.vault, names, name="x", now=NOW)


def test_a_grant_names_a_role_and_one_place(office: Office, person: UUID, root: int) -> None:
    with office.web.database.transaction() as session:
        for role, places in (
            ("king", {"unit_id": root}),
            ("hq_admin", {}),
            ("hq_admin", {"unit_id": root, "owner_group_id": 1}),
            ("hq_admin", {"unit_id": root, "valid_to": NOW.date()}),
        ):
            with pytest.raises(BadGrant):
                service.grant(session, person, role, now=NOW, **places)  # type: ignore[arg-type]


def test_a_machine_token_works_until_revoked(office: Office, root: int) -> None:
    with office.web.database.transaction() as session:
        secret = service.create_token(session, "DMS", ["events:write"], root, now=NOW)
        assert viewer_of_token(session, secret, NOW).token_scopes == {"events:write"}
        with pytest.raises(TokenNameTaken):
            service.create_token(session, "DMS", ["read"], now=NOW)
        with pytest.raises(BadTokenScope):
            service.create_token(session, "CRM", ["everything"], now=NOW)
        service.revoke_token(session, "DMS", now=NOW)
        with pytest.raises(NotLoggedIn):
            viewer_of_token(session, secret, NOW)


def moment_of(value: object) -> datetime:
    assert isinstance(value, datetime)
    return value


def test_a_blocked_attempt_is_not_counted(office: Office, person: UUID) -> None:
    for _ in range(8):
        attempt(office, "emp-0042", "wrong password")
    with office.web.database.transaction() as session:
        until = session.execute(text("select max(blocked_until) from login_throttle")).scalar()
    assert moment_of(until) == NOW + timedelta(seconds=1)


def test_what_ended_long_ago_is_deleted_and_nothing_else(office: Office, person: UUID) -> None:
    ended = logged_in(office)
    with office.web.database.transaction() as session:
        logins.log_out(session, ended.secret, now=NOW)
    attempt(office, "emp-0042", "wrong password")
    office.clock.now += timedelta(days=40)
    alive = logged_in(office).secret
    attempt(office, "nobody", "wrong password")
    forget_log_ins(office.worker)
    assert works(office, alive)
    with office.owner.transaction() as session:
        assert session.execute(text("select count(*) from login_session")).scalar() == 1
        assert session.execute(text("select max(failures) from login_throttle")).scalar() == 1
        left = session.execute(text("select min(last_failed_at) from login_throttle")).scalar()
    assert left == office.clock.now
