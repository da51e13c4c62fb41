"""Indicator files at the command line: checked alone, or against what is published here.

Gives lines for the person who wrote the file. The caller commits.
"""

from datetime import date, datetime
from pathlib import Path

from sqlmodel import Session

from api.core.errors import BadInput
from api.core.languages import Language, say
from api.indicators.checks import Known
from api.indicators.definition import IndicatorsFile
from api.indicators.published import indicators_in_force, known_to_indicators
from api.indicators.reading import read_indicators
from api.indicators.service import publish_indicators
from api.indicators.tree import Indicators, indicators_of
from api.surveys.definitions import DefinitionInvalid, Problem, load_text


def check_file(path: Path, language: Language = "en") -> list[str]:
    """What a file says, when nothing is wrong with it; needs no database."""
    return _said(indicators_of(_read(path)[0]), language)


def publish_file(
    session: Session, path: Path, now: datetime, language: Language = "en"
) -> list[str]:
    """Publishes what a file holds, held against metrics and units here."""
    file, written = _read(path, known_to_indicators(session))
    made = publish_indicators(session, file, now, written=written)
    key = "indicators.command.published" if made.new else "indicators.command.unchanged"
    values = {"code": made.code, "version": made.version, "day": made.effective_from}
    return [say(key, language, **values)]


def shown(session: Session, on: date, language: Language = "en") -> list[str]:
    """The tree in force on a day; raises BadInput when there is none."""
    found = indicators_in_force(session, on)
    if found is None:
        raise BadInput(f"no indicators are in force on {on}")
    return _said(found, language)


def _read(path: Path, known: Known | None = None) -> tuple[IndicatorsFile, str]:
    written = load_text(path)
    try:
        return read_indicators(written, str(path), known=known), written
    except DefinitionInvalid as error:
        raise BadInput("\n".join(_place(one) for one in error.problems)) from None


def _place(problem: Problem) -> str:
    where = f"{problem.file}:{problem.line}:{problem.column}: "
    return (
        f"{where}{problem.field}: {problem.words()}" if problem.field else where + problem.words()
    )


def _said(tree: Indicators, language: Language) -> list[str]:
    head = say(
        "indicators.command.tree",
        language,
        code=tree.root.code,
        version=tree.version,
        day=tree.effective_from,
        questions=len(tree.metrics),
        targets=len(tree.targets),
    )
    lines = [
        f"{'  ' * one.depth}{one.code}  {one.share:.1%}  {one.name(language) or ''}".rstrip()
        for one in tree.nodes
    ]
    return [head, *lines]
