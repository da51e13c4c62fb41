"""A ZIP that is written while it is read: whole, named safely, one file in memory at a time."""

import io
import zipfile

from hypothesis import given
from hypothesis import strategies as st

from api.reports.orders.packing import Packed, file_names, safe, streamed, whole


def test_it_holds_what_it_was_given_and_is_read_file_by_file() -> None:
    read: list[int] = []

    def content(number: int) -> bytes:
        read.append(number)
        return bytes([number]) * 100_000

    files = (Packed(f"{n}.pdf", lambda n=n: content(n)) for n in range(5))  # type: ignore[misc]
    pieces, seen = [], []
    for piece in streamed(files):
        pieces.append(piece)
        seen.append(len(read))
    assert seen == [1, 2, 3, 4, 5, 5]  # no file is read before the one before it is handed on
    assert max(map(len, pieces)) < 101_000
    with zipfile.ZipFile(io.BytesIO(b"".join(pieces))) as pack:
        assert pack.testzip() is None
        assert pack.namelist() == [f"{n}.pdf" for n in range(5)]
        assert pack.read("3.pdf") == bytes([3]) * 100_000


def test_a_file_that_is_gone_by_now_is_left_out() -> None:
    packed = whole([Packed("a.pdf", lambda: None), Packed("b.pdf", lambda: b"b")])
    with zipfile.ZipFile(io.BytesIO(packed)) as pack:
        assert pack.namelist() == ["b.pdf"]


@given(st.lists(st.text(max_size=200), max_size=12))
def test_names_are_taken_by_every_system_and_differ(names: list[str]) -> None:
    made = list(file_names(f"{name}.pdf" for name in names))
    assert len({name.casefold() for name in made}) == len(names)
    for name in made:
        assert name.endswith(".pdf")
        assert not set(name) & set('<>:"/\\|?*\n\0')
        assert len(name) < 140


def test_chinese_names_stay_as_they_are() -> None:
    assert safe("上海浦东/4S店 D1_20260801.pdf") == "上海浦东-4S店 D1_20260801.pdf"
