"""Saved views over HTTP: translates, decides nothing. Machines have none."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from api.access.views import service
from api.boundary.idempotency import IdempotencyGuard
from api.boundary.visits import PersonVisit

router = APIRouter(prefix="/api/v1/views", tags=["views"])

Name = Annotated[str, Field(max_length=200, description="At most 60 letters")]


class ViewIn(BaseModel):
    """An address of the dashboard, and what it is to be called."""

    model_config = ConfigDict(extra="forbid")
    name: Name
    href: str = Field(max_length=4_000, description="Begins with /app/")


class NameIn(BaseModel):
    """Another name for a view."""

    model_config = ConfigDict(extra="forbid")
    name: Name


class ViewOut(BaseModel):
    """A saved view."""

    id: UUID
    name: str
    href: str


@router.get("")
def list_views(visit: PersonVisit) -> list[ViewOut]:
    """The viewer's own views, the oldest first; at most 50."""
    return [_shown(one) for one in service.list_views(visit.session, visit.viewer)]


@router.post("", status_code=201, response_model=ViewOut)
def save_view(visit: PersonVisit, body: ViewIn, guard: IdempotencyGuard) -> Response:
    """Saves an address under a name, in place of what was saved under it before."""

    def work() -> tuple[int, ViewOut]:
        saved = service.save_view(visit.session, visit.viewer, body.name, body.href, visit.now)
        return 201, _shown(saved)

    return guard.answer(visit, work)


@router.patch("/{view_id}")
def rename_view(visit: PersonVisit, view_id: UUID, body: NameIn) -> ViewOut:
    """Gives one of the viewer's views another name."""
    return _shown(service.rename_view(visit.session, visit.viewer, view_id, body.name))


@router.delete("/{view_id}", status_code=204)
def delete_view(visit: PersonVisit, view_id: UUID) -> None:
    """Forgets one of the viewer's views."""
    service.delete_view(visit.session, visit.viewer, view_id)


def _shown(view: service.View) -> ViewOut:
    return ViewOut(id=view.id, name=view.name, href=view.href)
