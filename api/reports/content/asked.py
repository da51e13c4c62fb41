"""Who was asked and who answered: how far the period's events came. Pure."""

from api.insights.queries import Funnel, ReasonCount
from api.reports.content.blocks import Amount, Chart, Point, Said, Section, Table, Value
from api.reports.content.comparing import columns
from api.reports.content.reading import Facts

STEPS = ("events", "eligible", "invited", "sent", "delivered", "opened", "answered", "completed")
MOST_REASONS = 5
FEWEST_SENT = 10  # messages, from which a share of answers is told


def asked_section(facts: Facts) -> Section | None:
    """From events to answers; None where nothing happened that somebody could be asked about."""
    funnel = facts.seen.funnel
    if not funnel.events and not funnel.invited:
        return None
    return Section(
        "asked",
        _title(funnel),
        tuple(_sentences(facts.seen.reasons, funnel)),
        _chart(funnel),
        tuple(_tables(facts.seen.reasons)),
    )


def _title(funnel: Funnel) -> Said:
    values: dict[str, Value] = {"sent": funnel.sent, "events": funnel.events}
    if funnel.sent < FEWEST_SENT:
        return Said("asked.title.few", values)
    values["share"] = Amount(funnel.answered / funnel.sent, "share")
    return Said("asked.title.share", values)


def _sentences(reasons: list[ReasonCount], funnel: Funnel) -> list[Said]:
    said = [Said("asked.way", {name: getattr(funnel, name) for name in STEPS})]
    if funnel.undelivered:
        said.append(Said("asked.undelivered", {"n": funnel.undelivered}))
    if funnel.unknown:
        said.append(Said("asked.unknown", {"n": funnel.unknown}))
    if reasons and funnel.events:
        most = max(reasons, key=lambda one: one.events)
        share = Amount(most.events / funnel.events, "share")
        said.append(Said("asked.reason", {"reason": _reason(most), "share": share}))
    return said


def _reason(one: ReasonCount) -> Said:
    """Words of the room that decides who is asked."""
    return Said(f"/asking.reason.{one.reason}")


def _chart(funnel: Funnel) -> Chart:
    points = tuple(Point(Said(f"step.{name}"), getattr(funnel, name)) for name in STEPS)
    return Chart("bars", "count", Said("asked.count"), points)


def _tables(reasons: list[ReasonCount]) -> list[Table]:
    if not reasons:
        return []
    most = sorted(reasons, key=lambda one: -one.events)[:MOST_REASONS]
    rows = tuple((_reason(one), Amount(one.events, "count")) for one in most)
    return [Table(columns("reason", "events"), rows)]
