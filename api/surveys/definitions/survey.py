"""A survey as it stands in its file: pages, questions, options, and the metrics they declare.

A metric is declared, never guessed from a question. Nothing here knows a database or a request.
"""

from typing import Annotated, Literal

from pydantic import Field, StrictBool, StrictInt, StrictStr

from api.surveys.definitions.shapes import Code, Definition, Localized, Table

QuestionKind = Literal["scale_0_10", "scale_1_5", "scale_1_7", "single", "multiple", "text"]
MetricKind = Literal["nps", "top_box", "top2_box", "mean", "ces"]
Identity = Literal["named", "if_ticked", "never"]
Operator = Literal["lte", "gte", "eq", "in"]

DEFAULT_TEXT_LENGTH = 1000
SCALES: dict[str, tuple[int, int]] = {
    "scale_0_10": (0, 10),
    "scale_1_5": (1, 5),
    "scale_1_7": (1, 7),
}
SCALE_NAMES: dict[str, str] = {"scale_0_10": "0-10", "scale_1_5": "1-5", "scale_1_7": "1-7"}


class Option(Localized):
    """One answer to choose; its code is stored, its words may be mended in a later version."""

    code: Code


class ShowIf(Table):
    """A question is shown only when an earlier one was answered in a certain way."""

    question: Code
    op: Operator
    value: StrictInt | StrictStr | Annotated[tuple[StrictInt | StrictStr, ...], Field(min_length=1)]

    def wanted(self) -> tuple[int | str, ...]:
        """The value or values compared with, always as a tuple."""
        return self.value if isinstance(self.value, tuple) else (self.value,)


class Question(Table):
    """One question of a survey."""

    code: Code
    kind: QuestionKind
    text: Localized
    hint: Localized | None = None
    metric: Code | None = None
    metric_kind: MetricKind | None = None
    metric_name: Localized | None = None
    required: StrictBool = False
    show_if: ShowIf | None = None
    low: Localized | None = None
    high: Localized | None = None
    options: Annotated[tuple[Option, ...], Field(alias="option", max_length=20)] = ()
    max_length: Annotated[StrictInt, Field(ge=1, le=4000)] | None = None

    @property
    def scale(self) -> tuple[int, int] | None:
        """Lowest and highest figure of a scale question."""
        return SCALES.get(self.kind)

    @property
    def scale_name(self) -> str | None:
        """The scale as cells name it: ``0-10``, ``1-5`` or ``1-7``."""
        return SCALE_NAMES.get(self.kind)

    @property
    def option_codes(self) -> tuple[str, ...]:
        """The codes of the options, in order."""
        return tuple(option.code for option in self.options)

    @property
    def text_limit(self) -> int:
        """The greatest length of a text answer, in characters."""
        return self.max_length or DEFAULT_TEXT_LENGTH


class Page(Table):
    """Questions that are shown and saved together."""

    title: Localized | None = None
    questions: Annotated[tuple[Question, ...], Field(alias="question", min_length=1)]


class Survey(Definition):
    """One version of a questionnaire."""

    touchpoints: tuple[Code, ...]  # none: asked for something else than a visit
    identity: Identity = "if_ticked"
    privacy: Code = "standard"
    title: Localized
    intro: Localized | None = None
    thanks: Localized
    pages: Annotated[tuple[Page, ...], Field(alias="page", min_length=1)]

    @property
    def questions(self) -> tuple[Question, ...]:
        """All questions, in the order of the pages."""
        return tuple(question for page in self.pages for question in page.questions)

    @property
    def measured(self) -> tuple[Question, ...]:
        """The questions that feed a metric."""
        return tuple(question for question in self.questions if question.metric is not None)
