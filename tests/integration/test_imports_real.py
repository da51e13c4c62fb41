"""Real files end to end: every row accounted for, in the database as the file says it.

Without the shared data, made-up files of the same shape go the same way.
"""

from pathlib import Path

import pytest
from imports_support import (
    EXAMPLES,
    Source,
    holdings,
    import_file,
    made_up_hospitals,
    made_up_practices,
    query,
)

from api.cells.service import fold
from tests.conftest import Office

PRACTICES = "fft_gp_network/fft_2024_01_2025_02.csv.gz"
HOSPITALS = "hcahps_2016_17/official_dev.csv.gz"


@pytest.fixture
def practices(shared_data: Path | None, tmp_path: Path) -> Source:
    """11,917 real answers, or made-up ones."""
    if shared_data is None:
        return made_up_practices(tmp_path / "practices.csv.gz")
    reasons = {"duplicate": 365, "skip_matches": 64, "skip_empty": 5}
    mapping = EXAMPLES / "fft_gp_network.toml"
    return Source(shared_data / PRACTICES, mapping, 11_917, 11_483, reasons, True)


@pytest.fixture
def hospitals(shared_data: Path | None, tmp_path: Path) -> Source:
    """2,282 real hospitals, or made-up ones."""
    if shared_data is None:
        return made_up_hospitals(tmp_path / "hospitals.csv.gz")
    mapping = EXAMPLES / "hcahps_2016_17.toml"
    return Source(shared_data / HOSPITALS, mapping, 2_282, 2_282, {}, True)


def test_every_row_of_the_practices_is_accounted_for(office: Office, practices: Source) -> None:
    done = import_file(office.worker, "responses", practices.path, practices.mapping)
    assert (done.read, done.written, done.errors) == (practices.rows, practices.written, 0)
    assert dict(done.reasons) == practices.reasons
    assert done.skipped == sum(practices.reasons.values())
    assert done.read == done.written + done.unchanged + done.skipped
    assert query(office.worker, "select count(*) from response") == [(practices.written,)]


def test_label_variants_are_one_score_and_no_opinion_is_none(
    office: Office, practices: Source
) -> None:
    import_file(office.worker, "responses", practices.path, practices.mapping)
    scores = dict(query(office.worker, "select value, count(*) from answer group by 1"))
    assert set(scores) == {1, 2, 3, 4, 5}
    silent = query(
        office.worker,
        "select count(*) from response r where not exists "
        "(select from answer a where a.response_id = r.id)",
    )
    assert silent[0][0] == practices.written - sum(scores.values())
    if practices.real:
        # 73 without an opinion, less those that were duplicates, demo or without a practice
        assert silent == [(69,)]


def test_practices_stand_under_their_networks_and_demo_ones_nowhere(
    office: Office, practices: Source
) -> None:
    import_file(office.worker, "responses", practices.path, practices.mapping)
    kinds = dict(query(office.worker, "select kind, count(*) from unit group by 1"))
    assert kinds["network"] == 1
    assert query(office.worker, "select count(*) from unit where code like 'Demo%'") == [(0,)]
    assert query(office.worker, "select count(*) from unit where code = ''") == [(0,)]
    if practices.real:
        assert kinds == {"network": 1, "region": 6, "branch": 28}


def test_answers_become_cells_of_the_local_day(office: Office, practices: Source) -> None:
    import_file(office.worker, "responses", practices.path, practices.mapping)
    fold(office.worker.database)
    cells = query(
        office.worker,
        "select sum(n), sum(hist[5]) from cell where metric = 'recommend' and period = 'month'",
    )
    answers = query(office.worker, "select count(*), count(*) filter (where value = 5) from answer")
    assert cells == answers
    local = query(
        office.worker,
        "select count(*) from response where occurred_on <> "
        "(submitted_at at time zone 'Europe/London')::date",
    )
    assert local == [(0,)]


def test_the_same_answers_again_change_nothing(office: Office, practices: Source) -> None:
    import_file(office.worker, "responses", practices.path, practices.mapping)
    before = holdings(office.worker)
    again = import_file(office.worker, "responses", practices.path, practices.mapping)
    assert (again.written, again.unchanged) == (0, practices.written)
    assert again.skipped == sum(practices.reasons.values())
    assert holdings(office.worker) == before


