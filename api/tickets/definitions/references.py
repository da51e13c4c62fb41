"""What rules of the closed loop name, held against what is published: the faults of that kind."""

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field

from api.surveys.definitions import Survey
from api.surveys.definitions.positions import Path
from api.surveys.definitions.problems import Finding
from api.tickets.definitions.file import ConditionEntry, LoopFile, VerifyEntry


@dataclass(frozen=True)
class Known:
    """What the rules may refer to; units with their former codes."""

    surveys: Mapping[str, Survey] = field(default_factory=dict)
    templates: Mapping[str, str] = field(default_factory=dict)  # channel by code
    touchpoints: Set[str] = frozenset()
    units: Set[str] = frozenset()

    @property
    def scales(self) -> dict[str, tuple[int, int]]:
        """The metrics that some survey asks for, with the least and the greatest answer."""
        return {
            question.metric: question.scale
            for survey in self.surveys.values()
            for question in survey.measured
            if question.metric is not None and question.scale is not None
        }

    @property
    def possible(self) -> dict[str, set[str]]:
        """What can be chosen in each question, over all surveys that have it."""
        found: dict[str, set[str]] = {}
        for survey in self.surveys.values():
            for question in survey.questions:
                chosen = found.setdefault(question.code, set())
                chosen.update(question.option_codes)
                if question.scale is not None:
                    low, high = question.scale
                    chosen.update(str(value) for value in range(low, high + 1))
        return found


def check_references(file: LoopFile, known: Known) -> Iterator[Finding]:
    """Every fault of this kind; the file has none of the others."""
    for number, alert in enumerate(file.alerts):
        path: Path = ("alert", number)
        for place, code in enumerate(alert.touchpoints or ()):
            if code not in known.touchpoints:
                values = {"code": code, "known": ", ".join(sorted(known.touchpoints))}
                yield Finding((*path, "touchpoints", place), "unknown_touchpoint", values)
        if alert.when is not None:
            yield from _condition((*path, "when"), alert.when, known)
    for number, calendar in enumerate(file.calendars):
        for place, unit in enumerate(calendar.units):
            if unit not in known.units:
                values = {"code": unit, "known": min(known.units, default="")}
                yield Finding(("calendar", number, "units", place), "unknown_unit", values)
    if file.verify.enabled:
        yield from _verify(file.verify, known)


def _condition(path: Path, entry: ConditionEntry, known: Known) -> Iterator[Finding]:
    for key in ("score", "drop"):
        one = getattr(entry, key)
        if one is not None and one.metric not in known.scales:
            yield Finding((*path, key, "metric"), "unknown_metric", _metrics(one.metric, known))
    score = entry.score
    if score is not None and score.metric in known.scales:
        low, high = known.scales[score.metric]
        for name in ("at_most", "at_least"):
            limit = getattr(score, name)
            if limit is not None and not low <= limit <= high:
                where = (*path, "score", name)
                yield Finding(where, "loop_off_scale", {"low": low, "high": high})
    if entry.wants_call is not None:
        asked = entry.wants_call
        possible = known.possible.get(asked.question)
        if possible is None:
            where = (*path, "wants_call", "question")
            yield Finding(where, "loop_no_such_question", {"code": asked.question})
        for place, option in enumerate(asked.options if possible is not None else ()):
            if option not in (possible or ()):
                values = {"value": option, "possible": ", ".join(sorted(possible or ()))}
                where = (*path, "wants_call", "options", place)
                yield Finding(where, "not_possible", values)
    for key in ("all", "any"):
        for number, inner in enumerate(getattr(entry, key) or ()):
            yield from _condition((*path, key, number), inner, known)


def _verify(entry: VerifyEntry, known: Known) -> Iterator[Finding]:
    survey = known.surveys.get(entry.survey or "")
    if survey is None:
        yield Finding(("verify", "survey"), "not_published", {"code": entry.survey})
    else:
        scales = Known({survey.code: survey}).scales
        if entry.metric not in scales:
            values = {"code": entry.metric, "known": ", ".join(sorted(scales))}
            yield Finding(("verify", "metric"), "unknown_metric", values)
        elif entry.good_from is not None:
            low, high = scales[entry.metric]
            if not low < entry.good_from <= high:
                limits = {"low": low + 1, "high": high}
                yield Finding(("verify", "good_from"), "loop_off_scale", limits)
    for channel, code in entry.messages.items():
        path: Path = ("verify", "messages", channel.value)
        if code not in known.templates:
            yield Finding(path, "not_published", {"code": code})
        elif known.templates[code] != channel.value:
            values = {"code": code, "channel": known.templates[code]}
            yield Finding(path, "other_channel", values)


def _metrics(code: str, known: Known) -> dict[str, str]:
    return {"code": code, "known": ", ".join(sorted(known.scales))}
