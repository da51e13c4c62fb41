"""Nobody learns anything of another branch, from any address, in any byte.

Goes through every route of the application, also those added later: a parameter that no filler
knows makes the test fail and says where to add one. The first half asks as every role for other
branches' things; the second half switches the application's own filter off, so that row-level
security stands alone.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import pytest
from alert_rows import mute_of
from conftest import Office
from delivery_rows import absence_of, delivery_of
from fastapi import FastAPI
from fastapi._compat import ModelField
from fastapi.dependencies.utils import get_flat_params
from fastapi.routing import RouteContext, iter_route_contexts
from isolation import LIMITED, found_in, lasting_office, publish_tree, switch_the_filter_off
from plan_rows import plan_of, step_of
from report_rows import item_of, order_of
from sqlalchemy import text
from sqlmodel import Session
from ticket_rows import file_of, number_of, ticket_bodies
from two_regions import PLACES, Branch, World, log_in_as, make_two_regions
from web import TestClient

from api.boundary.visits import SESSION_COOKIE
from api.core.database import Database
from api.core.settings import Settings
from api.main import create_api
from api.security.scope import Scope, open_scope

ORIGIN = {"origin": "http://testserver"}
UNSAFE = ("POST", "PUT", "PATCH", "DELETE")

# How a path or query parameter names something of a branch. Add yours here.
NAMES: Mapping[str, Callable[[Branch], str]] = MappingProxyType(
    {
        "code": lambda branch: branch.code,
        "unit": lambda branch: branch.code,
        "unit_code": lambda branch: branch.code,
        "branch": lambda branch: branch.code,
        "under": lambda branch: branch.code,
        "unit_id": lambda branch: str(branch.unit_id),
        "customer_id": lambda branch: str(branch.customer),
        "person_id": lambda branch: str(branch.customer),
        "contact_id": lambda branch: str(branch.contact),
        "event_id": lambda branch: str(branch.event),
        "event": lambda branch: str(branch.event),
        "invitation_id": lambda branch: str(branch.invitation),
        "response_id": lambda branch: str(branch.response),
        "account_id": lambda branch: str(branch.account),
        "grant_id": lambda branch: str(branch.grant),
        "contest_id": lambda branch: str(branch.contest),
        "file_id": lambda branch: str(branch.evidence),
        "point_id": lambda branch: str(branch.point),
        "mute_id": lambda branch: str(mute_of(branch.unit_id)),
        "plan_id": lambda branch: str(plan_of(branch.unit_id)),
        "step_id": lambda branch: str(step_of(branch.unit_id)),
        "order_id": lambda branch: str(order_of(branch.unit_id)),
        "item_id": lambda branch: str(item_of(branch.unit_id)),
        "ticket": lambda branch: str(number_of(branch.unit_id)),
        "ticket_file": lambda branch: str(file_of(branch.unit_id)),
        "view_id": lambda branch: str(branch.response),  # nobody's: views have a test of their own
        "subscription_id": lambda branch: str(branch.response),  # the same
        "absence_id": lambda branch: str(absence_of(branch.unit_id)),
        "delivery_id": lambda branch: str(delivery_of(branch.unit_id)),
    }
)
# Parameters that name nothing of a branch, with a value that gives the fullest answer.
# None: left out.
OTHERS: Mapping[str, str | None] = MappingProxyType(
    {
        "metric": "nps",
        "outcome": "nps",
        "level": "within",
        "rows": "branch",
        "columns": "channel",
        "only": None,
        "state": None,
        "from": "2026-08-01",
        "to": "2026-11-16",
        "month": "2026-11",
        "everyone": "true",
        "week": "2026-11-09",
        "touchpoint": None,
        "kind": None,
        "cursor": None,
        "limit": None,
        "since": "0",
        "lang": "en",
        "language": "en",
        "next": None,
        "bye": None,
        "rest": "nothing/here",
        "anything": "nothing/here",
        "format": None,
        "point": "zzzzzzzz",
        "paper": "A6",
        "lowest": None,
        "highest": None,
        "words": None,
        "channel": None,
        "written": None,
        "scored": None,
        "after": None,
        "before": None,
        "version": "1",
        "against": "1",
        "number": "1",
        "cut": "advisor",
        "year": "2026",
        "set": None,
        "cause": None,
        "escalated": None,
        "order": None,
        "overdue": None,
        "owner": None,
        "severity": None,
        "by": "branch",
        "unread": None,
        "driver": "nps",
        "status": None,
        "rule": None,
        "muted": None,
        "running": None,
        "over": None,
    }
)
# Addresses that open by a secret which nobody else has; they are tested with one that is made up.
SECRETS = frozenset({"token", "secret"})
BODIES: Mapping[tuple[str, str], Callable[[Branch], object]] = MappingProxyType(
    {
        ("POST", "/api/v1/customers/{customer_id}/reveal"): lambda branch: {
            "contact_id": str(branch.contact)
        },
        ("PUT", "/api/v1/notices/choices"): lambda _: {"ways": {"ticket": ["email"]}},
        ("POST", "/api/v1/absences"): lambda branch: {
            "from_at": "2026-11-19T00:00:00+08:00",
            "until_at": "2026-11-20T00:00:00+08:00",
            "deputy": str(branch.account),
        },
        ("PUT", "/api/v1/subscriptions"): lambda branch: {
            "kind": "report",
            "unit": branch.code,
            "language": "en",
        },
        ("POST", "/api/v1/views"): lambda _: {"name": "a view", "href": "/app/league"},
        ("PATCH", "/api/v1/views/{view_id}"): lambda _: {"name": "another name"},
        ("POST", "/api/v1/calls/{invitation_id}/outcome"): lambda _: {"outcome": "refused"},
        ("POST", "/api/v1/league/published"): lambda _: {
            "metric": "nps",
            "from": "2026-08-01",
            "to": "2026-11-16",
            "corrects": 1,
            "reason": "some words",
        },
        ("POST", "/api/v1/alerts/mutes"): lambda branch: {
            "unit": branch.code,
            "reason": "some words",
            "until_at": "2026-11-30T00:00:00+08:00",
        },
        ("POST", "/api/v1/plans"): lambda branch: {
            "unit": branch.code,
            "metric": "nps",
            "title": "some words",
            "started_on": "2026-11-02",
        },
        ("POST", "/api/v1/plans/{plan_id}/end"): lambda _: {"status": "done", "version": 1},
        ("POST", "/api/v1/plans/{plan_id}/reopen"): lambda _: {"version": 1},
        ("POST", "/api/v1/plans/{plan_id}/steps"): lambda _: {
            "what": "some words",
            "due_on": "2026-12-01",
        },
        ("POST", "/api/v1/plans/{plan_id}/steps/{step_id}"): lambda _: {"done": True},
        ("POST", "/api/v1/plans/{plan_id}/share"): lambda _: {"what": "some words"},
        ("POST", "/api/v1/reports/orders"): lambda branch: {
            "unit": branch.code,
            "from": "2026-08-01",
            "to": "2026-10-31",
            "language": "en",
        },
        **ticket_bodies(),
        ("POST", "/api/v1/contests"): lambda branch: {
            "response": str(branch.response),
            "reason": "other",
            "note": "some words",
        },
        ("POST", "/api/v1/contests/{contest_id}/decision"): lambda _: {
            "verdict": "upheld",
            "note": "some words",
        },
        ("POST", "/api/v1/contests/{contest_id}/evidence"): lambda _: {
            "file_name": "a.pdf",
            "content": "JVBERi0=",
        },
        ("PUT", "/api/v1/accounts/{account_id}"): lambda _: {
            "name": "somebody",
            "language": "en",
            "staff_number": "79",
        },
        ("POST", "/api/v1/accounts/{account_id}/grants"): lambda branch: {
            "role": "branch_staff",
            "unit": branch.code,
        },
    }
)


@dataclass(frozen=True)
class Call:
    """One request about one branch; ``names_it`` when the request says which."""

    method: str
    path: str
    url: str
    query: Mapping[str, str]
    body: object
    names_it: bool


def routes(app: FastAPI) -> list[RouteContext]:
    """Every endpoint of ours; providers' webhooks have no viewer, only a signature."""
    return [
        one
        for one in iter_route_contexts(app.routes)
        if getattr(one, "dependant", None) and not (one.path or "").startswith("/webhooks/")
    ]


