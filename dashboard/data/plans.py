"""Action plans as their pages show them: the list, one plan with what it brought, a new one."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from api.core.errors import NotFound
from api.insights.metrics import MetricInfo
from api.plans import practices, service
from api.plans.effect import Effect, Unknown, effect_of
from api.plans.repository import StepRow
from api.plans.service import Plan
from api.security.hierarchy import Node
from api.security.permissions import Permission
from api.security.viewer import Viewer
from dashboard.address import Page
from dashboard.data.frame import Link
from dashboard.data.metrics import as_shown, shown_metric
from dashboard.data.periods import day_text, days_text
from dashboard.data.sitting import Sitting
from dashboard.numbers import Metric, count
from scoring.before_after import BeforeAfter

NEW = "new"
ANYBODY = EVERYWHERE = "-"  # what lists hold for nobody and for every touchpoint
_SOON = timedelta(weeks=2)


@dataclass(frozen=True)
class PlanLine:
    """A plan in the list."""

    title: str
    href: str
    facts: str
    progress: str
    done: float  # share of its actions
    state: str
    late: str


@dataclass(frozen=True)
class PracticeLine:
    """What helped somewhere else."""

    words: str
    facts: str


@dataclass(frozen=True)
class StepLine:
    """An action: whose it is, until when (or since when it is done), whether that is over."""

    id: str
    what: str
    owner: str
    when: str
    done: bool
    late: bool


@dataclass(frozen=True)
class Stood:
    """The own score in one of the two periods."""

    name: str
    score: float | None
    low: float | None
    high: float | None
    answers: int | None


@dataclass(frozen=True)
class Beyond:
    """What remains of a change after that of others: the number, its unit, its interval."""

    effect: float
    low: float
    high: float
    headline: str
    unit: str
    interval: str
    reading: str
    tone: str


@dataclass(frozen=True)
class EffectView:
    """What came of a plan in one metric; without ``beyond``, ``words`` say why."""

    metric: Metric
    words: str
    beyond: Beyond | None
    stood: list[Stood]
    how: list[str]


@dataclass(frozen=True)
class PlanView:
    """One plan."""

    id: str
    version: int
    title: str
    facts: str
    state: str
    is_open: bool
    lesson: str | None
    effects: list[EffectView]
    steps: list[StepLine]
    progress: str
    may_change: bool
    may_share: bool
    shared: bool
    owners: list[tuple[str, str]]
    due: date
    practices: list[PracticeLine]
    back: str


@dataclass(frozen=True)
class PlanForm:
    """What a new plan may be about."""

    units: list[tuple[str, str]]
    unit: str | None
    drivers: list[tuple[str, str]]
    driver: str | None
    outcome: str
    places: list[tuple[str, str]]
    place: str | None
    today: date
    back: str


@dataclass(frozen=True)
class PlansView:
    """The list; ``new`` leads to the form, where the viewer may write plans."""

    plans: list[PlanLine]
    ended: list[PlanLine]
    new: Link | None


def plans_view(sitting: Sitting) -> PlansView:
    """Plans of everything that the viewer sees."""
    found = service.list_plans(sitting.session, sitting.viewer)
    may = bool(_own_units(sitting))
    new = sitting.address.about(Page.PLANS, NEW).href
    return PlansView(
        plans=[_line(sitting, one) for one in found if one.row.status == "open"],
        ended=[_line(sitting, one) for one in found if one.row.status != "open"],
        new=Link(sitting.say("plans.page.new"), new) if may else None,
    )


def plan_view(sitting: Sitting, subject: str) -> PlanView:
    """The plan that the address names; raises NotFound."""
    plan = service.require_plan(sitting.session, sitting.viewer, plan_id(subject))
    row, say = plan.row, sitting.say
    effects = [_effect(sitting, plan, code) for code in dict.fromkeys([plan.measured, row.metric])]
    return PlanView(
        id=str(row.id),
        version=row.version,
        title=row.title,
        facts=_facts(sitting, plan),
        state=say(f"plans.state.{row.status}"),
        is_open=row.status == "open",
        lesson=row.lesson,
        effects=[view for _, view in effects],
        steps=[_step(sitting, one) for one in sorted(plan.steps, key=_urgency)],
        progress=_progress(sitting, plan),
        may_change=plan.may_change,
        may_share=plan.may_change and _is_proven(effects[0][0]),
        shared=practices.is_offered(sitting.session, plan),
        owners=_owners(sitting, plan),
        due=sitting.today + _SOON,
        practices=_practices(sitting, plan),
        back=sitting.address.to(Page.PLANS).href,
    )


def plan_form(sitting: Sitting) -> PlanForm:
    """A new plan, as far as the address says what it is about."""
    say, address = sitting.say, sitting.address
    units = _own_units(sitting)
    metric = shown_metric(sitting)
    known = {info.code: info for info in sitting.metrics}
    wanted = address.word("unit")
    driver = address.word("driver")
    places = [(row.code, _named(sitting, row)) for row in sitting.touchpoints]
    return PlanForm(
        units=[(unit.code, unit.name(sitting.language)) for unit in units],
        unit=wanted if wanted in [unit.code for unit in units] else _first(units),
        drivers=[(code, info.name(sitting.language)) for code, info in known.items()],
        driver=driver if driver in known else next(iter(known), None),
        outcome=metric.code if metric else "",
        places=[(EVERYWHERE, say("dashboard.filter.all_touchpoints")), *places],
        place=address.touchpoint if address.touchpoint in dict(places) else EVERYWHERE,
        today=sitting.today,
        back=address.to(Page.PLANS).href,
    )


def plan_id(subject: str | None) -> UUID:
    """The id in an address or from a browser; *not found* when it is none."""
    try:
        return UUID(subject or "")
    except ValueError:
        raise NotFound(plan=subject) from None


def new_plan_href(sitting: Sitting, unit: str, driver: str, touchpoint: str | None) -> str | None:
    """Where a plan about a driver of a unit is begun; None for who may not."""
    node = sitting.viewer.hierarchy.by_code.get(unit)
    if node is None or not _may(sitting.viewer, node):
        return None
    about = sitting.address.with_(touchpoint=touchpoint).about(Page.PLANS, NEW)
    return about.with_words(unit=unit, driver=driver).href


def _may(viewer: Viewer, node: Node) -> bool:
    return viewer.sees_unit(node.id) and viewer.may(Permission.MANAGE_PLANS, node.id)


def _own_units(sitting: Sitting) -> list[Node]:
    """Units that the viewer may write plans for, from the top down."""
    tree = sitting.viewer.hierarchy
    listed = tree.subtree(tree.root.id) if tree.root is not None else iter(())
    return [unit for unit in listed if _may(sitting.viewer, unit)]


def _first(units: list[Node]) -> str | None:
    return units[0].code if units else None


def _named(sitting: Sitting, row: object) -> str:
    return str(getattr(row, f"name_{sitting.language}"))


def _line(sitting: Sitting, plan: Plan) -> PlanLine:
    say = sitting.say
    done = sum(step.done_on is not None for step in plan.steps)
    late = plan.overdue(sitting.today) if plan.row.status == "open" else 0
    return PlanLine(
        title=plan.row.title,
        href=sitting.address.about(Page.PLANS, str(plan.row.id)).href,
        facts=_facts(sitting, plan),
        progress=_progress(sitting, plan) or say("plans.page.no_steps"),
        done=done / len(plan.steps) if plan.steps else 0.0,
        state=say(f"plans.state.{plan.row.status}"),
        late=say("plans.page.late", late=late) if late else "",
    )


def _facts(sitting: Sitting, plan: Plan) -> str:
    row, say = plan.row, sitting.say
    place = next((one for one in sitting.touchpoints if one.id == row.touchpoint_id), None)
    parts = [
        plan.unit.name(sitting.language),
        _metric(sitting, plan.measured).name,
        _named(sitting, place) if place is not None else None,
        say("plans.page.since", day=day_text(say, row.started_on)),
    ]
    return " \u00b7 ".join(part for part in parts if part)


def _metric(sitting: Sitting, code: str) -> Metric:
    return as_shown(_info(sitting, code), sitting)


def _info(sitting: Sitting, code: str) -> MetricInfo:
    found = next((info for info in sitting.metrics if info.code == code), None)
    if found is None:
        raise NotFound(metric=code)
    return found


def _step(sitting: Sitting, step: StepRow) -> StepLine:
    say = sitting.say
    if step.done_on:
        when = say("plans.page.done_on", day=day_text(say, step.done_on))
    else:
        when = say("plans.page.due_on", day=day_text(say, step.due_on))
    return StepLine(
        id=str(step.id),
        what=step.what,
        owner=step.owner_name or say("plans.page.nobody"),
        when=when,
        done=step.done_on is not None,
        late=step.done_on is None and step.due_on < sitting.today,
    )


def _urgency(step: StepRow) -> tuple[bool, date]:
    """What is to be done stands first, the earliest on top."""
    return step.done_on is not None, step.due_on


def _progress(sitting: Sitting, plan: Plan) -> str:
    done = sum(step.done_on is not None for step in plan.steps)
    many = len(plan.steps)
    return sitting.say("plans.page.progress", done=done, steps=many) if many else ""


def _owners(sitting: Sitting, plan: Plan) -> list[tuple[str, str]]:
    if not plan.may_change:
        return []
    found = service.colleagues(sitting.session, sitting.viewer, plan, sitting.now)
    return [(str(account), name) for account, name in found]


def _practices(sitting: Sitting, plan: Plan) -> list[PracticeLine]:
    say = sitting.say
    found = practices.offered_to(sitting.session, sitting.viewer, plan.unit.code, [plan.measured])
    lines = []
    for one in found:
        metric = _metric(sitting, one.practice.measured)
        lines.append(
            PracticeLine(
                words=one.practice.what,
                facts=say(
                    f"plans.page.practice_{min(one.alike, 1)}",
                    metric=metric.name,
                    effect=metric.signed(one.practice.effect),
                    low=metric.signed(one.practice.low),
                    high=metric.signed(one.practice.high),
                    weeks=one.practice.weeks,
                    alike=one.alike,
                ),
            )
        )
    return lines


def _is_proven(effect: Effect) -> bool:
    return effect.found is not None and effect.found.low > 0


def _effect(sitting: Sitting, plan: Plan, code: str) -> tuple[Effect, EffectView]:
    effect = effect_of(sitting.session, sitting.viewer.hierarchy, plan.row, code, sitting.now)
    metric, say = as_shown(effect.metric, sitting), sitting.say
    stood = [_stood(say("plans.page.before"), effect.own_before)]
    if effect.own_after is not None:
        stood.append(_stood(say("plans.page.after"), effect.own_after))
    words, beyond = _verdict(sitting, effect, metric), _beyond(sitting, effect, metric)
    return effect, EffectView(metric, words, beyond, stood, _how(sitting, effect, metric))


def _stood(name: str, figure: object) -> Stood:
    values = [getattr(figure, one) for one in ("score", "low", "high", "n")]
    return Stood(name, *values)


def _beyond(sitting: Sitting, effect: Effect, metric: Metric) -> Beyond | None:
    """The biggest number of the page, what it is counted in, and how sure it is."""
    say, found = sitting.say, effect.found
    if found is None:
        return None
    return Beyond(
        effect=found.effect,
        low=found.low,
        high=found.high,
        headline=metric.signed(found.effect),
        unit=say(f"plans.unit.{metric.kind}", low=f"{metric.low:g}", high=f"{metric.high:g}"),
        interval=say(
            "plans.page.interval",
            low=metric.finely_signed(found.low),
            high=metric.finely_signed(found.high),
            others=say(f"plans.like.{effect.like}", branches=count(found.peers)),
        ),
        reading=say(f"plans.reading.{_kind(found)}"),
        tone={"noise": "", "better": "bp-up", "worse": "bp-down"}[_kind(found)],
    )


def _kind(found: BeforeAfter) -> str:
    return "noise" if found.is_noise else "better" if found.effect > 0 else "worse"


def _verdict(sitting: Sitting, effect: Effect, metric: Metric) -> str:
    """The one sentence: what changed, by how much beyond others, and whether that is chance."""
    say, found = sitting.say, effect.found
    if found is None:
        why = effect.unknown or Unknown.TOO_FEW_ANSWERS
        return say(f"plans.unknown.{why}", day=day_text(say, effect.told_from))
    return say(
        f"plans.verdict.{_kind(found)}",
        metric=metric.name,
        own=metric.finely_signed(found.own),
        usual=metric.finely_signed(found.usual),
        effect=metric.finely_signed(found.effect),
        low=metric.finely_signed(found.low),
        high=metric.finely_signed(found.high),
        others=say(f"plans.like.{effect.like}", branches=count(found.peers)),
    )


def _how(sitting: Sitting, effect: Effect, metric: Metric) -> list[str]:
    say, found = sitting.say, effect.found
    rows = [say("plans.how.before", days=days_text(say, effect.before))]
    if effect.after is not None:
        rows.append(say("plans.how.after", days=days_text(say, effect.after), weeks=effect.weeks))
    if found is not None:
        rows.append(say("plans.how.interval", drift=metric.finely(found.drift)))
        rows.append(say("plans.how.by_itself", by_itself=metric.finely_signed(found.by_itself)))
    return rows
