"""What is wrong with an indicator tree of the right shape: in itself, and with what is known here.

A file is first held against itself; only one without such faults against metrics and units.
"""

import difflib
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass

from api.indicators.definition import IndicatorsFile, QuestionEntry, TargetEntry
from api.surveys.definitions.positions import Path
from api.surveys.definitions.problems import Finding
from api.surveys.definitions.shapes import repeated
from scoring.scales import SCALES, Kind, Scale

_RANGES = {Kind.NPS: (-100.0, 100.0)}
_SHARE = (0.0, 1.0)
_POINTS = (0.0, 100.0)


@dataclass(frozen=True)
class KnownMetric:
    """A declared metric: how it is counted, on which scale."""

    kind: Kind
    scale: Scale

    @property
    def range(self) -> tuple[float, float]:
        """Lowest and highest score, in the metric's own unit."""
        if self.kind is Kind.MEAN:
            return float(self.scale.values[0]), float(self.scale.values[-1])
        return _RANGES.get(self.kind, _SHARE)


@dataclass(frozen=True)
class Known:
    """What a tree may name here: metrics, and the present codes of units."""

    metrics: Mapping[str, KnownMetric]
    units: Set[str]


def known_metric(kind: str, scale: str) -> KnownMetric:
    """A metric as it is declared; an NPS may come in bands."""
    return KnownMetric(Kind(kind), SCALES[scale])


def check_tree(file: IndicatorsFile) -> Iterator[Finding]:
    """Everything that is wrong with a tree by itself."""
    yield from _codes(file)
    displaced = [*_places(file), *_circles(file)]
    yield from displaced
    if not displaced:
        yield from _empty(file)
    yield from _targets(file)


def check_known(file: IndicatorsFile, known: Known) -> Iterator[Finding]:
    """What the tree names that is not here, or is something else."""
    for path, code in _own_codes(file):
        if code in known.metrics:
            yield Finding(path, "code_of_metric", {"code": code})
    for number, question in enumerate(file.questions):
        yield from _metric(("question", number), question, known)
    shown = ", ".join(sorted(known.units)[:20])
    for number, target in enumerate(file.targets):
        if target.unit not in known.units:
            near = difflib.get_close_matches(target.unit, known.units, n=3)
            values = {"code": target.unit, "known": ", ".join(near) or shown}
            yield Finding(("target", number, "unit"), "unknown_unit", values)
        metric = known.metrics.get(target.of)
        if metric is not None:
            yield from _within(("target", number, "value"), target, metric.range)


def _own_codes(file: IndicatorsFile) -> list[tuple[Path, str]]:
    dimensions = enumerate(file.dimensions)
    return [(("code",), file.code)] + [
        (("dimension", number, "code"), one.code) for number, one in dimensions
    ]


def _codes(file: IndicatorsFile) -> Iterator[Finding]:
    """Index, dimensions and metrics are asked for by the same word: no two may share it."""
    named = repeated([*file.parents, *file.metrics])
    for path, code in _own_codes(file):
        if code in named:
            yield Finding(path, "repeated", {"code": code})
    for number, question in enumerate(file.questions):
        if question.metric in named:
            yield Finding(("question", number, "metric"), "repeated", {"code": question.metric})


def _places(file: IndicatorsFile) -> Iterator[Finding]:
    """Every ``of`` names the index or a dimension."""
    named: list[tuple[Path, str | None]] = [
        *((("dimension", number, "of"), one.of) for number, one in enumerate(file.dimensions)),
        *((("question", number, "of"), one.of) for number, one in enumerate(file.questions)),
    ]
    for path, part in named:
        if part is not None and part not in file.parents:
            values = {"code": part, "known": ", ".join(file.parents)}
            yield Finding(path, "unknown_part", values)


def _circles(file: IndicatorsFile) -> Iterator[Finding]:
    above = {one.code: one.of for one in file.dimensions}
    for number, one in enumerate(file.dimensions):
        chain = [one.code]
        parent = one.of
        while parent in above and parent not in chain:
            chain.append(parent)
            parent = above[parent]
        if parent == one.code:
            values = {"chain": " → ".join([*chain, one.code]), "code": file.code}
            yield Finding(("dimension", number, "of"), "circle", values)


def _empty(file: IndicatorsFile) -> Iterator[Finding]:
    above = {one.code: one.of for one in file.dimensions}
    filled: set[str | None] = set()
    for question in file.questions:
        part = question.of
        while part in above and part not in filled:
            filled.add(part)
            part = above[part]
    for number, one in enumerate(file.dimensions):
        if one.code not in filled:
            yield Finding(("dimension", number), "asks_no_question", {"code": one.code})


def _targets(file: IndicatorsFile) -> Iterator[Finding]:
    nodes = {*file.parents, *file.metrics}
    seen: set[tuple[str, str, int]] = set()
    for number, target in enumerate(file.targets):
        path: Path = ("target", number)
        key = (target.of, target.unit, target.year)
        if target.of not in nodes:
            values = {"code": target.of, "known": ", ".join([*file.parents, *file.metrics])}
            yield Finding((*path, "of"), "unknown_node", values)
        elif key in seen:
            twice = {"code": target.of, "unit": target.unit, "year": target.year}
            yield Finding(path, "target_twice", twice)
        elif target.of in file.parents:
            yield from _within((*path, "value"), target, _POINTS)
        seen.add(key)


def _within(path: Path, target: TargetEntry, limits: tuple[float, float]) -> Iterator[Finding]:
    low, high = limits
    if not low <= target.value <= high:
        values = {"code": target.of, "low": f"{low:g}", "high": f"{high:g}"}
        yield Finding(path, "target_off_range", values)


def _metric(path: Path, question: QuestionEntry, known: Known) -> Iterator[Finding]:
    metric = known.metrics.get(question.metric)
    if metric is None:
        near = difflib.get_close_matches(question.metric, known.metrics, n=1)
        values = {"code": question.metric, "known": ", ".join(near or sorted(known.metrics)) or "–"}
        yield Finding((*path, "metric"), "unknown_metric", values)
        return
    if question.kind is None or question.kind == metric.kind:
        return
    if Kind(question.kind) not in metric.scale.kinds:
        fitting = ", ".join(kind.value for kind in Kind if kind in metric.scale.kinds)
        values = {"kind": question.kind, "scale": metric.scale.code, "known": fitting}
        yield Finding((*path, "kind"), "kind_off_scale", values)
    else:
        values = {"code": question.metric, "kind": question.kind, "declared": metric.kind.value}
        yield Finding((*path, "kind"), "kind_declared_otherwise", values)
