"""What stands around every page: who looks, where they are, where they can go, which filters."""

from dataclasses import dataclass, field
from datetime import date

from api.security.hierarchy import Node
from api.security.permissions import Permission
from dashboard.address import Address, Page
from dashboard.data.metrics import known_metrics, shown_metric
from dashboard.data.months import month_choices, month_text, shown_month
from dashboard.data.periods import days_text, period_choices, shown_period
from dashboard.data.picks import sensible
from dashboard.data.sitting import Sitting
from dashboard.data.unread import unread
from dashboard.data.views import Saved, saved_views
from dashboard.numbers import Metric

_MEASURED = (
    *(Page.OVERVIEW, Page.COMPARE, Page.LEAGUE, Page.UNIT, Page.WHY, Page.CONTESTS, Page.DRIVERS),
    *(Page.ENOUGH, Page.STANDING, Page.IMPROVE, Page.TEAM),
    Page.WARNINGS,
    Page.VOICES,
    *(Page.JOURNEY, Page.EXPLORE),
)
# Pages about what stands now, of whichever day.
_TIMELESS = (Page.TICKETS, Page.ALERTS)
_LOOP = (*_TIMELESS, Page.LOOP)

# Pages whose unit is picked from a list, not from the path above it.
_PICKED = (
    *(Page.ASKING, Page.DRIVERS, Page.ENOUGH, Page.WARNINGS, Page.INDICATORS, Page.VOICES),
    *(Page.JOURNEY, Page.EXPLORE),
    *(Page.TICKETS, Page.ALERTS, Page.LOOP),
    Page.REPORTS,
)


@dataclass(frozen=True)
class Link:
    """Words that lead somewhere; without an address they only say where one is."""

    label: str
    href: str | None
    active: bool = False


@dataclass(frozen=True)
class Frame:
    """The page's frame."""

    title: str
    person: str
    role: str
    brand: str
    navigation: list[Link]
    breadcrumbs: list[Link]
    periods: list[Link]
    period: str
    first: date
    last: date
    touchpoints: list[Link]
    touchpoint: str
    metrics: list[Link]
    metric: str
    languages: list[Link]
    filtered: bool
    tabs: list[Link] = field(default_factory=list)
    units: list[Link] = field(default_factory=list)
    unit: str = ""
    monthly: bool = False
    timeless: bool = False
    views: list[Saved] = field(default_factory=list)
    unread: int = 0  # notices
    notices: str = ""  # where they are; "" for who has none
    report: bool = False  # whether a report of what is shown can be had
    takes: bool = True  # whether the viewer may take tables along


def frame(sitting: Sitting) -> Frame:
    """The frame of the page that the address names."""
    address, say = _sensible(sitting, landing(sitting)), sitting.say
    period = shown_period(sitting)
    metric = _metric_or_none(sitting)
    measured = address.page in _MEASURED and metric is not None
    monthly = address.page is Page.WARNINGS and measured
    # Improving is about one touchpoint, which the page itself lets one choose.
    all_places = monthly or address.page in (Page.JOURNEY, Page.IMPROVE)
    all_places = all_places or address.page in (*_LOOP, Page.REPORTS)
    touchpoints = [] if all_places else _touchpoints(sitting, address)
    units = _units(sitting, address) if address.page in _PICKED else []
    root = sitting.viewer.hierarchy.root
    return Frame(
        title=_title(sitting, address),
        person=sitting.viewer.name,
        role=role_name(sitting),
        brand=root.name(sitting.language) if root else say("dashboard.product"),
        navigation=_navigation(sitting, address),
        breadcrumbs=_breadcrumbs(sitting, address),
        periods=_periods(sitting, address, monthly=monthly),
        period=month_text(say, shown_month(sitting)) if monthly else days_text(say, period),
        first=period.start,
        last=date.fromordinal(period.end.toordinal() - 1),
        touchpoints=touchpoints,
        touchpoint=next((link.label for link in touchpoints if link.active), ""),
        metrics=[
            Link(one.name, address.with_(metric=one.code).href, one == metric)
            for one in known_metrics(sitting)
            if measured
        ],
        metric=metric.name if metric else "",
        languages=[
            Link(
                say(f"dashboard.language.{code}"),
                address.with_(language=code).href,
                code == sitting.language,
            )
            for code in ("zh", "en")
        ],
        filtered=measured or address.page in (Page.ASKING, Page.INDICATORS, Page.REPORTS, *_LOOP),
        tabs=_tabs(sitting, address),
        units=units,
        unit=next((link.label for link in units if link.active), ""),
        monthly=monthly,
        timeless=address.page in _TIMELESS,
        views=saved_views(sitting),
        unread=unread(sitting) if may_look(sitting) else 0,
        notices=address.to(Page.NOTICES).href if may_look(sitting) else "",
        report=_reported(sitting, address) is not None,
        takes=sitting.viewer.may(Permission.EXPORT),
    )


