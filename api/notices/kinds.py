"""What colleagues are told of, by which ways, and when not, for who never chose.

Everything shows in the dashboard. A kind that is missing here cannot be told: its words stand in
the catalogue under the same name.
"""

from datetime import time

WAYS = ("email", "wecom", "sms")  # besides the dashboard

# By kind, the ways of who did not choose.
KINDS: dict[str, tuple[str, ...]] = {
    "ticket": ("email", "wecom"),  # a ticket of one's own
    "escalated": ("email", "wecom"),
    "reopened": ("email", "wecom"),
    "moved": ("email", "wecom"),  # a ticket came from another branch
    "alert": (),  # something to know, without a ticket
    "digest": ("email",),  # what was found since the last one, in one message
    "resolved": (),  # for who may verify
    "verified": (),
    "unverified": (),
    "report": (),  # a report that was ordered is done
    "plan": ("email",),  # a step of an action plan is due
}
QUIET = (time(21), time(8))  # of who did not choose, on the clock of their unit
