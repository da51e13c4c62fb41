"""A client that speaks to an application in this process, without a socket."""

import warnings

from api.core.installation import Installation
from api.main import create_api

with warnings.catch_warnings():  # starlette would rather have another HTTP library
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient


def visitor(installation: Installation, *, fails: bool = True) -> TestClient:
    """A browser without cookies that does not follow redirects by itself."""
    return TestClient(
        create_api(installation),
        follow_redirects=False,
        raise_server_exceptions=fails,
    )
