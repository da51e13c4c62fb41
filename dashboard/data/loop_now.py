"""The rules of the closed loop that hold, and the names by which people call what is in them."""

from api.surveys.published import survey_titles
from api.tickets.loop import Loop
from api.tickets.published import LoopInForce, loop_in_force
from dashboard.data.loop_words import Names
from dashboard.data.sitting import Sitting


def loop_now(sitting: Sitting) -> LoopInForce | None:
    """The version that holds; None before the first."""
    return loop_in_force(sitting.session)


def rule_names(sitting: Sitting) -> dict[str, str]:
    """What the rules in force are called, by code; of earlier ones the code itself is shown."""
    found = loop_now(sitting)
    rules = found.loop.rules if found else ()
    return {one.code: one.name(sitting.language) for one in rules}


def cause_choices(sitting: Sitting) -> tuple[tuple[str, str], ...]:
    """Root causes to choose from, each behind its group; a group itself is none."""
    found = loop_now(sitting)
    causes = found.loop.causes if found else ()
    groups = {one.parent for one in causes}
    return tuple(
        (one.code, cause_name(found.loop, one.code, sitting))
        for one in causes
        if found is not None and one.code not in groups
    )


def cause_name(loop: Loop | None, code: str, sitting: Sitting) -> str:
    """A root cause behind its group, in words; one that the rules do not know by its code."""
    found = loop.cause(code) if loop else None
    if found is None or loop is None:
        return code
    name, group = found.name(sitting.language), loop.cause(found.parent)
    return f"{group.name(sitting.language)} \u203a {name}" if group else name


def names_of(sitting: Sitting) -> Names:
    """What the network and its surveys call what the rules name by codes."""
    english = sitting.language == "en"
    titles = survey_titles(sitting.session)
    return Names(
        metrics={one.code: one.name_en if english else one.name_zh for one in sitting.metrics},
        touchpoints={
            row.code: row.name_en if english else row.name_zh for row in sitting.touchpoints
        },
        surveys={code: words.get(sitting.language, code) for code, words in titles.items()},
    )
