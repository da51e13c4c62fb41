"""Which comments are worth reading: those that say something, first of the unhappy. Pure.

Comments were redacted when they were stored; who wrote them is never told in a file.
"""

from collections.abc import Sequence

from api.insights.comments import Comment
from api.reports.content.blocks import Names, Quote, Said, Section
from api.reports.content.reading import Facts

UNHAPPY, HAPPY = 4, 2
TELLING = range(20, 321)  # letters: shorter says little, longer is not read


def voices_section(facts: Facts) -> Section | None:
    """Comments of unhappy customers, then of happy ones; None where there are none to read."""
    if not facts.comments:
        return None
    low = [one for one in facts.comments if one.score is not None and one.score <= 6]
    high = [one for one in facts.comments if one.score is not None and one.score >= 9]
    chosen = [*worth_reading(low, UNHAPPY), *worth_reading(high, HAPPY)]
    if not chosen:
        return None
    count = facts.comment_count
    title = "many" if count > 1_000 else "count"
    return Section(
        "voices",
        Said(f"voices.title.{title}", {"n": min(count, 1_000)}),
        (Said("voices.lead"),),
        quotes=tuple(_quote(facts, one) for one in chosen),
    )


def worth_reading(comments: Sequence[Comment], most: int) -> list[Comment]:
    """At most ``most`` comments that say something: of several branches and touchpoints, longest
    first among those that are not too long. No text twice.
    """
    ordered = sorted(comments, key=lambda one: (-_worth(one), str(one.response_id)))
    chosen: list[Comment] = []
    for strict in (True, False):
        for one in ordered:
            if len(chosen) < most and one not in chosen and _is_new(one, chosen, strict=strict):
                chosen.append(one)
    return sorted(chosen, key=lambda one: one.score if one.score is not None else 99)


def _worth(one: Comment) -> int:
    """How much it says; a Chinese sign says about as much as three letters."""
    length = sum(3 if sign > "\u2e80" else 1 for sign in one.text.strip())
    return length if length in TELLING else 0


def _is_new(one: Comment, chosen: Sequence[Comment], *, strict: bool) -> bool:
    if any(one.text == other.text for other in chosen):
        return False
    from_where = {(other.unit.id, other.touchpoint) for other in chosen}
    return not strict or (one.unit.id, one.touchpoint) not in from_where


def _quote(facts: Facts, one: Comment) -> Quote:
    place = facts.touchpoints[one.touchpoint]
    names = Names(place.name_zh, place.name_en)
    return Quote(one.text, one.unit, names, one.occurred_on, one.score)
