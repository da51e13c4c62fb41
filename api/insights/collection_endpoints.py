"""How far asking gets over HTTP, told apart; times to answer; decides nothing."""

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter

from api.boundary.visits import AnyVisit, require_token_scope
from api.insights.collection import HOURS, Collected, Cut, Waited, answer_times, collected
from api.insights.costs import Prices, prices
from api.insights.endpoints import AskedPeriod, Code

router = APIRouter(prefix="/api/v1/collection", tags=["insights"])


@router.get("")
def read_collection(
    visit: AnyVisit,
    period: AskedPeriod,
    unit: Code = None,
    touchpoint: Code = None,
    *,
    by: Cut = "channel",
) -> dict[str, Any]:
    """From events to whole answers by channel, segment, touchpoint or branch, with the cost.

    ``share``, ``low`` and ``high`` are whole answers per message (by channel) or per event that was
    asked about, with the 95 % interval; null below 10. ``cost`` is null where a price is missing.
    """
    require_token_scope(visit.viewer, "read")
    found = collected(visit.session, visit.viewer, period, by, unit=unit, touchpoint=touchpoint)
    priced = prices(visit.session, visit.now)
    return {
        "by": by,
        "rules_version": priced.rules_version,
        "currency": priced.currency,
        "rows": [_row(one, priced) for one in found],
    }


@router.get("/times")
def read_times(
    visit: AnyVisit, period: AskedPeriod, unit: Code = None, touchpoint: Code = None
) -> dict[str, Any]:
    """How long whole answers took in hours: of all channels (null) and of each with 10 answers."""
    require_token_scope(visit.viewer, "read")
    found = answer_times(visit.session, visit.viewer, period, unit=unit, touchpoint=touchpoint)
    return {"rows": [_times(one) for one in found]}


def _row(one: Collected, priced: Prices) -> dict[str, Any]:
    share = asdict(one.share) if one.share else {"share": None, "low": None, "high": None}
    return {"value": one.value, **asdict(one.counts), **share, "cost": priced.cost(one.messages)}


def _times(one: Waited) -> dict[str, Any]:
    quarter, middle, three_quarters, most = one.quantiles
    return {
        "channel": one.channel,
        "answers": one.answers,
        "quarter": quarter,
        "half": middle,
        "three_quarters": three_quarters,
        "nine_in_ten": most,
        "within": dict(zip(map(str, HOURS), one.within, strict=True)),
    }
