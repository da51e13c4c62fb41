"""The file of the closed loop's rules: TOML in, checked values out. Pure; knows no database."""

from collections.abc import Iterator

from api.surveys.definitions.problems import DefinitionInvalid, Finding, Problem
from api.surveys.definitions.reading import load_text, read_text
from api.tickets.definitions.checks import check_loop
from api.tickets.definitions.file import LoopFile
from api.tickets.definitions.references import Known, check_references
from api.tickets.definitions.values import loop_of

__all__ = [
    "DefinitionInvalid",
    "Known",
    "LoopFile",
    "Problem",
    "load_text",
    "loop_of",
    "read_loop",
]


def read_loop(text: str, file: str, *, known: Known | None = None) -> LoopFile:
    """The rules in ``text``, also held against what is published when ``known`` is given.

    Raises :class:`DefinitionInvalid` with every problem.
    """

    def check(loop: LoopFile) -> Iterator[Finding]:
        found = list(check_loop(loop))
        yield from found
        if known is not None and not found:
            yield from check_references(loop, known)

    return read_text(text, file, LoopFile, check)
