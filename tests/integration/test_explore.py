"""Any metric by any two dimensions: every told cell is what the answers themselves say."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from itertools import permutations
from typing import Any

import numpy as np
import pytest
from answered import BINS, LAST, SCALES, Given, World
from conftest import Office
from test_insights import PERIOD, world
from viewers import looking

from api.core.errors import Invalid, NotAllowed, NotFound
from api.insights.explore.dimensions import CUTS, PLACES, TIMES, Asked, Dimension, Only
from api.insights.explore.hiding import hidden_cells
from api.insights.explore.service import Table, explore
from scoring.scales import Kind, scale_of, to_nps3
from scoring.scores import score_counts

__all__ = ["world"]  # the fixture

D = Dimension
PAIRS = [
    pair
    for pair in permutations([one for one in D if one is not D.ADVISOR], 2)
    if not any(set(pair) <= set(kind) for kind in (PLACES, TIMES))
]


def ask(office: Office, home: int, role: str, asked: Asked) -> Table:
    with looking(office, home, role) as (session, viewer):
        return explore(session, viewer, asked)


def keys_of(world: World) -> dict[Dimension, Callable[[Given], Any]]:
    """What an answer is of, read from the made-up rows."""
    region = {one: f"R{1 if place < 5 else 2}" for place, one in enumerate(world.branches)}
    codes = {
        one: f"D1{place + 1:02d}" if place < 5 else f"D2{place - 4:02d}"
        for place, one in enumerate(world.branches)
    }
    return {
        D.UNIT: lambda one: region[one.branch],
        D.BRANCH: lambda one: codes[one.branch],
        D.TOUCHPOINT: lambda one: f"touch{world.touchpoints.index(one.touchpoint) + 1}",
        D.CHANNEL: lambda one: one.channel,
        D.SEGMENT: lambda one: one.segment,
        D.LANGUAGE: lambda one: one.language,
        D.ADVISOR: lambda one: one.advisor,
        D.MODEL: lambda one: one.model,
        D.WEEK: lambda one: max(
            one.day - timedelta(days=one.day.weekday()), PERIOD.start
        ).isoformat(),
        D.MONTH: lambda one: max(one.day.replace(day=1), PERIOD.start).isoformat(),
    }


def expected(
    world: World, given: list[Given], asked: Asked, found: Table
) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Histograms counted one by one, in the order of the table."""
    of, bins = keys_of(world), list(BINS[SCALES[asked.metric][1]])
    tally: dict[tuple[Any, Any], Counter[int]] = {}
    for one in given:
        if PERIOD.start <= one.day < PERIOD.end and asked.metric in one.values:
            key = of[asked.rows](one), of[asked.columns](one)
            if None not in key:
                tally.setdefault(key, Counter())[one.values[asked.metric]] += 1
    assert {key[0] for key in tally} <= {one.key for one in found.rows}
    assert {key[1] for key in tally} <= {one.key for one in found.columns}
    return np.array(
        [
            [[tally.get((r.key, c.key), Counter())[one] for one in bins] for c in found.columns]
            for r in found.rows
        ]
    )


def check(found: Table, counts: np.ndarray[Any, np.dtype[np.int64]]) -> None:
    """Every cell that is not kept back has the answers' own count and score."""
    kind, code = SCALES[found.metric.code]
    scale = scale_of(code)
    if kind == "nps":
        counts, scale = to_nps3(counts, scale), scale_of("nps3")
    scores = score_counts(counts, Kind(kind), scale, pooled=1.0).score
    hidden = hidden_cells(counts.sum(axis=-1))
    for r, line in enumerate(found.cells):
        for c, cell in enumerate(line):
            n = int(counts[r, c].sum())
            assert cell.figure.n == (None if hidden[r, c] else n)
            if n >= 10 and not hidden[r, c]:
                assert cell.figure.score == pytest.approx(scores[r, c])
            else:
                assert cell.figure.score is None
                assert cell.apart is None
    assert found.whole.n == counts.sum()


def test_every_pair_of_dimensions_says_what_the_answers_say(office: Office, world: World) -> None:
    with looking(office, world.network, "hq_analyst") as (session, viewer):
        for rows, columns in PAIRS:
            asked = Asked("nps", PERIOD, rows, columns)
            found = explore(session, viewer, asked)
            check(found, expected(world, world.given, asked, found))
        for metric in ("service", "speed"):
            for columns in (D.TOUCHPOINT, D.WEEK, D.CHANNEL):
                asked = Asked(metric, PERIOD, D.SEGMENT, columns)
                found = explore(session, viewer, asked)
                check(found, expected(world, world.given, asked, found))


def test_what_is_narrowed_is_narrowed_everywhere(office: Office, world: World) -> None:
    place = world.touchpoints[0]
    for only in (Only(D.CHANNEL, "sms"), Only(D.SEGMENT, "old"), Only(D.MODEL, "L3")):
        kept = [one for one in world.given if getattr(one, only.cut) == only.value]
        kept = [one for one in kept if one.touchpoint == place and one.branch in world.branches[:5]]
        for rows, columns in ((D.BRANCH, D.MONTH), (D.LANGUAGE, D.UNIT)):
            asked = Asked("nps", PERIOD, rows, columns, "R1", "touch1", only)
            found = ask(office, world.regions[0], "regional_manager", asked)
            if columns is D.UNIT:  # of a region these are its branches
                asked = Asked("nps", PERIOD, rows, D.BRANCH, "R1", "touch1", only)
            check(found, expected(world, kept, asked, found))


def test_everybody_sees_their_own_units_only(office: Office, world: World) -> None:
    asked = Asked("nps", PERIOD, D.BRANCH, D.TOUCHPOINT)
    manager = ask(office, world.regions[1], "regional_manager", asked)
    assert {one.key for one in manager.rows} == {"D201", "D202", "D203"}
    own = ask(office, world.branches[0], "branch_manager", asked)
    assert [one.key for one in own.rows] == ["D101"]
    assert own.compared == 0
    for unit in ("R1", "D102", "nowhere"):
        with pytest.raises(NotFound):
            ask(
                office,
                world.branches[0],
                "branch_manager",
                Asked("nps", PERIOD, D.UNIT, D.TOUCHPOINT, unit),
            )
    with pytest.raises(NotAllowed):
        ask(office, world.branches[0], "interviewer", asked)


def test_advisors_are_told_within_one_branch_from_ten_answers_on(
    office: Office, world: World
) -> None:
    asked = Asked("nps", PERIOD, D.ADVISOR, D.MONTH, "D101")
    found = ask(office, world.network, "hq_analyst", asked)
    assert found.rows
    figures = [cell.figure for line in found.cells for cell in line]
    assert all(one.n is None or one.n == 0 or one.n >= 10 for one in figures)
    with pytest.raises(Invalid):
        ask(office, world.network, "hq_analyst", Asked("nps", PERIOD, D.ADVISOR, D.MONTH, "R1"))


def test_dimensions_that_do_not_go_together_are_refused(office: Office, world: World) -> None:
    pairs = ((D.UNIT, D.UNIT), (D.UNIT, D.BRANCH), (D.WEEK, D.MONTH))
    assert all(one in D for one in (*CUTS, *TIMES))
    assert PERIOD.end == LAST
    for rows, columns in pairs:
        with pytest.raises(Invalid):
            ask(office, world.network, "hq_analyst", Asked("nps", PERIOD, rows, columns))
