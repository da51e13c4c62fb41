"""A customer's browser reduced to its socket: keep-alive, redirects followed, nothing rendered.

It shares the machine with what it measures, so it does no more than it must.
"""

import socket
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

_PAGES = (
    b"nps=%d&go=next",
    b"overall=5&advisor=5&waiting=4&go=next",
    b"fixed=yes&comment=Friendly+advisor%2C+car+was+clean.+Ready+in+time.&go=next",
)
_FIGURES = (10, 9, 8, 7, 9, 10, 4)


@dataclass
class Run:
    """What one customer measured: seconds per complete answer, and what went wrong."""

    durations: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    requests: int = 0

    @property
    def requests_per_answer(self) -> float:
        """Requests that one complete answer took."""
        return round(self.requests / max(1, len(self.durations)), 2)


class Customer:
    """Answers one link after the other on one connection."""

    def __init__(self, address: str, number: int, tokens: list[str]) -> None:
        parts = urlsplit(address)
        self._place = (parts.hostname or "127.0.0.1", parts.port or 80)
        self._number = number
        self._tokens = tokens
        self._host = parts.netloc.encode()
        self._rest = b""
        self.run = Run()

    def answer_all(self) -> None:
        """Opens and answers every link."""
        with socket.create_connection(self._place) as self._socket:
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for turn, token in enumerate(self._tokens):
                began = time.perf_counter()
                failure = self._answer(token.encode(), turn)
                self.run.durations.append(time.perf_counter() - began)
                if failure is not None:
                    self.run.failures.append(failure)

    def _answer(self, token: bytes, turn: int) -> str | None:
        # As behind a proxy: each customer comes from an address of its own.
        address = b"198.51.%d.%d" % (self._number, turn % 256)
        path = b"/s/" + token
        status, _, page = self._ask(b"GET", path, address)
        for number, form in enumerate(_PAGES, start=1):
            if status != 200 or b"</html>" not in page:
                return f"page {number}: {status}"
            body = form % _FIGURES[turn % len(_FIGURES)] if number == 1 else form
            place = path + b"?lang=zh&page=%d" % number
            status, location, page = self._ask(b"POST", place, address, body)
            if status == 303:
                status, _, page = self._ask(b"GET", location, address)
        return None if status == 200 and "回答已保存".encode() in page else f"end: {status}"

    def _ask(
        self, method: bytes, path: bytes, address: bytes, body: bytes = b""
    ) -> tuple[int, bytes, bytes]:
        self.run.requests += 1
        head = b"%s %s HTTP/1.1\r\nHost: %s\r\nX-Forwarded-For: %s\r\n" % (
            *(method, path),
            *(self._host, address),
        )
        if body:
            head += b"Content-Type: application/x-www-form-urlencoded\r\n"
            head += b"Content-Length: %d\r\n" % len(body)
        self._socket.sendall(head + b"\r\n" + body)
        return self._receive()

    def _receive(self) -> tuple[int, bytes, bytes]:
        data = self._rest
        while (end := data.find(b"\r\n\r\n")) < 0:
            data += self._more()
        head = data[:end]
        length = _header(head, b"content-length")
        total = end + 4 + int(length or b"0")
        while len(data) < total:
            data += self._more()
        self._rest = data[total:]
        return int(head[9:12]), _header(head, b"location"), data[end + 4 : total]

    def _more(self) -> bytes:
        part = self._socket.recv(65536)
        if not part:
            raise ConnectionError("the web process closed the connection")
        return part


def _header(head: bytes, name: bytes) -> bytes:
    at = head.lower().find(b"\r\n" + name + b":")
    if at < 0:
        return b""
    line = head[at + 2 :].split(b"\r\n", 1)[0]
    return line.split(b":", 1)[1].strip()
