"""Log lines of all processes: plain or JSON, and never anything personal.

Every line passes one mask before it is written. An exception is written as its class and frames;
its message is not, because it may quote what a customer said.
"""

import logging
import re
import sys
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from types import TracebackType
from typing import Literal

import orjson

from api.core.errors import BranchpulseError

Lines = Literal["plain", "json"]
_QUIET = ("httpx", "httpcore", "asyncio", "apscheduler", "matplotlib", "fontTools", "weasyprint")
_THEIR_OWN = ("uvicorn", "uvicorn.error", "uvicorn.access")

_UUID = r"(?P<uuid>\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b)"
_STAMP = (
    r"(?P<stamp>\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?)"
)
_PATTERNS: tuple[tuple[str, str], ...] = (
    (
        "path",
        r"(?<=/s/)[^\s/?#\"'&]+|(?<=/password/)[^\s/?#\"'&]+|(?<=/reset/)[^\s/?#\"'&]+"
        r"|(?<=/domestic-sms/)[^\s/?#\"'&]+",
    ),
    ("secret", r"(?i:bearer\s+)[^\s\"',;]+|(?<=://)[^\s/@:]+:[^\s/@]+(?=@)"),
    ("field", r"(?i:(?:token|secret|password|openid|phone|email|bp_session)=)[^\s&\"',;)]+"),
    ("email", r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+"),
    ("phone", r"(?<![\d.])\(?\+?\d{1,4}\)?(?:[ .()-]{0,2}\d{2,5}){2,5}(?!\d)"),
    ("number", r"(?<![\d.])\+?\d{9,}"),
    ("plate", r"[\u4e00-\u9fff][A-Z]·?[A-Z0-9]{5,6}(?![A-Za-z0-9])"),
    (
        "opaque",
        r"(?<![\w/-])(?=[\w-]*[a-z])(?=[\w-]*[A-Z])(?=[\w-]*[\d_-])[A-Za-z0-9_-]{20,}(?![\w-])",
    ),
)
_MASK = re.compile("|".join([_UUID, _STAMP, *(f"(?P<{name}>{p})" for name, p in _PATTERNS)]))
_KEPT = frozenset({"uuid", "stamp"})
_SHORT_DIGITS = 8


def mask(text: str) -> str:
    """``text`` with every secret, number, address and opaque id replaced by its kind."""
    return _MASK.sub(_masked, text)


def _masked(found: re.Match[str]) -> str:
    kind, value = found.lastgroup, found.group()
    if kind in _KEPT:
        return value
    if kind == "phone" and sum(sign.isdigit() for sign in value) < _SHORT_DIGITS:
        return value
    if kind == "field":
        return f"{value.partition('=')[0]}=[masked]"
    return f"[{kind}]"


def described(error: BaseException) -> str:
    """An exception without its message, except of our own vocabulary and what the server names."""
    name = type(error).__qualname__
    if isinstance(error, BranchpulseError):
        return f"{name}: {(type(error).__doc__ or '').strip().splitlines()[0]}"
    known = getattr(error, "orig", None) or error
    details = [
        f"{label} {value}"
        for label, value in (
            ("state", getattr(known, "sqlstate", None)),
            ("constraint", getattr(getattr(known, "diag", None), "constraint_name", None)),
            ("table", getattr(getattr(known, "diag", None), "table_name", None)),
            ("errno", getattr(known, "errno", None)),
        )
        if value
    ]
    return f"{name} ({', '.join(details)})" if details else name


def traced(error: BaseException) -> str:
    """The frames of an exception and of what caused it, oldest cause first; no messages."""
    return "\n".join(_chain(error, set()))


def _chain(error: BaseException, seen: set[int]) -> Iterator[str]:
    seen.add(id(error))
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None and id(before) not in seen:
        yield from _chain(before, seen)
    for frame in traceback.extract_tb(error.__traceback__):
        yield f"  {frame.filename}:{frame.lineno} in {frame.name}"
    yield described(error)


class Masked(logging.Formatter):
    """Formats a record as a plain or JSON line that holds nothing personal."""

    def __init__(self, lines: Lines) -> None:
        super().__init__()
        self.lines = lines

    def format(self, record: logging.LogRecord) -> str:
        """The line; exceptions among the arguments are named, not quoted."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        message = mask(_message(record))
        trace = None
        if record.exc_info and record.exc_info[1] is not None:
            trace = mask(traced(record.exc_info[1]))
        if self.lines == "json":
            line = {"at": at, "level": record.levelname, "logger": record.name, "message": message}
            return orjson.dumps({**line, "trace": trace} if trace else line).decode()
        plain = f"{at} {record.levelname} {record.name}: {message}"
        return f"{plain}\n{trace}" if trace else plain


def _message(record: logging.LogRecord) -> str:
    args = record.args
    if isinstance(record.msg, BaseException):
        return described(record.msg)
    if isinstance(args, tuple):
        args = tuple(described(a) if isinstance(a, BaseException) else a for a in args)
    try:
        return str(record.msg) % args if args else str(record.msg)
    except (TypeError, ValueError, KeyError):
        return str(record.msg)


def configure_logging(lines: Lines | None = None, level: int = logging.INFO) -> None:
    """Sends every logger of the process through the mask to standard error.

    Without ``lines``: plain on a terminal, JSON elsewhere. Takes over the handlers that uvicorn
    brings, and what would be printed of uncaught exceptions and warnings.
    """
    chosen: Lines = lines or ("plain" if sys.stderr.isatty() else "json")
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Masked(chosen))
    root = logging.getLogger()
    others = [each for each in root.handlers if type(each) is not logging.StreamHandler]
    root.handlers[:] = [*others, handler]
    root.setLevel(level)
    for name in _THEIR_OWN:
        theirs = logging.getLogger(name)
        switched_off = not theirs.propagate and not theirs.handlers  # uvicorn without access log
        theirs.handlers.clear()
        theirs.propagate = not switched_off
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
    logging.captureWarnings(True)
    sys.excepthook = _uncaught


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    logging.getLogger("branchpulse").critical("uncaught exception", exc_info=(kind, error, trace))
