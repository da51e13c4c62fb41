"""Workers side by side: each notice leaves in one letter, each message is posted by one of them."""

import threading
from collections import Counter
from uuid import UUID

from asking import change, make_network, one, rows
from conftest import NOW, Office
from side_by_side import work_side_by_side

from api.access import service as access
from api.access.service import LoginNames
from api.notices.outgoing import Outgoing, enqueue
from api.notices.spreading import spread_notices
from api.notices.telling import Telling, tell
from scheduler.jobs.webhooks_out import post_messages

PEOPLE, NOTICES, MESSAGES = 6, 60, 60


def colleagues(office: Office, branch: int) -> list[UUID]:
    """Managers of one branch, each with a mail box."""
    found = []
    with office.worker.database.transaction() as session:
        for number in range(PEOPLE):
            names = LoginNames(email=f"m{number}@example.com")
            made = access.create_account(session, office.worker.vault, names, name="m", now=NOW)
            access.grant(session, made, "branch_manager", unit_id=branch, now=NOW)
            found.append(made)
    change(office.worker, "update account set status = 'active'")
    return found


def test_each_notice_leaves_once_and_is_told_once_by_workers_side_by_side(
    real_office: Office,
) -> None:
    network = make_network(real_office.owner)
    people = tuple(colleagues(real_office, network.branches[0]))
    for number in range(NOTICES // PEOPLE):
        told = Telling("ticket", str(number), network.branches[0], accounts=people)
        with real_office.worker.database.transaction() as session:
            assert len(tell(session, told, NOW)) == PEOPLE
    work_side_by_side(real_office, lambda house: spread_notices(house, limit=7), 4)
    found = one(
        real_office.worker,
        "select count(*) as n, count(*) filter (where told = '{email}') as told from notice "
        "where spread_at is not null",
    )
    assert (found.n, found.told) == (NOTICES, NOTICES)
    letters = rows(
        real_office.worker, "select detail #>> '{parameters,count}' as n from outbox_message"
    )
    assert sum(int(row.n) for row in letters) == NOTICES


def test_the_same_occasion_told_by_all_at_once_is_told_once(real_office: Office) -> None:
    network = make_network(real_office.owner)
    people = tuple(colleagues(real_office, network.branches[0]))
    told: list[UUID] = []

    def tells() -> None:
        with real_office.worker.database.transaction() as session:
            occasion = Telling("ticket", "one", network.branches[0], accounts=people)
            told.extend(tell(session, occasion, NOW))

    threads = [threading.Thread(target=tells) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == sorted(people)


def test_each_message_is_posted_by_one_of_the_workers(real_office: Office) -> None:
    network = make_network(real_office.owner)
    with real_office.worker.database.transaction() as session:
        for number in range(MESSAGES):
            message = Outgoing("ticket.opened", str(number), network.branches[0], {"n": number})
            assert enqueue(session, message, NOW)
    posted: Counter[UUID] = Counter()
    lock = threading.Lock()

    def post(delivery: UUID, event: str, body: bytes) -> None:
        with lock:
            posted[delivery] += 1

    work_side_by_side(real_office, lambda house: post_messages(house, limit=3, post=post), 4)
    assert set(posted.values()) == {1}
    assert len(posted) == MESSAGES
