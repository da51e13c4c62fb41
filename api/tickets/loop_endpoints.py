"""HTTP of the closed loop's rules; decides nothing."""

from dataclasses import asdict

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from api.boundary.idempotency import IdempotencyGuard
from api.boundary.visits import PersonVisit
from api.surveys.schemas import TextProblem, TextPublished
from api.surveys.writing import problems_as_data
from api.tickets import loopbook
from api.tickets.loop_schemas import (
    AlertRuleOut,
    CauseOut,
    CurrentLoopOut,
    EscalationOut,
    LoopChecked,
    LoopOut,
    LoopText,
    LoopVersionOut,
    LoopVersionsOut,
    NamesOut,
    TargetOut,
    WrittenLoopOut,
)
from api.tickets.published import LoopInForce

router = APIRouter(prefix="/api/v1/loop", tags=["loop"])
_HOUR = 3600


@router.get("")
def read_current(visit: PersonVisit) -> CurrentLoopOut:
    """What holds: alerts, targets, escalations and root causes."""
    found = loopbook.current_loop(visit.session, visit.viewer)
    return CurrentLoopOut(current=None if found is None else _loop(found))


@router.get("/versions")
def list_versions(visit: PersonVisit) -> LoopVersionsOut:
    """All published versions; the newest holds."""
    found = loopbook.list_versions(visit.session, visit.viewer)
    return LoopVersionsOut(items=[LoopVersionOut(**asdict(one)) for one in found])


@router.get("/versions/{version}")
def read_version(visit: PersonVisit, version: int) -> WrittenLoopOut:
    """One version as it was written."""
    found = loopbook.read_version(visit.session, visit.viewer, version)
    return WrittenLoopOut(version=version, code=found.found.file.code, text=found.text)


@router.post("/check")
def check_loop(visit: PersonVisit, body: LoopText) -> LoopChecked:
    """Says everything that is wrong with a text; stores nothing."""
    checked = loopbook.check_text(visit.session, visit.viewer, body.text)
    found = problems_as_data(checked.problems, visit.viewer.language)
    version = None if checked.file is None else checked.file.version
    return LoopChecked(problems=[TextProblem(**one) for one in found], version=version)


@router.post("", response_model=TextPublished)
def publish_loop(visit: PersonVisit, body: LoopText, guard: IdempotencyGuard) -> JSONResponse:
    """Publishes a text as the version that holds; one with faults is refused with all of them."""

    def work() -> tuple[int, TextPublished]:
        made = loopbook.publish_text(visit.session, visit.viewer, body.text, visit.now)
        return (201 if made.new else 200), TextPublished(
            code=made.code, version=made.version, new=made.new
        )

    return guard.answer(visit, work)


def _loop(found: LoopInForce) -> LoopOut:
    loop = found.loop
    return LoopOut(
        version=found.version,
        code=found.file.code,
        alerts=[
            AlertRuleOut(
                code=one.code,
                kind=one.kind,
                name=NamesOut(**one.names),
                severity=one.severity,
                ticket=one.ticket,
                role=one.role,
            )
            for one in loop.rules
        ],
        targets=[
            TargetOut(
                severity=one.severity,
                kind=one.kind,
                calendar=one.calendar,
                hours=one.seconds / _HOUR,
            )
            for one in loop.targets
        ],
        escalations=[
            EscalationOut(
                kind=one.kind,
                calendar=one.calendar,
                after_hours=one.after_seconds / _HOUR,
                to=one.to,
            )
            for one in loop.escalations
        ],
        causes=[
            CauseOut(code=one.code, name=NamesOut(**one.names), parent=one.parent)
            for one in loop.causes
        ],
        verify=loop.verify.enabled,
        wait_days=loop.verify.wait_days,
    )