def parameters(route: RouteContext) -> tuple[set[str], set[str]]:
    """The names in the path and in the query."""
    path = set(re.findall(r"{(\w+)", route.path or ""))
    query = {one.alias for one in get_flat_params(route.dependant) if _in_query(one)}
    return path, query - path


def calls(app: FastAPI, branch: Branch, methods: tuple[str, ...] = ("GET",)) -> Iterator[Call]:
    """All requests that ask for ``branch``: each route with its names, and plainly."""
    for route in routes(app):
        for method in sorted((route.methods or set()) & set(methods)):
            yield from _calls_of(route, method, branch)


def in_turn(
    app: FastAPI, world: World, role: str, methods: tuple[str, ...] = ("GET",)
) -> Iterator[Call]:
    """Every request once, about one of the branches hidden from a role: each role begins with
    another, so that all of them are asked for at every address by somebody."""
    of_each = [calls(app, branch, methods) for branch in world.hidden_from(role)]
    for turn, same in enumerate(zip(*of_each, strict=True), LIMITED.index(role)):
        yield same[turn % len(same)]


def _in_query(field: ModelField) -> bool:
    place = getattr(field.field_info, "in_", None)  # fields of a query model say no place
    return place is None or place.value == "query"


def _calls_of(route: RouteContext, method: str, branch: Branch) -> Iterator[Call]:
    assert route.path is not None
    path, query = parameters(route)
    url = route.path.replace(":path}", "}")
    for name in path:
        made_up = "x" * 22 if name in SECRETS else OTHERS.get(name)
        url = url.replace(f"{{{name}}}", NAMES[name](branch) if name in NAMES else made_up or "x")
    fixed = {name: str(OTHERS[name]) for name in query if OTHERS.get(name) is not None}
    body = BODIES.get((method, route.path), lambda _: {})(branch)
    naming = sorted(name for name in query if name in NAMES)
    in_path = any(name in NAMES for name in path)
    for chosen in [[], *([name] for name in naming)]:
        asked = {**fixed, **{name: NAMES[name](branch) for name in chosen}}
        yield Call(method, route.path, url, asked, body, in_path or bool(chosen))


