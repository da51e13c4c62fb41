"""Who wants what regularly about which unit: rankings and reports, each person their own.

Decides what a subscription may say, whose usual one stands without a row (a regional manager's
ranking, Mondays at 08:00), what is due now, and claims each week of each once. Writes no letters.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import Session

from api.core.errors import Invalid, NotAllowed, NotFound
from api.core.ids import new_id
from api.core.languages import LANGUAGES, Language, spoken
from api.insights.periods import week_start
from api.models import Subscription
from api.reports.repository import subscriptions as repository
from api.reports.repository.weekly import read_network
from api.reports.windows import MONDAY, SEND_TIME, is_open, last_due, next_due
from api.security.hierarchy import Hierarchy, Node
from api.security.permissions import Permission
from api.security.viewer import Viewer

Kind = Literal["ranking", "report"]
WAYS = ("email", "wecom")
FORMATS = ("pdf", "pptx", "xlsx")
LONGEST = 104  # weeks that a ranking looks back
_NEEDS = {"ranking": Permission.VIEW_NETWORK, "report": Permission.EXPORT}
_JOBS = {"ranking": "weekly_ranking", "report": "weekly_report"}


class BadSubscription(Invalid):
    """A subscription needs a way, a file of a kind there is, a time zone and a length in weeks."""

    key = "subscriptions.errors.bad"


@dataclass(frozen=True, slots=True)
class Wish:
    """How somebody wants something of a unit; ``timezone`` None: the unit's, ``weeks``: usual."""

    kind: Kind
    unit: str
    language: Language
    weekday: int = MONDAY
    at: time = SEND_TIME
    timezone: str | None = None
    ways: tuple[str, ...] = ("email",)
    formats: tuple[str, ...] = ("pdf",)
    weeks: int | None = None
    active: bool = True


@dataclass(frozen=True, slots=True)
class Subscribed:
    """What somebody gets regularly. ``id`` None: the usual one, which nobody wrote down."""

    id: UUID | None
    account_id: UUID
    name: str
    unit_id: int
    kind: Kind
    language: Language
    weekday: int = MONDAY
    at: time = SEND_TIME
    timezone: str | None = None
    ways: tuple[str, ...] = ("email",)
    formats: tuple[str, ...] = ("pdf",)
    weeks: int | None = None
    active: bool = True
    since: datetime | None = None  # as it is now

    @property
    def key(self) -> str:
        """What its weeks are claimed by."""
        whose = f"{self.account_id}:{self.unit_id}:"
        return whose + ("usual" if self.id is None else self.language)

    def next_at(self, now: datetime, zone: str) -> datetime:
        """When it comes next, in the zone that `zone_of` says."""
        return next_due(now, zone, weekday=self.weekday, at=self.at)


@dataclass(frozen=True, slots=True)
class Due:
    """A subscription whose moment ``at`` (in its zone) has come and is not claimed yet."""

    subscribed: Subscribed
    at: datetime

    @property
    def window(self) -> datetime:
        """The week that it tells of ended here: what is claimed, once."""
        return datetime.combine(week_start(self.at.date()), time(), UTC)


def subject_of(viewer: Viewer, kind: Kind, code: str) -> Node:
    """The unit that is subscribed to; raises NotFound and NotAllowed.

    A ranking may be of a granted unit some of whose branches are excluded. Whose branches no unit
    of their own holds together (an owner group across regions) names the whole network, and gets
    those branches.
    """
    node = viewer.hierarchy.by_code.get(code)
    if node is not None and kind == "ranking" and _names(viewer, node):
        if not viewer.may(_NEEDS[kind], None if node == viewer.hierarchy.root else node.id):
            raise NotAllowed(permission=_NEEDS[kind])
        return node
    node = viewer.require_unit_code(code)
    viewer.require(_NEEDS[kind], node.id)
    return node


