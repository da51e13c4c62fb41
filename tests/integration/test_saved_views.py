"""Saved views are one's own: nobody reads, renames or deletes another's."""

from collections.abc import Callable
from typing import Any

import pytest
from conftest import Office
from two_regions import World, log_in_as, make_two_regions

from api.access.views import service
from api.access.views.service import NameTaken, NoName, NoView, TooManyViews
from api.boundary.visits import visit_of_session
from api.core.errors import NotFound

LEAGUE = "/app/league?metric=nps"


@pytest.fixture
def world(office: Office) -> World:
    return make_two_regions(office)


def acting(office: Office, role: str, work: Callable[..., Any]) -> Any:
    """What a person with that role gets from ``work(session, viewer, now)``."""
    with visit_of_session(office.web, log_in_as(office, role)) as visit:
        return work(visit.session, visit.viewer, visit.now)


def saved(office: Office, role: str, name: str, href: str = LEAGUE) -> service.View:
    def save(session: Any, viewer: Any, now: Any) -> service.View:
        return service.save_view(session, viewer, name, href, now)

    found: service.View = acting(office, role, save)
    return found


@pytest.mark.usefixtures("world")
def test_nobody_sees_or_changes_the_views_of_others(office: Office) -> None:
    view = saved(office, "hq_admin", " Autumn   league ")
    assert view.name == "Autumn league"
    for role in ("hq_analyst", "branch_manager"):
        assert acting(office, role, lambda s, v, _: service.list_views(s, v)) == []
        with pytest.raises(NotFound):
            acting(office, role, lambda s, v, _: service.rename_view(s, v, view.id, "x"))
        with pytest.raises(NotFound):
            acting(office, role, lambda s, v, _: service.delete_view(s, v, view.id))
    assert acting(office, "hq_admin", lambda s, v, _: service.list_views(s, v)) == [view]


@pytest.mark.usefixtures("world")
def test_a_name_stands_for_one_view(office: Office) -> None:
    first, other = saved(office, "hq_admin", "One"), saved(office, "hq_admin", "Two")
    again = saved(office, "hq_admin", "One", "/app/overview")
    assert (again.id, again.href) == (first.id, "/app/overview")
    with pytest.raises(NameTaken):
        acting(office, "hq_admin", lambda s, v, _: service.rename_view(s, v, other.id, "One"))


@pytest.mark.usefixtures("world")
def test_only_addresses_of_the_dashboard_are_saved_and_not_without_end(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    for href in ("https://example.com/app/", "//example.com", "/app/\n", "/app/" + "x" * 3_000):
        with pytest.raises(NoView):
            saved(office, "hq_admin", "One", href)
    for name in ("", "   ", "x" * 61):
        with pytest.raises(NoName):
            saved(office, "hq_admin", name)
    monkeypatch.setattr(service, "MOST", 1)
    saved(office, "hq_admin", "One")
    with pytest.raises(TooManyViews):
        saved(office, "hq_admin", "Two")
