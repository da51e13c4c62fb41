"""The HTML that a customer sees: one survey page, and the notes around it.

Pure: values in, a document out. No script, no other host, nothing but this one document; the style
is inline under a nonce. Everything that is not ours is escaped by Jinja.
"""

import dataclasses
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from api.core.languages import Language, say
from api.responses import walk
from api.responses.conditions import condition_style, gate_here
from api.responses.queries import Names
from api.surveys.definitions import Answer, Answers, Question, Survey, visible_questions

_FOLDER = Path(__file__).parent / "templates"
_SHAPES = {"scale_0_10": "scale s11", "scale_1_5": "scale s5", "scale_1_7": "scale s7"}
_ENVIRONMENT = Environment(
    loader=FileSystemLoader(_FOLDER),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=StrictUndefined,
    auto_reload=False,
)
_STYLE = Markup((_FOLDER / "style.css").read_text(encoding="utf-8").replace("\n", ""))
_TEMPLATES = {
    name: _ENVIRONMENT.get_template(f"{name}.html") for name in ("page", "note", "privacy")
}


# Seconds until a kiosk begins anew: nobody sees on the server that somebody is writing.
IDLE, IDLE_WRITING, IDLE_NOTE = 60, 120, 10


@dataclass(frozen=True)
class Document:
    """A page with the nonce that its policy has to allow."""

    html: str
    nonce: str


@dataclass(frozen=True)
class Frame:
    """What all pages of one link share: language, names, and where its addresses begin."""

    language: Language
    names: Names | None
    base: str | None
    anonymous: bool = False  # at a printed code or a kiosk
    by_phone: bool = False  # an interviewer reads the questions out
    restart: str | None = None  # where a kiosk begins anew by itself

    def address(self, place: str = "", **query: Any) -> str:
        """An address below the link, in the frame's language."""
        return f"{self.base}{place}?{urlencode({'lang': self.language, **query})}"


@dataclass(frozen=True)
class Choice:
    """One figure or option to choose."""

    value: str
    label: str
    checked: bool
    spoken: str | None = None


@dataclass(frozen=True)
class QuestionView:
    """A question as the template takes it."""

    code: str
    kind: str
    text: str
    hint: str | None
    required: bool
    error: str | None
    shape: str
    low: str | None
    high: str | None
    choices: tuple[Choice, ...]
    value: str
    max_length: int

    @property
    def described(self) -> str:
        """The ids of hint and error, for screen readers."""
        ids = [f"h-{self.code}" if self.hint else "", f"e-{self.code}" if self.error else ""]
        return " ".join(filter(None, ids))


@dataclass(frozen=True)
class PageState:
    """Which page is shown, with which answers, and what is wrong with them."""

    survey: Survey
    page: int
    answers: Answers
    occurred_on: date
    pages_done: int = 0
    named: bool = False
    errors: Mapping[str, str] = field(default_factory=dict)
    raw: Mapping[str, list[str]] = field(default_factory=dict)
    everything: bool = False  # a preview shows what depends on other answers, too


def survey_page(frame: Frame, state: PageState) -> Document:
    """One page of the survey with what was answered so far."""
    survey, language = state.survey, frame.language
    every = list(range(len(survey.pages)))
    shown = every if state.everything else walk.shown_pages(survey, state.answers)
    number = shown.index(state.page) + 1
    first = state.page == shown[0]
    page = survey.pages[state.page]
    questions = [_view(one, state, language) for one in _rendered(state)]
    return _document(
        "page",
        frame,
        title=survey.title.say(language),
        intro=survey.intro.say(language) if survey.intro else "",
        heading=page.title.say(language) if page.title else "",
        action=frame.address(page=state.page + 1),
        first=first,
        last=state.page == shown[-1],
        number=number,
        pages=len(shown),
        questions=questions,
        errors=bool(state.errors),
        date=spoken_date(state.occurred_on, language),
        date_iso=state.occurred_on.isoformat(),
        identity="anonymous" if frame.anonymous else survey.identity,
        tick=state.page == walk.consent_page(survey) and not frame.anonymous,
        ticked=state.named,
        conditions=condition_style(page),
        resume=_resume(frame, state) if first and state.pages_done and not state.errors else None,
        idle=IDLE_WRITING if any(one.kind == "text" for one in questions) else IDLE,
    )


def note(
    frame: Frame,
    key: str,
    *,
    icon: str = "info",
    lines: tuple[str, ...] = (),
    confirm: str | None = None,
    again: str | None = None,
    place: str = "",
) -> Document:
    """A friendly note: the heading and text under ``key``, perhaps with a button to confirm."""
    tell = partial(_tell, frame.language)
    return _document(
        "note",
        frame,
        heading=tell(f"{key}.heading"),
        lines=lines,
        icon=icon,
        confirm=confirm and {"action": frame.address(place), "label": tell(confirm)},
        again=again and {"href": frame.address(), "label": tell(again)},
        switch=_switch(frame, place),
    )


def thanks_page(frame: Frame, survey: Survey) -> Document:
    """The thank-you; only for answers that are committed."""
    close = "by_phone" if frame.by_phone else "kiosk" if frame.restart else "close"
    lines = (survey.thanks.say(frame.language), _tell(frame.language, f"thanks.{close}"))
    return note(frame, "thanks", icon="done", lines=lines)


