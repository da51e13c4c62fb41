"""A survey as its customers will see it, written to files before it is published.

Every page in both languages with every question, also those that depend on an answer. Links lead
nowhere.
"""

from datetime import date
from pathlib import Path

from api.core.languages import LANGUAGES, Language, say
from api.responses.pages import Frame, PageState, survey_page, thanks_page
from api.responses.queries import Names
from api.surveys.definitions import Survey


def write_preview(survey: Survey, folder: Path, today: date) -> list[Path]:
    """Writes one HTML file per page and language into ``folder``; gives their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for language in LANGUAGES:
        for name, html in _documents(survey, language, today):
            path = folder / f"{survey.code}-{survey.version}-{language}-{name}.html"
            path.write_text(html, encoding="utf-8")
            written.append(path)
    return written


def _documents(survey: Survey, language: Language, today: date) -> list[tuple[str, str]]:
    words = [say(f"responses.preview.{key}", language) for key in ("brand", "branch", "occasion")]
    frame = Frame(language, Names(*words), "")
    pages = [
        (
            str(number + 1),
            survey_page(frame, PageState(survey, number, {}, today, everything=True)).html,
        )
        for number in range(len(survey.pages))
    ]
    return [*pages, ("thanks", thanks_page(frame, survey).html)]
