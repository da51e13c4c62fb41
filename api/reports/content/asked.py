"""Who was asked and who answered: how far the period's events came. Pure."""

from api.insights.queries import Funnel, ReasonCount
from api.reports.content.blocks import Amount, Chart, Point, Said, Section, Table, Value
from api.reports.content.comparing import columns
from api.reports.content.reading import Facts
from scoring.tiers import DEFAULT_THRESHOLDS

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
    if funnel.sent < FEWEST_SENT or _is_hidden(funnel.answered):
        return Said("asked.title.few", values)
    values["share"] = Amount(funnel.answered / funnel.sent, "share")
    return Said("asked.title.share", values)


def _sentences(reasons: list[ReasonCount], funnel: Funnel) -> list[Said]:
    said = [Said("asked.way", {name: _told(getattr(funnel, name)) for name in STEPS})]
    if funnel.undelivered:
        said.append(Said("asked.undelivered", {"n": funnel.undelivered}))
    if funnel.unknown:
        said.append(Said("asked.unknown", {"n": funnel.unknown}))
    if reasons and funnel.events:
        most = max(reasons, key=lambda one: one.events)
        share = Amount(most.events / funnel.events, "share")
        said.append(Said("asked.reason", {"reason": _reason(most), "share": share}))
    return said


def _is_hidden(count: int) -> bool:
    """One to four are not told, as nowhere in a report."""
    return 0 < count < DEFAULT_THRESHOLDS.count


def _told(count: int) -> Value:
    return Said("fewer_than_five") if _is_hidden(count) else count


def _reason(one: ReasonCount) -> Said:
    """Words of the room that decides who is asked."""
    return Said(f"/asking.reason.{one.reason}")


def _chart(funnel: Funnel) -> Chart:
    counts = ((name, getattr(funnel, name)) for name in STEPS)
    told = tuple(Point(Said(f"step.{name}"), n) for name, n in counts if not _is_hidden(n))
    return Chart("bars", "count", Said("asked.count"), told)


def _tables(reasons: list[ReasonCount]) -> list[Table]:
    if not reasons:
        return []
    most = sorted(reasons, key=lambda one: -one.events)[:MOST_REASONS]
    rows = tuple((_reason(one), Amount(one.events, "count")) for one in most)
    return [Table(columns("reason", "events"), rows)]
