"""Text files as rows, in constant memory: bounded lines, bounded fields, a bounded unpacked size.

Lines are cut from bytes before they are decoded, so that a wrong byte has a line and a column and
an endless line is refused after ten megabytes.
"""

import csv
import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from api.imports.values import Cell, Reason, Refused, reason

MAX_LINE = 10_000_000
MAX_FIELD = 1_000_000
MAX_RATIO, ALWAYS_ALLOWED = 300, 200_000_000
SAMPLE_LINES = 2_000
THREE_BYTES = 0xE0  # from here on a letter of UTF-8 has three bytes: no accident of GB18030
_GZIP = b"\x1f\x8b"
_OTHER_MARKS = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_GUESSES = ("utf-8", "gb18030", "cp1252")


@dataclass(frozen=True, slots=True)
class CsvForm:
    """How a text file is written."""

    file: str
    encoding: str
    delimiter: str


def open_plain(file: BinaryIO, form: CsvForm, size: int) -> Iterator[bytes]:
    """The lines of the file, unpacked if it is packed."""
    packed = file.read(2) == _GZIP
    file.seek(0)
    stream: BinaryIO | gzip.GzipFile = gzip.GzipFile(fileobj=file) if packed else file
    limit = max(ALWAYS_ALLOWED, MAX_RATIO * size) if packed else None
    return _lines(stream, form.file, limit)


def csv_rows(lines: Iterator[bytes], form: CsvForm) -> Iterator[tuple[int, list[Cell]]]:
    """Rows with the line each begins on."""
    csv.field_size_limit(MAX_FIELD)
    reader = csv.reader(_decoded(lines, form), delimiter=form.delimiter, strict=True)
    begins = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise Refused(form.file, begins, None, _csv_reason(error)) from None
        yield begins, list(cells)
        begins = reader.line_num + 1


def _lines(stream: BinaryIO | gzip.GzipFile, file: str, limit: int | None) -> Iterator[bytes]:
    number, total = 0, 0
    while True:
        number += 1
        try:
            line = stream.readline(MAX_LINE + 1)
        except (OSError, EOFError, zlib.error):
            raise Refused(file, number, None, reason("damaged_gzip")) from None
        if not line:
            return
        if len(line) > MAX_LINE:
            raise Refused(file, number, None, reason("long_line", limit=MAX_LINE // 1_000_000))
        total += len(line)
        if limit is not None and total > limit:
            raise Refused(file, number, None, reason("bomb", limit=limit // 1_000_000))
        yield line


def _decoded(lines: Iterator[bytes], form: CsvForm) -> Iterator[str]:
    for number, raw in enumerate(lines, start=1):
        line = _without_mark(raw, form) if number == 1 else raw
        if (nul := line.find(b"\0")) >= 0:
            raise Refused(form.file, number, None, reason("nul_byte", position=nul + 1))
        if form.encoding != "utf-8" and number <= SAMPLE_LINES:
            _refuse_misread(line, form, number)
        try:
            yield line.decode(form.encoding)
        except UnicodeDecodeError as error:
            why = _encoding_reason(line, form.encoding, error.start)
            raise Refused(form.file, number, None, why) from None


def _without_mark(line: bytes, form: CsvForm) -> bytes:
    for mark, encoding in _OTHER_MARKS.items():
        if line.startswith(mark):
            raise Refused(form.file, 1, None, reason("wide_encoding", encoding=encoding))
    mark = b"\xef\xbb\xbf"
    if line.startswith(mark) and form.encoding != "utf-8":
        why = reason("other_encoding", declared=form.encoding, found="utf-8")
        raise Refused(form.file, 1, None, why)
    return line.removeprefix(mark)


def _refuse_misread(line: bytes, form: CsvForm, number: int) -> None:
    """UTF-8 read as another encoding rarely fails: it would come out as other letters."""
    beyond_ascii = [byte for byte in line if byte > 127]
    if len(beyond_ascii) < 6 or max(beyond_ascii) < THREE_BYTES:
        return
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return
    why = reason("other_encoding", declared=form.encoding, found="utf-8")
    raise Refused(form.file, number, None, why)


def _encoding_reason(line: bytes, encoding: str, start: int) -> Reason:
    guesses = [guess for guess in _GUESSES if guess != encoding and _decodes(line, guess)]
    byte, position = f"0x{line[start]:02X}", start + 1
    if guesses:
        guess = " / ".join(guesses)
        return reason(
            "bad_byte_guess", byte=byte, position=position, encoding=encoding, guess=guess
        )
    return reason("bad_byte", byte=byte, position=position, encoding=encoding)


def _decodes(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _csv_reason(error: csv.Error) -> Reason:
    text = str(error)
    if "field limit" in text:
        return reason("long_field", limit=MAX_FIELD // 1_000_000)
    if "unexpected end" in text:
        return reason("open_quote")
    return reason("bad_quote")
