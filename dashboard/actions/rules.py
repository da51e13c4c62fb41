"""What administrators do with the rules: keep a draft, publish a version."""

from api.surveys.rulebook import list_versions, publish_text, save_draft
from dashboard.address import Page
from dashboard.data.drafting import Published
from dashboard.data.sitting import Sitting
from dashboard.data.times import moment_text


def keep_draft(sitting: Sitting, text: str) -> str:
    """Keeps the text for the viewer alone; when that was."""
    return moment_text(
        sitting, save_draft(sitting.session, sitting.viewer, text, sitting.now).saved_at
    )


def publish_rules(sitting: Sitting, text: str) -> Published:
    """Publishes the text as a version; raises what stands against it."""
    made = publish_text(sitting.session, sitting.viewer, text, sitting.now)
    versions = list_versions(sitting.session, sitting.viewer, sitting.now)
    row = next(one for one in versions if one.version == made.version)
    return Published(
        made.version,
        moment_text(sitting, row.effective_from),
        sitting.address.about(Page.RULES, str(made.version)).href,
    )
