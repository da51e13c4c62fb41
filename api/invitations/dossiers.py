"""Gathers what the decisions of a batch look at: the rules in force and a dossier of facts.

Reads only. Whoever decides for good holds the locks before asking for a dossier; whoever only
wants to know what would be decided does not.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import Session

from api.invitations.facts import ContactRow, Dossier, DueEvent
from api.invitations.repository import deciding
from api.security.hierarchy import current_hierarchy
from scheduler.planner import RuleSet

Contacts = Mapping[UUID, Sequence[ContactRow]]
_WITHOUT_RULES = timedelta(0)


def gather(
    session: Session,
    events: Sequence[DueEvent],
    rules: RuleSet | None,
    now: datetime,
    *,
    contacts: Contacts | None = None,
    without: Collection[UUID] = (),
) -> Dossier:
    """The dossier of ``events``; invitations in ``without`` are looked at as if not there.

    ``contacts`` are the locked contact points; without them, those of this moment are looked at.
    """
    people = {event.person_id for event in events if event.person_id is not None}
    if contacts is None:
        contacts = deciding.read_contacts(session, people)
    network = deciding.read_network(session)
    today = now.astimezone(ZoneInfo(network.timezone)).date()
    dossier = Dossier(
        now=now,
        today=today,
        network=network,
        tree=current_hierarchy(session, today),
        occasions=deciding.read_occasions(session),
        people=deciding.read_people(session, people),
        contacts=contacts,
        consents=deciding.read_consents(session, people),
    )
    window = rules.cap.window if rules else _WITHOUT_RULES
    addresses = [one.id for some in contacts.values() for one in some]
    past = deciding.read_past(
        session, [event.id for event in events], people, addresses, now - window
    )
    for row in past:
        if row.id not in without:
            dossier.remember(row)
    return dossier
