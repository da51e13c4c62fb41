"""A made-up network with answers, written straight into the tables, and its counts in Python.

The counts are made from the rows in memory, so they check the SQL of cells and league tables
independently.
"""

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import product
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.engine import Connection

from api.core.database import Database
from api.core.ids import new_id

MONDAY = date(2026, 8, 3)
SCALES = {"nps": ("nps", "0-10"), "service": ("top2_box", "1-5"), "speed": ("mean", "1-5")}
BINS = {"0-10": range(11), "1-5": range(1, 6)}
LAST = date(2026, 11, 16)


@dataclass
class Given:
    """One response with its answers, as stored."""

    id: UUID
    branch: int
    day: date
    touchpoint: int
    version: int
    channel: str
    segment: str | None
    advisor: str | None
    values: dict[str, int]
    language: str = "zh"
    excluded: bool = False
    model: str | None = None

    @property
    def key(self) -> tuple[int, date, int, int]:
        """What a dirty mark names."""
        return (self.branch, self.day, self.touchpoint, self.version)


@dataclass
class World:
    """Units by code, touchpoints, one survey version, and every response given so far."""

    network: int
    regions: list[int]
    branches: list[int]
    touchpoints: list[int]
    version: int
    given: list[Given] = field(default_factory=list)


def make_world(database: Database, sizes: Sequence[int] = (3, 2)) -> World:
    """A network of regions with so many branches each; two touchpoints, three metrics."""
    with database.connection() as connection:
        connection.execute(
            text(
                "insert into network (id, name_zh, name_en, leaf_word, branch_names_public, "
                "default_timezone, default_language, ranking_weeks, privacy_text_zh, "
                "privacy_text_en, structure_version) values (1, '网络', 'Network', 'dealer', "
                "false, 'Asia/Shanghai', 'zh', 13, '', '', nextval('data_version'))"
            )
        )
        network = _unit(connection, "HQ", "network", None)
        regions, branches = [], []
        for number, size in enumerate(sizes, 1):
            regions.append(_unit(connection, f"R{number}", "region", network))
            for place in range(1, size + 1):
                code = f"D{number}{place:02d}"
                branches.append(_unit(connection, code, "branch", regions[-1]))
        touchpoints = [_touchpoint(connection, place) for place in (1, 2)]
        version = _survey(connection)
    return World(network, regions, branches, touchpoints, version)


def _unit(connection: Connection, code: str, kind: str, parent: int | None) -> int:
    made: int = connection.execute(
        text(
            "insert into unit (code, kind, level, name_zh, name_en, sort_key) values "
            "(:code, :kind, :kind, :zh, :en, :code) returning id"
        ),
        {"code": code, "kind": kind, "zh": f"单位{code}", "en": f"Unit {code}"},
    ).scalar_one()
    if parent is not None:
        connection.execute(
            text(
                "insert into unit_parent (unit_id, parent_id, valid_from) "
                "values (:unit, :parent, '2020-01-01')"
            ),
            {"unit": made, "parent": parent},
        )
    return made


def _touchpoint(connection: Connection, place: int) -> int:
    made: int = connection.execute(
        text(
            "insert into touchpoint (code, stage, position, owner_function, branch_kind, name_zh, "
            "name_en) values (:code, 'use', :place, 'sales', 'dealer', :zh, :en) returning id"
        ),
        {"code": f"touch{place}", "place": place, "zh": f"触点{place}", "en": f"Touch {place}"},
    ).scalar_one()
    return made


def _survey(connection: Connection) -> int:
    for place, (code, (kind, scale)) in enumerate(SCALES.items()):
        connection.execute(
            text(
                "insert into metric (code, kind, scale, position, name_zh, name_en) "
                "values (:code, :kind, :scale, :place, :code, :code)"
            ),
            {"code": code, "kind": kind, "scale": scale, "place": place},
        )
    made: int = connection.execute(
        text(
            "insert into survey_version (code, version, definition, content_hash, published_at) "
            "values ('survey', 1, '{}', '', now()) returning id"
        )
    ).scalar_one()
    return made


