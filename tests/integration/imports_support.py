"""What tests of imports share: runs, and what the database holds before and after."""

import csv
import gzip
import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import text

from api.core.installation import Installation
from api.imports.service import run_import
from api.imports.values import ImportSummary

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
TABLES = (
    "network", "unit", "unit_parent", "unit_profile", "unit_former_code", "owner_group",
    "touchpoint", "metric", "survey_version", "response", "answer", "cell", "dirty_mark",
    "metric_day", "account", "login_identifier", "access_grant", "person", "person_source",
    "contact_point", "person_branch", "consent", "event", "audit_entry",
)  # fmt: skip
FFT_COLUMNS = (
    "time rating surgery pcn free_text_len do_better_len submission_id respondent-id campaing_id "
    "logic campaign_rating free_text_chars do_better_chars free_text_sha sentiment_free_text"
).split()


@dataclass(frozen=True)
class Source:
    """A file to import, and what is known of it."""

    path: Path
    mapping: Path
    rows: int
    written: int
    reasons: dict[str, int]
    real: bool


def import_file(
    installation: Installation, kind: str, path: Path, mapping: Path, **options: object
) -> ImportSummary:
    """One import in a transaction of its own."""
    with installation.database.transaction() as session:
        return run_import(session, installation, kind, path, mapping, **options)  # type: ignore[arg-type]


def holdings(installation: Installation) -> dict[str, tuple[object, ...]]:
    """How many rows each table holds, and a fingerprint of what they say."""
    found: dict[str, tuple[object, ...]] = {}
    with installation.database.transaction() as session:
        for table in TABLES:
            statement = (
                f"select count(*), md5(string_agg(t::text, '' order by t::text)) from {table} t"
            )
            found[table] = tuple(session.execute(text(statement)).one())
    return found


def query(installation: Installation, statement: str) -> list[tuple[object, ...]]:
    """Rows as the worker sees them."""
    with installation.database.transaction() as session:
        return [tuple(row) for row in session.execute(text(statement))]


def write_csv(path: Path, header: Iterable[str], rows: Iterable[Iterable[object]]) -> Path:
    """A CSV file, packed if it is called so."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "wt", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
    return path


def made_up_practices(path: Path, rows: int = 1200) -> Source:
    """A file in the shape of the practices' answers, with all that is odd about them."""
    chance = random.Random(7)
    labels = {
        "Very good": 70,
        "Good": 20,
        "Neither good nor poor": 3,
        "Neither Good or Poor": 1,
        "Poor": 3,
        "Very poor": 2,
        "Don't know": 1,
        "Dont know": 1,
    }
    weighted = [label for label, weight in labels.items() for _ in range(weight)]
    start = datetime(2024, 1, 1, 9)  # noqa: DTZ001 - local time of the practices
    lines: list[list[object]] = []
    for number in range(rows - 14):
        moment = start + timedelta(minutes=37 * number)
        surgery = f"Surgery-{int(chance.paretovariate(0.7)) % 11}"
        sha = f"{number:012x}" if number % 3 else ""
        said = [moment, chance.choice(weighted), surgery, "Brompton-PCN", "4.0", 0]
        batch = "fde11367122c" if number % 2 else ""
        lines.append([*said, batch, "", "", "", "", 12, 0, sha, "neutral"])
    again = [[*line] for line in lines[10:15]]
    again[0][-1] = "positive"  # what a model made of it tells no two answers apart
    demo = [[start, "Good", "Demo-Surgery-1", "Demo-PCN", *line[4:]] for line in lines[20:26]]
    without = [[start, "Good", "", "", *line[4:]] for line in lines[30:33]]
    write_csv(path, FFT_COLUMNS, [*lines, *again, *demo, *without])
    reasons = {"duplicate": 5, "skip_matches": 6, "skip_empty": 3}
    return Source(path, EXAMPLES / "fft_gp_network.toml", rows, rows - 14, reasons, False)


def made_up_hospitals(path: Path, rows: int = 120) -> Source:
    """A file in the shape of the hospitals' counts."""
    chance = random.Random(8)
    header = ["Provider.ID", "Hospital.Name", "State", "County.Name",
              "Number.of.Completed.Surveys", "Measure.Start.Date", "Measure.End.Date",
              "H_HSP_RATING_0_6", "H_HSP_RATING_7_8", "H_HSP_RATING_9_10"]  # fmt: skip
    lines = []
    for number in range(rows):
        low = chance.randint(3, 15)
        middle = chance.randint(15, 30)
        lines.append([f"{number:06d}", f"HOSPITAL {number}", ("AL", "TX", "CA")[number % 3],
                      ("ORANGE", "LEE")[number % 2], chance.randint(100, 3000), "10/1/2016",
                      "9/30/2017", low, middle, 100 - low - middle])  # fmt: skip
    write_csv(path, header, lines)
    return Source(path, EXAMPLES / "hcahps_2016_17.toml", rows, rows, {}, False)
