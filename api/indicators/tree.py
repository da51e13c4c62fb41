"""The tree of a definition as a value: nodes in order, with names, depth and targets.

Pure; knows files that were checked, and units by their codes only.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from api.core.languages import Language
from api.indicators.definition import IndicatorsFile
from scoring.indices import IndexNode


@dataclass(frozen=True, slots=True)
class Target:
    """What a unit should attain in a year."""

    of: str
    unit: str
    year: int
    value: float


@dataclass(frozen=True, slots=True)
class TreeNode:
    """A line of the tree, parents before their parts; ``weight`` as written, among its siblings.

    ``share`` is the part of the parent's score it makes up when everything was answered. Names of a
    question are those of its metric and not known here.
    """

    code: str
    depth: int
    parent: str | None
    weight: float
    share: float
    is_question: bool
    name_zh: str | None
    name_en: str | None

    def name(self, language: Language) -> str | None:
        """The node's name; None for a question."""
        return self.name_en if language == "en" else self.name_zh


@dataclass(frozen=True)
class Indicators:
    """One version of the tree."""

    version: int
    effective_from: date
    root: IndexNode
    nodes: tuple[TreeNode, ...]
    targets: tuple[Target, ...]
    _found: Mapping[str, IndexNode] = field(repr=False)
    data_version: int = 0  # of its publication

    def node(self, code: str) -> IndexNode | None:
        """The index, dimension or question of that code, with everything below it."""
        return self._found.get(code)

    def require(self, code: str) -> IndexNode:
        """A node that is there."""
        return self._found[code]

    def line(self, code: str) -> TreeNode:
        """The line of a node that is there."""
        return next(one for one in self.nodes if one.code == code)

    @property
    def metrics(self) -> tuple[str, ...]:
        """The metrics of all questions, in the order of the tree."""
        return self.root.leaves

    def targets_of(self, code: str, year: int) -> tuple[Target, ...]:
        """Every unit's own target for a node in a year."""
        return tuple(one for one in self.targets if (one.of, one.year) == (code, year))


def indicators_of(file: IndicatorsFile) -> Indicators:
    """The tree that a checked file describes."""
    root = _node(file, file.code, 1.0)
    found = {one.code: one for one in _walk(root)}
    return Indicators(
        version=file.version,
        effective_from=file.effective_from,
        root=root,
        nodes=tuple(_lines(file, root, parent=None, depth=0, share=1.0)),
        targets=tuple(Target(one.of, one.unit, one.year, one.value) for one in file.targets),
        _found=found,
    )


def _node(file: IndicatorsFile, code: str, weight: float) -> IndexNode:
    """Dimensions first, then questions, each in the order of the file."""
    dimensions = [
        _node(file, one.code, one.weight)
        for one in file.dimensions
        if (one.of or file.code) == code
    ]
    questions = [
        IndexNode(one.metric, one.weight) for one in file.questions if (one.of or file.code) == code
    ]
    return IndexNode(code, weight, (*dimensions, *questions))


def _walk(node: IndexNode) -> Iterator[IndexNode]:
    yield node
    for part in node.parts:
        yield from _walk(part)


def _lines(
    file: IndicatorsFile, node: IndexNode, parent: str | None, depth: int, share: float
) -> Iterator[TreeNode]:
    names = {file.code: file.name} | {one.code: one.name for one in file.dimensions}
    name = names.get(node.code)
    yield TreeNode(
        code=node.code,
        depth=depth,
        parent=parent,
        weight=node.weight,
        share=share,
        is_question=not node.parts,
        name_zh=name.zh if name else None,
        name_en=name.en if name else None,
    )
    total = sum(part.weight for part in node.parts)
    for part in node.parts:
        yield from _lines(file, part, node.code, depth + 1, part.weight / total)
