"""Serves an ASGI application on loopback, in a thread, for as long as a test needs it."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        port: int = made.getsockname()[1]
        return port


@contextmanager
def served(app: Any, port: int | None = None) -> Iterator[str]:
    """The address of ``app`` while it is served."""
    number = port or free_port()
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            "127.0.0.1",
            number,
            log_config=None,
            access_log=False,
            ws="none",
            lifespan="off",
        )
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    end = time.monotonic() + 30
    while not server.started:
        assert time.monotonic() < end
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{number}"
    finally:
        server.should_exit = True
        thread.join(timeout=10)
