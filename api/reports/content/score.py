"""The score of a report: how high, how sure, and what changed. Pure."""

from itertools import dropwhile

from api.insights.figures import Difference, Figure
from api.reports.content.blocks import Amount, Chart, Names, Point, Said, Section, Value
from api.reports.content.reading import Facts

Glance = tuple[Said, Value, Said | None]


def metric_name(facts: Facts) -> Names:
    """What the score is called."""
    return Names(facts.seen.metric.name_zh, facts.seen.metric.name_en)


def score_section(facts: Facts) -> Section:
    """The score with its interval, its change, its bands, and the weeks behind it."""
    return Section(
        "score",
        Said(f"score.title.{state(facts.seen.figure, facts.seen.difference)}", _numbers(facts)),
        tuple(_sentences(facts)),
        chart=_trend(facts),
    )


def state(figure: Figure, difference: Difference) -> str:
    """What there is to say first: none, few, alone (nothing to compare), level, up or down."""
    if figure.n == 0:
        return "none"
    if figure.score is None:
        return "few"
    if difference.change is None:
        return "alone"
    if difference.is_noise:
        return "level"
    return "up" if difference.change > 0 else "down"


def glance(facts: Facts) -> tuple[Glance, ...]:
    """The numbers that stand above everything else."""
    figure, difference = facts.figure, facts.seen.difference
    sure = Said("glance.interval", _numbers(facts)) if figure.score is not None else None
    moved = None
    if difference.change is not None:
        moved = Said("glance.noise" if difference.is_noise else "glance.real")
    score = Said("glance.score", {"metric": metric_name(facts)})
    return (
        (score, Amount(figure.score, "score"), sure),
        (Said("glance.change"), Amount(difference.change, "points"), moved),
        (Said("glance.answers"), answers_of(figure), Said("glance.of_period")),
    )


def answers_of(figure: Figure) -> Value:
    """How many answers; of one to four that there are fewer than five."""
    return Said("fewer_than_five") if figure.n is None else Amount(figure.n, "count")


def _numbers(facts: Facts) -> dict[str, Value]:
    figure, before = facts.figure, facts.seen.previous
    change = facts.seen.difference.change
    return {
        "metric": metric_name(facts),
        "n": answers_of(figure),
        "score": Amount(figure.score, "score"),
        "low": Amount(figure.low, "score"),
        "high": Amount(figure.high, "score"),
        "then": Amount(before.score, "score"),
        "before_n": answers_of(before),
        "size": Amount(None if change is None else abs(change), "score"),
        "before": facts.period.before(),
    }


def _sentences(facts: Facts) -> list[Said]:
    numbers, figure = _numbers(facts), facts.figure
    if figure.score is None:
        return [Said(f"score.{'none' if figure.n == 0 else 'few'}", numbers)]
    said = [Said("score.interval", numbers), Said(f"score.change.{_change(facts)}", numbers)]
    bands = facts.seen.bands
    if bands is not None:
        parts = {"promoters": bands.promoters, "passives": bands.passives}
        parts["detractors"] = bands.detractors
        shares = {name: Amount(n / bands.answers, "share") for name, n in parts.items()}
        said.append(Said("score.bands", shares))
    if facts.seen.provisional:
        said.append(Said("score.provisional", {"open": facts.seen.funnel.open_links}))
    return said


def _change(facts: Facts) -> str:
    found = state(facts.figure, facts.seen.difference)
    return found if found in ("up", "down", "level") else "alone"


def _trend(facts: Facts) -> Chart | None:
    told = dropwhile(lambda one: one.figure.score is None, facts.trend.points)
    points = [
        Point(one.week, one.figure.score, one.figure.low, one.figure.high, one.figure.n)
        for one in told
    ]
    if sum(one.value is not None for one in points) < 2:
        return None
    weeks = facts.trend.weeks
    note = Said("score.trend.single") if weeks == 1 else Said("score.trend.rolling", {"n": weeks})
    usual = facts.above[-1] if facts.above else None
    return Chart(
        shape="trend",
        kind="score",
        name=metric_name_said(facts),
        points=tuple(points),
        line=usual.figure.score if usual else None,
        line_name=Said("in_period", {"name": usual.unit}) if usual else None,
        note=note,
    )


def metric_name_said(facts: Facts) -> Said:
    """The score's name as words of a figure."""
    return Said("plain", {"words": metric_name(facts)})