def closed_page(frame: Frame, what: str, *, icon: str = "info") -> Document:
    """Why a link cannot be answered now: used, expired, unknown and so on."""
    key = f"closed.{what}"
    again = "closed.unavailable.again" if what == "unavailable" and frame.base else None
    return note(frame, key, icon=icon, lines=(_tell(frame.language, f"{key}.text"),), again=again)


def question_of(frame: Frame, what: str) -> Document:
    """Asks for the confirmation of an opt-out, or that this was somebody else."""
    lines = (_tell(frame.language, f"{what}.text", **_named(frame)),)
    place = f"/{what.replace('_', '-')}"
    return note(frame, what, icon="mail", lines=lines, confirm=f"{what}.confirm", place=place)


def done_with(frame: Frame, what: str) -> Document:
    """Says that an opt-out holds."""
    lines = (_tell(frame.language, f"{what}.done.text"),)
    return note(frame, f"{what}.done", icon="done", lines=lines)


def privacy_text(frame: Frame) -> str:
    """The privacy text of a network that has set none of its own."""
    key = "privacy.anonymous" if frame.anonymous else "privacy.standard"
    return _tell(frame.language, key, **_named(frame))


def privacy_page(frame: Frame, text: str) -> Document:
    """The privacy text, a paragraph per line."""
    back = {"href": frame.address(), "label": _tell(frame.language, "privacy.back")}
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return _document("privacy", frame, lines=lines, again=back, switch=_switch(frame, "/privacy"))


def spoken_date(day: date, language: Language) -> str:
    """A date as people write it."""
    month = say(f"responses.months.{day.month}", language)
    return say("responses.date", language, year=day.year, month_name=month, day=day.day)


def _document(template: str, frame: Frame, **values: Any) -> Document:
    nonce = secrets.token_urlsafe(12)
    html = _TEMPLATES[template].render(
        language=frame.language,
        names=frame.names,
        links=_links(frame),
        t=partial(_tell, frame.language),
        nonce=nonce,
        style=_STYLE,
        restart=frame.restart,
        by_phone=frame.by_phone,
        **{"idle": IDLE_NOTE, **values},
    )
    return Document(html, nonce)


def _tell(language: Language, key: str, **params: Any) -> str:
    return say(f"responses.{key}", language, **params)


def _named(frame: Frame) -> dict[str, str]:
    names = frame.names
    return {} if names is None else dataclasses.asdict(names)


def _links(frame: Frame) -> dict[str, str] | None:
    if frame.base is None:
        return None
    privacy = {"privacy": frame.address("/privacy")}
    if frame.anonymous or frame.by_phone:  # no address to leave out; the list records it
        return privacy
    return {
        **privacy,
        "opt_out": frame.address("/opt-out"),
        "not_me": frame.address("/not-me"),
    }


def _switch(frame: Frame, place: str) -> str:
    other = "en" if frame.language == "zh" else "zh"
    return f"{frame.base or ''}{place if frame.base else ''}?lang={other}"


def _resume(frame: Frame, state: PageState) -> dict[str, Any] | None:
    """Where someone goes on who answered some pages before."""
    shown = walk.shown_pages(state.survey, state.answers)
    page = walk.reachable_page(
        state.survey, state.answers, wanted=len(state.survey.pages), pages_done=state.pages_done
    )
    if page == state.page:
        return None
    return {"href": frame.address(page=page + 1), "number": shown.index(page) + 1}


def _rendered(state: PageState) -> Iterator[Question]:
    """Questions that are shown or may become so by another answer of this very page."""
    page = state.survey.pages[state.page]
    visible = {one.code for one in visible_questions(state.survey, state.answers)}
    shown: set[str] = set()
    for question in page.questions:
        gate = gate_here(page, question)
        if state.everything or (question.code in visible if gate is None else gate.code in shown):
            shown.add(question.code)
            yield question


def _view(question: Question, state: PageState, language: Language) -> QuestionView:
    code = question.code
    key = state.errors.get(code)
    limit = question.text_limit
    answer = state.answers.get(code)
    raw = state.raw.get(code, [""])[0] if key else ""
    return QuestionView(
        code=code,
        kind=question.kind,
        text=question.text.say(language),
        hint=question.hint.say(language) if question.hint else None,
        required=question.required,
        error=say(key, language, limit=limit) if key else None,
        shape=_SHAPES.get(question.kind, "list"),
        low=question.low.say(language) if question.low else None,
        high=question.high.say(language) if question.high else None,
        choices=tuple(_choices(question, answer, language)),
        value=str(answer) if isinstance(answer, str) else raw,
        max_length=limit,
    )


def _choices(question: Question, answer: Answer | None, language: Language) -> Iterator[Choice]:
    if question.scale is None:
        chosen = answer if isinstance(answer, list) else [answer]
        for option in question.options:
            yield Choice(option.code, option.say(language), option.code in chosen)
        return
    low, high = question.scale
    ends = {low: question.low, high: question.high}
    for value in range(low, high + 1):
        words = ends.get(value)
        spoken = f"{value}, {words.say(language)}" if words else None
        yield Choice(str(value), str(value), answer == value, spoken)
