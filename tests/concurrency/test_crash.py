"""Workers killed again and again while they send: a tenth of ``branchpulse bench crash``."""

from scheduler.benches.bench_crash import KILLS, bench_crash


def test_nobody_is_asked_twice_and_nobody_is_lost_whoever_is_killed() -> None:
    document = bench_crash(full=False)
    figures = document["figures"]
    assert document["ok"], document
    assert figures["fewest_kills"] >= KILLS
    assert figures["asked_sms"] == 1000
