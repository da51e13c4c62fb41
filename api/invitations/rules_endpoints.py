"""HTTP of trying rules out: a simulation, and customers per segment; decides nothing."""

from dataclasses import asdict
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from api.boundary.visits import PersonVisit
from api.core.errors import NotFound
from api.invitations.counting import segment_counts
from api.invitations.simulated import as_document
from api.invitations.simulating import simulate
from api.surveys.definitions import rule_set
from api.surveys.published import rules_in_force
from api.surveys.rulebook import check_text, require_writer
from scheduler.planner import RuleSet

router = APIRouter(prefix="/api/v1/rules", tags=["rules"])
MOST_EVENTS = 100_000  # of one request; the command line takes any number


class SimulationIn(BaseModel):
    """Rules (TOML) and the first and last day of the events that they are tried on."""

    text: Annotated[str, Field(max_length=500_000)]
    first: Annotated[date, Field(alias="from")]
    last: Annotated[date, Field(alias="to")]


class SegmentCountOut(BaseModel):
    """A segment with its customers and events of the last 90 days."""

    name: str
    customers: int
    events: int


class SegmentCountsOut(BaseModel):
    """Every segment, in the order of the rules."""

    version: int
    items: list[SegmentCountOut]


@router.post("/simulate")
def simulate_rules(visit: PersonVisit, body: SimulationIn) -> dict[str, Any]:
    """What a text would have done to past events, beside the rules in force; stores nothing."""
    rules = _rules_of(visit, body.text)
    made = simulate(
        visit.session,
        visit.viewer.scope,
        rules,
        (body.first, body.last),
        visit.now,
        limit=MOST_EVENTS,
    )
    return as_document(made)


@router.get("/segments")
def count_segments(visit: PersonVisit) -> SegmentCountsOut:
    """How many customers each segment of the rules in force takes."""
    require_writer(visit.viewer)
    current = rules_in_force(visit.session, visit.now)
    if current is None:
        raise NotFound
    found = segment_counts(visit.session, visit.viewer.scope, current.rules, visit.now)
    items = [SegmentCountOut(**asdict(one)) for one in found]
    return SegmentCountsOut(version=current.version, items=items)


def _rules_of(visit: PersonVisit, text: str) -> RuleSet:
    checked = check_text(visit.session, visit.viewer, text)
    return rule_set(checked.require(visit.viewer.language))
