"""The pages of this room as HTML: templates, one style sheet, headers. Knows no tables.

No page needs a script or any other host, which the content security policy makes certain.
"""

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from api.boundary.visits import LANGUAGE_COOKIE, request_language
from api.core.languages import LANGUAGES, say

_YEAR = 365 * 24 * 3600


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("api.access"), autoescape=True, undefined=StrictUndefined
    )


@cache
def _css() -> str:
    text = files("api.access").joinpath("static", "access.css").read_text(encoding="utf-8")
    return "\n".join(line.strip() for line in text.splitlines())


@cache
def _policy() -> str:
    digest = base64.b64encode(hashlib.sha256(_css().encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )


def page(
    request: Request, template: str, title: str, *, status: int = 200, **values: Any
) -> HTMLResponse:
    """One page in the language of whoever asks; ``title`` is a key of the catalogue."""
    language = request_language(request)
    other = next(known for known in LANGUAGES if known != language)
    kept = {name: value for name, value in request.query_params.items() if name != "lang"}
    switch = f"{request.url.path}?{urlencode({**kept, 'lang': other})}"
    html = (
        _templates()
        .get_template(template)
        .render(
            language=language,
            other=other,
            switch=switch,
            say=lambda key, **params: say(key, language, **params),
            title=say(title, language),
            css=Markup(_css()),  # ours, not typed by anyone
            **{"bad": None, "good": None, **values},
        )
    )
    answer = HTMLResponse(html, status)
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Content-Security-Policy"] = _policy()
    # Not no-referrer: then browsers would send "Origin: null" with our own forms.
    answer.headers["Referrer-Policy"] = "same-origin"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Vary"] = "Accept-Language, Cookie"
    if request.query_params.get("lang") in LANGUAGES:
        answer.set_cookie(LANGUAGE_COOKIE, language, max_age=_YEAR, samesite="lax", path="/")
    return answer
