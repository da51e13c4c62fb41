"""What administrators do with the rules of the closed loop: publish a version."""

from api.tickets.loopbook import publish_text
from dashboard.address import Page
from dashboard.data.drafting import Published
from dashboard.data.sitting import Sitting


def publish_loop(sitting: Sitting, text: str) -> Published:
    """Publishes the text as the version that holds; raises what stands against it."""
    made = publish_text(sitting.session, sitting.viewer, text, sitting.now)
    return Published(made.version, "", sitting.address.to(Page.LOOP_RULES).href)
