"""The web application that keeps no counts in memory: what a page costs without any."""

from typing import Any

from fastapi import FastAPI

import api.insights.kept_weeks
import api.insights.network_stats
import branchpulse


class _Nothing(dict[Any, Any]):
    """A memory that forgets at once."""

    def __setitem__(self, name: Any, value: Any) -> None:
        pass


def web_app() -> FastAPI:
    """Uvicorn's factory."""
    api.insights.kept_weeks.KEPT = _Nothing()  # type: ignore[assignment]
    api.insights.network_stats.KEPT = _Nothing()  # type: ignore[assignment]
    return branchpulse.web_app()
