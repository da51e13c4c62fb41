"""A year of real answers, a week at a time: each ranking says what was true on its Monday.

The table is compared with the file, every letter with the table. The answers are on five steps;
as the NHS once did, the best counts as 10, the second as 8 and all others as detractors. Without
the shared data a made-up file of the same shape goes the same way.
"""

import csv
import gzip
import re
import tomllib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from conftest import Office
from imports_support import EXAMPLES, import_file, made_up_practices, write_csv
from sqlalchemy import text
from test_many_rankings import add_recipient, branches_under, network_table, read, told

from api.cells.service import fold
from api.core.languages import say
from api.insights.league import LeagueRow
from api.insights.periods import full_weeks
from api.insights.sight import whole_network_viewer
from api.insights.suppression import kept_back
from api.insights.warnings.keeping import keep_warnings
from api.insights.warnings.reading import BranchWarning, early_warnings
from api.reports.rendering import month_text, signed
from api.reports.service import send_due_rankings
from api.reports.weekly import METRIC
from scoring.arrays import Counts
from scoring.change import change_between
from scoring.families import z_among
from scoring.scales import Kind, scale_of

REAL = "fft_gp_network/fft_2024_01_2025_02.csv.gz"
LONDON = ZoneInfo("Europe/London")
WEEK = timedelta(weeks=1)
WEEKS = 13
SCORES = {"Very good": 10, "Good": 8, "Neither good nor poor": 5, "Neither Good or Poor": 5,
          "Poor": 3, "Very poor": 0}  # fmt: skip
OUT = ("Stanhope-Mews-Surgery", "Royal-Hospital-Chelsea", "Surgery-2")  # of one manager's branches
SKIPPED = "2024-03-31 01"  # an hour that was none in London; made-up answers do not know
Row = Mapping[str, str]
Tally = dict[str, Counts]


def as_nps(folder: Path) -> Path:
    """The mapping of the example, with the answers as scores from 0 to 10."""
    mapping = (EXAMPLES / "fft_gp_network.toml").read_text("utf-8")
    mapping = mapping.replace('code = "recommend"', f'code = "{METRIC}"')
    mapping = mapping.replace('scale = "1-5"', 'scale = "0-10"')
    for label, score in SCORES.items():
        mapping = re.sub(rf'^"{label}" = \d$', f'"{label}" = {score}', mapping, flags=re.MULTILINE)
    path = folder / "nps.toml"
    path.write_text(mapping, "utf-8")
    return path