# Pages about one unit and some days: what a report is about.
_REPORTED = (Page.OVERVIEW, Page.UNIT, Page.TODAY, Page.STANDING, Page.LEAGUE)


def reported_unit(sitting: Sitting) -> Node | None:
    """The unit that a report of the page is about; None when there is none to be had."""
    return _reported(sitting, _sensible(sitting, landing(sitting)))


def _reported(sitting: Sitting, address: Address) -> Node | None:
    node = _unit(sitting, address) or sitting.viewer.home
    if address.page not in _REPORTED or node is None:
        return None
    return node if sitting.viewer.may(Permission.EXPORT, node.id) else None


def _periods(sitting: Sitting, address: Address, *, monthly: bool) -> list[Link]:
    """The presets of the period picker; on a page about one month the months there are."""
    return [
        Link(
            choice.label,
            address.with_(first=choice.first, last=choice.last).href,
            (choice.first, choice.last) == (address.first, address.last),
        )
        for choice in (month_choices(sitting) if monthly else period_choices(sitting))
    ]


def _sensible(sitting: Sitting, address: Address) -> Address:
    """The address without what is not there, or not the viewer's: links never repeat it."""
    if address.unit is not None and _unit(sitting, address) is None:
        return Address(Page.MISSING, language=address.language)
    if address.touchpoint not in [row.code for row in sitting.touchpoints]:
        address = address.with_(touchpoint=None)
    if address.metric not in [metric.code for metric in known_metrics(sitting)]:
        address = address.with_(metric=None)
    return sensible(sitting, address)


def landing(sitting: Sitting) -> Address:
    """The address itself; for the bare one the page where the viewer's role begins."""
    address = sitting.address
    if address.page in _OF_A_BRANCH and address.unit is None:
        return _at_home(sitting, address)
    if address.page is not Page.HOME:
        return address
    if compares(sitting):
        return address.to(Page.OVERVIEW)
    if may_call(sitting) and not may_look(sitting):
        return address.to(Page.CALLS)
    home = sitting.viewer.home
    if home is None or not may_look(sitting):
        return address.to(Page.MISSING)
    return address.to(Page.TODAY if home.is_branch else Page.UNIT, home.code)


def _at_home(sitting: Sitting, address: Address) -> Address:
    """A branch's own page without a unit is about the branch of who looks."""
    home = sitting.viewer.home
    own = home is not None and home.is_branch and may_look(sitting) and not compares(sitting)
    return address.with_(unit=home.code) if home is not None and own else address


def compares(sitting: Sitting) -> bool:
    """True for people who compare branches: headquarters, regions, owner groups."""
    return sitting.viewer.may(Permission.VIEW_NETWORK)


def may_look(sitting: Sitting) -> bool:
    """True when any role of the viewer has pages here."""
    return sitting.viewer.may(Permission.VIEW_SCORES)


def may_call(sitting: Sitting) -> bool:
    """True for interviewers, and for headquarters, who may do their work too."""
    return sitting.viewer.may(Permission.CALL_CUSTOMERS)


