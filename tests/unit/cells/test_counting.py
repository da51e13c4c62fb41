"""Counting adds whole numbers under keys, in whatever order they come, and lays out their bytes."""

import random
from collections import Counter

import numpy as np
import pytest

from api.cells import binary
from api.cells.counting import (
    CUTS,
    SUMS,
    count_days,
    first_of_month,
    first_of_week,
    next_month,
)
from api.cells.metrics import WIDTH, Metrics
from api.cells.sums import Sums, counted, joined, match, nothing
from api.models.cells import BANDS
from scoring.scales import SCALES, Kind, point_score


def column(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.int64)


def rows(seed: int, count: int, spread: int) -> Sums:
    rng = np.random.default_rng(seed)
    keys = {name: rng.integers(-spread, spread, count) for name in ("a", "b", "c")}
    return Sums(keys, rng.integers(-5, 9, (count, 2)))


def as_dict(sums: Sums) -> dict[tuple[int, ...], list[int]]:
    keys = zip(*(key.tolist() for key in sums.keys.values()), strict=True)
    return dict(zip(keys, sums.numbers.tolist(), strict=True))


@pytest.mark.parametrize("spread", [2, 2**40], ids=["narrow keys", "keys wider than one number"])
def test_rows_of_one_key_become_one_in_the_order_of_the_keys(spread: int) -> None:
    given = joined([rows(1, 300, spread), rows(2, 200, spread)])
    wanted: dict[tuple[int, ...], list[int]] = {}
    for key, numbers in zip(
        zip(*(key.tolist() for key in given.keys.values()), strict=True),
        given.numbers.tolist(),
        strict=True,
    ):
        held = wanted.get(key, [0, 0])
        wanted[key] = [one + other for one, other in zip(held, numbers, strict=True)]
    found = given.grouped()
    assert as_dict(found) == wanted
    assert list(as_dict(found)) == sorted(wanted)


def test_a_difference_holds_only_what_differs_and_leads_from_one_to_the_other() -> None:
    old, new = rows(3, 100, 3).grouped(), rows(4, 100, 3).grouped()
    difference = new.minus(old)
    assert difference.numbers.any(axis=1).all()
    assert not len(joined([old, difference]).grouped().minus(new))
    assert not len(new.minus(new))


def test_a_key_is_found_at_its_place_or_not_at_all() -> None:
    among = [column(5, 1, 3), column(0, 0, 7)]
    assert match([column(3, 3, 5), column(7, 8, 0)], among).tolist() == [2, -1, 0]
    assert match([column(1), column(1)], [column(), column()]).tolist() == [-1]


def test_nothing_to_count_gives_no_rows() -> None:
    found, numbers = counted({"a": column()}, column(), 3)
    assert (len(found), len(numbers)) == (0, 0)
    assert not len(nothing(["a"], 3).grouped())


@pytest.mark.parametrize("scale", SCALES.values(), ids=lambda scale: scale.code)
def test_the_scores_of_single_answers_add_up_to_the_score_of_a_histogram(scale) -> None:  # type: ignore[no-untyped-def]
    hist = np.arange(1, scale.bins + 1, dtype=np.int64)
    for kind in scale.kinds:
        metrics = Metrics.of([("m", kind, scale.code)])
        mean = (metrics.score[0, : scale.bins] * hist).sum() / hist.sum()
        whole = float(point_score(hist, kind, scale))
        assert mean * (100 if kind is Kind.NPS else 1) == pytest.approx(whole, abs=1e-12)
        assert metrics.low[0].sum() == scale.passive_from
        assert metrics.high[0].sum() == scale.bins - scale.promoter_from


def test_values_off_a_scale_have_no_bin() -> None:
    metrics = Metrics.of([("a", "mean", "1-5"), ("b", "nps", "nps3"), ("c", "nps", "0-10")])
    given = column(0, 1, 5, 6), column(-2, -1, 1, 2), column(-1, 0, 10, 30_000)
    found = [metrics.bins(np.full(4, place), values) for place, values in enumerate(given)]
    assert [bins.tolist() for bins in found] == [[-1, 0, 4, -1], [-1, 0, 2, -1], [-1, 0, 10, -1]]


