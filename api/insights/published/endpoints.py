"""Published league tables over HTTP: translates, decides nothing."""

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from api.boundary.idempotency import IdempotencyGuard
from api.boundary.visits import AnyVisit, PersonVisit, require_token_scope
from api.insights.comparison import PEERS, comparison_set
from api.insights.endpoints import asked_period
from api.insights.published.service import (
    LONGEST_REASON,
    Publishing,
    list_published,
    publish_as,
    read_published,
)
from api.insights.queries import TableName

router = APIRouter(prefix="/api/v1/league/published", tags=["league"])


class PublishingBody(BaseModel):
    """Which table to freeze; days are both included, ``corrects`` is the number of a table."""

    metric: str = Field(max_length=100)
    first: date = Field(alias="from")
    last: date = Field(alias="to")
    touchpoint: str | None = Field(default=None, max_length=300)
    compared: Literal["network", "peers"] = Field(default="network", alias="set")
    for_bonus: bool = False
    corrects: int | None = Field(default=None, ge=1)
    reason: str | None = Field(default=None, max_length=LONGEST_REASON)

    def wanted(self) -> Publishing:
        """The same as a value."""
        name = comparison_set(self.touchpoint, peers=self.compared == PEERS)
        period = asked_period(self.first, self.last)
        return Publishing(
            TableName(self.metric, period, name), self.for_bonus, self.corrects, self.reason
        )


@router.get("")
def read_list(
    visit: AnyVisit, metric: Annotated[str | None, Query(max_length=100)] = None
) -> dict[str, Any]:
    """Everything that was published, the newest first, without rows."""
    require_token_scope(visit.viewer, "read")
    found = list_published(visit.session, visit.viewer, metric)
    return {"rows": [one.document() for one in found]}


@router.get("/{number}")
def read_one(visit: AnyVisit, number: Annotated[int, Path(ge=1, le=2**31 - 1)]) -> dict[str, Any]:
    """One published table with the rows of the viewer's branches, and whether it fits its hash."""
    require_token_scope(visit.viewer, "read")
    return read_published(visit.session, visit.viewer, number).document()


@router.post("", status_code=201)
def publish_one(visit: PersonVisit, guard: IdempotencyGuard, body: PublishingBody) -> JSONResponse:
    """Freezes the table of the present data for good; headquarters only."""

    def work() -> tuple[int, Any]:
        done = publish_as(visit.session, visit.viewer, body.wanted(), visit.now)
        return 201, done.document()

    return guard.answer(visit, work)
