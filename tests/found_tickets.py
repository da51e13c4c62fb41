"""Tickets in a made-up network: its newest answers are looked at as a worker would."""

from conftest import Office
from sqlalchemy import text

from api.tickets.alerts.marks import find_alerts

_MARKS = text(
    "insert into alert_mark (response_id, branch_id, due_at) "
    "select id, branch_id, submitted_at from response order by submitted_at desc limit :answers"
)


def find_tickets(office: Office, answers: int = 300) -> int:
    """Lets the rules look at so many answers; how many tickets there are then."""
    with office.owner.connection() as connection:
        connection.execute(_MARKS, {"answers": answers})
    while find_alerts(office.worker):
        pass
    with office.owner.connection() as connection:
        return int(connection.execute(text("select count(*) from ticket")).scalar_one())
