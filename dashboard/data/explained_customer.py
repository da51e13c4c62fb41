"""One customer's asking: every event with its decision, and which caps are used until when."""

from uuid import UUID

from api.core.errors import NotFound
from api.insights.trails import person_trail
from dashboard.address import Page
from dashboard.data.explained import CapRow, CustomerView, EventRow
from dashboard.data.rules import touchpoint_names
from dashboard.data.sitting import Sitting
from dashboard.data.times import moment_text


def customer_view(sitting: Sitting) -> CustomerView:
    """What the address's customer was asked, at the branches that the viewer sees."""
    try:
        person = UUID(sitting.address.subject or "")
    except ValueError as error:
        raise NotFound(customer=None) from error
    names, tree = touchpoint_names(sitting), sitting.viewer.hierarchy
    rows = []
    for row in person_trail(sitting.session, sitting.viewer, person):
        branch = tree.nodes.get(row.branch_id)
        where = branch.name(sitting.language) if branch else ""
        when = moment_text(sitting, row.occurred_at)
        rows.append(
            EventRow(
                title=names.get(row.touchpoint, row.touchpoint),
                facts=" · ".join(part for part in (where, when) if part),
                decision=row.action,
                reason=sitting.say(f"asking.reason.{row.reason}") if row.reason else "",
                href=sitting.address.about(Page.ASKING_EVENT, str(row.id)).href,
            )
        )
    return CustomerView(rows, _caps(sitting, person))


def _caps(sitting: Sitting, person: UUID) -> list[CapRow]:
    """The caps that are used now."""
    return []
