"""Peers: each branch is compared with those of the same city tier, size and brand only."""

import random
from typing import Any

from answered import LAST, MONDAY, World, days_of, made_up, make_world, write
from conftest import Office
from sqlalchemy import text
from test_league import by_branch, expected_table, grow_old, ready_table, same, table, world

from api.cells.service import fold
from api.insights.league import SHOWN_FOR

__all__ = ["world"]  # a fixture


def profile(office: Office, branch: int, since: str = "2020-01-01", **what: str) -> None:
    with office.owner.connection() as connection:
        connection.execute(
            text(
                "update unit_profile set valid_to = :since where unit_id = :u and valid_to is null"
            ),
            {"u": branch, "since": since},
        )
        connection.execute(
            text(
                "insert into unit_profile (unit_id, city_tier, size, brand, attributes, "
                "valid_from) values (:u, :tier, :size, :brand, '{}', :since)"
            ),
            {"u": branch, "tier": None, "size": None, "brand": None, "since": since, **what},
        )
        connection.execute(text("update network set structure_version = nextval('data_version')"))


def test_peers_are_compared_within_their_group(office: Office, monkeypatch: Any) -> None:
    monkeypatch.setattr("api.insights.league_compute.FEWEST_PEERS", 2)
    world = make_world(office.owner, sizes=(4, 3))
    world.given = made_up(world, random.Random(11), days_of(MONDAY, LAST), 1500)
    with office.owner.connection() as connection:
        write(connection, world.given)
    fold(office.worker.database)
    group = ["1 / large / A", "1 / large / B", "– / – / –"]
    for number, branch in enumerate(world.branches):
        if number % 3 < 2:
            profile(office, branch, tier="1", size="large", brand="AB"[number % 3])
    found = ready_table(office, world.network, peers=True)
    assert found.comparison_set == "peers"
    rows = by_branch(found)
    names = [group[number % 3] for number in range(len(world.branches))]
    expected = expected_table(world, "nps", called="peers", groups=names, fewest=2)
    for index, branch in enumerate(world.branches):
        row = rows[branch]
        assert row.peer_group == (names[index] if row.n != 0 else None)
        assert same(row.shrunk, expected.shrunk[index])
        assert same(row.rank, expected.rank[index])
        assert row.ranked == expected.ranked[index]
    whole = by_branch(ready_table(office, world.network))
    assert {row.peer_group for row in whole.values()} == {None}
    assert any(whole[one].rank != rows[one].rank for one in whole)
    own = table(office, world.branches[0], role="branch_manager", peers=True)
    assert by_branch(own) == {world.branches[0]: rows[world.branches[0]]}


def test_another_profile_makes_another_table_of_peers(office: Office, world: World) -> None:
    first = ready_table(office, world.network, peers=True)
    profile(office, world.branches[0], brand="B")
    grow_old(office, SHOWN_FOR)
    assert table(office, world.network, peers=True).ranks_pending
    found = by_branch(ready_table(office, world.network, peers=True))
    assert found[world.branches[0]].peer_group == "– / – / B"
    assert not found[world.branches[0]].ranked, "alone it has no peers"
    assert by_branch(first)[world.branches[0]].peer_group == "– / – / –"
    profile(office, world.branches[1], since=str(LAST), brand="B")
    later = by_branch(ready_table(office, world.network, peers=True))
    assert later[world.branches[1]].peer_group == "– / – / –", "as it was on the last day"