def subjects(viewer: Viewer, kind: Kind) -> list[Node]:
    """The units that the viewer may subscribe to, from the top down; branches only for reports."""
    tree, ranking = viewer.hierarchy, kind == "ranking"
    nodes = [
        node
        for node in tree.nodes.values()
        if not (ranking and node.is_branch)
        and (_names(viewer, node) if ranking else viewer.sees_unit(node.id))
        and viewer.may(_NEEDS[kind], None if node == tree.root else node.id)
    ]
    depth = {node.id: len(tree.ancestors(node.id)) for node in nodes}
    return sorted(nodes, key=lambda node: (depth[node.id], node.sort_key, node.id))


def list_mine(session: Session, viewer: Viewer, now: datetime) -> list[Subscribed]:
    """The viewer's subscriptions, off ones too, and the usual ones that stand without a row.

    Of a unit that is not the viewer's any more nothing comes, and its name is not told.
    """
    if viewer.account_id is None:
        return []
    rows = repository.list_rows(session, account_id=viewer.account_id)
    usual = repository.list_usual(session, now.date(), viewer.account_id)
    found = [*map(_usual, usual), *(_of_row(row, name) for row, name in rows)]
    return [one for one in found if _is_shown(viewer, one)]


def save(session: Session, viewer: Viewer, wish: Wish, now: datetime) -> Subscribed:
    """Puts down how the viewer wants it, in place of what was there for unit and language."""
    account = _account(viewer)
    node = subject_of(viewer, wish.kind, wish.unit)
    _check(wish)
    old = repository.find_row(session, account, node.id, wish.kind, wish.language)
    since = now if old is None or _moved(old, wish) else old.updated_at
    row = repository.upsert_row(
        session,
        {
            "id": new_id(),
            "account_id": account,
            "unit_id": node.id,
            "kind": wish.kind,
            "language": wish.language,
            "weekday": wish.weekday,
            "at": wish.at,
            "timezone": wish.timezone,
            "ways": list(wish.ways),
            "formats": list(wish.formats),
            "weeks": wish.weeks,
            "active": wish.active,
            "created_at": now,
            "updated_at": since,
        },
    )
    return _of_row(row, viewer.name)


def forget(session: Session, viewer: Viewer, subscription_id: UUID) -> None:
    """Takes a subscription away; a regional manager then gets the usual one again."""
    if not repository.delete_row(session, _account(viewer), subscription_id):
        raise NotFound(subscription=str(subscription_id))


def zone_of(session: Session, viewer: Viewer, one: Subscribed) -> str:
    """By which clock it comes: its own zone, the unit's, or the network's."""
    network = read_network(session)
    usual = "UTC" if network is None else network.default_timezone
    return one.timezone or viewer.hierarchy.timezone(one.unit_id, usual)


def due_now(
    session: Session, kind: Kind, hierarchy: Hierarchy, default_zone: str, now: datetime
) -> list[Due]:
    """What is due and not claimed yet, of everybody, the oldest moment first."""
    found = [_of_row(row, name) for row, name in repository.list_rows(session, kind=kind)]
    if kind == "ranking":
        found += map(_usual, repository.list_usual(session, now.date()))
    done = repository.windows_done(session, _JOBS[kind])
    due = [
        _last(one, hierarchy.timezone(one.unit_id, default_zone), now)
        for one in found
        if one.active and one.unit_id in hierarchy.nodes
    ]
    newest = _newest(done)
    still = [one for one in due if _is_open(one, done, newest, now)]
    return sorted(still, key=lambda one: (one.at, one.subscribed.unit_id, one.subscribed.key))


def claim(session: Session, due: Due) -> bool:
    """True for the one transaction that may do what is due."""
    job = _JOBS[due.subscribed.kind]
    return repository.claim_window(session, job, due.subscribed.key, due.window)


def _last(one: Subscribed, zone: str, now: datetime) -> Due:
    return Due(one, last_due(now, one.timezone or zone, weekday=one.weekday, at=one.at))