class Client:
    """Somebody with a session or a machine token."""

    def __init__(self, app: FastAPI, secret: str | None, machine: str | None = None) -> None:
        self.http = TestClient(app, follow_redirects=False)
        self.headers = dict(ORIGIN)
        if secret is not None:
            self.http.cookies.set(SESSION_COOKIE, secret)
        if machine is not None:
            self.headers["authorization"] = f"Bearer {machine}"

    def ask(self, call: Call) -> tuple[int, str]:
        """Sends the request; the answer's status and all its words."""
        body = {"json": call.body} if call.method in UNSAFE else {}
        answer = self.http.request(
            call.method, call.url, params=dict(call.query), headers=self.headers, **body
        )
        headers = " ".join(f"{name}: {value}" for name, value in answer.headers.items())
        return answer.status_code, headers + answer.text


@pytest.fixture(scope="module")
def office(playground: Database, migrated: Settings) -> Iterator[Office]:
    """One office for all tests of this file, since they only look."""
    with lasting_office(playground, migrated) as built:
        yield built


@pytest.fixture(scope="module")
def world(office: Office) -> World:
    world = make_two_regions(office)
    publish_tree(office, world)
    return world


@pytest.fixture(scope="module")
def app(office: Office) -> FastAPI:
    return create_api(office.web)


def test_every_parameter_of_every_route_is_known_to_these_tests(app: FastAPI) -> None:
    known = {*NAMES, *OTHERS, *SECRETS}
    for route in routes(app):
        unknown = set().union(*parameters(route)) - known
        assert not unknown, (
            f"{route.path}: nobody says what {sorted(unknown)} is. What names something of a "
            "branch belongs into NAMES in tests/integration/test_isolation.py, else into OTHERS."
        )


@pytest.mark.parametrize("role", LIMITED)
def test_asking_for_another_branch_finds_nothing_in_any_byte(
    office: Office, world: World, app: FastAPI, role: str
) -> None:
    client = Client(app, log_in_as(office, role))
    own = world.shown_to(role)[0]
    for call, mine in zip(in_turn(app, world, role), calls(app, own), strict=True):
        status, answer = client.ask(call)
        assert status < 500, f"{call.url} fails: {answer}"
        for hidden in world.hidden_from(role):
            assert not found_in(answer, hidden.marks), f"{call.url} {call.query} tells {role}"
        if call.names_it and status not in (404, 405):
            # Not allowed is an answer only where it does not depend on the branch.
            assert status in (401, 403), f"{call.url} {call.query}: {status} for {role}"
            assert client.ask(mine)[0] == status, f"{call.url} tells {role} that it exists"


@pytest.mark.parametrize("role", LIMITED)
def test_changing_what_is_another_branchs_finds_nothing(
    office: Office, world: World, app: FastAPI, role: str
) -> None:
    client = Client(app, log_in_as(office, role))
    tried = 0
    for call in in_turn(app, world, role, UNSAFE):
        if not call.names_it:
            continue
        tried += 1
        status, answer = client.ask(call)
        assert status in (401, 403, 404, 405), f"{call.method} {call.url}: {status} for {role}"
        for hidden in world.hidden_from(role):
            assert not found_in(answer, hidden.marks), f"{call.method} {call.url} tells {role}"
    assert tried > 0


def test_a_machine_of_one_branch_finds_nothing_of_another(
    office: Office, world: World, app: FastAPI
) -> None:
    client = Client(app, None, world.machine)
    for name, branch in world.branches.items():
        for call in calls(app, branch):
            status, answer = client.ask(call)
            assert status < 500, f"{call.url} fails: {answer}"
            if name == "north1":
                continue
            assert not found_in(answer, branch.marks), f"{call.url} {call.query} tells"
            if call.names_it:
                assert status in (401, 403, 404), f"{call.url} {call.query}: {status}"


