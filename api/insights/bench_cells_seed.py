"""The answers that the bench of cells counts: a network of counters that asks whoever came in.

2,000 branches with one touchpoint, open from Monday to Saturday; sizes differ as in life (the
largest twentieth has more than double the median). Half a year of responses to four measured
questions, of which three may be left out; three channels, three segments (a fifth unknown), four
advisors a branch under names of their own, one answer in 33 in English. Made by a fixed seed and
written by COPY as the owner.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import psycopg
from numpy.typing import NDArray

from api.cells import binary
from api.insights.bench_seed import AT, END, Size, branch_id, connected, network, viewer
from scoring.arrays import Counts

METRICS = (
    ("nps", "nps", "0-10", 1.0),
    ("overall", "top2_box", "1-5", 0.97),
    ("advisor", "top2_box", "1-5", 0.94),
    ("waiting", "mean", "1-5", 0.94),
)
WEEKS = 26
OPEN_DAYS = 6  # a week
SURVEY = TOUCHPOINT = 1
_ADVISORS = 4
_ANSWERED = sum(share for *_, share in METRICS)
_CHUNK = 50_000
_EPOCH = date(2000, 1, 1)
_CHANNELS = (("wechat", 0.78), ("sms", 0.2), ("phone", 0.02))
_SEGMENTS = (("\\N", 0.2), ("others", 0.4), ("under_35", 0.25), ("from_60", 0.15))
_LANGUAGES = (("zh", 0.97), ("en", 0.03))


@dataclass(frozen=True)
class Sample:
    """The size of the network and the luck it is drawn with."""

    size: Size
    rng: np.random.Generator
    weight: NDArray[np.float64]
    level: NDArray[np.float64]

    @classmethod
    def of(cls, size: Size) -> "Sample":
        """By the fixed seed."""
        rng = np.random.default_rng(7)
        weight = rng.lognormal(0.0, 0.5, size.branches)
        level = rng.normal(8.2, 0.5, size.branches)
        return cls(size, rng, weight / weight.sum(), level)


def seed(owner_url: str, sample: Sample) -> str:
    """Writes the network and its answers; the session secret of somebody who sees all of it."""
    with connected(owner_url) as connection:
        # Foreign keys hold by construction; checking millions of them is not what is measured.
        connection.execute("set session_replication_role = replica")
        network(connection, sample.size)
        for place, (code, kind, scale, _) in enumerate(METRICS):
            connection.execute(
                "insert into metric (code, kind, scale, position, name_zh, name_en) "
                "values (%s, %s, %s, %s, %s, %s) on conflict do nothing",
                (code, kind, scale, place, code, code),
            )
        responses = round(sample.size.answers / _ANSWERED)
        days = [END - timedelta(days=back) for back in range(WEEKS * 7, 0, -1)]
        opened = [day for day in days if day.weekday() < OPEN_DAYS]
        at = 0
        for number, day in enumerate(opened, start=1):
            until = responses * number // len(opened)
            write_day(connection, sample, day, until - at)
            at = until
        return viewer(connection, sample.size.branches)


def seed_day(owner_url: str, sample: Sample, day: date) -> int:
    """One more day like those before it, marked as the survey page marks; how many responses."""
    responses = round(sample.size.answers / _ANSWERED / (WEEKS * OPEN_DAYS))
    with connected(owner_url) as connection:
        connection.execute("set session_replication_role = replica")
        write_day(connection, sample, day, responses)
        connection.execute(
            "insert into dirty_mark (branch_id, occurred_on, touchpoint_id, survey_version_id) "
            "select branch_id, occurred_on, touchpoint_id, survey_version_id from response "
            "where occurred_on = %s",
            (day,),
        )
    return responses


def write_day(connection: psycopg.Connection, sample: Sample, day: date, count: int) -> None:
    """The responses of one day and their answers."""
    for start in range(0, count, _CHUNK):
        some = min(_CHUNK, count - start)
        branch = sample.rng.choice(sample.size.branches, some, p=sample.weight)
        high = np.full(some, (day.toordinal() << 40) | 0x7000, dtype=np.int64)
        low = sample.rng.integers(0, 2**62, some)
        with connection.cursor() as cursor:
            with cursor.copy(
                "copy response (id, survey_version_id, branch_id, touchpoint_id, occurred_on, "
                "channel, segment, advisor, language, named, pages_done, started_at, "
                "submitted_at, completed_at) from stdin"
            ) as copy:
                copy.write("".join(_responses(sample, day, branch, high, low)))
            with cursor.copy(
                "copy answer (response_id, occurred_on, branch_id, question, metric, value) "
                "from stdin (format binary)"
            ) as copy:
                copy.write(binary.HEADER)
                for part in _answers(sample, day, branch, high, low):
                    copy.write(part)
                copy.write(binary.TRAILER)


def _responses(
    sample: Sample, day: date, branch: Counts, high: Counts, low: Counts
) -> Iterator[str]:
    rng, count = sample.rng, len(branch)
    drawn = [
        rng.choice([name for name, _ in among], count, p=[share for _, share in among])
        for among in (_CHANNELS, _SEGMENTS, _LANGUAGES)
    ]
    advisor = rng.integers(1, _ADVISORS + 1, count)
    columns = (branch, high, low, advisor, *drawn)
    for place, first, last, person, channel, segment, language in zip(
        *(column.tolist() for column in columns), strict=True
    ):
        yield (
            f"{first:016x}{last:016x}\t{SURVEY}\t{branch_id(place)}\t{TOUCHPOINT}\t{day}\t"
            f"{channel}\t{segment}\tE{place:04}-{person}\t{language}\tf\t2\t{AT}\t{AT}\t{AT}\n"
        )


def _answers(
    sample: Sample, day: date, branch: Counts, high: Counts, low: Counts
) -> Iterator[bytes]:
    mood = sample.rng.normal(sample.level[branch], 1.8)
    for code, _, scale, share in METRICS:
        some = np.flatnonzero(sample.rng.random(len(branch)) < share)
        felt = mood[some] + sample.rng.normal(0, 0.9, len(some))
        lowest, highest = (0, 10) if scale == "0-10" else (1, 5)
        value = np.clip(np.rint(felt if highest == 10 else felt / 2), lowest, highest)
        fields = [
            binary.uuids(high[some], low[some]),
            binary.int4((day - _EPOCH).days),
            binary.int4(branch_id(0) + branch[some]),
            binary.text(code),
            binary.text(code),
            binary.int2(value.astype(np.int64)),
        ]
        yield binary.records(len(some), fields)
