"""Subscriptions over HTTP: translates, decides nothing. Machines have none."""

from datetime import datetime, time
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from api.boundary.visits import PersonVisit, Visit
from api.core.languages import Language
from api.reports import subscriptions
from api.reports.subscriptions import Kind, Subscribed, Wish

router = APIRouter(prefix="/api/v1/subscriptions", tags=["reports"])

Short = Annotated[str, Field(max_length=20)]


class SubscriptionIn(BaseModel):
    """What is wanted of which unit, when and how; one for each unit and language."""

    model_config = ConfigDict(extra="forbid")
    kind: Kind
    unit: str = Field(max_length=300, description="The unit's code")
    language: Language
    weekday: int = Field(0, ge=0, le=6, description="Monday is 0")
    at: time = Field(time(8), description="On the clock of the time zone")
    timezone: str | None = Field(None, max_length=60, description="By default the unit's")
    ways: list[Short] = Field(["email"], max_length=5, description="email, wecom")
    formats: list[Short] = Field(["pdf"], max_length=5, description="Attached: pdf, pptx, xlsx")
    weeks: int | None = Field(None, ge=1, le=104, description="By default the network's")
    active: bool = True


class SubscriptionOut(SubscriptionIn):
    """A subscription; ``id`` is null of the usual one, which nobody wrote down."""

    id: UUID | None
    next_at: datetime | None


@router.get("")
def list_subscriptions(visit: PersonVisit) -> list[SubscriptionOut]:
    """The viewer's own subscriptions, also those that are off, and the usual one if it stands."""
    found = subscriptions.list_mine(visit.session, visit.viewer, visit.now)
    return [_shown(visit, one) for one in found]


@router.put("")
def save_subscription(visit: PersonVisit, body: SubscriptionIn) -> SubscriptionOut:
    """Puts down how the viewer wants it, in place of what there was for unit and language."""
    wish = Wish(**{**body.model_dump(), "ways": tuple(body.ways), "formats": tuple(body.formats)})
    return _shown(visit, subscriptions.save(visit.session, visit.viewer, wish, visit.now))


@router.delete("/{subscription_id}", status_code=204)
def forget_subscription(visit: PersonVisit, subscription_id: UUID) -> None:
    """Takes one of the viewer's subscriptions away; the usual one may then stand again."""
    subscriptions.forget(visit.session, visit.viewer, subscription_id)


def _shown(visit: Visit, one: Subscribed) -> SubscriptionOut:
    zone = subscriptions.zone_of(visit.session, visit.viewer, one)
    return SubscriptionOut(
        id=one.id,
        kind=one.kind,
        unit=visit.viewer.hierarchy.nodes[one.unit_id].code,
        language=one.language,
        weekday=one.weekday,
        at=one.at,
        timezone=zone,
        ways=list(one.ways),
        formats=list(one.formats),
        weeks=one.weeks,
        active=one.active,
        next_at=one.next_at(visit.now, zone) if one.active else None,
    )