def may_print(sitting: Sitting) -> bool:
    """True for those who put up printed codes and kiosks."""
    return sitting.viewer.may(Permission.MANAGE_POINTS)


def role_name(sitting: Sitting) -> str:
    """The viewer's first role, in words."""
    roles = [grant.role for grant in sitting.viewer.grants if not grant.excluded]
    return sitting.say(f"access.role.{roles[0]}") if roles else ""


def _navigation(sitting: Sitting, address: Address) -> list[Link]:
    say, home = sitting.say, sitting.viewer.home
    plain = address.with_(unit=None)
    links: list[tuple[str, Page, str | None]] = []
    if compares(sitting):
        links += [
            ("dashboard.nav.overview", Page.OVERVIEW, None),
            ("dashboard.nav.league", Page.LEAGUE, None),
        ]
    if home is not None and may_look(sitting):
        links += _home_links(sitting, home)
    if sitting.viewer.may(Permission.VIEW_COMMENTS):
        # A branch looks at its day, then at who waits for a call.
        place = len(links) if compares(sitting) else 1
        links.insert(place, ("dashboard.nav.tickets", Page.TICKETS, None))
    if may_look(sitting):
        links.append(("dashboard.nav.indicators", Page.INDICATORS, None))
    if sitting.viewer.may(Permission.VIEW_COMMENTS):
        word = "dashboard.nav.voices" if compares(sitting) else "dashboard.nav.comments"
        links.append((word, Page.VOICES, None))
    if sitting.viewer.may(Permission.EXPORT) and may_look(sitting):
        links.append(("dashboard.nav.reports", Page.REPORTS, None))
    if compares(sitting):
        links.append(("dashboard.nav.asking", Page.ASKING, None))
    if "interviewer" in sitting.viewer.roles:
        links.append(("dashboard.nav.calls", Page.CALLS, None))
    if may_print(sitting) and not compares(sitting):
        links.append(("dashboard.nav.points", Page.POINTS, None))
    if compares(sitting):
        links.append(("dashboard.nav.network", Page.NETWORK, None))
    return [
        Link(say(word), plain.to(page, unit).href, _within(address.page, page))
        for word, page, unit in links
    ]


# What there is of one branch, as tabs; the numbers come with the page that compares them.
_OF_A_BRANCH = (Page.UNIT, Page.TODAY, Page.STANDING, Page.IMPROVE, Page.TEAM)
_NUMBERS = (Page.STANDING, Page.UNIT, Page.WHY, Page.WARNINGS)


def _home_links(sitting: Sitting, home: Node) -> list[tuple[str, Page, str | None]]:
    """A branch's own pages; for others the way down, unless they have several branches apart."""
    if not home.is_branch:
        return [("dashboard.nav.units", Page.UNIT, home.code)]
    if not compares(sitting):
        own = (Page.TODAY, Page.STANDING, Page.IMPROVE, Page.TEAM)
        return [(f"dashboard.nav.{page}", page, home.code) for page in own]
    alone = len(sitting.viewer.scope.branches) == 1
    return [("dashboard.nav.branch", Page.UNIT, home.code)] if alone else []


def _branch_tabs(sitting: Sitting, address: Address) -> list[Link]:
    """The pages about the branch of the address; a branch's own people have most of them above."""
    node = _unit(sitting, address)
    shown = _OF_A_BRANCH if compares(sitting) else _NUMBERS
    if node is None or not node.is_branch or address.page not in shown:
        return []
    return [
        Link(
            sitting.say(f"dashboard.tab.{page}"),
            address.to(page, node.code).href,
            page is address.page,
        )
        for page in shown
    ]


