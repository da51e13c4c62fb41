"""What each role may do. Seeing is decided by scope; this decides doing."""

from enum import StrEnum


class Permission(StrEnum):
    """Something a person may do at a unit."""

    VIEW_SCORES = "view_scores"
    VIEW_COMMENTS = "view_comments"
    VIEW_NETWORK = "view_network"  # pages that compare branches by name
    REVEAL_CONTACT = "reveal_contact"
    EXPORT = "export"
    CALL_CUSTOMERS = "call_customers"
    MANAGE_PEOPLE = "manage_people"
    MANAGE_NETWORK = "manage_network"
    MANAGE_ASKING = "manage_asking"
    MANAGE_POINTS = "manage_points"  # printed codes and kiosks
    CONTEST = "contest"  # object to an answer of the own branch
    DECIDE_CONTESTS = "decide_contests"
    PUBLISH_TABLES = "publish_tables"  # league tables that are frozen for good
    MANAGE_CUSTOMERS = "manage_customers"  # export and erase
    HANDLE_TICKETS = "handle_tickets"
    VERIFY_TICKETS = "verify_tickets"  # say that a customer is content, never of an own ticket
    MUTE_ALERTS = "mute_alerts"
    MANAGE_LOOP = "manage_loop"  # rules of alerts, clocks and escalation; the webhook out
    MANAGE_PLANS = "manage_plans"


_VIEW = {Permission.VIEW_SCORES, Permission.VIEW_COMMENTS}
_LOOP = {Permission.HANDLE_TICKETS, Permission.VERIFY_TICKETS, Permission.MANAGE_PLANS}

ROLE_PERMISSIONS: dict[str, frozenset[Permission]] = {
    "hq_admin": frozenset(Permission),
    "hq_analyst": frozenset({*_VIEW, Permission.VIEW_NETWORK, Permission.EXPORT}),
    "regional_manager": frozenset(
        {*_VIEW, *_LOOP, Permission.VIEW_NETWORK, Permission.EXPORT, Permission.MUTE_ALERTS}
    ),
    "owner_group_manager": frozenset(
        {*_VIEW, *_LOOP, Permission.VIEW_NETWORK, Permission.EXPORT, Permission.CONTEST}
    ),
    "branch_manager": frozenset(
        {
            *_VIEW,
            *_LOOP,
            Permission.REVEAL_CONTACT,
            Permission.EXPORT,
            Permission.MANAGE_POINTS,
            Permission.CONTEST,
        }
    ),
    "branch_staff": frozenset({*_VIEW, Permission.HANDLE_TICKETS}),
    "interviewer": frozenset({Permission.CALL_CUSTOMERS}),
}
