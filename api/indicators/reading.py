"""From the text of a file to a checked tree, or to everything that is wrong with it."""

from collections.abc import Iterator

from api.indicators.checks import Known, check_known, check_tree
from api.indicators.definition import IndicatorsFile
from api.surveys.definitions.problems import Finding
from api.surveys.definitions.reading import read_text


def read_indicators(text: str, file: str, *, known: Known | None = None) -> IndicatorsFile:
    """The tree in ``text``, also held against metrics and units when ``known`` is given.

    Raises :class:`api.surveys.definitions.DefinitionInvalid` with every problem.
    """

    def check(tree: IndicatorsFile) -> Iterator[Finding]:
        yield from check_tree(tree)
        if known is not None:
            yield from check_known(tree, known)

    return read_text(text, file, IndicatorsFile, check)