def test_whoever_is_not_logged_in_learns_nothing(
    office: Office, world: World, app: FastAPI
) -> None:
    client = Client(app, None)
    for branch in world.branches.values():
        for call in calls(app, branch):
            _, answer = client.ask(call)
            assert not found_in(answer, branch.marks, call.url), call.url


def test_headquarters_find_every_branch(office: Office, world: World, app: FastAPI) -> None:
    """Without this, the tests above could pass because nothing is ever shown."""
    client = Client(app, log_in_as(office, "hq_admin"))
    for branch in world.branches.values():
        shown = " ".join(client.ask(call)[1] for call in calls(app, branch))
        assert branch.code in shown
        assert set(found_in(shown, branch.data_marks)) >= {branch.data_marks[0]}, "its data"


@pytest.mark.parametrize("role", LIMITED)
def test_row_level_security_alone_keeps_foreign_rows_out(
    office: Office, world: World, app: FastAPI, monkeypatch: pytest.MonkeyPatch, role: str
) -> None:
    secret = log_in_as(office, role)
    switch_the_filter_off(monkeypatch)
    client = Client(app, secret)
    for call in in_turn(app, world, role):
        if call.path in WITHOUT_ROWS:
            continue
        status, answer = client.ask(call)
        assert status < 500, f"{call.url} fails: {answer}"
        for hidden in world.hidden_from(role):
            assert not found_in(answer, hidden.data_marks, call.url), (
                f"{call.url} {call.query} tells {role}"
            )


# Accounts are no branch's rows: they are read before anybody's scope is known, at log-in.
WITHOUT_ROWS = frozenset({"/api/v1/accounts", "/api/v1/accounts/{account_id}"})


def test_without_row_level_security_the_filter_that_was_switched_off_would_be_missed(
    office: Office, world: World, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proves that the switch works: with the database opened too, foreign rows come through."""
    secret = log_in_as(office, "branch_manager")
    switch_the_filter_off(monkeypatch, really=True)
    client = Client(app, secret)
    for branch in world.hidden_from("branch_manager"):
        shown = " ".join(
            client.ask(call)[1] for call in calls(app, branch) if call.path not in WITHOUT_ROWS
        )
        assert found_in(shown, branch.data_marks)


def isolated_tables(office: Office) -> list[str]:
    with office.owner.transaction() as session:
        return list(
            session.execute(
                text(
                    "select c.relname from pg_class c join pg_namespace n on n.oid = relnamespace "
                    "where relrowsecurity and nspname = 'public' order by 1"
                )
            ).scalars()
        )


def test_every_isolated_table_holds_a_row_of_every_branch(office: Office, world: World) -> None:
    """A table that is isolated later needs its rows in tests/two_regions.py."""
    for table in isolated_tables(office):
        with office.worker.database.transaction() as session:
            rows = session.execute(text(f"select count(*) from {table}")).scalar_one()
        assert rows >= len(world.branches), f"add rows of {table} to tests/two_regions.py"


@pytest.mark.parametrize("place", ["north", "group", "north1"])
def test_the_database_shows_a_scope_its_own_rows_in_every_table(
    office: Office, world: World, place: str
) -> None:
    role = next(name for name, where in PLACES.items() if where == place)
    own = {branch.unit_id for branch in world.shown_to(role)}
    people = {branch.customer for branch in world.shown_to(role)}
    for table in isolated_tables(office):
        with office.web.database.transaction() as session:
            open_scope(session, Scope.of(own))
            key = _key_of(session, table)
            shown = set(session.execute(text(f"select {key} from {table}")).scalars())
        assert shown == (people if key in ("person_id", "id") else own), table


def _key_of(session: Session, table: str) -> str:
    found = set(
        session.execute(
            text("select column_name from information_schema.columns where table_name = :table"),
            {"table": table},
        ).scalars()
    )
    if "branches" in found:
        return "unnest(branches)"
    return next(name for name in ("branch_id", "person_id", "id") if name in found)


def test_nobody_writes_rows_of_another_branch(office: Office, world: World) -> None:
    """The policy checks new rows too, not only what is read."""
    own, foreign = world.branches["north1"], world.branches["south2"]
    with office.web.database.transaction() as session:
        open_scope(session, Scope.of({own.unit_id}))
        with pytest.raises(Exception, match="row-level security"), session.begin_nested():
            session.execute(
                text("update event set branch_id = :branch where id = :id"),
                {"branch": foreign.unit_id, "id": own.event},
            )
        changed = session.execute(
            text("update event set employee = 'x' where branch_id = :branch returning id"),
            {"branch": foreign.unit_id},
        ).all()
        assert changed == []