def made_up(world: World, luck: random.Random, days: Iterable[date], count: int) -> list[Given]:
    """``count`` responses with partial ones among them; branches differ in quality and size."""
    given, pool = [], list(days)
    for number in range(count):
        place = min(int(luck.expovariate(0.5)), len(world.branches) - 1)
        level = 6.5 + 2.5 * place / len(world.branches)
        values = {"nps": max(0, min(10, round(luck.gauss(level, 2.5))))}
        for metric in ("service", "speed"):
            if luck.random() < 0.7:
                values[metric] = max(1, min(5, round(luck.gauss(level / 2, 1))))
        given.append(
            Given(
                new_id(),
                world.branches[place],
                luck.choice(pool),
                luck.choice(world.touchpoints),
                world.version,
                luck.choice(["sms", "wechat"]),
                luck.choice([None, "young", "old"]),
                luck.choice([None, "Wang", "Li"]),
                values,
                luck.choice(["zh", "zh", "en"]),
                model=[None, "L3", "L5", "L3"][number % 4],
            )
        )
    return given


def days_of(start: date, end: date) -> list[date]:
    """Every day from ``start`` up to before ``end``."""
    return [start + timedelta(days=number) for number in range((end - start).days)]


def write(connection: Connection, given: Sequence[Given], *, marked: bool = True) -> None:
    """Stores responses, their answers and, unless told otherwise, their dirty marks."""
    at = datetime(2026, 11, 17, tzinfo=UTC)
    connection.execute(
        text(
            "insert into response (id, survey_version_id, branch_id, touchpoint_id, occurred_on, "
            "channel, segment, advisor, model, language, named, pages_done, started_at, "
            "submitted_at, completed_at) values (:id, :version, :branch, :touchpoint, :day, "
            ":channel, :segment, :advisor, :model, :language, false, 1, :at, :at, :done)"
        ),
        [{**vars(one), "at": at, "done": at if len(one.values) == 3 else None} for one in given],
    )
    rows = [
        {"id": one.id, "metric": metric, "day": one.day, "branch": one.branch, "value": value}
        for one in given
        for metric, value in one.values.items()
    ]
    connection.execute(
        text(
            "insert into answer (response_id, question, occurred_on, branch_id, metric, value) "
            "values (:id, :metric, :day, :branch, :metric, :value)"
        ),
        rows,
    )
    if marked:
        mark(connection, {one.key for one in given})


def mark(connection: Connection, keys: Iterable[tuple[int, date, int, int]]) -> None:
    """Leaves dirty marks for the keys."""
    connection.execute(
        text(
            "insert into dirty_mark (branch_id, occurred_on, touchpoint_id, survey_version_id) "
            "values (:b, :d, :t, :v)"
        ),
        [dict(zip("bdtv", key, strict=True)) for key in keys],
    )


def counted(given: Iterable[Given], metric: str, start: date, end: date) -> dict[int, Counter[int]]:
    """Values of ``metric`` per branch in a half-open period, counted one by one."""
    found: dict[int, Counter[int]] = {}
    for one in given:
        if metric in one.values and start <= one.day < end:
            found.setdefault(one.branch, Counter())[one.values[metric]] += 1
    return found


def expected_cells(given: Iterable[Given]) -> dict[tuple[object, ...], tuple[int, list[int]]]:
    """Every cell and cut cell there must be, keyed like the tables' primary keys."""
    tally: dict[tuple[object, ...], Counter[int]] = {}
    for one in given:
        for metric, value in () if one.excluded else one.values.items():
            for key in _cell_keys(one, metric):
                tally.setdefault(key, Counter())[value] += 1
    cells = {}
    for key, values in tally.items():
        hist = [values[value] for value in BINS[SCALES[str(key[0])][1]]]
        cells[key] = (sum(hist), hist)
    return cells


