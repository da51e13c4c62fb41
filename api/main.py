"""The web application without the dashboard: every room's endpoints on one FastAPI.

Composes; decides nothing. ``branchpulse.web_app`` puts the dashboard on top.
"""

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.middleware.gzip import GZipMiddleware

from api.access import endpoints as access
from api.access import pages as access_pages
from api.access.views import endpoints as saved_views
from api.boundary import docs
from api.boundary.bodies import BodyLimit
from api.boundary.origin import OriginWall
from api.boundary.problems import register_problems
from api.boundary.visits import AnyVisit, require_token_scope
from api.calls import endpoints as calls
from api.contests import endpoints as contests
from api.core.errors import NotFound
from api.core.installation import Installation
from api.core.leadership import somebody_leads
from api.customers import endpoints as customers
from api.indicators import endpoints as indicators
from api.insights import (
    collection_endpoints,
    comparing_endpoints,
    index_endpoints,
    league_endpoints,
)
from api.insights import endpoints as insights
from api.insights.case_mix import endpoints as case_mix
from api.insights.drivers import endpoints as driver_endpoints
from api.insights.explore import endpoints as explore_endpoints
from api.insights.operations import operation_figures
from api.insights.own_branch import endpoints as own_branch
from api.insights.published import endpoints as published_tables
from api.insights.warnings import endpoints as early_warnings
from api.invitations import dead_letter_endpoints as dead_letters
from api.invitations import endpoints as invitations
from api.invitations import rules_endpoints as trying_rules
from api.network import endpoints as network
from api.notices import endpoints as notices
from api.notices import outgoing_endpoints
from api.plans import endpoints as plans
from api.points import endpoints as points
from api.reports import endpoints as reports
from api.reports import subscription_endpoints as subscriptions
from api.reports.orders import endpoints as report_orders
from api.responses import endpoints as responses
from api.surveys import endpoints as rules
from api.tickets import endpoints as tickets
from api.tickets import loop_endpoints
from api.tickets.alerts import endpoints as alert_endpoints
from api.webhooks import endpoints as webhooks
from api.webhooks.mail import endpoints as mail_calls
from api.webhooks.wechat import endpoints as wechat_calls
from api.wechat import endpoints as wechat_pages

ROUTERS: tuple[object, ...] = (
    responses.router,  # first: routes are tried in order, and customers are the many
    access.router,
    access_pages.router,
    saved_views.router,
    docs.router,
    network.router,
    customers.router,
    trying_rules.router,  # before the rules: an address of theirs takes any word
    rules.router,
    indicators.router,
    loop_endpoints.router,
    tickets.router,
    alert_endpoints.router,
    invitations.router,
    dead_letters.router,
    insights.router,
    collection_endpoints.router,
    index_endpoints.router,
    league_endpoints.router,
    published_tables.router,
    driver_endpoints.router,
    explore_endpoints.router,
    own_branch.router,
    comparing_endpoints.router,
    case_mix.router,
    early_warnings.router,
    calls.router,
    contests.router,
    notices.router,
    notices.away,
    outgoing_endpoints.router,
    plans.router,
    points.admin,
    points.public,
    report_orders.router,
    reports.router,
    subscriptions.router,
    webhooks.router,
    wechat_calls.router,
    mail_calls.router,
    wechat_pages.router,
)


def create_api(installation: Installation) -> FastAPI:
    """All endpoints of one installation; documented at ``/api/docs``."""
    app = FastAPI(
        title="Branchpulse",
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
    )
    app.state.installation = installation
    register_problems(app)
    for router in ROUTERS:
        app.include_router(router)  # type: ignore[arg-type]
    app.add_api_route("/healthz", healthy, include_in_schema=False)
    app.add_api_route("/readyz", ready, include_in_schema=False)
    app.add_api_route("/metrics", metrics, include_in_schema=False)
    app.add_api_route(
        "/api/{rest:path}",
        unknown,
        methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
        include_in_schema=False,
    )
    app.add_middleware(BodyLimit)
    # Level 9 takes three times as long for 3 % less.
    app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=3)
    app.add_middleware(OriginWall, public_url=installation.settings.public_url)
    return app


async def healthy() -> Response:
    """Says that this process runs."""
    return JSONResponse({"status": "ok"})


def ready(request: Request) -> Response:
    """Says whether the database answers, and whether anyone leads the scheduled jobs."""
    installation: Installation = request.app.state.installation
    with installation.database.connection() as connection:
        leader = somebody_leads(connection)
    return JSONResponse({"status": "ok", "leader": leader})


def metrics(visit: AnyVisit) -> Response:
    """Says how the installation is doing, to a machine token of the whole network (Prometheus)."""
    viewer = visit.viewer
    if viewer.token_id is None or viewer.scope.branches != viewer.hierarchy.branch_ids:
        raise NotFound
    require_token_scope(viewer, "read")
    return Response(operation_figures(visit.session), media_type=CONTENT_TYPE_LATEST)


def unknown() -> Response:
    """Answers unknown API addresses, which Dash's catch-all would otherwise take."""
    raise NotFound
