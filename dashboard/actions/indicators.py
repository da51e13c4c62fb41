"""What administrators do with the indicator tree: publish a version."""

from api.indicators.book import publish_text
from dashboard.address import Page
from dashboard.data.drafting import Published
from dashboard.data.periods import day_text
from dashboard.data.sitting import Sitting


def publish_tree(sitting: Sitting, text: str) -> Published:
    """Publishes the text as a version; raises what stands against it."""
    made = publish_text(sitting.session, sitting.viewer, text, sitting.now)
    return Published(
        made.version,
        day_text(sitting.say, made.effective_from),
        sitting.address.about(Page.INDICATORS_VERSION, str(made.version)).href,
    )