def _cell_keys(one: Given, metric: str) -> Iterable[tuple[object, ...]]:
    week = one.day - timedelta(days=one.day.weekday())
    month = one.day.replace(day=1)
    after = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    day = ("day", one.day, one.day + timedelta(days=1))
    where = (one.branch, one.touchpoint, one.version)
    for period in (day, ("week", week, week + timedelta(weeks=1)), ("month", month, after)):
        yield (metric, *period, *where)
    for cut in ("channel", "segment", "advisor", "language"):
        value = getattr(one, cut)
        for period in (day, ("month", month, after)) if value is not None else ():
            yield (metric, *period, *where, cut, value)


def stored_cells(connection: Connection) -> dict[tuple[object, ...], tuple[int, list[int]]]:
    """What the tables hold, in the form of `expected_cells`."""
    common = "metric, period, period_from, period_to, branch_id, touchpoint_id, survey_version_id"
    found: dict[tuple[object, ...], tuple[int, list[int]]] = {}
    for row in connection.execute(text(f"select {common}, n, hist from cell")):
        found[tuple(row[:-2])] = (row[-2], row[-1])
    for period, lasts in (("day", "1 day"), ("month", "1 month")):
        statement = (
            f"select *, cast({period} as date) as first, "
            f"cast({period} + interval '{lasts}' as date) as last from cut_{period}"
        )
        for row in connection.execute(text(statement)):
            place = (row.branch_id, row.touchpoint_id, row.survey_version_id)
            for cut, value, hist in zip(row.cuts, row.cut_values, row.hists, strict=True):
                key = (row.metric, period, row.first, row.last, *place, cut, value)
                found[key] = (sum(hist), hist)
    return found


def _marks(metric: str, value: int) -> tuple[int, int, int, int]:
    """Value, score, low and high of an answer, as the scales' and kinds' definitions say."""
    kind, scale = SCALES[metric]
    low, high = (value <= 6, value >= 9) if scale == "0-10" else (value <= 3, value == 5)
    score = {"nps": int(high) - int(low), "top2_box": int(value >= 4), "mean": value}[kind]
    return value, score, int(low), int(high)


def expected_moments(given: Iterable[Given]) -> dict[tuple[object, ...], tuple[int, ...]]:
    """Every moment cell there must be: by month, place and pair of metrics, its sums in order."""
    sums: dict[tuple[object, ...], list[int]] = {}
    for one in given:
        place = (one.day.replace(day=1), one.branch, one.touchpoint, one.version)
        for left, right in product(one.values, repeat=2):
            if left > right or one.excluded:
                continue
            (v, s, lo, hi), (w, t, low, high) = (
                _marks(metric, one.values[metric]) for metric in (left, right)
            )
            new = (1, v, w, v * w, s, t, s * t, lo, low, hi, high)
            new += (lo * low, lo * high, hi * low, hi * high, v * low, v * high, lo * w, hi * w)
            held = sums.setdefault((*place, left, right), [0] * len(new))
            for index, number in enumerate(new):
                held[index] += number
    return {key: tuple(numbers) for key, numbers in sums.items()}


def stored_moments(connection: Connection) -> dict[tuple[object, ...], tuple[int, ...]]:
    """What the table holds, in the form of `expected_moments`."""
    key = "month, branch_id, touchpoint_id, survey_version_id, metric_left, metric_right"
    sums = (
        "n, value_left, value_right, value_product, score_left, score_right, score_product, "
        "low_left, low_right, high_left, high_right, low_low, low_high, high_low, high_high, "
        "value_low, value_high, low_value, high_value"
    )
    rows = connection.execute(text(f"select {key}, {sums} from moment_cell"))
    return {tuple(row[:6]): tuple(row[6:]) for row in rows}
