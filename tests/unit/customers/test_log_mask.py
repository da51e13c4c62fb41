"""The log mask hides what identifies and keeps what helps."""

import base64
import io
import logging
import sys

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.core.errors import Invalid
from api.core.logs import Masked, configure_logging, described, mask, traced

PHONE = "19900001234"


def line(lines: str, message: object, *args: object, error: BaseException | None = None) -> str:
    trace = (type(error), error, error.__traceback__) if error is not None else None
    record = logging.LogRecord("room", logging.ERROR, __file__, 1, str(message), args, trace)
    record.msg = message
    return Masked(lines).format(record)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('"GET /s/AbC123xyz_-99aaBB?page=2 HTTP/1.1" 200', '"GET /s/[path]?page=2 HTTP/1.1" 200'),
        ('"GET /password/abc HTTP/1.1" 200', '"GET /password/[path] HTTP/1.1" 200'),
        ("call +86 199 0000 1234 now", "call [phone] now"),
        ("number 19900001234", "number [phone]"),
        ("call (202) 555-0123", "call [phone]"),
        ("to a.b@example.com", "to [email]"),
        ("Authorization: Bearer abc.def-1", "Authorization: [secret]"),
        ("postgresql://bp_web:pass@127.0.0.1/x", "postgresql://[secret]@127.0.0.1/x"),
        ("?phone=123&x=1", "?phone=[masked]&x=1"),
        ("openid oAbC12345678901234567890abcd", "openid [opaque]"),
    ],
)  # fmt: skip
def test_secrets_numbers_and_addresses_are_masked(text: str, shown: str) -> None:
    assert mask(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "event 0192f0c1-7a3b-7c11-8a2b-1234567890ab done in 3.2 s",
        "at 2026-11-18T04:00:00+00:00 took 123.45 ms of 1234567 rows",
        "127.0.0.1:50321 answered",
        "RequestValidationError in api.customers.endpoints",
        "worker-12 claimed 10 of 100, 3 of 20 left 2026-11-18",
        "port 5432, pid 123456, version 2.10.4",
    ],
)
def test_what_helps_stays(text: str) -> None:
    assert mask(text) == text


@given(number=st.integers(0, 99_999_999), before=st.sampled_from(["", " ", "'", "=", "(", "电话"]))
def test_no_chinese_mobile_passes(number: int, before: str) -> None:
    digits = f"199{number:08d}"
    written = (digits, f"+86{digits}", f"{digits[:3]} {digits[3:7]} {digits[7:]}")
    for phone in written:
        assert phone not in mask(f"x{before}{phone} y")


@given(st.binary(min_size=16, max_size=16))
def test_no_link_passes(secret: bytes) -> None:
    token = base64.urlsafe_b64encode(secret).decode().rstrip("=")
    assert token not in mask(f'"POST /s/{token} HTTP/1.1" 200')
    assert token not in mask(f"https://example.com/s/{token}?page=1")


def test_an_exception_is_named_but_not_quoted() -> None:
    try:
        try:
            int(f"comment of {PHONE}")
        except ValueError as error:
            raise KeyError("空调坏了") from error
    except KeyError as error:
        shown = line("plain", "failed: %s", error, error=error)
    assert "空调坏了" not in shown
    assert PHONE not in shown
    assert "failed: KeyError" in shown
    assert "ValueError" in shown
    assert "test_log_mask.py" in shown


def test_our_own_errors_say_what_they_are_without_their_values() -> None:
    assert described(Invalid(fields=[PHONE])).startswith("Invalid: The input is not valid")
    assert PHONE not in traced(Invalid(fields=[PHONE]))


def test_a_json_line_is_one_document() -> None:
    shown = orjson.loads(line("json", "sent to %s\nand more", PHONE))
    assert shown["message"] == "sent to [phone]\nand more"
    assert shown["level"] == "ERROR"


def test_a_message_that_does_not_fit_its_arguments_is_still_written() -> None:
    assert "half %d" in line("plain", "half %d", "x")


def test_every_logger_of_the_process_passes_the_mask(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    root = logging.getLogger()
    before, level, hook = list(root.handlers), root.level, sys.excepthook
    monkeypatch.setattr(sys, "stderr", stream)
    try:
        configure_logging("plain")
        logging.getLogger("uvicorn.access").info('%s - "GET /s/%s"', "127.0.0.1:1", "secret")
        logging.getLogger("anything").error("call %s", PHONE)
    finally:
        root.handlers[:] = before
        root.setLevel(level)
        sys.excepthook = hook
        logging.captureWarnings(False)
    assert "/s/[path]" in stream.getvalue()
    assert PHONE not in stream.getvalue()
