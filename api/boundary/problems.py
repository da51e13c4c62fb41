"""Errors as RFC 9457 problem documents, in the language of the one who asked."""

import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException

from api.boundary.visits import request_language
from api.core.errors import BranchpulseError, Unavailable
from api.core.languages import say

_log = logging.getLogger(__name__)


def problem(request: Request, status: int, key: str, **params: Any) -> Response:
    """A problem document; ``key`` is its stable type, its words come from the catalogue."""
    headers = {}
    if "retry_after" in params:
        headers["Retry-After"] = str(params["retry_after"])
    body: dict[str, Any] = {
        "type": f"/problems/{key.removeprefix('errors.')}",
        "title": say(key, request_language(request)),
        "status": status,
    }
    body.update({name: value for name, value in params.items() if name not in body})
    return JSONResponse(body, status, headers=headers, media_type="application/problem+json")


def register_problems(app: FastAPI) -> None:
    """Answers every error of ``app`` with a problem document."""
    app.add_exception_handler(BranchpulseError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(OperationalError, _no_database)
    app.add_exception_handler(Exception, _broken)


def _ours(request: Request, error: Exception) -> Response:
    assert isinstance(error, BranchpulseError)
    params = {} if error.status == 404 else error.params
    return problem(request, error.status, error.key, **params)


def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    fields = [
        {"field": ".".join(map(str, item["loc"][1:])) or item["loc"][0], "message": item["msg"]}
        for item in error.errors()
    ]
    return problem(request, 422, "errors.invalid", fields=fields)


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    key = {404: "errors.not_found", 405: "errors.method"}.get(error.status_code, "errors.internal")
    return problem(request, error.status_code, key)


def _broken(request: Request, _error: Exception) -> Response:
    return problem(request, 500, "errors.internal")


def _no_database(request: Request, error: Exception) -> Response:
    _log.error("database does not answer: %s", type(getattr(error, "orig", error)).__name__)
    return problem(request, Unavailable.status, Unavailable.key)
