"""Invitations that are due, and workers with connections of their own that send them at once."""

import threading
from collections.abc import Callable

from asking import Network, add_customer, add_event, change, make_network
from conftest import Office, as_role

from api.core.database import Database
from api.core.installation import Installation
from api.invitations.service import decide_due


def plan_texts(office: Office, customers: int) -> None:
    """One SMS that is due for each of so many customers."""
    network = make_network(office.owner)
    for number in range(customers):
        someone = add_customer(
            office.owner,
            office.worker.vault,
            network.branches[0],
            phone=f"+8619900000{number:03d}",
        )
        add_event(office.owner, network, someone)
    assert decide_due(office.worker) == customers


def plan_mail(office: Office, address: str) -> Network:
    """One mail to ``address`` that is due."""
    network = make_network(office.owner)
    someone = add_customer(
        office.owner, office.worker.vault, network.branches[0], phone="+8619900000001",
        email=address,
    )  # fmt: skip
    add_event(office.owner, network, someone)
    decide_due(office.worker)
    change(
        office.worker,
        "update invitation set channel = 'email', contact_point_id = :contact, "
        "message_version_id = (select id from message_version where code = 'invite_email')",
        contact=someone.contacts["email"],
    )
    return network


def work_side_by_side(office: Office, work: Callable[[Installation], object], workers: int) -> None:
    """Begins ``work`` in so many threads at one moment; each repeats it while there is some."""
    barrier = threading.Barrier(workers)

    def begin() -> None:
        database = Database(as_role(office.owner.url, "bp_worker"), pool_size=2)
        installation = Installation(office.settings, database, office.worker.vault, office.clock)
        barrier.wait(timeout=30)
        try:
            while work(installation):
                pass
        finally:
            installation.close()

    threads = [threading.Thread(target=begin) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
