"""HTTP of the rules of asking, for headquarters' administrators; decides nothing."""

from dataclasses import asdict

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response

from api.boundary.idempotency import IdempotencyGuard
from api.boundary.visits import PersonVisit
from api.surveys import rulebook, writing
from api.surveys.schemas import (
    DifferencesOut,
    RulesChecked,
    RulesDraftOut,
    RulesText,
    RulesVersionOut,
    RulesVersionsOut,
    TextProblem,
    TextPublished,
    WrittenRulesOut,
)

router = APIRouter(prefix="/api/v1/rules", tags=["rules"])


@router.get("")
def list_rules(visit: PersonVisit) -> RulesVersionsOut:
    """All published versions: in force, coming, past."""
    found = rulebook.list_versions(visit.session, visit.viewer, visit.now)
    return RulesVersionsOut(items=[RulesVersionOut(**asdict(one)) for one in found])


@router.get("/draft")
def read_draft(visit: PersonVisit) -> RulesDraftOut:
    """What the viewer is writing."""
    draft = rulebook.find_draft(visit.session, visit.viewer)
    return RulesDraftOut(**asdict(draft)) if draft else RulesDraftOut()


@router.put("/draft")
def save_draft(visit: PersonVisit, body: RulesText) -> RulesDraftOut:
    """Keeps what the viewer is writing, faults and all."""
    draft = rulebook.save_draft(visit.session, visit.viewer, body.text, visit.now)
    return RulesDraftOut(**asdict(draft))


@router.delete("/draft", status_code=204)
def discard_draft(visit: PersonVisit) -> Response:
    """Forgets what the viewer was writing."""
    rulebook.discard_draft(visit.session, visit.viewer)
    return Response(status_code=204)


@router.post("/check")
def check_rules(visit: PersonVisit, body: RulesText) -> RulesChecked:
    """Says everything that is wrong with a text; stores nothing."""
    checked = rulebook.check_text(visit.session, visit.viewer, body.text)
    found = writing.problems_as_data(checked.problems, visit.viewer.language)
    problems = [TextProblem(**one) for one in found]
    if checked.file is None:
        return RulesChecked(problems=problems)
    file = checked.file
    return RulesChecked(problems=problems, version=file.version, effective_from=file.effective_from)


@router.post("", response_model=TextPublished)
def publish_rules(visit: PersonVisit, body: RulesText, guard: IdempotencyGuard) -> JSONResponse:
    """Publishes a text as a new version; a text with faults is refused with all of them."""

    def work() -> tuple[int, TextPublished]:
        made = rulebook.publish_text(visit.session, visit.viewer, body.text, visit.now)
        answer = TextPublished(code=made.code, version=made.version, new=made.new)
        return (201 if made.new else 200), answer

    return guard.answer(visit, work)


@router.get("/{version}")
def read_rules(visit: PersonVisit, version: int) -> WrittenRulesOut:
    """One version as it was written."""
    found = rulebook.read_version(visit.session, visit.viewer, version)
    return WrittenRulesOut(
        version=version,
        code=found.file.code,
        effective_from=found.file.effective_from,
        text=found.text,
    )


@router.get("/{version}/differences")
def compare_rules(visit: PersonVisit, version: int, against: int) -> DifferencesOut:
    """What a version changes against another one."""
    new = rulebook.read_version(visit.session, visit.viewer, version)
    old = rulebook.read_version(visit.session, visit.viewer, against)
    lines = writing.differences(old.text, new.text, (f"v{against}", f"v{version}"))
    return DifferencesOut(version=version, against=against, lines=lines)
