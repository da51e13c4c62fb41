"""A client that speaks to an application in this process, without a socket."""

import warnings

from api.core.installation import Installation
from api.main import create_api

with warnings.catch_warnings():  # starlette would rather have another HTTP library
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient


def visitor(installation: Installation) -> TestClient:
    """A browser without cookies that does not follow redirects by itself."""
    return TestClient(create_api(installation), follow_redirects=False)


def visitors(installation: Installation, count: int) -> list[TestClient]:
    """So many browsers of one application, which has answered before: it gets ready at first."""
    app = create_api(installation)
    made = [TestClient(app, follow_redirects=False) for _ in range(count)]
    made[0].get("/healthz")
    return made
