"""What a branch can work on, in words: the next step, why it is that one, and all questions."""

from dataclasses import dataclass

from api.insights.comments import Wanted
from api.insights.own_branch.improve import (
    Improvement,
    Lever,
    Like,
    improvement,
    weightiest,
)
from api.security.hierarchy import Node
from dashboard.address import Page
from dashboard.data.frame import Link
from dashboard.data.metrics import shown_metric
from dashboard.data.own_branch import Fresh, found_of, fresh_voices
from dashboard.data.periods import days_text, shown_period
from dashboard.data.plans import new_plan_href
from dashboard.data.sitting import Sitting
from dashboard.numbers import UNKNOWN, count, percent

LOW_VOICES = 3


@dataclass(frozen=True)
class LeverLine:
    """One question: how much it matters, how it is rated here and elsewhere (0..100)."""

    name: str
    weight: float
    weight_words: str
    score: float | None
    low: float | None
    high: float | None
    usual: float | None
    verdict: str | None
    answers: int | None = None


@dataclass(frozen=True)
class NextStep:
    """The one thing to do: what, why, and in which steps; ``voices`` gave low marks there."""

    title: str
    words: str
    steps: list[str]
    tone: str
    voices: list[Fresh]
    voices_title: str
    plan: Link | None = None  # where a plan about it is begun


@dataclass(frozen=True)
class ImproveView:
    """The page; with ``problem`` there is nothing else but the sentence."""

    name: str
    outcome: str
    places: list[Link]
    problem: str | None = None
    step: NextStep | None = None
    levers: tuple[LeverLine, ...] = ()
    usual: str = ""
    usual_short: str = ""
    how: tuple[str, ...] = ()
    more: Link | None = None


def improve_view(sitting: Sitting, node: Node) -> ImproveView | None:
    """The page of one branch; None while nothing is measured."""
    metric = shown_metric(sitting)
    if metric is None:
        return None
    found = found_of(sitting, improvement, metric.code, node.code)
    outcome = found.outcome.name(sitting.language)
    name, places = node.name(sitting.language), _places(sitting, found)
    if found.problem is not None or not found.levers:
        code = found.problem or "too_few_questions"
        return ImproveView(name, outcome, places, sitting.say(f"branch.improve.problem.{code}"))
    return ImproveView(
        name=name,
        outcome=outcome,
        places=places,
        step=_step(sitting, node, found),
        levers=tuple(_line(sitting, one) for one in found.levers),
        usual=_usual(sitting, found),
        usual_short=sitting.say(f"branch.improve.short.{found.like}") if found.like else "",
        how=_how(sitting, found),
        more=Link(sitting.say("branch.improve.more"), sitting.address.to(Page.DRIVERS).href),
    )


def _places(sitting: Sitting, found: Improvement) -> list[Link]:
    """The touchpoints to choose from; none where there is one alone."""
    shown = found.place
    links = [
        Link(
            one.touchpoint.name(sitting.language),
            sitting.address.with_(touchpoint=one.touchpoint.code).href,
            one is shown,
        )
        for one in found.places
    ]
    return links if len(links) > 1 else []


def _usual(sitting: Sitting, found: Improvement) -> str:
    """With whom the branch is compared, in words; empty: with nobody."""
    if found.like is None:
        return ""
    return sitting.say(f"branch.improve.like.{found.like}", branches=count(found.branches))


def _step(sitting: Sitting, node: Node, found: Improvement) -> NextStep:
    first, say = found.first, sitting.say
    if first is None:
        return _no_step(sitting, node, found)
    voices = _low_voices(sitting, node, found, first)
    said = {
        "driver": first.metric.name(sitting.language),
        "outcome": found.outcome.name(sitting.language),
        "weight": percent(first.weight),
        "score": _rating(first.own.score),
        "usual": _rating(first.usual),
        "others": _usual(sitting, found),
        "low": count(first.low),
        "value": first.low_value,
    }
    listed = ("read", "agree", "look") if voices else ("ask", "agree", "look")
    return NextStep(
        title=say("branch.improve.step", **said),
        words=say("branch.improve.step_words", **said),
        steps=[say(f"branch.improve.do.{one}", **said) for one in listed],
        tone="bp-low",
        voices=voices,
        voices_title=say("branch.improve.voices", **said),
        plan=_plan(sitting, node, found, first),
    )


def _plan(sitting: Sitting, node: Node, found: Improvement, lever: Lever) -> Link | None:
    place = None if found.place is None else found.place.touchpoint.code
    href = new_plan_href(sitting, node.code, lever.metric.code, place)
    return None if href is None else Link(sitting.say("branch.improve.plan"), href)


def _no_step(sitting: Sitting, node: Node, found: Improvement) -> NextStep:
    """Nothing is clearly below the others: what matters most is then kept up."""
    say, heaviest = sitting.say, weightiest(found.levers)
    name = "" if heaviest is None else heaviest.metric.name(sitting.language)
    kind = "none" if any(one.verdict for one in found.levers) else "unknown"
    return NextStep(
        title=say(f"branch.improve.{kind}"),
        words=say(f"branch.improve.{kind}_words", driver=name),
        steps=[],
        tone="",
        voices=[] if heaviest is None else _low_voices(sitting, node, found, heaviest),
        voices_title=say("branch.improve.voices", driver=name, value=_low_value(heaviest)),
    )


def _low_value(lever: Lever | None) -> int | str:
    return UNKNOWN if lever is None else lever.low_value


def _low_voices(sitting: Sitting, node: Node, found: Improvement, lever: Lever) -> list[Fresh]:
    """Comments of those who gave the question a low mark, newest first."""
    assert found.place is not None
    wanted = Wanted(
        period=shown_period(sitting),
        metric=lever.metric.code,
        unit=node.code,
        touchpoint=found.place.touchpoint.code,
        highest=lever.low_value,
    )
    return fresh_voices(sitting, node, wanted, LOW_VOICES) or []


def _line(sitting: Sitting, lever: Lever) -> LeverLine:
    return LeverLine(
        name=lever.metric.name(sitting.language),
        weight=lever.weight,
        weight_words=sitting.say("branch.improve.weight", weight=percent(lever.weight)),
        score=lever.own.score,
        low=lever.own.low,
        high=lever.own.high,
        usual=lever.usual,
        verdict=None if lever.verdict is None else lever.verdict.value,
        answers=lever.answers,
    )


def _how(sitting: Sitting, found: Improvement) -> tuple[str, ...]:
    say, outcome = sitting.say, found.outcome.name(sitting.language)
    days = days_text(say, found.period)
    rows = [
        say(
            "branch.improve.how.weight",
            outcome=outcome,
            answers=count(found.answers),
            months=days_text(say, found.months),
        ),
        say("branch.improve.how.rating", days=days),
    ]
    if found.like is Like.PEERS:
        rows.append(say("branch.improve.how.peers", branches=count(found.branches)))
    return (*rows, say("branch.improve.how.chance"), say("branch.improve.how.effect"))


def _rating(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:.0f}"