def test_the_order_of_responses_and_answers_does_not_matter() -> None:
    luck = random.Random(5)
    metrics = Metrics.of([("a", "mean", "1-5"), ("b", "top2_box", "1-5"), ("c", "nps", "0-10")])
    responses = [
        (luck.getrandbits(62), luck.getrandbits(62), 9_800 + luck.randrange(3), luck.randrange(4))
        for _ in range(60)
    ]
    answers = [
        (high, low, day, metric, luck.randint(1, 5))
        for high, low, day, _ in responses
        for metric in range(3)
        if luck.random() < 0.8
    ]

    def days():  # type: ignore[no-untyped-def]
        luck.shuffle(responses)
        luck.shuffle(answers)
        ids, lows, on, branch = (column(*part) for part in zip(*responses, strict=True))
        same = np.ones(len(ids), np.int64)
        place = {"branch": branch, "touchpoint": same, "version": same}
        cuts = {cut: branch % 2 - (cut == "segment") for cut in CUTS}
        names = ("id", "id_low", "day", "metric", "value")
        columns = (column(*part) for part in zip(*answers, strict=True))
        return count_days(
            {"id": ids, "id_low": lows, "day": on, **place, **cuts},
            dict(zip(names, columns, strict=True)),
            metrics,
        )

    first, second = days(), days()
    for name in ("cells", "cuts", "moments"):
        one, other = getattr(first, name), getattr(second, name)
        assert list(as_dict(one)) == list(as_dict(other))
        assert as_dict(one) == as_dict(other)
    assert first.cells.numbers.sum() == len(answers)
    assert first.cells.numbers.shape[1] == WIDTH
    given = Counter((high, low) for high, low, *_ in answers)
    assert first.moments.numbers[:, SUMS.index("n")].sum() == sum(
        count * (count + 1) // 2 for count in given.values()
    )


def test_weeks_begin_on_monday_and_months_on_their_first() -> None:
    days = np.array(["2024-02-29", "2024-03-03", "2024-03-04", "1999-12-31"], "M8[D]")
    numbers = (days - np.datetime64("2000-01-01")).astype(np.int64)

    def named(found: np.ndarray) -> list[str]:
        return [str(np.datetime64("2000-01-01") + day) for day in found.tolist()]

    monday = ["2024-02-26", "2024-02-26", "2024-03-04", "1999-12-27"]
    assert named(first_of_week(numbers)) == monday
    assert named(first_of_month(numbers)) == [
        "2024-02-01",
        "2024-03-01",
        "2024-03-01",
        "1999-12-01",
    ]
    assert named(next_month(numbers)) == ["2024-03-01", "2024-04-01", "2024-04-01", "2000-01-01"]


def copied(*fields: binary.Field, rows: int) -> bytes:
    return binary.HEADER + binary.records(rows, fields) + binary.TRAILER


def test_columns_come_back_from_their_bytes() -> None:
    numbers = column(-1, 0, 5)
    pairs = np.array([[1, 2], [-3, 4], [0, 2**31 - 1]])
    data = copied(binary.int4(numbers), binary.text("nps"), binary.int4_lists(pairs), rows=3)
    days, texts, arrays = binary.split(data, 3)
    assert binary.int4_values(days).tolist() == [-1, 0, 5]
    assert texts == (b"nps",) * 3
    assert binary.array_values(arrays, 4)[0].tolist() == pairs.ravel().tolist()


def test_uuids_of_an_array_come_back_as_their_halves() -> None:
    high, low = column(1, 2**62), column(3, 0)
    [ids] = binary.split(copied(binary.uuids(high, low), rows=2), 1)
    array = binary.array_header((2,), 2950) + b"".join(binary.sized(one) for one in ids)
    found = binary.array_values([array, array], 16)
    assert [half.tolist() for half in found] == [[*high, *high], [*low, *low]]


def test_tables_of_numbers_come_back_as_wide_as_the_widest() -> None:
    narrow, wide = np.array([[1, 2, 3], [4, 5, 6]]), np.array([[7, 8, 9, 10]])
    arrays = [
        *binary.split(copied(binary.int4_tables(narrow.reshape(1, -1), 2), rows=1), 1)[0],
        *binary.split(copied(binary.int4_tables(wide, 1), rows=1), 1)[0],
    ]
    rows = binary.int4_rows(arrays, np.array([2, 1]), 5)
    assert rows.tolist() == [[1, 2, 3, 0, 0], [4, 5, 6, 0, 0], [7, 8, 9, 10, 0]]


def test_lists_of_texts_come_back() -> None:
    words = ["", "顾问", "channel"]
    assert binary.text_list(binary.text_array(binary.sized_texts(words))) == words


def test_the_database_counts_bands_where_the_scales_have_them() -> None:
    assert {
        code: (scale.passive_from, scale.promoter_from, scale.bins)
        for code, scale in SCALES.items()
    } == BANDS
