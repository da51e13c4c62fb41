"""What of a week is worth a reader's minute: which comments, and what to do about it. Pure."""

from collections.abc import Collection, Iterable, Sequence

from api.insights.warnings.reading import BranchWarning
from api.reports.overdue import Overdue
from api.reports.ranking_rows import Lately, RankingRow, Step, StepKind, Voiced
from api.reports.repository.weekly import GOOD_LENGTH

MOST_STEPS = 5
UNHAPPY_TO, HAPPY_FROM = 6, 9  # of an NPS
SILENT_FROM = 26  # answers in 13 weeks, two a week: then a week without any is odd


def worth_reading(found: Sequence[Voiced], warned: Collection[int], most: int) -> list[Voiced]:
    """Up to ``most`` comments: what went wrong first, where a warning stands before others.

    Of different branches as far as there are any, and one of them praise if there is some: a page
    of complaints alone is not read for long.
    """
    ordered = sorted(found, key=lambda one: _worth(one, warned))
    sad = [one for one in ordered if _is_unhappy(one)]
    happy = [one for one in ordered if _is_happy(one)]
    others = [one for one in ordered if not _is_unhappy(one) and not _is_happy(one)]
    praise = _of_others(happy, (), 1)
    chosen = _of_others([*sad, *others], praise, most - len(praise))
    return [*chosen, *praise, *_of_others(happy, [*chosen, *praise], most - len(chosen) - 1)][:most]


def steps(
    lines: Sequence[RankingRow],
    movers: Sequence[RankingRow],
    warnings: Sequence[BranchWarning],
    overdue: Overdue,
    lately: Lately,
) -> list[Step]:
    """What to do this week, the most urgent first; never nothing.

    New is asked about at once. What goes on (an alert of the month before, a fall that may be
    chance, a branch that nearly has a place) is asked about in the first letter of a month.
    """
    found = [Step("overdue", number=overdue.overdue)] if overdue.overdue else []
    known = frozenset() if lately.monthly else lately.alerted
    alerts = [one for one in warnings if one.level == "alert" and one.branch_id not in known][:2]
    found += [Step("warning", one.unit_code, one.unit_name, one.drop) for one in alerts]
    told = {one.branch_id for one in alerts} | lately.moved
    falls = [one for one in movers if _change(one) < 0 and one.row.branch_id not in told]
    rises = [one for one in movers if _change(one) > 0 and one.row.branch_id not in told]
    found += [_step("fallen", one, one.row.change) for one in falls[:2]]
    silent = [one for one in lines if is_silent(one) and one.row.branch_id not in lately.quiet]
    found += [_step("silent", one, one.row.n) for one in silent[:1]]
    told |= {one.row.branch_id for one in movers}
    if lately.monthly and not falls:
        hints = _hints(one for one in lines if one.row.branch_id not in told)
        found += [_step("hint", one, one.row.change) for one in hints[:1]]
    found += [_step("risen", one, one.row.change) for one in rises[:1]]
    if lately.monthly:
        found += [_step("nearly", one, one.lacking) for one in _nearly(lines)[:1]]
    return found[:MOST_STEPS] or [Step("read")]


def is_silent(line: RankingRow) -> bool:
    """Whether a branch with answers every week, as they come on average, had none."""
    return line.week.answers == 0 and (line.row.n or 0) >= SILENT_FROM


def _hints(lines: Iterable[RankingRow]) -> list[RankingRow]:
    """Falls that are more than noise by themselves, though not among so many; the deepest first."""
    fallen = [one for one in lines if one.row.change_is_noise is False and _change(one) < 0]
    return sorted(fallen, key=_change)


def _change(line: RankingRow) -> float:
    return line.row.change or 0.0


def _step(kind: StepKind, line: RankingRow, number: float | None) -> Step:
    return Step(kind, line.row.unit_code, line.row.unit_name, number)


def _nearly(lines: Iterable[RankingRow]) -> list[RankingRow]:
    """Branches that lack fewer answers for a place than they have already, the nearest first."""
    near = [one for one in lines if not one.row.ranked and 0 < one.lacking <= (one.row.n or 0)]
    return sorted(near, key=lambda one: (one.lacking, one.row.unit_code))


def _worth(one: Voiced, warned: Collection[int]) -> tuple[bool, int, str]:
    length = len(one.voice.text.encode())
    return one.branch.id not in warned, abs(length - GOOD_LENGTH), one.voice.text


def _is_unhappy(one: Voiced) -> bool:
    return one.voice.score is not None and one.voice.score <= UNHAPPY_TO


def _is_happy(one: Voiced) -> bool:
    return one.voice.score is not None and one.voice.score >= HAPPY_FROM


def _of_others(found: Sequence[Voiced], taken: Collection[Voiced], most: int) -> list[Voiced]:
    """Up to ``most``, of branches that are not there yet as long as there are such."""
    chosen: list[Voiced] = []
    for fresh in (True, False):
        for one in found:
            there = {other.branch.id for other in (*taken, *chosen)}
            known = one in chosen or one in taken
            if len(chosen) < most and not known and (one.branch.id not in there) == fresh:
                chosen.append(one)
    return chosen
