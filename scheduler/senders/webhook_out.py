"""Posts signed messages to the network's own system, and to nowhere else.

The name is looked up for each call, every address of it is judged, and the call goes to the one
that was judged, so that a name cannot lead elsewhere in between. No redirect is followed, no proxy
asked. What is signed is the moment, a full stop and the body as it travels.
"""

import ipaddress
import logging
import socket
import weakref
from collections.abc import Callable
from datetime import datetime
from urllib.parse import SplitResult, urlsplit
from uuid import UUID

import httpx

from api.core.settings import Settings
from api.webhooks.contactless import SIGNATURE, TIMESTAMP, signature
from scheduler.senders.port import NotNow, Unresolved

WEBHOOK = "webhook"
DELIVERY, EVENT = "X-Branchpulse-Delivery", "X-Branchpulse-Event"
TIMEOUT = 10.0
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
Look = Callable[[str, int], list[str]]
_log = logging.getLogger(__name__)
logging.getLogger("httpx").setLevel(logging.WARNING)  # logs whole addresses at INFO


def addresses_of(host: str, port: int) -> list[str]:
    """Every address behind a name, in the order in which they are to be tried."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        raise NotNow("no_connection") from None
    return list(dict.fromkeys(str(one[4][0]) for one in found))


def may_be_called(address: str, *, internal: bool) -> bool:
    """Whether an address stands in public, or (``internal``) in the own network.

    The own machine, link-local ones (the metadata of a cloud) and multicast never may.
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(ip, "ipv4_mapped", None)
    ip = mapped or ip
    if ip.is_loopback or ip.is_link_local or ip.is_multicast or ip.is_unspecified:
        return False
    return ip.is_global or (internal and ip.is_private and not ip.is_reserved)


class WebhookOut:
    """The one address of an installation that messages are posted to."""

    def __init__(
        self, settings: Settings, clock: Callable[[], datetime], look: Look = addresses_of
    ) -> None:
        url, secret = settings.webhook_url, settings.webhook_secret
        if url is None or secret is None:
            raise ValueError("the webhook out is not configured")
        self._parts = urlsplit(url.get_secret_value())
        self._secret = secret.get_secret_value()
        self._internal = settings.webhook_internal
        self._clock, self._look = clock, look
        self._client = httpx.Client(timeout=TIMEOUT, trust_env=False, follow_redirects=False)
        weakref.finalize(self, self._client.close)

    def post(self, delivery: UUID, event: str, body: bytes) -> None:
        """Nothing, once the other side has taken the message; raises NotNow or Unresolved."""
        host = self._parts.hostname or ""
        timestamp = str(int(self._clock().timestamp()))
        headers = {
            "Host": self._parts.netloc,
            "Content-Type": "application/json",
            TIMESTAMP: timestamp,
            SIGNATURE: signature(self._secret, timestamp, body),
            DELIVERY: str(delivery),
            EVENT: event,
        }
        try:
            answer = self._client.post(
                _at(self._parts, self._judged(host)),
                content=body,
                headers=headers,
                extensions={"sni_hostname": host},
            )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            raise NotNow("no_connection") from None
        except httpx.HTTPError:
            raise Unresolved("no_answer") from None
        if answer.is_redirect:
            raise NotNow("redirected")
        if not answer.is_success:
            raise NotNow(f"http_{answer.status_code}")

    def _judged(self, host: str) -> str:
        """The address to call; NotNow when any behind the name may not be called."""
        secure = self._parts.scheme == "https"
        found = self._look(host, self._parts.port or (443 if secure else 80))
        if host in LOOPBACK and not secure:  # for this machine only: the settings said so
            return found[0]
        if not found or not all(may_be_called(one, internal=self._internal) for one in found):
            raise NotNow("forbidden_address")
        return found[0]


def _at(parts: SplitResult, address: str) -> str:
    """The webhook's address with the name's place taken by an address of it."""
    shown = f"[{address}]" if ":" in address else address
    port = f":{parts.port}" if parts.port else ""
    return parts._replace(netloc=f"{shown}{port}").geturl()
