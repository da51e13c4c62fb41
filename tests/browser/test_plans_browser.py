"""A branch begins a plan, does it and ends it; an older plan tells what it brought."""

from datetime import UTC, datetime, timedelta

from dashboard_site import Site, looking, settled, visit
from plain_sql import Tables
from playwright.sync_api import Browser, expect
from read_off import ranged, true
from sqlalchemy import text

from api.plans.effect import periods_of


def _old_plan(site: Site, branch: str) -> tuple[str, datetime]:
    """A plan about the network's NPS that was begun nine weeks ago."""
    begun = datetime.now(UTC) - timedelta(weeks=9)
    with site.office.owner.connection() as connection:
        made = connection.execute(
            text(
                "insert into action_plan (id, unit_id, branches, metric, title, started_on, status,"
                " version, created_at) select gen_random_uuid(), id, array[id], 'nps',"
                " 'Call back sooner', :day, 'open', 1, :at from unit where code = :code"
                " returning id"
            ),
            {"day": begun.date(), "at": begun, "code": branch},
        )
        return str(made.scalar_one()), begun


def test_a_plan_is_begun_done_and_ended(worked_site: Site, chromium: Browser) -> None:
    with looking(chromium, worked_site, "branch_manager") as (page, seen):
        visit(page, worked_site, "/app/plans?lang=en")
        page.get_by_role("link", name="New plan").click()
        page.click("#plan-start")
        expect(page.locator(".bp-notice")).to_contain_text("words are missing")
        page.fill("#plan-title", "Ready when promised")
        page.click("#plan-start")
        expect(page.locator(".bp-plan-head h2")).to_have_text("Ready when promised")
        expect(page.locator(".bp-plan-verdict").first).to_contain_text("Too early to say")
        page.fill("#plan-what", "Ring the customer at noon")
        page.click("#plan-add")
        step = page.locator(".bp-plan-step", has_text="Ring the customer at noon")
        expect(step).to_contain_text("until")
        step.get_by_role("button", name="Done").click()
        expect(step).to_contain_text("done on")
        page.click("text=End this plan")
        page.fill("#plan-lesson", "Noon is too late")
        page.get_by_role("button", name="Plan is done").click()
        expect(page.locator(".bp-plan-head .bp-chip")).to_have_text("done")
        page.click("text=Go on with this plan")
        expect(page.get_by_role("button", name="Open again")).to_be_visible()
        settled(page)
        visit(page, worked_site, "/app/plans?lang=en")
        ended = page.locator("section", has=page.locator("h2", has_text="Ended plans"))
        expect(ended).to_contain_text("Ready when promised")
        expect(ended).to_contain_text("1 of 1 actions done")
        assert not seen.complaints


def test_a_plan_shows_the_scores_before_and_since_on_a_phone(
    worked_site: Site, chromium: Browser
) -> None:
    tables = Tables(worked_site)
    (branch,) = tables.scope("branch_manager")
    plan, begun = _old_plan(worked_site, branch)
    before, after = periods_of(begun.date(), datetime.now(UTC).date())
    assert after is not None
    with looking(chromium, worked_site, "branch_manager", width=390) as (page, seen):
        visit(page, worked_site, f"/app/plans/{plan}?lang=en")
        shown = ranged(page.locator("#main .bp-card").first)
        counted = {
            name: tables.whole(
                where=f"occurred_on >= '{part.start}' and occurred_on < '{part.end}'",
                branches=[branch],
            )
            for name, part in (("Before", before), ("Since", after))
        }
        true(shown, {name: one for name, one in counted.items() if one is not None})
        expect(page.locator(".bp-plan-verdict").first).to_contain_text("What remains is")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert not seen.complaints
