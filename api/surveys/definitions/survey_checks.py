"""What a survey must hold beyond its shape: codes, metrics, conditions that make sense together."""

from collections.abc import Iterator

from api.surveys.definitions.positions import Path
from api.surveys.definitions.problems import Finding
from api.surveys.definitions.shapes import Localized, repeated
from api.surveys.definitions.survey import Question, ShowIf, Survey

_Place = tuple[Path, Question]


def check_survey(survey: Survey) -> Iterator[Finding]:
    """Everything that is wrong with a survey of the right shape."""
    places: list[_Place] = [
        (("page", number, "question", index), question)
        for number, page in enumerate(survey.pages)
        for index, question in enumerate(page.questions)
    ]
    yield from _codes(survey, places)
    for path, question in places:
        yield from _options(path, question)
        yield from _metric(path, question)
        yield from _anchors(path, question)
    yield from _conditions(places)
    yield from _words(survey, places)


def _codes(survey: Survey, places: list[_Place]) -> Iterator[Finding]:
    for name in repeated(survey.touchpoints):
        yield Finding(("touchpoints",), "repeated", {"code": name})
    codes = repeated(question.code for _, question in places)
    metrics = repeated(question.metric for _, question in places if question.metric)
    for path, question in places:
        if question.code in codes:
            yield Finding((*path, "code"), "repeated", {"code": question.code})
        if question.metric in metrics:
            yield Finding((*path, "metric"), "repeated", {"code": question.metric})
        for code in repeated(question.option_codes):
            yield Finding((*path, "option"), "repeated", {"code": code})


def _options(path: Path, question: Question) -> Iterator[Finding]:
    chosen = question.kind in ("single", "multiple")
    if chosen and len(question.options) < 2:
        yield Finding((*path, "option"), "options_needed")
    if question.options and not chosen:
        yield Finding((*path, "option"), "options_not_here")
    if question.max_length is not None and question.kind != "text":
        yield Finding((*path, "max_length"), "only_for_text")


def _metric(path: Path, question: Question) -> Iterator[Finding]:
    """A metric is declared whole, on a scale that can carry it, or not at all."""
    names = ("metric", "metric_kind", "metric_name")
    absent = [name for name in names if getattr(question, name) is None]
    if len(absent) == len(names):
        return
    if question.scale is None:
        yield Finding((*path, "metric"), "metric_needs_scale", {"kind": question.kind})
        return
    for name in absent:
        yield Finding((*path, name), "missing")
    if question.metric_kind == "nps" and question.kind != "scale_0_10":
        yield Finding((*path, "metric_kind"), "nps_needs_0_10", {"kind": question.kind})
    if question.metric_kind == "ces" and question.kind == "scale_0_10":
        yield Finding((*path, "metric_kind"), "ces_needs_agreement", {"kind": question.kind})


def _anchors(path: Path, question: Question) -> Iterator[Finding]:
    for name, anchor in (("low", question.low), ("high", question.high)):
        if question.scale is not None and anchor is None:
            yield Finding((*path, name), "anchor_needed")
        if question.scale is None and anchor is not None:
            yield Finding((*path, name), "only_for_scales")


def _conditions(places: list[_Place]) -> Iterator[Finding]:
    all_codes = {question.code for _, question in places}
    earlier: dict[str, Question] = {}
    for path, question in places:
        condition = question.show_if
        if condition is not None:
            where = (*path, "show_if")
            known = earlier.get(condition.question)
            if known is not None:
                yield from _comparison(where, condition, known)
            else:
                code = "not_earlier" if condition.question in all_codes else "unknown_question"
                yield Finding((*where, "question"), code, {"code": condition.question})
        earlier[question.code] = question


def _comparison(where: Path, condition: ShowIf, on: Question) -> Iterator[Finding]:
    if on.kind == "text":
        yield Finding((*where, "question"), "text_decides_nothing", {"code": on.code})
        return
    if condition.op in ("lte", "gte") and on.scale is None:
        yield Finding((*where, "op"), "op_needs_scale", {"op": condition.op, "code": on.code})
        return
    if (condition.op == "in") != isinstance(condition.value, tuple):
        yield Finding((*where, "value"), "list_only_for_in", {"op": condition.op})
        return
    low, high = on.scale or (0, -1)
    possible: tuple[int | str, ...] = tuple(range(low, high + 1)) or on.option_codes
    for value in condition.wanted():
        if value not in possible:
            shown = ", ".join(str(one) for one in possible)
            yield Finding((*where, "value"), "not_possible", {"value": value, "possible": shown})


def _words(survey: Survey, places: list[_Place]) -> Iterator[Finding]:
    """Survey texts carry no placeholders: a brace would be shown as it is."""
    texts: list[tuple[Path, Localized | None]] = [
        (("title",), survey.title),
        (("intro",), survey.intro),
        (("thanks",), survey.thanks),
        *((("page", number, "title"), page.title) for number, page in enumerate(survey.pages)),
    ]
    for path, question in places:
        texts += [
            ((*path, name), getattr(question, name)) for name in ("text", "hint", "metric_name")
        ]
        texts += [((*path, name), getattr(question, name)) for name in ("low", "high")]
        texts += [((*path, "option", i), option) for i, option in enumerate(question.options)]
    for path, text in texts:
        if text is not None and any(brace in text.zh + text.en for brace in "{}"):
            yield Finding(path, "no_placeholders")
