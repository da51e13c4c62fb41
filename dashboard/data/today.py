"""A branch's day in words: its score beside others, what changed, what came in, what goes out."""

from dataclasses import dataclass

from api.core.errors import NotFound
from api.insights.bands import Bands
from api.insights.comments import Wanted
from api.insights.figures import Figure
from api.insights.own_branch.day import BranchDay, branch_day
from api.insights.own_branch.score import Beside, BranchScore, branch_score
from api.insights.why import why
from api.security.hierarchy import Node
from dashboard.address import Page
from dashboard.data.extent import elsewhere
from dashboard.data.frame import Link
from dashboard.data.metrics import shown_metric
from dashboard.data.own_branch import Fresh, found_of, fresh_voices, is_own, lately, voices_href
from dashboard.data.periods import day_text, days_text, shown_period
from dashboard.data.sitting import Sitting
from dashboard.data.waiting import Waiting, waiting
from dashboard.data.why import Place
from dashboard.numbers import Metric
from scoring.tiers import DEFAULT_THRESHOLDS

VOICES = 5
LATELY = 91  # days whose comments are looked at


@dataclass(frozen=True)
class Way:
    """Where to go on from here, and why."""

    link: Link
    words: str
    icon: str


@dataclass(frozen=True)
class Line:
    """A unit of the picture: the branch itself, or one around it."""

    name: str
    figure: Figure
    own: bool = False


@dataclass(frozen=True)
class TodayView:
    """The page; ``voices`` None: the role reads none. ``way``: up, down, level or none."""

    name: str
    own: bool
    day: str
    metric: Metric
    period: str
    score: BranchScore
    bands: Bands | None
    changed: str
    way: str
    lines: list[Line]
    compared: str
    place: str | None
    pending: bool
    branch_day: BranchDay
    voices: list[Fresh] | None
    all_voices: str
    ways: list[Way]
    elsewhere: Link | None
    waiting: Waiting | None = None
    untold: str = ""


def today_view(sitting: Sitting, node: Node) -> TodayView | None:
    """The day of one branch; None while nothing is measured."""
    metric = shown_metric(sitting)
    if metric is None:
        return None
    at, period = sitting.address, shown_period(sitting)
    asked = (sitting.session, sitting.viewer, metric.code, period)
    score = branch_score(*asked, unit=node.code, touchpoint=at.touchpoint)
    day = branch_day(sitting.session, sitting.viewer, node.code, now=sitting.now)
    place, pending = _place(sitting, node, metric)
    way, changed = _changed(sitting, score, metric)
    nothing = score.figure.n == 0
    return TodayView(
        name=node.name(sitting.language),
        own=is_own(sitting, node),
        day=_weekday(sitting, day),
        metric=metric,
        period=days_text(sitting.say, period),
        score=score,
        bands=score.bands,
        changed=changed,
        way=way,
        lines=_lines(sitting, score),
        compared=compared_words(sitting, score.above, metric, own=is_own(sitting, node)),
        place=place,
        pending=pending,
        branch_day=day,
        voices=fresh_voices(
            sitting,
            node,
            Wanted(lately(sitting, LATELY), metric.code, node.code, at.touchpoint),
            VOICES,
        ),
        all_voices=voices_href(sitting, node),
        ways=_ways(sitting, node),
        elsewhere=elsewhere(sitting, metric.code, node.code) if nothing else None,
        waiting=waiting(sitting, node.code),
        untold=_untold(sitting, score),
    )


def _weekday(sitting: Sitting, day: BranchDay) -> str:
    say = sitting.say
    name = say("branch.weekdays").split()[day.today.weekday()]
    return say("branch.today.day", weekday=name, date=day_text(say, day.today))


def _place(sitting: Sitting, node: Node, metric: Metric) -> tuple[str | None, bool]:
    """The branch's place in words, and whether it is still being computed."""
    try:
        found = found_of(sitting, why, metric.code, node.code, now=sitting.now)
    except NotFound:  # it was not open then
        return None, False
    place = place_of(found.row, None if found.crowd is None else found.crowd.ranked)
    words = None if place is None else place_words(sitting, place)
    return words, found.league.ranks_pending


def place_of(row: object, of: int | None) -> Place | None:
    """The rank of a league row among ``of`` ranked branches, where there is one."""
    rank, low, high = (getattr(row, name) for name in ("rank", "rank_low", "rank_high"))
    if rank is None or low is None or high is None or of is None:
        return None
    return Place(rank, low, high, of)


def place_words(sitting: Sitting, place: Place) -> str:
    """A place with those that chance leaves open."""
    return sitting.say("branch.place", rank=place.rank, of=place.of, low=place.low, high=place.high)


def _changed(sitting: Sitting, score: BranchScore, metric: Metric) -> tuple[str, str]:
    """Which way the score went, and that in one sentence with the verdict of its test."""
    say, difference = sitting.say, score.difference
    before = say("branch.before.weeks" if sitting.address.first is None else "branch.before.period")
    if difference.change is None:
        needed = DEFAULT_THRESHOLDS.score
        return "none", say("branch.changed.unknown", before=before, needed=needed)
    said = {
        "metric": metric.name,
        "now": metric.text(score.figure.score),
        "then": metric.text(score.previous.score),
        "size": metric.text(abs(difference.change)),
        "change": metric.signed(difference.change),
        "before": before,
    }
    if difference.is_noise:
        return "level", say("branch.changed.level", **said)
    way = "up" if difference.change > 0 else "down"
    return way, say(f"branch.changed.{way}", **said)


def _lines(sitting: Sitting, score: BranchScore) -> list[Line]:
    """The branch, then what stands around it, to be drawn on one axis."""
    own = Line(score.unit.name(sitting.language), score.figure, own=True)
    others = [Line(one.unit.name(sitting.language), one.figure) for one in score.above]
    return [own, *others]


def _untold(sitting: Sitting, score: BranchScore) -> str:
    """Which units around the branch are left out, and why."""
    names = [one.name(sitting.language) for one in score.untold]
    if not names:
        return ""
    between = sitting.say("drivers.between_names")
    return sitting.say("branch.today.untold", names=between.join(names))


def compared_words(sitting: Sitting, above: list[Beside], metric: Metric, *, own: bool) -> str:
    """Above, below or level with each unit around the branch, in plain sentences."""
    whose = "own" if own else "theirs"
    told = [one for one in above if one.verdict is not None]
    return " ".join(
        sitting.say(
            f"branch.beside.{one.verdict}.{whose}",
            name=one.unit.name(sitting.language),
            score=metric.text(one.figure.score),
        )
        for one in told
    )


def _ways(sitting: Sitting, node: Node) -> list[Way]:
    listed = (
        (Page.STANDING, "bar-chart-steps"),
        (Page.IMPROVE, "check-circle"),
        (Page.TEAM, "people"),
        (Page.WHY, "question-circle"),
    )
    return [
        Way(
            Link(sitting.say(f"branch.way.{page}"), sitting.address.to(page, node.code).href),
            sitting.say(f"branch.way_words.{page}"),
            icon,
        )
        for page, icon in listed
    ]
