"""What administrators do with the rules of the closed loop: publish a version."""

from api.tickets.loopbook import publish_text
from dashboard.data.sitting import Sitting


def publish_loop(sitting: Sitting, text: str) -> int:
    """Publishes the text as the version that holds; raises what stands against it."""
    return publish_text(sitting.session, sitting.viewer, text, sitting.now).version
