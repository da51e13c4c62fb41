"""The page of the indicator tree over HTTP: figures are the read side's, versions are written."""

from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256

import pytest
from conftest import NOW, Office
from isolation import TREE, publish_tree
from test_dashboard import ask, enter
from test_dashboard_asking import said
from two_regions import OCCURRED_ON, World, make_two_regions
from web import TestClient

from api.main import create_api
from dashboard.app import add_dashboard
from dashboard.ids import Id

EDIT = "/app/indicators/edit?lang=en"
DAYS = f"from={OCCURRED_ON}&to={OCCURRED_ON + timedelta(days=1)}&lang=en"
SECOND = TREE.replace("version = 1", "version = 2").replace("weight = 2", "weight = 5")
SECOND = SECOND.replace("2026-01-01", (NOW + timedelta(days=30)).date().isoformat())


@pytest.fixture
def world(office: Office) -> World:
    made = make_two_regions(office)
    publish_tree(office, made)
    return made


@pytest.fixture
def browser(office: Office) -> Iterator[TestClient]:
    api = create_api(office.web)
    add_dashboard(api)
    with TestClient(api, follow_redirects=False) as client:
        yield client


def press(browser: TestClient, button: Id, written: str) -> str:
    """What a button of the editor says of a text."""
    values = {f"{button}.n_clicks": 1, f"{Id.RULES_TEXT}.value": written}
    return said(ask(browser, "work_on_text", EDIT, changed=f"{button}.n_clicks", **values))


def test_the_tree_is_shown_down_to_its_questions_with_targets(
    office: Office, world: World, browser: TestClient
) -> None:
    enter(browser, office, "hq_admin")
    whole = said(ask(browser, "show_page", f"/app/indicators?{DAYS}"))
    assert "Experience index" in whole
    assert "100\u202f% of Experience index" in whole
    assert "not asked here" in whole
    assert "Write a new version" in whole
    code = world.branches["north1"].code
    own = said(ask(browser, "show_page", f"/app/indicators/{code}?{DAYS}"))
    assert "target 70.0" in own
    assert "cannot be told yet" in own
    version = said(ask(browser, "show_page", "/app/indicators/version/1?lang=en"))
    assert 'code = \\"experience\\"' in version
    assert "70.0" in version
    assert "nothing here" in said(ask(browser, "show_page", "/app/indicators/version/9?lang=en"))


def test_a_dealer_reads_the_tree_but_neither_text_nor_foreign_targets(
    office: Office, world: World, browser: TestClient
) -> None:
    enter(browser, office, "branch_manager")
    own = said(ask(browser, "show_page", f"/app/indicators?{DAYS}"))
    assert "target 70.0" in own
    assert "Write a new version" not in own
    version = said(ask(browser, "show_page", "/app/indicators/version/1?lang=en"))
    assert "metric = " not in version
    assert world.branches["south1"].code not in version
    assert "You may not do this here" in said(ask(browser, "show_page", EDIT))
    assert "You may not do this here" in press(browser, Id.RULES_CHECK, SECOND)


def test_an_administrator_writes_checks_compares_and_publishes(
    office: Office, world: World, browser: TestClient
) -> None:
    enter(browser, office, "hq_admin")
    faulty = SECOND.replace("weight = 5", "weight = -5")
    line = faulty.splitlines().index("weight = -5") + 1
    assert f"Line {line}" in press(browser, Id.RULES_CHECK, faulty)
    assert "must be above 0" in press(browser, Id.RULES_PUBLISH, faulty)
    assert "2 questions" in press(browser, Id.RULES_CHECK, SECOND)
    assert "+ weight = 5" in press(browser, Id.RULES_COMPARE, SECOND)
    assert "Publish version 2?" in press(browser, Id.RULES_PUBLISH, SECOND)
    sure = {f"{Id.RULES_SURE}.n_clicks": 1, f"{Id.RULES_TEXT}.value": SECOND}
    moved = {**sure, f"{Id.RULES_SURE}.value": "of another text"}
    told = said(ask(browser, "publish_text", EDIT, **moved))
    assert "The text has changed" in told
    sure[f"{Id.RULES_SURE}.value"] = sha256(SECOND.encode()).hexdigest()
    told = said(ask(browser, "publish_text", EDIT, **sure))
    assert "Version 2 is published" in told
    shown = said(ask(browser, "show_page", "/app/indicators?lang=en"))
    assert "coming" in shown
    again = said(ask(browser, "publish_text", EDIT, **sure))
    assert "Version 2 is published" in again
