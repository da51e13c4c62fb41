"""Calls of HTTP gateways on pooled connections: what certainly sent nothing, and what nobody knows.

Repeats nothing by itself, follows no redirect, logs no address and no body.
"""

import weakref
from typing import Any

import httpx

from scheduler.senders.port import NotNow, Unresolved

TIMEOUT = 10.0  # seconds; far below the lease of a claim
CONNECTIONS = 32


class Caller:
    """Posts to one gateway; used by any number of threads."""

    def __init__(self, base_url: str, *, timeout: float | None = None) -> None:
        self._client = httpx.Client(
            base_url=base_url,
            timeout=timeout or TIMEOUT,
            limits=httpx.Limits(max_connections=CONNECTIONS),
        )
        weakref.finalize(self, self._client.close)

    def post(self, path: str, content: bytes, headers: dict[str, str]) -> httpx.Response:
        """The gateway's answer; NotNow without a connection, Unresolved when none came."""
        try:
            answer = self._client.post(path, content=content, headers=headers)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise NotNow(f"no_connection_{type(error).__name__}") from None
        except httpx.HTTPError:
            raise Unresolved("no_answer") from None
        if answer.status_code >= 500:
            raise Unresolved(f"http_{answer.status_code}")
        return answer


def json_object(answer: httpx.Response) -> dict[str, Any]:
    """The object in an answer; a refusal without one sent nothing, of a success nobody knows."""
    try:
        found = answer.json()
    except ValueError:
        found = None
    if isinstance(found, dict):
        return found
    if answer.is_success:
        raise Unresolved("unreadable_answer")
    raise NotNow(f"http_{answer.status_code}")