# Pages that stand behind one entry of the navigation, as tabs; a group is called by its first.
_GROUPS: tuple[tuple[tuple[Page, Permission], ...], ...] = (
    (
        (Page.OVERVIEW, Permission.VIEW_NETWORK),
        (Page.COMPARE, Permission.VIEW_NETWORK),
        (Page.WARNINGS, Permission.VIEW_SCORES),
    ),
    (
        (Page.INDICATORS, Permission.VIEW_SCORES),
        (Page.JOURNEY, Permission.VIEW_SCORES),
        (Page.DRIVERS, Permission.VIEW_SCORES),
        (Page.EXPLORE, Permission.VIEW_SCORES),
        (Page.PLANS, Permission.VIEW_SCORES),
    ),
    (
        (Page.ASKING, Permission.VIEW_NETWORK),
        (Page.RULES, Permission.VIEW_NETWORK),
        (Page.ASKING_EVENT, Permission.VIEW_NETWORK),
        (Page.SIMULATE, Permission.MANAGE_ASKING),
        (Page.POINTS, Permission.MANAGE_POINTS),
    ),
    ((Page.NETWORK, Permission.VIEW_NETWORK), (Page.PEOPLE, Permission.MANAGE_PEOPLE)),
    (
        (Page.LEAGUE, Permission.VIEW_NETWORK),
        (Page.PUBLISHED, Permission.VIEW_NETWORK),
        (Page.ENOUGH, Permission.VIEW_NETWORK),
    ),
    ((Page.VOICES, Permission.VIEW_COMMENTS), (Page.CONTESTS, Permission.VIEW_COMMENTS)),
    (
        (Page.TICKETS, Permission.VIEW_COMMENTS),
        (Page.ALERTS, Permission.VIEW_COMMENTS),
        (Page.LOOP, Permission.VIEW_COMMENTS),
        (Page.LOOP_RULES, Permission.VIEW_COMMENTS),
        (Page.WEBHOOK, Permission.MANAGE_LOOP),
    ),
    (
        (Page.REPORTS, Permission.EXPORT),
        (Page.RANKING, Permission.VIEW_NETWORK),
        (Page.SUBSCRIPTIONS, Permission.EXPORT),
    ),
    ((Page.NOTICES, Permission.VIEW_SCORES), (Page.NOTICE_CHOICES, Permission.VIEW_SCORES)),
)
_BEHIND = {
    Page.RESPONSE: Page.VOICES,
    Page.REPORT_ORDER: Page.REPORTS,
    Page.TICKET: Page.TICKETS,
    Page.LOOP_EDIT: Page.LOOP_RULES,
    Page.PEOPLE_NEW: Page.PEOPLE,
    Page.UNITS_IMPORT: Page.NETWORK,
    Page.INDICATORS_EDIT: Page.INDICATORS,
    Page.INDICATORS_VERSION: Page.INDICATORS,
    Page.RULES_EDIT: Page.RULES,
    Page.ASKING_CUSTOMER: Page.ASKING_EVENT,
    Page.WHY: Page.LEAGUE,
}


def _group(page: Page) -> tuple[tuple[Page, Permission], ...]:
    """The group that a page belongs to; empty when it stands alone."""
    shown = _BEHIND.get(page, page)
    return next((group for group in _GROUPS if shown in [one for one, _ in group]), ())


def _tabs(sitting: Sitting, address: Address) -> list[Link]:
    """The pages of the group that the address belongs to; none when there is one alone."""
    of_a_branch = _branch_tabs(sitting, address)
    if of_a_branch:
        return of_a_branch
    shown = _BEHIND.get(address.page, address.page)
    tabs = [
        Link(
            sitting.say(f"dashboard.tab.{page}"),
            address.with_(unit=None, subject=None).to(page).href,
            page is shown,
        )
        for page, permission in _group(address.page)
        if sitting.viewer.may(permission)
    ]
    return tabs if len(tabs) > 1 else []


def _within(shown: Page, entry: Page) -> bool:
    """Whether the page that is shown belongs to an entry of the navigation."""
    group = _group(shown)
    if entry in (Page.STANDING, Page.UNIT):
        return shown in (_NUMBERS if entry is Page.STANDING else _OF_A_BRANCH)
    return shown is entry or (bool(group) and group[0][0] is entry)


