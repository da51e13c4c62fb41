"""`branchpulse bench report`: single files, a pack of the whole network, a Monday of rankings.

On the made-up network: 300 branches and 300 recipients with ``--full``, a tenth without.
"""

from typing import Any

from api.core.bench import report, temporary_installation
from api.demo.service import DemoSize, prepare
from scheduler.benches.bench_report_files import file_targets, measure_files
from scheduler.benches.bench_report_packs import measure_pack, pack_targets
from scheduler.benches.bench_report_rankings import measure_rankings, ranking_targets


def bench_report(full: bool) -> dict[str, Any]:
    """Makes reports and rankings of a network as large as stated, or of a tenth of it."""
    branches, months = (300, 12) if full else (30, 3)
    with temporary_installation() as settings:
        prepare(settings, DemoSize("cars", branches, months, 1))
        figures, reference = measure_files(settings, 9 if full else 3)
        figures |= {"branches": branches, "months": months}
        figures |= measure_pack(settings, kill=full)
        figures |= measure_rankings(settings, 300 if full else 30)
    return report(
        "report",
        full=full,
        figures=figures,
        targets=[*file_targets(full), *pack_targets(full), *ranking_targets(full)],
        reference=reference,
    )
