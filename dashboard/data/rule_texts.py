"""The rules of asking as they are written: the draft, checking, what publishing would change."""

from api.core.errors import NotAllowed
from api.security.permissions import Permission
from api.surveys.definitions import rule_set
from api.surveys.rulebook import (
    WrittenRules,
    check_text,
    find_draft,
    list_versions,
    may_write_rules,
    read_version,
)
from dashboard.address import Page
from dashboard.data.drafting import Changes, Checked, EditorView, troubles_of
from dashboard.data.sitting import Sitting
from dashboard.data.times import moment_text
from scheduler.planner import RuleSet


def rules_text(sitting: Sitting) -> EditorView:
    """The viewer's draft, else the text of the version in force."""
    if not may_write_rules(sitting.viewer):
        raise NotAllowed(permission=Permission.MANAGE_ASKING)
    draft = find_draft(sitting.session, sitting.viewer)
    current = _in_force(sitting)
    before = current.text if current else ""
    return EditorView(
        text=draft.text if draft else before,
        saved=moment_text(sitting, draft.saved_at) if draft else None,
        version=current.version if current else None,
        try_out=sitting.address.with_(unit=None, subject=None).to(Page.SIMULATE).href,
        before=before,
    )


def checked_rules(sitting: Sitting, text: str) -> Checked:
    """Every problem of a text with its line, or what it would publish."""
    found = check_text(sitting.session, sitting.viewer, text)
    if found.file is None:
        return Checked(troubles_of(sitting, found.problems))
    rules = rule_set(found.file)
    current = _in_force(sitting)
    return Checked(
        [],
        version=rules.version,
        counts={"rules": len(rules.rules), "segments": len(rules.rules[0].segments)},
        since=moment_text(sitting, rules.effective_from),
        at_once=rules.effective_from <= sitting.now,
        changes=changes_between(current.rules if current else None, rules),
        segments_of=text,
    )


def changes_between(before: RuleSet | None, after: RuleSet | None) -> Changes:
    """Rules of touchpoints that differ, come and go, and whether what holds for all differs."""
    old = {rule.touchpoint: rule for rule in before.rules} if before else {}
    new = {rule.touchpoint: rule for rule in after.rules} if after else {}
    both = old.keys() & new.keys()
    return Changes(
        changed=sum(old[name] != new[name] for name in both),
        new=len(new.keys() - old.keys()),
        gone=len(old.keys() - new.keys()),
        around=_around(before) != _around(after),
    )


def _around(rules: RuleSet | None) -> tuple[object, ...]:
    """What holds for every touchpoint."""
    return (rules.caps, rules.waves, rules.compete) if rules else ()


def _in_force(sitting: Sitting) -> WrittenRules | None:
    versions = list_versions(sitting.session, sitting.viewer, sitting.now)
    current = next((one for one in versions if one.state == "in_force"), None)
    if current is None:
        return None
    return read_version(sitting.session, sitting.viewer, current.version)