def test_a_dry_run_says_what_would_be_done_and_does_nothing(
    office: Office, practices: Source
) -> None:
    before = holdings(office.worker)
    done = import_file(office.worker, "responses", practices.path, practices.mapping, dry_run=True)
    assert (done.written, done.dry_run) == (practices.written, True)
    assert holdings(office.worker) == before


def test_hospitals_become_span_cells_with_the_published_score(
    office: Office, hospitals: Source
) -> None:
    done = import_file(office.worker, "counts", hospitals.path, hospitals.mapping)
    assert (done.read, done.written, done.skipped, done.errors) == (
        hospitals.rows, hospitals.written, 0, 0,
    )  # fmt: skip
    (found,) = query(
        office.worker,
        "select count(*), sum(n), sum((select sum(h) from unnest(hist) h)), "
        "100.0 * sum(hist[3] - hist[1]) / sum(n), count(distinct (period_from, period_to)) "
        "from cell where metric = 'nps' and period = 'span' and scale = 'nps3'",
    )
    cells, answers, counted, score, periods = found
    assert (cells, counted, periods) == (hospitals.rows, answers, 1)
    if hospitals.real:
        assert float(str(score)) == pytest.approx(64.14, abs=0.1)
        kinds = dict(query(office.worker, "select kind, count(*) from unit group by 1"))
        assert kinds == {"network": 1, "region": 30, "area": 1021, "branch": 2282}


def test_the_same_counts_again_change_nothing(office: Office, hospitals: Source) -> None:
    import_file(office.worker, "counts", hospitals.path, hospitals.mapping)
    before = holdings(office.worker)
    again = import_file(office.worker, "counts", hospitals.path, hospitals.mapping)
    assert (again.written, again.unchanged) == (0, hospitals.rows)
    assert holdings(office.worker) == before


def test_counties_of_one_name_in_two_states_are_two(office: Office, hospitals: Source) -> None:
    import_file(office.worker, "counts", hospitals.path, hospitals.mapping)
    oranges = query(office.worker, "select code from unit where name_en = 'ORANGE' order by code")
    assert len(oranges) > 1
    assert all("/" in str(code) for (code,) in oranges)


def test_both_files_live_in_one_network(
    office: Office, practices: Source, hospitals: Source
) -> None:
    import_file(office.worker, "responses", practices.path, practices.mapping)
    import_file(office.worker, "counts", hospitals.path, hospitals.mapping)
    again = import_file(office.worker, "counts", hospitals.path, hospitals.mapping)
    assert again.unchanged == hospitals.rows
    roots = query(office.worker, "select code from unit where kind = 'network'")
    assert roots == [("gp-practices",)]
    above = query(
        office.worker,
        "select p.code from unit u join unit_parent l on l.unit_id = u.id "
        "join unit p on p.id = l.parent_id where u.code = 'us-hospitals'",
    )
    assert above == [("gp-practices",)]


def test_changed_counts_replace_the_old_ones(office: Office, tmp_path: Path) -> None:
    source = made_up_hospitals(tmp_path / "h.csv", rows=5)
    import_file(office.worker, "counts", source.path, source.mapping)
    lines = source.path.read_text(encoding="utf-8").splitlines()
    cells = lines[1].split(",")
    cells[4] = "5000"
    source.path.write_text("\n".join([lines[0], ",".join(cells), *lines[2:]]), encoding="utf-8")
    done = import_file(office.worker, "counts", source.path, source.mapping)
    assert (done.written, done.unchanged) == (1, 4)
    changed = "select n, (select sum(h) from unnest(hist) h) from cell where n = 5000"
    assert query(office.worker, changed) == [(5000, 5000)]


def test_made_up_files_of_the_same_shape_import_the_same_way(
    office: Office, tmp_path: Path
) -> None:
    source = made_up_practices(tmp_path / "p.csv.gz")
    done = import_file(office.worker, "responses", source.path, source.mapping)
    assert (done.read, done.written, done.errors) == (source.rows, source.written, 0)
    assert dict(done.reasons) == source.reasons
