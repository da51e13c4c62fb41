"""The dashboard on the web application: Dash native on FastAPI, under ``/app/``.

Composes pages, callbacks and the gate; knows no numbers. ``branchpulse.web_app`` calls it.
"""

from dash import Dash
from fastapi import FastAPI
from fastapi.responses import RedirectResponse, Response

from api.core.installation import Installation
from dashboard import views_callbacks  # noqa: F401  (its callbacks register themselves)
from dashboard.address import ROOT
from dashboard.callbacks import register
from dashboard.document import ASSETS, Document, stamped
from dashboard.gate import Gate
from dashboard.pages.shell import shell
from dashboard.text_callbacks import register_texts
from dashboard.wiring import wire

_SURVEYS = 2  # the API's description, then what customers ask for
_META = [{"name": "viewport", "content": "width=device-width, initial-scale=1"}]


def add_dashboard(api: FastAPI) -> None:
    """Puts the dashboard on ``api``, whose state holds the installation."""
    installation: Installation = api.state.installation
    api.add_api_route("/", _to_dashboard, methods=["GET"], include_in_schema=False)
    dash = _dash(api)
    dash.layout = shell()
    register(dash)
    register_texts(dash)
    wire(dash, installation)
    _tried_early(api)
    api.add_middleware(Gate, installation=installation, policy=content_policy(dash))


def _tried_early(api: FastAPI) -> None:
    """Puts our routes behind the survey page's: all are tried in order, and open pages are many."""
    ours = [one for one in api.routes if getattr(one, "path", "").startswith(ROOT)]
    others = [one for one in api.routes if one not in ours]
    api.router.routes[:] = [*others[:_SURVEYS], *ours, *others[_SURVEYS:]]


def content_policy(dash: Dash) -> str:
    """What pages may load: our host only.

    Inline scripts are allowed by hash (Dash's one line that starts its renderer); inline styles
    are allowed as such, since Plotly and AG Grid write style elements.
    """
    scripts = " ".join(["'self'", *dash.csp_hashes()])
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src {scripts}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


def _dash(api: FastAPI) -> Dash:
    dash = Document(
        "branchpulse",
        server=api,
        url_base_pathname=ROOT,
        assets_folder=str(ASSETS),
        assets_path_ignore=["vendor", "first"],
        use_pages=False,
        pages_folder="",
        serve_locally=True,
        suppress_callback_exceptions=True,
        external_stylesheets=[stamped("vendor/bootstrap/bootstrap.min.css")],
        external_scripts=[stamped("vendor/plotly-locales/zh-cn.js")],
        meta_tags=_META,
        title="Branchpulse",
        update_title=None,
    )
    # Dash would answer every unknown address of the whole server with its index page.
    dash.backend._setup_catchall = _no_catchall
    return dash


def _no_catchall() -> None:
    """Nothing: pages under ``/app/`` are led to Dash's index by the gate."""


def _to_dashboard() -> Response:
    return RedirectResponse(ROOT, status_code=307)
