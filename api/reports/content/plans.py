"""What the unit is working on, and what came of it against its like. Pure."""

from api.plans.effect import Effect
from api.reports.content.blocks import Amount, Names, Said, Section, Table, Value
from api.reports.content.comparing import columns
from api.reports.content.reading import Facts, Worked


def plans_section(facts: Facts) -> Section | None:
    """Plans of the unit and below; None without any."""
    if not facts.plans:
        return None
    late = sum(one.late for one in facts.plans)
    proven = [one for one in facts.plans if _proven(one.effect)]
    values: dict[str, Value] = {"n": len(facts.plans), "late": late, "proven": len(proven)}
    title = "proven" if proven else "late" if late else "open"
    return Section(
        "plans",
        Said(f"plans.title.{title}", values),
        (Said("plans.how"),),
        tables=(_table(facts.plans),),
    )


def _proven(effect: Effect) -> bool:
    return effect.found is not None and effect.found.low > 0


def _table(plans: list[Worked]) -> Table:
    return Table(
        columns(
            "plan", "unit", "topic", "since", "before", "after", "effect", "low", "high", "tier"
        ),
        tuple(
            (
                one.title,
                one.unit,
                Names(one.effect.metric.name_zh, one.effect.metric.name_en),
                one.started_on,
                Amount(one.effect.own_before.score, one.kind),
                Amount(one.effect.own_after.score if one.effect.own_after else None, one.kind),
                *_effect(one.effect),
            )
            for one in plans
        ),
    )


def _effect(effect: Effect) -> tuple[Value, ...]:
    found = effect.found
    if found is None:
        return (
            None,
            None,
            None,
            Said(f"plans.unknown.{effect.unknown}") if effect.unknown else None,
        )
    numbers = (Amount(value, "points") for value in (found.effect, found.low, found.high))
    return (*numbers, Said("noise" if found.is_noise else "real"))
