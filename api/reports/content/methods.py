"""The last page: how every number came about, on how many answers, and what is left out. Pure."""

from collections.abc import Iterator

from api.reports.content.blocks import Amount, Said, Section, Table, Value
from api.reports.content.comparing import columns
from api.reports.content.indices import index_of
from api.reports.content.reading import Facts
from api.reports.content.score import answers_of, metric_name
from scoring.tiers import DEFAULT_THRESHOLDS


def methods_section(facts: Facts) -> Section:
    """Always there, whatever was found."""
    return Section(
        "methods",
        Said("methods.title"),
        (*_methods(facts), *_left_out(facts)),
        tables=(_answers(facts),),
    )


def _methods(facts: Facts) -> Iterator[Said]:
    yield Said("methods.day")
    yield Said("methods.pooled" if not facts.unit.is_branch else "methods.own")
    yield Said("methods.interval", {"metric": metric_name(facts)})
    yield Said("methods.change", {"period": facts.period, "before": facts.period.before()})
    yield Said("methods.tiers", _thresholds())
    if facts.table.rows and not facts.table.ranks_pending:
        yield Said("methods.ranks")
    if index_of(facts) is not None:
        yield Said("methods.index")
    if facts.moved:
        yield Said("methods.family", {"n": len(facts.moved)})
    if facts.drivers is not None or facts.improvement is not None:
        yield Said("methods.drivers")
    if facts.warnings is not None:
        yield Said("methods.warnings")
    if facts.comments:
        yield Said("methods.comments")


def _thresholds() -> dict[str, Value]:
    least = DEFAULT_THRESHOLDS
    return {"count": least.count, "score": least.score, "rank": least.rank}


def _left_out(facts: Facts) -> Iterator[Said]:
    """What is not in the report, and why."""
    if facts.table.ranks_pending:
        yield Said("left_out.ranks")
    problem = facts.drivers.problem if facts.drivers else None
    if facts.improvement is not None:
        problem = facts.improvement.problem
    if problem is not None:
        yield Said("left_out.drivers", {"why": Said(f"problem.{problem}")})
    if facts.comments is None:
        yield Said("left_out.comments_right")
    elif not facts.comments:
        yield Said("left_out.comments")
    if facts.warnings is None:
        yield Said("left_out.warnings")


def _answers(facts: Facts) -> Table:
    """Answers behind each part."""
    rows: list[tuple[Value, ...]] = [
        (metric_name(facts), facts.period, answers_of(facts.figure)),
        (metric_name(facts), facts.period.before(), answers_of(facts.seen.previous)),
    ]
    index = index_of(facts)
    if index is not None:
        rows.append((index.name, facts.period, answers_of(index.figure)))
    if facts.trend.points:
        weeks = [one for one in facts.trend.points if one.figure.n]
        rows.append((Said("methods.trend"), Said("methods.weeks", {"n": len(weeks)}), None))
    matrix = facts.drivers or facts.improvement
    if matrix is not None and matrix.problem is None:
        rows.append((Said("methods.weights"), matrix.months, Amount(matrix.answers, "count")))
    if facts.comments is not None:
        rows.append((Said("methods.voices"), facts.period, Amount(facts.comment_count, "count")))
    return Table(columns("part", "period", "n"), tuple(rows))
