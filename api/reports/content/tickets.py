"""Unhappy customers and what became of them: tickets of the period, and those overdue now. Pure."""

from collections.abc import Iterator

from api.reports.content.blocks import Amount, Names, Said, Section, Table, Value
from api.reports.content.comparing import columns
from api.reports.content.reading import Facts, Loop
from api.tickets.measures import LoopMeasures, Share

MOST_CAUSES = 5


def tickets_section(facts: Facts) -> Section | None:
    """What was opened, how quickly it was seen to, and what the customers said in the end."""
    loop = facts.loop
    if loop is None or (not loop.measures.opened and not loop.counts.open):
        return None
    values: dict[str, Value] = {
        "overdue": loop.counts.overdue,
        "open": loop.counts.open,
        "opened": loop.measures.opened,
        "escalated": loop.counts.escalated,
    }
    title = "overdue" if loop.counts.overdue else "open" if loop.counts.open else "none"
    return Section(
        "tickets",
        Said(f"tickets.title.{title}", values),
        tuple(_sentences(loop, values)),
        tables=tuple(_tables(loop)),
    )


def _sentences(loop: Loop, values: dict[str, Value]) -> Iterator[Said]:
    found = loop.measures
    if found.opened:
        yield Said("tickets.opened", values)
    if loop.counts.escalated:
        yield Said("tickets.escalated", values)
    ends = found.ends
    if ends.recovered.n:
        yield Said("tickets.recovered", _share(ends.recovered))
    if ends.reopened.hits:
        yield Said("tickets.reopened", _share(ends.reopened))
    if ends.unverified or ends.waiting:
        yield Said("tickets.unverified", {"unverified": ends.unverified, "waiting": ends.waiting})


def _share(share: Share) -> dict[str, Value]:
    return {
        "n": share.n,
        "hits": share.hits,
        "share": Amount(share.share, "share"),
        "low": Amount(share.low, "share"),
        "high": Amount(share.high, "share"),
    }


def _tables(loop: Loop) -> Iterator[Table]:
    found = loop.measures
    if found.opened:
        yield _times(found)
    if any(one.in_time.n for one in found.kept):
        yield _kept(found)
    if found.causes:
        rows = tuple(
            (
                loop.causes.get(one.cause, Names(one.cause, one.cause)),
                one.n,
                one.branches,
                one.repeats,
            )
            for one in found.causes[:MOST_CAUSES]
        )
        yield Table(columns("cause", "count", "branches", "repeats"), rows)


def _times(found: LoopMeasures) -> Table:
    return Table(
        columns("reached", "n_tickets", "reached_count", "median_hours", "most_hours"),
        tuple(
            (
                Said(f"tickets.state.{one.state}"),
                one.n,
                one.reached,
                Amount(one.median_hours, "hours"),
                Amount(one.most_hours, "hours"),
            )
            for one in found.times
        ),
    )


def _kept(found: LoopMeasures) -> Table:
    return Table(
        columns("clock", "n_tickets", "in_time", "low", "high"),
        tuple(
            (
                Said(f"tickets.clock.{one.kind}_{one.calendar}"),
                one.in_time.n,
                *(
                    Amount(value, "share")
                    for value in (one.in_time.share, one.in_time.low, one.in_time.high)
                ),
            )
            for one in found.kept
        ),
    )
