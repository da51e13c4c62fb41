"""Many at once on one link: identical pages, several links, a commit that fails."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest
from conftest import Office
from sqlalchemy import event
from sqlalchemy.engine import Connection
from surveyed import Dealer, give_token, invite, make_dealer, rows
from web import visitor, visitors

from api.models import Invitation

Answer = TypeVar("Answer")
WRITERS = 8
LAST = {"fixed": "yes", "comment": "Ready in time"}


@pytest.fixture
def dealer(real_office: Office) -> Dealer:
    return make_dealer(real_office.worker.database)


def at_once(work: Callable[[int], Answer]) -> list[Answer]:
    """The work of eight threads that begin at the same moment."""
    barrier = threading.Barrier(WRITERS)

    def one(number: int) -> Answer:
        barrier.wait(10)
        return work(number)

    with ThreadPoolExecutor(WRITERS) as pool:
        return list(pool.map(one, range(WRITERS)))


def count(office: Office, query: str) -> int:
    return int(rows(office.worker.database, query)[0][0])


def test_eight_identical_first_pages_make_one_response(real_office: Office, dealer: Dealer) -> None:
    link = "/s/" + invite(real_office.worker.database, dealer)
    browsers = visitors(real_office.web, WRITERS)
    statuses = at_once(lambda n: browsers[n].post(link + "?page=1", data={"nps": "9"}).status_code)
    assert statuses == [303] * WRITERS
    assert count(real_office, "select count(*) from response") == 1
    assert count(real_office, "select count(*) from answer") == 1


def test_eight_identical_last_pages_make_one_answer_and_eight_thank_yous(
    real_office: Office, dealer: Dealer
) -> None:
    link = "/s/" + invite(real_office.worker.database, dealer)
    browsers = visitors(real_office.web, WRITERS)
    browsers[0].post(link + "?page=1", data={"nps": "9"})
    browsers[0].post(link + "?page=2", data={"overall": "5"})
    pages = at_once(lambda n: browsers[n].post(link + "?page=3", data=LAST))
    assert all(page.status_code == 200 and "回答已保存" in page.text for page in pages)
    assert count(real_office, "select count(*) from response") == 1
    assert count(real_office, "select count(*) from answer") == 4
    marks = count(real_office, "select count(*) from dirty_mark")
    assert marks == 3  # one per saved page: seven of the eight changed nothing


def test_two_links_of_one_invitation_take_one_answer(real_office: Office, dealer: Dealer) -> None:
    database = real_office.worker.database
    links = ["/s/" + invite(database, dealer)]
    with database.transaction() as session:
        invitation = session.get(Invitation, dealer.invitations[0])
        assert invitation is not None
        links += ["/s/" + give_token(session, invitation) for _ in range(WRITERS - 1)]
    browsers = visitors(real_office.web, WRITERS)
    browsers[0].post(links[0] + "?page=1", data={"nps": "9"})
    browsers[0].post(links[0] + "?page=2", data={"overall": "5"})
    comments = [f"said by {number}" for number in range(WRITERS)]
    pages = at_once(lambda n: browsers[n].post(links[n] + "?page=3", data={"comment": comments[n]}))
    assert [page.status_code for page in pages] == [200] * WRITERS
    stored = rows(database, "select text from answer where question = 'comment'")
    assert len(stored) == 1
    assert stored[0][0] in comments
    assert count(real_office, "select count(*) from survey_token where dead_at is null") == 0


def test_no_thank_you_when_the_commit_fails(real_office: Office, dealer: Dealer) -> None:
    link = "/s/" + invite(real_office.worker.database, dealer)
    browser = visitor(real_office.web)
    browser.post(link + "?page=1", data={"nps": "9"})
    browser.post(link + "?page=2", data={"overall": "5"})

    def lost(connection: Connection) -> None:
        """The server ends the session at the moment of the commit."""
        driver = connection.connection.driver_connection
        assert driver is not None
        pid = driver.info.backend_pid
        rows(real_office.owner, "select pg_terminate_backend(:pid)", pid=pid)

    engine = real_office.web.database.engine
    event.listen(engine, "commit", lost)
    try:
        answer = browser.post(link + "?page=3", data=LAST)
    finally:
        event.remove(engine, "commit", lost)
    assert answer.status_code == 503
    assert "谢谢" not in answer.text
    assert "还没有保存" in answer.text
    assert count(real_office, "select count(*) from response where completed_at is not null") == 0
    answer = browser.post(link + "?page=3", data=LAST)
    assert answer.status_code == 200
    assert "回答已保存" in answer.text
    assert count(real_office, "select count(*) from answer") == 4


def test_a_page_that_is_read_does_not_wait_for_one_that_is_saved(
    real_office: Office, dealer: Dealer
) -> None:
    link = "/s/" + invite(real_office.worker.database, dealer)
    browser = visitor(real_office.web)
    assert browser.get(link).status_code == 200
    with real_office.owner.connection() as connection:
        connection.exec_driver_sql("select 1 from invitation for update")
        done: list[int] = []
        reader = threading.Thread(target=lambda: done.append(browser.get(link).status_code))
        reader.start()
        reader.join(10)
        assert done == [200]
