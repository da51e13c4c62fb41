"""Subscribing, changing, holding back, taking away and back, and sending a ranking to oneself."""

import json
from collections.abc import Collection
from dataclasses import asdict, dataclass, replace
from datetime import time

from api.core.errors import NotFound
from api.core.languages import spoken
from api.reports import subscriptions
from api.reports.service import send_to_me
from api.reports.subscriptions import FORMATS, WAYS, BadSubscription, Kind, Subscribed, Wish
from dashboard.data.sitting import Sitting
from dashboard.data.subscriptions import OWN_ZONE, about_of


@dataclass(frozen=True)
class Given:
    """What a form says, as the browser has it."""

    kind: str
    unit: str
    language: str
    weekday: str
    at: str
    timezone: str
    ways: Collection[str]
    formats: Collection[str]
    weeks: int | None
    active: bool = True


def save(sitting: Sitting, given: Given) -> Subscribed:
    """Puts down what the form says; raises BadSubscription for what makes no sense."""
    kind: Kind = "report" if given.kind == "report" else "ranking"
    allowed = FORMATS if kind == "report" else ("pdf",)
    try:
        at, weekday = time.fromisoformat(given.at), int(given.weekday)
    except ValueError as error:
        raise BadSubscription from error
    wish = Wish(
        kind=kind,
        unit=given.unit,
        language=spoken(given.language),
        weekday=weekday,
        at=at.replace(second=0, microsecond=0),
        timezone=None if given.timezone in ("", OWN_ZONE) else given.timezone,
        ways=tuple(way for way in WAYS if way in given.ways),
        formats=tuple(one for one in allowed if one in given.formats),
        weeks=given.weeks if kind == "ranking" else None,
        active=given.active,
    )
    return subscriptions.save(sitting.session, sitting.viewer, wish, sitting.now)


def turn(sitting: Sitting, about: str, *, on: bool) -> Subscribed:
    """Holds a subscription back or has it come again; also the usual one, which then has a row."""
    return save(sitting, replace(_given(sitting, _mine(sitting, about)), active=on))


def forget(sitting: Sitting, about: str) -> str:
    """Takes a subscription away; what `bring_back` makes it anew from."""
    one = _mine(sitting, about)
    if one.id is not None:
        subscriptions.forget(sitting.session, sitting.viewer, one.id)
    return json.dumps(asdict(_given(sitting, one)))


def bring_back(sitting: Sitting, kept: str) -> Subscribed:
    """Subscribes again to what was just taken away."""
    try:
        return save(sitting, Given(**json.loads(kept)))
    except (TypeError, ValueError) as error:  # not what `forget` wrote
        raise BadSubscription from error


def send(sitting: Sitting, about: str) -> None:
    """Sends the viewer the ranking of a subscription by e-mail, now."""
    one = _mine(sitting, about)
    code = sitting.viewer.hierarchy.nodes[one.unit_id].code
    node = subscriptions.subject_of(sitting.viewer, "ranking", code)
    send_to_me(sitting.session, sitting.installation, sitting.viewer, node, one.language)


def _given(sitting: Sitting, one: Subscribed) -> Given:
    unit = sitting.viewer.hierarchy.nodes[one.unit_id].code
    return Given(
        one.kind, unit, one.language, str(one.weekday), f"{one.at:%H:%M}", one.timezone or OWN_ZONE,
        one.ways, one.formats, one.weeks, active=one.active,
    )  # fmt: skip


def _mine(sitting: Sitting, about: str) -> Subscribed:
    found = subscriptions.list_mine(sitting.session, sitting.viewer, sitting.now)
    for one in found:
        if about_of(one) == about:
            return one
    raise NotFound(subscription=about)
