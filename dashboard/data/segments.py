"""How many customers every segment takes, of a published version or of a text being written."""

from collections.abc import Mapping
from dataclasses import dataclass

from api.core.errors import NotFound
from api.invitations.counting import segment_counts
from api.surveys.definitions import rule_set
from api.surveys.published import rules_in_force
from api.surveys.rulebook import check_text, may_write_rules, read_version
from dashboard.data.rules import SegmentRow, may_read_rules, segments_of
from dashboard.data.sitting import Sitting
from dashboard.data.why_steps import level_name
from scheduler.planner import RuleSet


@dataclass(frozen=True)
class Counted:
    """Segments in their order, each with its customers, and how many these are together."""

    rows: list[SegmentRow]
    people: int


def counted_segments(sitting: Sitting, about: Mapping[str, object]) -> Counted:
    """The segments of a ``version`` or of a ``text``, counted at this moment."""
    rules = _rules(sitting, about)
    if rules is None:
        return Counted([], 0)
    found = segment_counts(sitting.session, sitting.viewer.scope, rules, sitting.now)
    counts = {one.name: one.customers for one in found}
    return Counted(segments_of(rules, counts, sitting.say), sum(counts.values()))


def segment_name(sitting: Sitting, code: str) -> str:
    """A segment as the rules in force call it, else as most do, else its code."""
    return sitting.segment_titles.get(code) or level_name(sitting.say, "segment", code, {})


def _rules(sitting: Sitting, about: Mapping[str, object]) -> RuleSet | None:
    """The rules that are asked about, if the viewer may read them."""
    session, viewer = sitting.session, sitting.viewer
    if not may_read_rules(sitting):
        return None
    if not may_write_rules(viewer):
        in_force = rules_in_force(session, sitting.now)
        return in_force.rules if in_force else None
    if isinstance(text := about.get("text"), str):
        file = check_text(session, viewer, text).file
        return rule_set(file) if file else None
    try:
        return read_version(session, viewer, int(str(about.get("version")))).rules
    except (NotFound, ValueError):
        return None
