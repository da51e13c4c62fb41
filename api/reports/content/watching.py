"""Branches that have fallen below their own normal by more than chance does. Pure."""

from api.insights.warnings.reading import BranchWarning
from api.reports.content.blocks import Amount, Said, Section, Table, Value
from api.reports.content.comparing import columns, listing
from api.reports.content.reading import Facts

MOST_NAMED = 5


def warnings_section(facts: Facts) -> Section | None:
    """The warnings of the newest judged month; None where none was judged or all is as usual."""
    found = facts.warnings
    if found is None:
        return None
    rows = [row for row in found.rows if row.level is not None and row.branch_id in facts.nodes]
    if not rows:
        return None
    rows.sort(key=lambda row: (row.level != "alert", -row.drop))
    values: dict[str, Value] = {
        "alerts": sum(row.level == "alert" for row in rows),
        "watched": sum(row.level == "watch" for row in rows),
        "judged": found.judged,
        "month": Said("month", {"year": str(found.month.year), "month": str(found.month.month)}),
        "names": listing(facts.nodes[row.branch_id] for row in rows[:MOST_NAMED]),
        "drop": Amount(rows[0].drop, "score"),
    }
    if facts.unit.is_branch:
        return Section(
            "warnings",
            Said(f"warnings.own.{rows[0].level}", values),
            (Said("warnings.what", values),),
        )
    title = "alerts" if values["alerts"] else "watched"
    return Section(
        "warnings",
        Said(f"warnings.title.{title}", values),
        (Said("warnings.what", values),),
        tables=(_table(facts, rows),),
    )


def _table(facts: Facts, rows: list[BranchWarning]) -> Table:
    return Table(
        columns("branch", "level", "month_n", "month_score", "normal", "drop"),
        tuple(
            (
                facts.nodes[row.branch_id],
                Said(f"level.{row.level}"),
                Said("fewer_than_five") if row.n is None else Amount(row.n, "count"),
                Amount(row.score, "score"),
                Amount(row.normal, "score"),
                Amount(row.drop, "score"),
            )
            for row in rows
        ),
    )
