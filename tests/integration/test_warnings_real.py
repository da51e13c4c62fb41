"""Monthly warnings of a real network, from its file to the list.

Without the shared data, made-up practices of the same shape go the same way.
"""

from datetime import date
from pathlib import Path

from conftest import Office
from imports_support import EXAMPLES, import_file, made_up_practices, query

from api.cells.service import fold
from api.insights.warnings.commands import network_warnings
from api.insights.warnings.keeping import KEPT_MONTHS, keep_warnings

PRACTICES = "fft_gp_network/fft_2024_01_2025_02.csv.gz"
FOUND = {
    "2024-08": [], "2024-09": [], "2024-10": ["watch"], "2024-11": ["alert"],
    "2024-12": ["alert"], "2025-01": ["alert"], "2025-02": [],
}  # fmt: skip
SINKING = "Earls-Court-Medical-Centre"


def test_one_practice_of_the_real_network_sinks_and_is_found(
    office: Office, shared_data: Path | None, tmp_path: Path
) -> None:
    path = (
        made_up_practices(tmp_path / "a.csv.gz").path
        if shared_data is None
        else shared_data / PRACTICES
    )
    import_file(office.worker, "responses", path, EXAMPLES / "fft_gp_network.toml")
    fold(office.worker.database)
    # Judged from the newest month with answers backwards, however long ago that was.
    assert keep_warnings(office.worker.database, date(2026, 11, 23)) <= KEPT_MONTHS
    rows = {}
    for month in FOUND:
        document = network_warnings(
            office.worker, "recommend", date.fromisoformat(f"{month}-01")
        ).as_dict()
        rows[month] = document["rows"]
    told = query(
        office.worker, "select count(*) from warning_row where n < 5 or (level is null) "
        "<> (since is null)"
    )  # fmt: skip
    assert told == [(0,)]
    if shared_data is not None:
        assert {month: [row["level"] for row in found] for month, found in rows.items()} == FOUND
        assert {row["unit_code"] for found in rows.values() for row in found} == {SINKING}
        january = rows["2025-01"][0]
        assert january["since"] == "2024-08"
        assert 0.05 < january["drop"] < 0.15