def _newest(done: dict[str, datetime]) -> dict[str, datetime]:
    """The newest week that somebody got of a unit, in whatever language."""
    newest: dict[str, datetime] = {}
    for key, until in done.items():
        whose = key.rpartition(":")[0]
        newest[whose] = max(until, newest.get(whose, until))
    return newest


def _is_open(
    due: Due, done: dict[str, datetime], newest: dict[str, datetime], now: datetime
) -> bool:
    one = due.subscribed
    # Whoever takes a subscription back does not get the week again as the usual one.
    until = newest.get(one.key.rpartition(":")[0]) if one.id is None else done.get(one.key)
    return is_open(due.at, now, window=due.window, done=until, since=one.since)


def _is_shown(viewer: Viewer, one: Subscribed) -> bool:
    node = viewer.hierarchy.nodes.get(one.unit_id)
    if node is None:
        return False
    return _names(viewer, node) if one.kind == "ranking" else viewer.sees_unit(node.id)


def _names(viewer: Viewer, node: Node) -> bool:
    """Whether a ranking may be called by the unit, of which it has the viewer's branches."""
    if viewer.sees_unit(node.id) or _is_granted(viewer, node.id):
        return True
    return node == viewer.hierarchy.root and _is_scattered(viewer)


def _is_granted(viewer: Viewer, unit_id: int) -> bool:
    return any(one.unit_id == unit_id and not one.excluded for one in viewer.grants)


def _is_scattered(viewer: Viewer) -> bool:
    """True when the viewer's branches lie in no one unit that is the viewer's to name."""
    seen, tree = viewer.scope.branches, viewer.hierarchy
    if viewer.scope.whole or len(seen) < 2:
        return False
    above = [{node.id for node in tree.ancestors(branch)} for branch in seen]
    shared = set.intersection(*above)
    return not any(viewer.sees_unit(unit) or _is_granted(viewer, unit) for unit in shared)


def _account(viewer: Viewer) -> UUID:
    if viewer.account_id is None:
        raise NotAllowed
    return viewer.account_id


def _moved(row: Subscription, wish: Wish) -> bool:
    """Whether its moments are others than before."""
    before = (row.weekday, row.at, row.timezone, row.active)
    return before != (wish.weekday, wish.at, wish.timezone, wish.active)


def _check(wish: Wish) -> None:
    """Raises BadSubscription with the fields that say nothing that can be done."""
    bad = {
        "language": wish.language not in LANGUAGES,
        "weekday": not 0 <= wish.weekday <= 6,
        "ways": not _are_some_of(wish.ways, WAYS, at_least=1),
        "formats": not _are_some_of(wish.formats, FORMATS, at_least=int(wish.kind == "report")),
        "weeks": wish.weeks is not None and not 1 <= wish.weeks <= LONGEST,
        "timezone": wish.timezone is not None and not _is_zone(wish.timezone),
        "at": wish.at.tzinfo is not None,
    }
    wrong = [{"field": name, "message": "not possible"} for name, is_bad in bad.items() if is_bad]
    if wrong:
        raise BadSubscription(fields=wrong)


def _are_some_of(given: Collection[str], known: Collection[str], *, at_least: int) -> bool:
    return at_least <= len(set(given)) == len(given) and set(given) <= set(known)


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, or a path
        return False
    return True


def _of_row(row: Subscription, name: str) -> Subscribed:
    kind: Kind = "ranking" if row.kind == "ranking" else "report"
    return Subscribed(
        row.id, row.account_id, name, row.unit_id, kind, spoken(row.language),
        row.weekday, row.at, row.timezone, tuple(row.ways), tuple(row.formats), row.weeks,
        row.active, row.updated_at,
    )  # fmt: skip


def _usual(row: repository.UsualRow) -> Subscribed:
    return Subscribed(None, row.account_id, row.name, row.unit_id, "ranking", spoken(row.language))
