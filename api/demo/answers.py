"""Responses and answers of the made-up customers, as rows for COPY."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from api.demo.repository import escaped
from api.demo.rows import Cast, Published, Row, days_in_china, moments
from api.demo.story import CHANNELS, Answers, Events, Ints
from api.surveys.definitions import Option, Question, Survey

Flags = NDArray[np.bool_]


def response_rows(
    *,
    cast: Cast,
    events: Events,
    answers: Answers,
    published: Published,
    given: Ints,
    own: Sequence[str],
    invitations: Sequence[str],
    partial: Flags,
    touchpoints: Ints,
) -> Iterator[Row]:
    """One response per answered invitation; a few were left half-way."""
    at = answers.answered_at[given]
    started, done = moments(at - 70), moments(at)
    on = days_in_china(events.at[answers.event[given]])
    for i, index in enumerate(given.tolist()):
        event = int(answers.event[index])
        person, kind = int(events.person[event]), int(events.touchpoint[event])
        channel = int(answers.channel[index])
        survey = published.surveys[kind]
        assert survey is not None
        yield (
            own[i], invitations[index], str(published.survey_ids[kind]),
            str(cast.branches[events.branch[event]]), str(touchpoints[kind]), cast.people[person],
            on[i], CHANNELS[channel], cast.segments[event], f"A{events.advisor[event] + 1}",
            cast.model(person), "en" if cast.english[person] else "zh",
            "t" if index % 3 == 0 else "f", "1" if partial[i] else str(len(survey.pages)),
            started[i], done[i], None if partial[i] else done[i],
        )  # fmt: skip


def answer_rows(
    *,
    cast: Cast,
    events: Events,
    answers: Answers,
    published: Published,
    given: Ints,
    own: Sequence[str],
    partial: Flags,
    rng: np.random.Generator,
    words: dict[str, Any],
) -> Iterator[Row]:
    """One row per answered question; of partial responses only the first page's."""
    on = days_in_china(events.at[answers.event[given]])
    luck = rng.random((len(given), 12))
    for i, index in enumerate(given.tolist()):
        event = int(answers.event[index])
        survey = published.surveys[int(events.touchpoint[event])]
        assert survey is not None
        place = str(cast.branches[events.branch[event]])
        language = "en" if cast.english[events.person[event]] else "zh"
        customer = _Customer(
            int(answers.nps[index]), float(answers.mood[index]), int(answers.comment[index]),
            language, luck[i].tolist(), words["comments"],
        )  # fmt: skip
        for position, question in enumerate(_asked(survey, bool(partial[i]))):
            value = customer.answer(question, position)
            if value is not None:
                yield own[i], question.code, on[i], place, question.metric, *value


def _asked(survey: Survey, partial: bool) -> Sequence[Question]:
    return survey.pages[0].questions if partial else survey.questions


# How marks of a question differ from the customer's mood: waiting and the offer are rated low and
# say much of it, the advisor is rated high and says less.
_MANNERS = {"waiting": (-0.5, 1.0), "offer": (-0.4, 1.0), "advisor": (0.2, 2.6)}


@dataclass(frozen=True)
class _Customer:
    """Answers questions as someone with this opinion would."""

    nps: int
    mood: float
    comment: int
    language: str
    luck: list[float]
    comments: dict[str, Any]

    def answer(self, question: Question, position: int) -> Row | None:
        """``value, choices, option_texts, text`` as COPY wants them; None for no answer."""
        luck = self.luck[position % len(self.luck)]
        match question.kind:
            case "scale_0_10":
                return str(self.nps), None, None, None
            case "scale_1_5" | "scale_1_7":
                return self._marked(question, luck)
            case "single" | "multiple":
                if question.show_if is not None and self.nps > 6:
                    return None
                return self._chosen(question.options, luck)
            case _:
                return self._comment()

    def _marked(self, question: Question, luck: float) -> Row | None:
        if not question.required and luck < 0.06:
            return None
        shift, noise = _MANNERS.get(question.metric or "", (0.0, 1.6))
        felt = self.mood + shift + (luck - 0.5) * noise
        if question.kind == "scale_1_7":
            return str(min(7, max(1, round(1 + (felt - 1) * 1.5)))), None, None, None
        return str(min(5, max(1, round(felt)))), None, None, None

    def _chosen(self, options: Sequence[Option], luck: float) -> Row:
        option = options[int(luck * len(options))]
        words = option.en if self.language == "en" else option.zh
        return None, "{" + option.code + "}", '{"' + escaped(words) + '"}', None

    def _comment(self) -> Row | None:
        if not self.comment:
            return None
        mood = "promoter" if self.nps >= 9 else "passive" if self.nps >= 7 else "detractor"
        choices = self.comments[mood][self.language]
        return None, None, None, escaped(choices[self.comment % len(choices)])
