"""Contested answers as their page shows them: what waits, what can be contested, what was decided.

The address may name a contest by its id, or an answer to be contested by ``answer-`` and its id.
"""

from dataclasses import dataclass
from uuid import UUID

from api.contests import service
from api.contests.repository import Answered, Raised
from api.insights.contested import contested_figures
from api.security.permissions import Permission
from dashboard.address import Page
from dashboard.data.metrics import shown_metric
from dashboard.data.periods import day_text, days_text, shown_period
from dashboard.data.sitting import Sitting
from dashboard.data.times import moment_text
from dashboard.numbers import UNKNOWN, count, percent

ANSWER = "answer-"
PAGE = 50


@dataclass(frozen=True)
class AnswerRow:
    """One answer: its mark, its words, where and when, and what is said of it at the right."""

    key: str
    href: str
    mark: str
    unit: str
    words: str
    facts: str
    state: str | None
    note: str
    active: bool


@dataclass(frozen=True)
class ContestDetail:
    """The contest that the address names."""

    id: str
    row: AnswerRow
    reason: str
    note: str
    raised: str
    decided: str | None
    decision_note: str | None
    files: list[tuple[str, str]]
    state: str
    may_decide: bool
    may_withdraw: bool
    verdicts: tuple[str, ...]
    sure: str


@dataclass(frozen=True)
class ShareRow:
    """A branch with answers taken out."""

    branch: str
    counted: str
    excluded: str
    share: str
    score: str
    with_all: str


@dataclass(frozen=True)
class ContestsView:
    """Everything on the page; ``wanted`` is the answer that is about to be contested."""

    decides: bool
    contests: bool
    period: str
    waiting: list[AnswerRow]
    recent: list[AnswerRow]
    history: list[AnswerRow]
    shares: list[ShareRow]
    detail: ContestDetail | None
    wanted: AnswerRow | None


def contests_view(sitting: Sitting) -> ContestsView:
    """Contests of the viewer's branches, and the answers that may be contested."""
    found = service.list_contests(sitting.session, sitting.viewer, limit=PAGE)
    decides = sitting.viewer.may(Permission.DECIDE_CONTESTS)
    contests = sitting.viewer.may(Permission.CONTEST) and not decides
    recent = (
        service.list_contestable(sitting.session, sitting.viewer, sitting.now) if contests else []
    )
    shown = named_contest(sitting)
    wanted = next((one for one in recent if _named(sitting, one)), None)
    return ContestsView(
        decides=decides,
        contests=contests,
        period=days_text(sitting.say, shown_period(sitting)),
        waiting=[_contest_row(sitting, one) for one in found if one.state == "open"],
        recent=[_answer_row(sitting, one) for one in recent if one.contest_id is None],
        history=[_contest_row(sitting, one) for one in found if one.state != "open"],
        shares=_shares(sitting),
        detail=None if shown is None else _detail(sitting, shown),
        wanted=None if wanted is None else _answer_row(sitting, wanted),
    )


def named_contest(sitting: Sitting) -> Raised | None:
    """The contest of the address; raises NotFound for one that is not the viewer's to see."""
    subject = sitting.address.subject or ""
    found = None if subject.startswith(ANSWER) else _id(subject)
    if found is None:
        return None
    return service.require_contest(sitting.session, sitting.viewer, found)


def named_answer(sitting: Sitting) -> UUID | None:
    """The answer of the address that is about to be contested."""
    subject = sitting.address.subject or ""
    return _id(subject.removeprefix(ANSWER)) if subject.startswith(ANSWER) else None


def _named(sitting: Sitting, one: Answered) -> bool:
    return one.contest_id is None and one.response_id == named_answer(sitting)


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _facts(sitting: Sitting, one: Answered | Raised) -> str:
    node = sitting.viewer.hierarchy.nodes[one.branch_id]
    about = one.occasion_en if sitting.language == "en" else one.occasion_zh
    day = day_text(sitting.say, one.occurred_on)
    alone = len(sitting.viewer.scope.branches) == 1
    return " · ".join(([] if alone else [node.name(sitting.language)]) + [about, day])


def _answer_row(sitting: Sitting, one: Answered) -> AnswerRow:
    key = f"{ANSWER}{one.response_id}"
    ends = moment_text(sitting, service.contest_ends_at(one.submitted_at))
    return _row(sitting, one, key, None, sitting.say("contests.page.until", when=ends))


def _contest_row(sitting: Sitting, one: Raised) -> AnswerRow:
    raised = moment_text(sitting, one.raised_at)
    note = sitting.say("contests.page.raised", who=_who(sitting, one.raised_name), when=raised)
    return _row(sitting, one, str(one.id), sitting.say(f"contests.state.{one.state}"), note)


def _row(
    sitting: Sitting, one: Answered | Raised, key: str, state: str | None, note: str
) -> AnswerRow:
    say = sitting.say
    return AnswerRow(
        key=key,
        href=sitting.address.about(Page.CONTESTS, key).href,
        mark=UNKNOWN if one.score is None else str(one.score),
        unit=say("contests.page.no_mark" if one.score is None else "contests.page.mark"),
        words=one.comment or say("contests.page.no_words"),
        facts=_facts(sitting, one),
        state=state,
        note=note,
        active=key == sitting.address.subject,
    )


def _detail(sitting: Sitting, one: Raised) -> ContestDetail:
    say, may = sitting.say, sitting.viewer.may
    own = one.raised_by == sitting.viewer.account_id
    files = service.list_evidence(sitting.session, sitting.viewer, one.id)
    node = sitting.viewer.hierarchy.nodes[one.branch_id]
    decided = None
    if one.decided_at is not None and one.state != "withdrawn":
        when = moment_text(sitting, one.decided_at)
        decided = say("contests.page.decided", who=_who(sitting, one.decided_name), when=when)
    row = _contest_row(sitting, one)
    return ContestDetail(
        id=str(one.id),
        row=row,
        reason=say(f"contests.reason.{one.reason}"),
        note=one.note,
        raised=row.note,
        decided=decided,
        decision_note=one.decision_note,
        files=[(file.file_name, f"/api/v1/contests/{one.id}/evidence/{file.id}") for file in files],
        state=one.state,
        may_decide=may(Permission.DECIDE_CONTESTS, one.branch_id) and not own,
        may_withdraw=may(Permission.CONTEST, one.branch_id) and one.state == "open",
        verdicts=tuple(v for v in ("upheld", "rejected") if v != one.state),
        sure=say(
            "contests.page.sure",
            unit=node.name(sitting.language),
            day=day_text(say, one.occurred_on),
        ),
    )


def _who(sitting: Sitting, name: str | None) -> str:
    return name or sitting.say("contests.page.nobody")


def _shares(sitting: Sitting) -> list[ShareRow]:
    metric = shown_metric(sitting)
    if metric is None:
        return []
    found = contested_figures(
        sitting.session,
        sitting.viewer,
        metric.code,
        shown_period(sitting),
        touchpoint=sitting.address.touchpoint,
    )
    return [
        ShareRow(
            branch=row.unit.name(sitting.language),
            counted=count(row.figure.n),
            excluded=count(row.excluded),
            share=percent(row.share),
            score=metric.text(row.figure.score),
            with_all=metric.text(row.with_all.score),
        )
        for row in found
    ]
