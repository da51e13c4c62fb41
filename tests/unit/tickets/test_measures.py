"""From counts to measures: what still waits counts, and every share has its n."""

from types import SimpleNamespace

import pytest

from api.tickets.measures import causes_of, ends_of, kept_of, share_of, time_to


def row(state: str, n: int, *, again: bool = False, said: bool = False) -> SimpleNamespace:
    return SimpleNamespace(state=state, n=n, again=again, said=said)


def test_a_branch_that_lets_tickets_lie_is_not_quick() -> None:
    read = SimpleNamespace(
        acknowledged=[1.0, 2.0, 3.0], acknowledged_not=[90.0] * 4,
        resolved=None, resolved_not=[5.0],
    )  # fmt: skip
    found = time_to([read], "acknowledged")
    assert (found.n, found.reached, found.median_hours) == (7, 3, None)
    assert time_to([read], "resolved").median_hours is None


def test_a_clock_that_was_set_back_makes_no_negative_time() -> None:
    read = SimpleNamespace(contacted=[-0.001, 4.0], contacted_not=[])
    assert time_to([read], "contacted").median_hours == 0


def test_units_are_added_up_by_what_they_hold_not_by_their_medians() -> None:
    quick = SimpleNamespace(resolved=[1.0] * 9, resolved_not=None)
    slow = SimpleNamespace(resolved=[50.0], resolved_not=[60.0])
    assert time_to([quick, slow], "resolved").median_hours == 1
    clocks = [
        SimpleNamespace(kind=kind, calendar="business", hits=hits, n=4)
        for kind, hits in (("resolve", 1), ("contact", 2), ("resolve", 4))
    ]
    found = [(one.kind, one.in_time.hits, one.in_time.n) for one in kept_of(clocks)]
    assert found == [("contact", 2, 4), ("resolve", 5, 8)]
    counted = [
        SimpleNamespace(cause=cause, n=n, branches=1, repeats=n - 1)
        for cause, n in (("wait", 2), ("price", 3), ("wait", 2))
    ]
    causes = [(one.cause, one.n, one.branches, one.repeats) for one in causes_of(counted)]
    assert causes == [("wait", 4, 2, 2), ("price", 3, 1, 2)]


def test_who_said_nothing_neither_recovers_nor_fails() -> None:
    found = ends_of(
        [
            row("verified", 6, said=True),
            row("verified", 1, again=True, said=True),
            row("unverified", 10),
            row("resolved", 4),
            row("resolved", 2, again=True, said=True),
            row("reopened", 1, again=True, said=True),
            row("contacted", 2, again=True),
            row("new", 9),
        ]
    )
    assert (found.recovered.hits, found.recovered.n) == (7, 10)
    assert (found.unverified, found.waiting, found.told) == (10, 6, 10)
    assert (found.reopened.hits, found.reopened.n) == (6, 26)


def test_a_share_of_nothing_is_nothing() -> None:
    assert share_of(0, 0).share is None
    found = share_of(3, 4)
    assert found.share == pytest.approx(0.75)
    assert found.low is not None
    assert found.high is not None
    assert 0.25 < found.low < 0.75 < found.high < 1
