"""HTTP of the indicator tree; decides nothing."""

from dataclasses import asdict

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from api.boundary.idempotency import IdempotencyGuard
from api.boundary.visits import PersonVisit
from api.indicators import book
from api.indicators.schemas import (
    IndicatorsChecked,
    IndicatorsPublished,
    IndicatorsText,
    TargetOut,
    TreeNodeOut,
    TreeOut,
    TreeVersionOut,
    TreeVersionsOut,
)
from api.surveys.schemas import TextProblem
from api.surveys.writing import problems_as_data

router = APIRouter(prefix="/api/v1/indicators", tags=["indicators"])


@router.get("")
def list_indicators(visit: PersonVisit) -> TreeVersionsOut:
    """All published versions: in force, coming, past."""
    found = book.list_versions(visit.session, visit.viewer, visit.now)
    return TreeVersionsOut(items=[TreeVersionOut(**asdict(one)) for one in found])


@router.post("/check")
def check_indicators(visit: PersonVisit, body: IndicatorsText) -> IndicatorsChecked:
    """Says everything that is wrong with a text; stores nothing."""
    checked = book.check_text(visit.session, visit.viewer, body.text)
    found = problems_as_data(checked.problems, visit.viewer.language)
    problems = [TextProblem(**one) for one in found]
    if checked.file is None:
        return IndicatorsChecked(problems=problems)
    file = checked.file
    return IndicatorsChecked(
        problems=problems, version=file.version, effective_from=file.effective_from
    )


@router.post("", response_model=IndicatorsPublished)
def publish_indicators(
    visit: PersonVisit, body: IndicatorsText, guard: IdempotencyGuard
) -> JSONResponse:
    """Publishes a text as a new version; a text with faults is refused with all of them."""

    def work() -> tuple[int, IndicatorsPublished]:
        made = book.publish_text(visit.session, visit.viewer, body.text, visit.now)
        return (201 if made.new else 200), IndicatorsPublished(**asdict(made))

    return guard.answer(visit, work)


@router.get("/{version}")
def read_indicators(visit: PersonVisit, version: int) -> TreeOut:
    """One version: its tree, and the targets of what the viewer sees."""
    found = book.read_version(visit.session, visit.viewer, version)
    return TreeOut(
        version=version,
        code=found.tree.root.code,
        effective_from=found.tree.effective_from,
        nodes=[TreeNodeOut(**asdict(one)) for one in found.tree.nodes],
        targets=[TargetOut(**asdict(one)) for one in found.targets],
        text=found.text,
    )