class Answers:
    """The file as it came in, and what it says counted without the database."""

    def __init__(self, path: Path, mapping: Path) -> None:
        with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
            rows = sorted(csv.DictReader(file), key=lambda row: row["time"])
        self.rows = [row for row in rows if not row["time"].startswith(SKIPPED)]
        keys = tomllib.loads(mapping.read_text("utf-8"))["key"]["external_id"]
        once = {tuple(row.get(key, "") for key in keys): row for row in self.rows}
        self.counted = [
            (datetime.fromisoformat(row["time"]).date(), row["surgery"], SCORES[row["rating"]])
            for row in once.values()
            if row["rating"] in SCORES
            and row["surgery"]
            and row["pcn"]
            and not row["pcn"].startswith("Demo-")
        ]

    def mondays(self) -> list[date]:
        """Every Monday on which there is a full week to tell of."""
        first, last = (datetime.fromisoformat(self.rows[at]["time"]).date() for at in (0, -1))
        begin = first - timedelta(days=first.weekday()) + WEEK
        return [begin + WEEK * number for number in range((last - begin).days // 7 + 2)]

    def came(self, since: datetime, until: datetime) -> list[Row]:
        """The rows of the time from ``since`` to before ``until``."""
        first, last = (f"{one:%Y-%m-%d %H:%M:%S}" for one in (since, until))
        return [row for row in self.rows if first <= row["time"] < last]

    def tally(self, start: date, end: date) -> Tally:
        """Histograms from 0 to 10 by practice, of the days from ``start`` to before ``end``."""
        found: Tally = {}
        for day, branch, score in self.counted:
            if start <= day < end:
                found.setdefault(branch, np.zeros(11, dtype=np.int64))[score] += 1
        return found


def nps(counts: Counts) -> float:
    return float(100 * (counts[9:].sum() - counts[:7].sum()) / counts.sum())


@dataclass(frozen=True)
class Recipient:
    """Somebody who gets the ranking of a unit, without the branches that are ``out``."""

    account: UUID
    unit: int
    out: frozenset[int]


@dataclass
class Seen:
    """What the letters of the unit with most branches told, week after week."""

    letters: int = 0
    movers: list[frozenset[str]] = field(default_factory=list)
    steps: list[list[tuple[str, str | None]]] = field(default_factory=list)
    warned: list[frozenset[str]] = field(default_factory=list)
    bands: list[dict[str, str]] = field(default_factory=list)


class Replay:
    """The weeks as they were lived: what came by Monday morning, and then the letters."""

    def __init__(self, office: Office, path: Path, folder: Path) -> None:
        self.office, self.folder, self.mapping = office, folder, as_nps(folder)
        self.file = Answers(path, self.mapping)
        self.recipients: list[Recipient] = []
        self.until = datetime(2000, 1, 1)  # noqa: DTZ001 - as in the file
        self.seen = Seen()

    def live(self, monday: date) -> None:
        """Goes on to a Monday, eight o'clock, has the letters sent and looks at all of them."""
        self._at(monday, time(7, 59))
        self._import(datetime.combine(monday, time(8)))
        self._hire(monday)
        assert send_due_rankings(self.office.worker) == 0, "nothing before its hour"
        self._at(monday, time(8, 5))
        assert send_due_rankings(self.office.worker) == len(self.recipients)
        assert send_due_rankings(self.office.worker) == 0, "nothing twice"
        self._check(monday)
        self._at(monday + timedelta(days=3), time(12))
        assert send_due_rankings(self.office.worker) == 0, "nothing between"

    def _at(self, day: date, hour: time) -> None:
        self.office.clock.now = datetime.combine(day, hour, LONDON).astimezone(UTC)

    def _import(self, until: datetime) -> None:
        rows = self.file.came(self.until, until)
        self.until = until
        path = write_csv(
            self.folder / f"{until:%Y%m%d}.csv", self.file.rows[0], [row.values() for row in rows]
        )
        import_file(self.office.worker, "responses", path, self.mapping)
        fold(self.office.worker.database)
        keep_warnings(self.office.worker.database, until.date())

    def _hire(self, monday: date) -> None:
        """A manager for each unit that has come into being; of the network one without a few."""
        office, known = self.office, {one.unit for one in self.recipients}
        secret = office.worker.vault.encrypt("somebody@example.com")
        with office.owner.transaction() as session:
            connection = session.connection()
            units = connection.execute(
                text("select id, kind from unit where kind <> 'branch' order by id")
            )
            for unit, kind in units.all():
                if unit in known:
                    continue
                few = text("select id from unit where code = any(:out)")
                out = [*connection.execute(few, {"out": list(OUT)}).scalars()]
                for less in [[], out] if kind == "network" else [[]]:
                    account = add_recipient(connection, unit, less, secret)
                    self.recipients.append(Recipient(account, unit, frozenset(less)))
            session.commit()

    def _letters(self, monday: date) -> dict[UUID, str]:
        """The letters of a Monday by account; there is none of another week among the new ones."""
        found: dict[UUID, str] = {}
        with self.office.owner.connection() as connection:
            statement = text("select dedupe_key, body_text_encrypted from outbox_message")
            rows = connection.execute(statement).all()
        for key, body in rows:
            kind, week, account, *_ = key.split(":")
            if (kind, week) == ("weekly_ranking", monday.isoformat()):
                assert found.setdefault(UUID(account), "") == ""
                found[UUID(account)] = self.office.worker.vault.decrypt(bytes(body))
        self.seen.letters += len(found)
        assert len(rows) == self.seen.letters
        return found

    def _check(self, monday: date) -> None:
        office, found = self.office, self._letters(monday)
        table = network_table(office, datetime.combine(monday, time(8), LONDON))
        tallies = Tallies.of(self.file, monday)
        check_table(table, tallies)
        with office.worker.database.transaction() as session:
            whole = whole_network_viewer(session, monday, "comparing all letters")
            warnings = early_warnings(session, whole, METRIC, None, now=office.clock.now)
        for one in self.recipients:
            with office.owner.connection() as connection:
                own = branches_under(connection, one.unit, monday) - one.out
            page = Page(found.pop(one.account), [row for row in table if row.branch_id in own])
            page.check(tallies, [row for row in warnings.rows if row.branch_id in own])
            page.check_others({row.unit_name for row in table if row.branch_id not in own})
            if one == self.recipients[0]:
                page.note(self.seen)
        assert found == {}


@dataclass(frozen=True)
class Tallies:
    """The file's answers of the 13 weeks, of the 13 before and of the last one."""

    now: Tally
    before: Tally
    week: Tally

    @classmethod
    def of(cls, file: Answers, monday: date) -> "Tallies":
        period, week = full_weeks(WEEKS, monday), full_weeks(1, monday)
        before = period.before()
        return cls(*(file.tally(one.start, one.end) for one in (period, before, week)))

    def moved(self, branches: Collection[LeagueRow]) -> dict[str, float]:
        """Who changed by more than chance does among so many, and how far."""
        pairs = [
            (row.unit_name, [one.get(row.unit_name, NOBODY) for one in (self.now, self.before)])
            for row in sorted(branches, key=lambda row: row.branch_id)
        ]
        kept = [kept_back([int(pair[at].sum()) for _, pair in pairs]) for at in (0, 1)]
        told = [
            (name, pair)
            for (name, pair), *back in zip(pairs, *kept, strict=True)
            if not any(back) and min(one.sum() for one in pair) >= 10
        ]
        if not told:
            return {}
        now, before = (np.array([pair[at] for _, pair in told]) for at in (0, 1))
        found = change_between(now, before, Kind.NPS, scale_of("0-10"), z=z_among(len(told)))
        return {
            name: float(change)
            for (name, _), change, noise in zip(told, found.change, found.is_noise, strict=True)
            if not noise
        }


NOBODY = np.zeros(11, dtype=np.int64)


def check_table(table: list[LeagueRow], tallies: Tallies) -> None:
    """The table says what the file says of just these weeks, and no word of others."""
    names = {row.unit_name for row in table}
    assert tallies.now.keys() <= names
    for row in table:
        now, before = (one.get(row.unit_name, NOBODY) for one in (tallies.now, tallies.before))
        n = int(now.sum())
        assert row.n == (n if n == 0 or n >= 5 else None)
        assert row.ranked == (n >= 30)
        assert (row.score is None) == (n < 10)
        if row.score is not None:
            assert row.score == pytest.approx(nps(now))
        if row.change is not None:
            assert row.change == pytest.approx(nps(now) - nps(before))


@dataclass(frozen=True)
class Page:
    """A letter's text beside the rows that it must be about."""

    letter: str
    rows: list[LeagueRow]

    def check(self, tallies: Tallies, warnings: list[BranchWarning]) -> None:
        """Places and what is apart, movers, warnings and the week: these and no others."""
        have = [str(one) for one in read(self.letter)]
        wanted = [str(told(row)) for row in self.rows]
        assert sorted(have) == sorted(wanted)
        moved = tallies.moved(self.rows)
        scores = {row.unit_name: row.score for row in self.rows}
        assert sorted(self.under("Who really moved")) == sorted(
            f"{name}: {signed(change)}, now {signed(scores[name])}"
            for name, change in moved.items()
        )
        assert [line for line in self.under("Early warnings") if " below its own " in line] == [
            f"{row.unit_name}: {row.level.capitalize()}, {signed(row.drop).lstrip('+')} points "
            f"below its own normal, since {month_text(row.since, 'en')}"
            for row in warnings
            if row.level and row.since
        ]
        week = self.under("The week itself")
        assert sorted(week[:-1]) == sorted(self._week(tallies.week))
        total = sum(int(tallies.week.get(row.unit_name, NOBODY).sum()) for row in self.rows)
        assert week[-1].startswith(f"All branches: Answers {total},")

    def check_others(self, names: Collection[str]) -> None:
        """No word of a branch that is not the reader's."""
        assert [name for name in names if name in self.letter] == []

    def under(self, title: str) -> list[str]:
        """The lines under a heading, as far as they are about something."""
        _, _, rest = self.letter.partition(f"\n\n{title}")
        return [line.strip() for line in rest.split("\n\n")[0].splitlines()[1:] if line[:1] == " "]

    def steps(self) -> Iterator[tuple[str, str | None]]:
        """What to do, as kind and branch."""
        for line in self.under("What to do this week"):
            (found,) = [
                (kind, match.groupdict().get("unit"))
                for kind, pattern in STEPS.items()
                if (match := pattern.fullmatch(line))
            ]
            yield found

    def note(self, seen: Seen) -> None:
        """Keeps what the letter told, for the figures at the end."""
        seen.movers.append(frozenset(one.split(":")[0] for one in self.under("Who really moved")))
        seen.steps.append(list(self.steps()))
        seen.warned.append(
            frozenset(one.split(":")[0] for one in self.under("Early warnings") if "since" in one)
        )
        seen.bands.append({row.unit_name: row.band for row in self.rows if row.band})

    def _week(self, week: Tally) -> Iterator[str]:
        for row in self.rows:
            counts = week.get(row.unit_name, NOBODY)
            said = f"Answers {counts.sum()}, Detractors (0–6) {counts[:7].sum()}, Comments 0"
            yield f"{row.unit_name}: {said}"


def _pattern(kind: str) -> re.Pattern[str]:
    words = re.escape(say(f"reports.step.{kind}", "en", unit="UNIT", number="NUMBER"))
    return re.compile(r"\d\. " + words.replace("UNIT", "(?P<unit>.+)").replace("NUMBER", ".+"))


STEPS = {
    kind: _pattern(kind)
    for kind in ("overdue", "warning", "fallen", "silent", "hint", "risen", "nearly", "read")
}


@pytest.fixture
def source(shared_data: Path | None, tmp_path: Path) -> Path:
    """11,917 real answers of 13 months, or made-up ones of ten."""
    if shared_data is None:
        return made_up_practices(tmp_path / "practices.csv.gz", 12_000).path
    return shared_data / REAL


def test_two_weeks_of_letters_say_what_the_file_says(
    office: Office, source: Path, tmp_path: Path
) -> None:
    replay = Replay(office, source, tmp_path)
    for monday in replay.file.mondays()[30:32]:
        replay.live(monday)
    assert replay.seen.letters == 2 * len(replay.recipients) > 4
    assert any(one.out for one in replay.recipients)


@pytest.mark.soak
def test_a_year_of_letters_says_what_the_file_says(
    office: Office, shared_data: Path | None, source: Path, tmp_path: Path
) -> None:
    replay = Replay(office, source, tmp_path)
    for monday in replay.file.mondays():
        replay.live(monday)
    found = figures(replay.seen)
    assert replay.seen.letters > 100
    if shared_data is not None:
        assert found == FOUND


def figures(seen: Seen) -> dict[str, object]:
    """What somebody who reads every letter of the network would notice."""
    pairs = list(pairwise(seen.movers))
    steps = [Counter(week) for week in seen.steps]
    banded = [
        (now[name], old[name])
        for old, now in pairwise(seen.bands)
        for name in now.keys() & old.keys()
    ]
    return {
        "letters": seen.letters,
        "movers": sum(map(len, seen.movers)),
        "movers told the week before": sum(len(old & now) for old, now in pairs),
        "movers in a row": longest(seen.movers),
        "steps": dict(Counter(kind for week in seen.steps for kind, _ in week)),
        "steps told the week before": dict(
            Counter(kind for old, now in pairwise(steps) for kind, unit in (old & now).elements())
        ),
        "warnings": sum(map(len, seen.warned)),
        "warnings in a row": longest(seen.warned),
        "bands": len(banded),
        "bands that changed": sum(now != old for now, old in banded),
        "bands that jumped": sum(abs(ord(now) - ord(old)) > 1 for now, old in banded),
    }


def longest(weeks: list[frozenset[str]]) -> dict[str, int]:
    """For how many weeks without a break each name was told at most."""
    found: dict[str, int] = {}
    running: Counter[str] = Counter()
    for week in weeks:
        running = Counter({name: running[name] + 1 for name in week})
        found |= {name: max(count, found.get(name, 0)) for name, count in running.items()}
    return dict(sorted(found.items()))


FOUND = {
    "letters": 257,
    "movers": 6,
    "movers told the week before": 2,
    "movers in a row": {"Health-Partners-at-Violet-Melchett": 2, "Scarsdale-Medical-Centre": 1},
    "steps": {"fallen": 1, "nearly": 2, "read": 40, "risen": 3, "silent": 7, "warning": 6},
    "steps told the week before": {"read": 27, "warning": 2},
    "warnings": 21,
    "warnings in a row": {
        "Earls-Court-Medical-Centre": 9,
        "Earls-Court-Surgery": 4,
        "Health-Partners-at-Violet-Melchett": 1,
    },
    "bands": 476,
    "bands that changed": 60,
    "bands that jumped": 0,
}
