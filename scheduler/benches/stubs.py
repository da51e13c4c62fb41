"""Stand-ins for providers in a process of their own: they take messages and count them by our id.

Speak just enough of Twilio, of the domestic gateway and of SMTP for the senders to be served, on
loopback. `GET /counts` says how often each of our messages was taken. What is counted is counted
before the answer leaves, so a sender that is killed meanwhile has sent.
"""

import json
import multiprocessing
import re
import socketserver
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from api.core.bench import free_port

TWILIO_SID, TWILIO_TOKEN = "AC00000000000000000000000000000001", "token of the stub"
_INVITATION = re.compile(r"[?&]invitation=([0-9a-f-]{36})")
_MESSAGE_ID = re.compile(rb"^Message-ID: <([0-9a-f-]{36})@", re.MULTILINE)
_GREETING = {b"EHLO": b"250 stub", b"HELO": b"250 stub", b"DATA": b"354 go on", b"QUIT": b"221 bye"}


Stream = socketserver.StreamRequestHandler


class Stub:
    """What was taken, by way and by our id."""

    def __init__(self, delay: float = 0.0) -> None:
        self.delay = delay
        self._lock = threading.Lock()
        self.taken: dict[str, Counter[str]] = {
            "twilio": Counter(),
            "domestic": Counter(),
            "smtp": Counter(),
        }
        self.by_number: dict[str, list[dict[str, Any]]] = {}

    def http(self, stream: Stream) -> None:
        """Serves one connection until it is closed."""
        while line := stream.rfile.readline():
            method, target = line.split(b" ", 2)[:2]
            length = 0
            while (header := stream.rfile.readline()) not in (b"\r\n", b""):
                if header.lower().startswith(b"content-length:"):
                    length = int(header.split(b":")[1])
            body = stream.rfile.read(length)
            if len(body) < length:  # its sender died while it wrote: nobody takes half a request
                return
            with self._lock:
                status, told = self._answer(method.decode(), target.decode(), body.decode())
                written = json.dumps(told).encode()
            time.sleep(self.delay)
            lines = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n"
            lines += f"Content-Length: {len(written)}\r\n\r\n"
            stream.wfile.write(lines.encode() + written)

    def smtp(self, stream: Stream) -> None:
        """Serves one SMTP connection."""
        stream.wfile.write(b"220 stub\r\n")
        while line := stream.rfile.readline():
            word = line[:4].upper().strip()
            stream.wfile.write(_GREETING.get(word, b"250 ok") + b"\r\n")
            if word == b"DATA":
                mail = _whole_mail(stream)
                if mail is None:
                    return
                found = _MESSAGE_ID.search(mail)
                with self._lock:
                    self.taken["smtp"][found.group(1).decode() if found else "?"] += 1
                time.sleep(self.delay)
                stream.wfile.write(b"250 taken\r\n")

    def _answer(self, method: str, target: str, body: str) -> tuple[str, Any]:
        place = urlsplit(target)
        form = {name: value[0] for name, value in parse_qs(body or place.query).items()}
        if place.path == "/counts":
            return "200 OK", self.taken
        if place.path.endswith("/Messages.json"):
            return self._create(form) if method == "POST" else self._list(form)
        return self._domestic(form)

    def _create(self, form: Mapping[str, str]) -> tuple[str, Any]:
        found = _INVITATION.search(form.get("StatusCallback", ""))
        self.taken["twilio"][found.group(1) if found else "?"] += 1
        message = {
            "sid": f"SM{self.taken['twilio'].total():032d}",
            "to": form["To"],
            "body": form["Body"],
            "status": "queued",
            "date_created": format_datetime(datetime.now(UTC)),
        }
        self.by_number.setdefault(form["To"], []).append(message)
        return "201 Created", message

    def _list(self, form: Mapping[str, str]) -> tuple[str, Any]:
        found = self.by_number.get(form.get("To", ""), [])[::-1]
        return "200 OK", {"messages": found, "page": 0, "next_page_uri": None, "uri": ""}

    def _domestic(self, form: Mapping[str, str]) -> tuple[str, Any]:
        if form.get("Action") != "SendSms":
            return "200 OK", {"Code": "OK", "SmsSendDetailDTOs": {"SmsSendDetailDTO": []}}
        self.taken["domestic"][form["OutId"]] += 1
        biz_id = f"B{self.taken['domestic'].total()}"
        return "200 OK", {"Code": "OK", "Message": "OK", "BizId": biz_id, "RequestId": "1"}


def _whole_mail(stream: Stream) -> bytes | None:
    """A mail up to its single dot; None when its sender died before."""
    lines: list[bytes] = []
    for line in iter(stream.rfile.readline, b""):
        if line == b".\r\n":
            return b"".join(lines)
        lines.append(line)
    return None


def serve(http_port: int, smtp_port: int, delay: float) -> None:
    """Serves both until the process is ended."""
    stub = Stub(delay)
    threading.Thread(target=_listener(smtp_port, stub.smtp).serve_forever, daemon=True).start()
    _listener(http_port, stub.http).serve_forever()


def _listener(port: int, conversation: Callable[[Stream], None]) -> socketserver.TCPServer:
    class One(socketserver.StreamRequestHandler):
        disable_nagle_algorithm = True

        def handle(self) -> None:
            with suppress(ConnectionError):
                conversation(self)

    class Many(socketserver.ThreadingTCPServer):
        daemon_threads = True
        request_queue_size = 256
        allow_reuse_address = True

    return Many(("127.0.0.1", port), One)


class Providers:
    """Where the stand-ins are, and what they were given."""

    def __init__(self, http_port: int, smtp_port: int) -> None:
        self.base = f"http://127.0.0.1:{http_port}"
        self.smtp_url = f"smtp://127.0.0.1:{smtp_port}"

    def settings(self) -> dict[str, Any]:
        """Settings that send to the stand-ins by Twilio and SMTP."""
        return {
            "live_sending": True,
            "allow_cross_border_sms": True,
            "twilio_account_sid": TWILIO_SID,
            "twilio_auth_token": TWILIO_TOKEN,
            "twilio_from": "+12025550100",
            "twilio_base_url": self.base,
            "smtp_url": self.smtp_url,
            "mail_from": "stub@example.com",
        }

    def domestic(self) -> dict[str, Any]:
        """Settings that send mainland numbers by the domestic gateway's stand-in."""
        return {
            "live_sending": True,
            "domestic_sms_base_url": self.base,
            "domestic_sms_key_id": "key",
            "domestic_sms_key_secret": "secret of the stub",
        }

    def taken(self) -> dict[str, dict[str, int]]:
        """How often each of our messages was taken, by way."""
        with httpx.Client(trust_env=False) as client:
            found: dict[str, dict[str, int]] = client.get(f"{self.base}/counts", timeout=60).json()
        return found


@contextmanager
def providers(delay: float = 0.0) -> Iterator[Providers]:
    """Stand-ins in a process of their own, ended afterwards."""
    http_port, smtp_port = free_port(), free_port()
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=serve, args=(http_port, smtp_port, delay), daemon=True)
    process.start()
    found = Providers(http_port, smtp_port)
    try:
        _await(found)
        yield found
    finally:
        process.kill()
        process.join(10)


def _await(found: Providers) -> None:
    transport = httpx.HTTPTransport(retries=0)
    with httpx.Client(transport=transport, trust_env=False) as client:
        for _ in range(600):
            try:
                client.get(f"{found.base}/counts")
                return
            except httpx.TransportError:
                time.sleep(0.05)
    raise RuntimeError("the stand-ins did not start")
