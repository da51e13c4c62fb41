"""What to do now: a few steps, each following from what the report found. Pure."""

from collections.abc import Iterator

from api.reports.content.blocks import Amount, Said, Section
from api.reports.content.comparing import listing
from api.reports.content.driving import lever_values, question_name
from api.reports.content.reading import Facts
from scoring.drivers import Quadrant

MOST_NAMED = 3


def next_steps_section(facts: Facts) -> Section | None:
    """Steps in the order of their urgency; None where nothing calls for one."""
    steps = tuple(_steps(facts))
    return Section("next", Said("next.title"), steps) if steps else None


def _steps(facts: Facts) -> Iterator[Said]:
    if facts.loop is not None and facts.loop.counts.overdue:
        yield Said("next.overdue", {"overdue": facts.loop.counts.overdue})
    yield from _warned(facts)
    yield from _fallen(facts)
    yield from _driver(facts)
    late = sum(one.late for one in facts.plans)
    if late:
        yield Said("next.late", {"late": late})
    yield from _answers(facts)


def _warned(facts: Facts) -> Iterator[Said]:
    rows = facts.warnings.rows if facts.warnings else []
    alerts = sorted((row for row in rows if row.level == "alert"), key=lambda row: -row.drop)
    known = [facts.nodes[row.branch_id] for row in alerts if row.branch_id in facts.nodes]
    if known:
        key = "own_warning" if facts.unit.is_branch else "warned"
        yield Said(f"next.{key}", {"names": listing(known[:MOST_NAMED])})


def _fallen(facts: Facts) -> Iterator[Said]:
    fallen = [one.unit for one in facts.moved if not one.is_noise and one.change < 0]
    risen = [one.unit for one in facts.moved if not one.is_noise and one.change > 0]
    if fallen:
        yield Said("next.fallen", {"names": listing(fallen[:MOST_NAMED])})
    if risen:
        yield Said("next.risen", {"names": listing(risen[:MOST_NAMED])})


def _driver(facts: Facts) -> Iterator[Said]:
    own = facts.improvement
    if own is not None and own.first is not None:
        yield Said("next.lever", lever_values(own, own.first))
    rows = facts.drivers.rows if facts.drivers else ()
    first = next((row for row in rows if row.quadrant is Quadrant.PRIORITY), None)
    if first is not None:
        yield Said("next.driver", {"name": question_name(first.metric)})


def _answers(facts: Facts) -> Iterator[Said]:
    funnel = facts.seen.funnel
    if facts.own is not None and not facts.own.row.ranked:
        yield Said("next.lacking", {"lacking": facts.own.lacking})
    if funnel.sent and funnel.undelivered / funnel.sent > 0.1:
        share = Amount(funnel.undelivered / funnel.sent, "share")
        yield Said("next.undelivered", {"share": share})
