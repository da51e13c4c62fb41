"""One response as its page shows it: every answer on its scale, told no further than promised."""

from dataclasses import dataclass, field
from uuid import UUID

from api.core.errors import NotFound
from api.insights.comments import score_groups
from api.insights.one_response import GivenAnswer, OneResponse, one_response
from dashboard.address import Page
from dashboard.data.contests import ANSWER
from dashboard.data.frame import Link
from dashboard.data.periods import day_text
from dashboard.data.rule_words import channel_word
from dashboard.data.sitting import Sitting
from dashboard.data.ticket_new import answer_ticket_link
from dashboard.data.times import moment_text, zone_of
from dashboard.data.voices import FILTERS, marked, tone_of


@dataclass(frozen=True)
class AnswerLine:
    """One question: the answer on its scale (``at`` of ``steps``), in words, or both."""

    question: str
    value: str
    at: int = 0
    steps: int = 0
    ends: tuple[str, str] = ("", "")
    tone: str = ""
    options: tuple[str, ...] = ()
    text: str = ""
    pieces: tuple[tuple[str, bool], ...] = ()


@dataclass(frozen=True)
class Fact:
    """Something about the response; it may lead somewhere."""

    name: str
    words: str
    href: str | None = None


@dataclass(frozen=True)
class ResponseView:
    """The page of one response; ``promise`` says what the customer agreed to."""

    lead: AnswerLine | None
    quotes: list[AnswerLine]
    answers: list[AnswerLine]
    facts: list[Fact]
    promise: str
    back: str
    notes: list[str] = field(default_factory=list)
    contest: Link | None = None
    ticket: Link | None = None


def response_view(sitting: Sitting) -> ResponseView:
    """The response that the address names; raises NotFound outside the viewer's scope."""
    vault = sitting.installation.vault
    found = one_response(
        sitting.session, sitting.viewer, _id(sitting.address.subject), vault, now=sitting.now
    )
    lines = [(one, _line(sitting, one)) for one in found.answers]
    usual = {info.code: place for place, info in enumerate(sitting.metrics)}
    wanted = sitting.address.metric
    measured = sorted(
        (one for one in found.answers if one.metric is not None and one.value is not None),
        key=lambda one: (one.metric != wanted, usual.get(one.metric or "", len(usual))),
    )
    first = measured[0].code if measured else None
    return ResponseView(
        lead=next((line for one, line in lines if one.code == first), None),
        quotes=[line for one, line in lines if one.text],
        answers=[line for one, line in lines if not one.text and one.code != first],
        facts=_facts(sitting, found),
        promise=sitting.say("voices.promise.named" if found.named else "voices.promise.unnamed"),
        back=_back(sitting),
        notes=_notes(sitting, found),
        contest=_contest(sitting, found),
        ticket=answer_ticket_link(sitting, found),
    )


def _id(subject: str | None) -> UUID:
    try:
        return UUID(subject or "")
    except ValueError:
        raise NotFound from None


def _line(sitting: Sitting, one: GivenAnswer) -> AnswerLine:
    low, high = one.scale or (0, -1)
    value = one.value
    ends = tuple("" if end is None else end.say(sitting.language) for end in (one.low, one.high))
    groups = {} if one.metric is None else score_groups(sitting.session, one.metric)
    return AnswerLine(
        question=one.question.say(sitting.language),
        value="" if value is None else str(value),
        at=0 if value is None else value - low,
        steps=0 if value is None else high - low + 1,
        ends=(ends[0], ends[1]),
        tone=tone_of(value, groups),
        options=tuple(option.say(sitting.language) for option in one.options),
        text=one.text or "",
        pieces=marked(one.text or "", sitting.address.word("words")),
    )


def _facts(sitting: Sitting, found: OneResponse) -> list[Fact]:
    say, language = sitting.say, sitting.language
    unit = sitting.address.with_(touchpoint=None).to(Page.UNIT, found.unit.code).href
    answered = found.submitted_at.astimezone(zone_of(sitting)).date()
    facts = [
        Fact(say("voices.fact.unit"), found.unit.name(language), unit),
        Fact(say("voices.fact.touchpoint"), found.touchpoint_name.say(language)),
        Fact(say("voices.fact.occurred"), day_text(say, found.occurred_on)),
        Fact(say("voices.fact.answered"), day_text(say, answered)),
        Fact(say("voices.fact.channel"), channel_word(found.channel, say)),
        Fact(say("voices.fact.mode"), say(f"voices.mode.{found.mode}")),
        Fact(say("voices.fact.written"), say(f"voices.in.{found.language}")),
        Fact(say("voices.fact.survey"), found.survey.say(language)),
    ]
    personal = [("customer", found.name), ("advisor", found.advisor)]
    return [Fact(say(f"voices.fact.{name}"), words) for name, words in personal if words] + facts


def _notes(sitting: Sitting, found: OneResponse) -> list[str]:
    special = {"named": found.named, "partial": found.partial, "excluded": found.excluded}
    return [sitting.say(f"voices.note.{name}") for name, true in special.items() if true]


def _contest(sitting: Sitting, found: OneResponse) -> Link | None:
    """To the contest there is, or to where one may be raised."""
    say, address = sitting.say, sitting.address
    if found.contest_id is not None:
        there = address.about(Page.CONTESTS, str(found.contest_id))
        return Link(say("voices.contested"), there.href)
    if found.contest_until is None:
        return None
    until = moment_text(sitting, found.contest_until)
    there = address.about(Page.CONTESTS, f"{ANSWER}{found.id}")
    return Link(say("voices.contest", until=until), there.href)


def _back(sitting: Sitting) -> str:
    """The list as it was: its unit, its filters, its place."""
    address = sitting.address
    words = {name: address.word(name) for name in (*FILTERS, "after")}
    return address.to(Page.VOICES, address.word("of")).with_words(**words).href
