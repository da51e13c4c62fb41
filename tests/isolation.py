"""What the isolation tests share: a lasting office, and the application's filter switched off."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from conftest import SECRET, Office, Timepiece, UndoneDatabase
from sqlmodel import Session
from two_regions import PLACES, World

from api.boundary import visits
from api.core.crypto import Vault
from api.core.database import Database
from api.core.installation import Installation
from api.core.settings import Settings
from api.indicators.reading import read_indicators
from api.indicators.service import publish_indicators
from api.security.scope import Scope, open_scope
from api.security.viewer import Viewer

LIMITED = [role for role, place in PLACES.items() if place != "network"]


@contextmanager
def lasting_office(playground: Database, migrated: Settings) -> Iterator[Office]:
    """An office for the tests of a whole file, undone afterwards."""
    clock, vault = Timepiece(), Vault(SECRET)
    with playground.engine.connect() as connection:
        outer = connection.begin()
        web = Installation(migrated, UndoneDatabase(connection, "bp_web"), vault, clock)
        worker = Installation(migrated, UndoneDatabase(connection, "bp_worker"), vault, clock)
        owner = UndoneDatabase(connection, "none")
        yield Office(web, worker, owner, clock, migrated)
        outer.rollback()


TREE = """
code = "experience"
version = 1
effective_from = 2026-01-01
name = { zh = "体验指数", en = "Experience index" }

[[question]]
metric = "overall"
weight = 2

[[question]]
metric = "nps"
weight = 1
"""
TARGET = """
[[target]]
of = "experience"
unit = "%s"
year = 2026
value = 70
"""


def publish_tree(office: Office, world: World) -> None:
    """An indicator tree in force, with a target of every branch's own."""
    written = TREE + "".join(TARGET % branch.code for branch in world.branches.values())
    with office.worker.database.transaction() as session:
        tree = read_indicators(written, "a.toml")
        publish_indicators(session, tree, office.clock.now, written=written)


def found_in(text_: str, marks: tuple[str, ...], asked: str = "") -> list[str]:
    """The marks that stand in ``text_`` (not those that the request itself brought)."""
    return [mark for mark in marks if mark in text_ and mark not in asked]


def switch_the_filter_off(monkeypatch: pytest.MonkeyPatch, *, really: bool = False) -> None:
    """The application lets everybody see and do all; the transaction keeps the viewer's scope.

    With ``really``, the transaction is opened to everything as well.
    """
    true_scopes: dict[int, Scope] = {}

    def seeming(viewer: Viewer) -> Viewer:
        wide = replace(viewer, scope=Scope(branches=viewer.hierarchy.branch_ids))
        true_scopes[id(wide.scope)] = viewer.scope
        return wide

    def open_true(session: Session, scope: Scope) -> None:
        true = Scope.whole_network(reason="control") if really else true_scopes[id(scope)]
        open_scope(session, true)

    for name in ("viewer_of_session", "viewer_of_token"):
        real = getattr(visits, name)
        monkeypatch.setattr(
            visits, name, lambda *given, real=real, **more: seeming(real(*given, **more))
        )
    monkeypatch.setattr(visits, "open_scope", open_true)
    monkeypatch.setattr(Viewer, "sees_unit", lambda self, unit_id: unit_id in self.hierarchy.nodes)
    monkeypatch.setattr(Viewer, "may", lambda *_: True)
