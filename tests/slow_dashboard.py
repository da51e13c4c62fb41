"""The web application, with a dashboard callback that hangs for a second (for a test)."""

import time

from fastapi import FastAPI

import dashboard.callbacks
from branchpulse import web_app as _web_app
from dashboard.data.sitting import Sitting

HANGS_S = 1.0


def _hang(sitting: Sitting) -> int:
    """What every page asks first, slowly."""
    time.sleep(HANGS_S)
    return 1


def web_app() -> FastAPI:
    """Uvicorn's factory."""
    dashboard.callbacks.version_now = _hang
    return _web_app()