def _breadcrumbs(sitting: Sitting, address: Address) -> list[Link]:
    node = _unit(sitting, address)
    if node is None or address.page in _PICKED:
        return []
    last = Link(node.name(sitting.language), None)
    above = sitting.viewer.hierarchy.path(node.id)[:-1]
    crumbs = [_crumb(sitting, address.with_(touchpoint=None), one) for one in above]
    place = next((link for link in _touchpoints(sitting, address) if link.active), None)
    if address.touchpoint is None or place is None:
        return [*crumbs, last]
    here = Link(last.label, address.with_(touchpoint=None).href)
    return [*crumbs, here, Link(place.label, None)]


def _crumb(sitting: Sitting, address: Address, node: Node) -> Link:
    page = Page.NETWORK if address.page is Page.NETWORK else Page.UNIT
    href = address.to(page, node.code).href if sitting.viewer.sees_unit(node.id) else None
    return Link(node.name(sitting.language), href)


def _unit(sitting: Sitting, address: Address) -> Node | None:
    node = sitting.viewer.hierarchy.by_code.get(address.unit or "")
    return node if node is not None and sitting.viewer.sees_unit(node.id) else None


def _units(sitting: Sitting, address: Address) -> list[Link]:
    """Everything, the units above, the unit itself and those below it, as places to look at.

    Who has one branch alone has nothing to choose from, who has several apart chooses among them.
    """
    viewer, say = sitting.viewer, sitting.say
    if len(viewer.scope.branches) == 1:
        return []
    node, home = _unit(sitting, address), viewer.home
    apart = home is not None and home.is_branch
    if apart and node is None and address.page is Page.ENOUGH:
        node = home  # what the page is about then
    everything = Link(
        say("dashboard.filter.all_units"), address.with_(unit=None).href, node is None
    )
    listed = [
        Link(one.name(sitting.language), address.with_(unit=one.code).href, one == node)
        for one in (_own_branches(sitting) if apart else _around(sitting, node))
    ]
    return listed if apart and address.page is Page.ENOUGH else [everything, *listed]


def _own_branches(sitting: Sitting) -> list[Node]:
    """The branches of who has several under different regions."""
    tree = sitting.viewer.hierarchy
    own = (tree.nodes[one] for one in sitting.viewer.scope.branches if one in tree.nodes)
    return sorted(own, key=lambda one: (one.sort_key, one.id))


def _around(sitting: Sitting, node: Node | None) -> list[Node]:
    """What the viewer sees above, at and below a unit; without one what is below the own."""
    tree, home = sitting.viewer.hierarchy, sitting.viewer.home
    if node is not None:
        listed = [*tree.path(node.id), *tree.children(node.id)]
    else:
        start = home or tree.root
        listed = list(tree.children(start.id)) if start is not None else []
    seen = [one for one in listed if sitting.viewer.sees_unit(one.id) and one != tree.root]
    return seen or _own_branches(sitting)


def _touchpoints(sitting: Sitting, address: Address) -> list[Link]:
    everything = Link(
        sitting.say("dashboard.filter.all_touchpoints"),
        address.with_(touchpoint=None).href,
        address.touchpoint is None,
    )
    return [
        everything,
        *(
            Link(
                row.name_en if sitting.language == "en" else row.name_zh,
                address.with_(touchpoint=row.code).href,
                row.code == address.touchpoint,
            )
            for row in sitting.touchpoints
        ),
    ]


def _metric_or_none(sitting: Sitting) -> Metric | None:
    known = known_metrics(sitting)
    if sitting.address.metric not in (None, *(one.code for one in known)):
        return None
    return shown_metric(sitting)


def _title(sitting: Sitting, address: Address) -> str:
    node = _unit(sitting, address)
    if address.page is Page.UNIT and node is not None:
        return node.name(sitting.language)
    if address.page is Page.VOICES and not compares(sitting):
        return sitting.say("dashboard.nav.comments")
    return sitting.say(f"dashboard.title.{address.page}")
