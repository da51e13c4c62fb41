"""Questions that appear by an answer on the same page: by style sheet, since there is no script.

Browsers without ``:has()`` show them always; the server drops answers that do not belong.
"""

from collections.abc import Iterator

from markupsafe import Markup

from api.surveys.definitions import Page, Question, ShowIf


def gate_here(page: Page, question: Question) -> Question | None:
    """The question of the same page that this one depends on."""
    condition = question.show_if
    if condition is None:
        return None
    return next((one for one in page.questions if one.code == condition.question), None)


def condition_style(page: Page) -> Markup:
    """Rules that hide the dependent questions of a page until they are asked for."""
    rules = [rule for question in page.questions for rule in _rules(page, question)]
    if not rules:
        return Markup()
    return Markup("@supports selector(:has(a)){{{}}}").format(Markup("".join(rules)))


def _rules(page: Page, question: Question) -> Iterator[str]:
    if gate_here(page, question) is None:
        return
    yield f"#c-{question.code}{{display:none}}"
    needed = "".join(_needed(page, question))
    yield f"form{needed} #c-{question.code}{{display:block}}"


def _needed(page: Page, question: Question) -> Iterator[str]:
    """A ``:has()`` for the question's condition, and for those of its gate."""
    gate, condition = gate_here(page, question), question.show_if
    if gate is None or condition is None:
        return
    yield from _needed(page, gate)
    inputs = ",".join(
        f'[name="{gate.code}"][value="{value}"]:checked' for value in _values(gate, condition)
    )
    yield f":has({inputs})"


def _values(gate: Question, condition: ShowIf) -> Iterator[int | str]:
    """The values of the gate that fulfil the condition."""
    if gate.scale is None:
        yield from condition.wanted()
        return
    low, high = gate.scale
    wanted = [int(value) for value in condition.wanted()]
    for value in range(low, high + 1):
        fits = {
            "lte": value <= min(wanted),
            "gte": value >= max(wanted),
        }.get(condition.op, value in wanted)
        if fits:
            yield value
