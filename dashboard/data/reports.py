"""Ordered reports as their pages show them: what can be ordered, orders, one order's files."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from api.core.errors import NotFound
from api.insights.periods import Period
from api.reports.orders import service
from api.reports.orders.repository import ItemLine, OrderLine
from api.security.hierarchy import Node
from api.security.permissions import Permission
from dashboard.address import Page
from dashboard.data.frame import Link
from dashboard.data.periods import days_text, shown_period
from dashboard.data.sitting import Sitting
from dashboard.data.times import moment_text
from dashboard.numbers import count

FILES = 100  # of an order on one page
_DAY = timedelta(days=1)
_ORDERS = 30
_FAILED = 20
_API = "/api/v1/reports/orders"


@dataclass(frozen=True)
class ReportForm:
    """What can be ordered about the unit and the days that the page is about."""

    unit: str
    period: str
    branches: int  # below the unit; 0 when it is one itself
    several: bool  # units to choose from
    language: str


@dataclass(frozen=True)
class OrderRow:
    """An order: what it is, how far it is, and what can be done with it."""

    id: str
    title: str
    facts: str
    href: str
    state: str
    tone: str
    progress: str
    share: float
    download: Link | None
    may_cancel: bool
    may_resume: bool


@dataclass(frozen=True)
class FileRow:
    """A file of an order."""

    name: str
    facts: str
    state: str
    href: str | None


@dataclass(frozen=True)
class ReportsView:
    """The page; ``form`` None: the viewer may not take reports along."""

    form: ReportForm | None
    orders: list[OrderRow]
    pending: bool


@dataclass(frozen=True)
class OrderView:
    """One order with some of its files; ``more`` leads to the next ones."""

    order: OrderRow
    failed: list[FileRow]  # the first of them, on the first page
    files: list[FileRow]
    back: str
    more: str | None
    pending: bool


def reports_view(sitting: Sitting) -> ReportsView:
    """The form for the address's unit and days, and the viewer's newest orders."""
    found = service.list_orders(sitting.session, sitting.viewer, limit=_ORDERS)
    unit = subject(sitting)
    return ReportsView(
        form=None if unit is None else _form(sitting, unit),
        orders=[_order(sitting, one) for one in found],
        pending=any(one.open for one in found),
    )


def order_view(sitting: Sitting) -> OrderView:
    """The order that the address names; raises NotFound for everybody else's."""
    wanted = order_id(sitting.address.subject)
    order = service.require_order(sitting.session, sitting.viewer, wanted)
    after = sitting.address.word("after")
    items = service.list_items(
        sitting.session,
        sitting.viewer,
        wanted,
        after=order_id(after) if after else None,
        limit=FILES + 1,
    )
    shown = items[:FILES]
    failed = []
    if order.failed and not after:
        failed = service.list_items(
            sitting.session, sitting.viewer, wanted, status="failed", limit=_FAILED
        )
    more = sitting.address.with_words(after=str(shown[-1].id)) if len(items) > FILES else None
    unit = sitting.viewer.hierarchy.nodes[order.unit_id]
    return OrderView(
        order=_order(sitting, order),
        failed=[_file(sitting, order, one) for one in failed],
        files=[_file(sitting, order, one) for one in shown],
        back=sitting.address.to(Page.REPORTS, unit.code).href,
        more=None if more is None else more.href,
        pending=order.open > 0,
    )


def subject(sitting: Sitting) -> Node | None:
    """The unit that a report would be about; None when the viewer may not have one."""
    viewer, home = sitting.viewer, sitting.viewer.home
    node = viewer.hierarchy.by_code.get(sitting.address.unit or "")
    if node is None or not viewer.sees_unit(node.id):
        node = home
    if node is None or not viewer.may(Permission.EXPORT, node.id):
        return None
    return node


def order_id(text: str | None) -> UUID:
    """The id that an address or a browser names; *not found* when it is none."""
    try:
        return UUID(text or "")
    except ValueError:
        raise NotFound from None


def _form(sitting: Sitting, unit: Node) -> ReportForm:
    below = sitting.viewer.hierarchy.branches_under(unit.id)
    return ReportForm(
        unit=unit.name(sitting.language),
        period=days_text(sitting.say, shown_period(sitting)),
        branches=0 if unit.is_branch else len(below),
        several=len(sitting.viewer.scope.branches) > 1,
        language=sitting.language,
    )


def _order(sitting: Sitting, one: OrderLine) -> OrderRow:
    say = sitting.say
    days = days_text(say, Period(one.period_from, one.period_to + _DAY))
    formats = " + ".join(say(f"orders.format.{name}") for name in one.formats)
    when = moment_text(sitting, one.created_at)
    facts = [days, formats, say(f"dashboard.language.{one.language}"), when]
    name = sitting.viewer.hierarchy.nodes[one.unit_id].name(sitting.language)
    return OrderRow(
        id=str(one.id),
        title=say("orders.page.pack_of", unit=name) if one.pack else name,
        facts=" · ".join([*facts, say("orders.page.scheduled")] if one.scheduled else facts),
        href=sitting.address.about(Page.REPORT_ORDER, str(one.id)).href,
        state=say(f"orders.state.{_state(one)}"),
        tone="bp-down" if one.failed and not one.open else "",
        progress=_progress(sitting, one),
        share=(one.items - one.open) / one.items,
        download=_download(sitting, one),
        may_cancel=one.open > 0,
        may_resume=one.open == 0 and one.failed + one.cancelled > 0,
    )


def _state(one: OrderLine) -> str:
    return "failed" if one.status == "done" and not one.done else one.status


def _progress(sitting: Sitting, one: OrderLine) -> str:
    """How many files are there, and how many will not come."""
    say = sitting.say
    said = [say("orders.page.made", done=count(one.done), all=count(one.items))]
    if one.failed:
        said.append(say("orders.page.failed", n=count(one.failed)))
    if one.bytes:
        said.append(size_text(sitting, one.bytes))
    return " · ".join(said)


def _download(sitting: Sitting, one: OrderLine) -> Link | None:
    """The ZIP of what is there; the files one by one stand on the order's own page."""
    if not one.done:
        return None
    if one.only is not None:
        return Link(sitting.say("orders.page.file"), f"{_API}/{one.id}/items/{one.only}/file")
    return Link(sitting.say("orders.page.zip"), f"{_API}/{one.id}/zip")


def _file(sitting: Sitting, order: OrderLine, one: ItemLine) -> FileRow:
    say, done = sitting.say, one.status == "done"
    facts = [say(f"orders.format.{one.format}")]
    if done:
        facts.append(size_text(sitting, one.bytes))
    if one.failure and not done:
        facts.append(say(f"orders.failure.{one.failure}"))
    return FileRow(
        name=sitting.viewer.hierarchy.nodes[one.unit_id].name(sitting.language),
        facts=" · ".join(facts),
        state=say(f"orders.state.{one.status}"),
        href=f"{_API}/{order.id}/items/{one.id}/file" if done else None,
    )


def size_text(sitting: Sitting, size: int) -> str:
    """How large files are, as file managers say it."""
    if size < 1_000_000:
        return sitting.say("orders.page.kilobytes", size=f"{max(1, round(size / 1000)):,}")
    return sitting.say("orders.page.megabytes", size=f"{size / 1_000_000:,.1f}")
