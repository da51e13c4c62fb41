"""What a report says is what the database holds, for its reader and nobody else."""

import io
import tomllib
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import openpyxl
import pypdfium2
import pytest
from conftest import Office, new_database, open_office
from pptx import Presentation
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlmodel import Session

from api.core.errors import NotFound
from api.core.languages import LANGUAGES
from api.core.settings import Settings
from api.demo.people import Login
from api.demo.service import EXAMPLES
from api.insights.figures import Figure
from api.insights.own_branch.score import branch_score
from api.insights.periods import Period, full_weeks
from api.reports.content.blocks import FORMATS, Amount, ReportContent
from api.reports.content.building import build_report, prepare_report
from api.reports.content.reading import read_facts
from api.reports.content.telling import amount_text, tell
from api.reports.files.pdf import report_html
from api.reports.files.rendering import render_report
from api.security.scope import see_as_person
from api.security.sessions import viewer_of_account
from api.security.viewer import Viewer

ROLES = ("hq_admin", "regional_manager", "branch_manager")


class Reader:
    """Somebody with a role, whose reports a worker makes."""

    def __init__(self, office: Office, role: str, period: Period) -> None:
        self.office, self.role, self.period = office, role, period
        with office.worker.database.transaction() as session:
            query = text(
                "select account_id from access_grant where role = :role order by id limit 1"
            )
            self.account = session.execute(query, {"role": role}).scalar_one()

    def do(self, work: Callable[[Session, Viewer], Any]) -> Any:
        """Works as a worker does for this reader: with the reader's sight."""
        with self.office.worker.database.transaction() as session:
            viewer = viewer_of_account(session, self.account, "x", "zh", self.office.clock.now)
            see_as_person(session, viewer.scope)
            return work(session, viewer)

    def report(self, unit: str | None = None) -> ReportContent:
        def build(session: Session, viewer: Viewer) -> ReportContent:
            node = viewer.home if unit is None else viewer.hierarchy.by_code[unit]
            assert node is not None
            return build_report(session, viewer, node, self.period, self.office.clock.now)

        found: ReportContent = self.do(build)
        return found


@pytest.fixture(scope="module")
def office(demo_template: tuple[Settings, list[Login]], admin_url: str) -> Iterator[Office]:
    made, _ = demo_template
    assert made.admin_database_url is not None
    template = make_url(made.admin_database_url.get_secret_value()).database
    assert template is not None
    with new_database(admin_url, template) as url, open_office(url, made.home) as opened:
        yield opened


@pytest.fixture(scope="module")
def period(office: Office) -> Period:
    days = full_weeks(13, office.clock.now.date())
    prepare_report(office.worker, days)
    return days


@pytest.fixture(scope="module")
def readers(office: Office, period: Period) -> dict[str, Reader]:
    return {role: Reader(office, role, period) for role in ROLES}


@pytest.fixture(scope="module")
def reports(readers: dict[str, Reader]) -> dict[str, ReportContent]:
    return {role: reader.report() for role, reader in readers.items()}


def counted(office: Office, branches: frozenset[int], period: Period) -> tuple[int, float]:
    """Answers and NPS by plain SQL, as the superuser."""
    with office.owner.connection() as connection:
        n, up, down = connection.execute(
            text(
                "select count(*), count(*) filter (where value >= 9), "
                "count(*) filter (where value <= 6) from answer where metric = 'nps' "
                "and branch_id = any(:branches) and occurred_on >= :first and occurred_on < :end"
            ),
            {"branches": sorted(branches), "first": period.start, "end": period.end},
        ).one()
    return n, 100 * (up - down) / n


@pytest.mark.parametrize("role", ROLES)
def test_score_and_answers_are_those_of_the_database(
    office: Office, readers: dict[str, Reader], reports: dict[str, ReportContent], role: str
) -> None:
    branches = readers[role].do(
        lambda _, viewer: frozenset(n.id for n in viewer.hierarchy.branches_under(viewer.home.id))
    )
    n, score = counted(office, branches, readers[role].period)
    report = reports[role]
    told = {tell(label, "en"): value for label, value, _ in report.figures}
    assert told["Answers"].value == n > 0  # type: ignore[union-attr]
    assert told["Net Promoter Score"].value == pytest.approx(score)  # type: ignore[union-attr]
    page = report_html(report, "en")
    assert f'<div class="number">{amount_text(told["Answers"], "en")}</div>' in page  # type: ignore[arg-type]


def test_every_branch_of_a_workbook_has_the_numbers_of_the_database(
    office: Office, readers: dict[str, Reader], reports: dict[str, ReportContent]
) -> None:
    book = openpyxl.load_workbook(io.BytesIO(render_report(reports["hq_admin"], "xlsx", "en")))
    rows = [[cell.value for cell in row] for row in book["Branches"].iter_rows()]
    codes = readers["hq_admin"].do(
        lambda _, viewer: {
            one.code: one.id for one in viewer.hierarchy.nodes.values() if one.is_branch
        }
    )
    heads = {"Branch": (6, 7), "Too few answers for a place": (2, 3)}
    seen, at = 0, (0, 0)
    for row in rows:
        at = heads.get(str(row[0]), at)
        if row[1] in codes and isinstance(row[at[1]], int | float):
            n, score = counted(office, frozenset({codes[row[1]]}), readers["hq_admin"].period)
            assert (row[at[0]], row[at[1]]) == (n, pytest.approx(score)), row
            seen += 1
    assert seen > 10


INDEX = text(
    "select metric, count(*) as n, (case metric when 'nps' then avg(case when value >= 9 then 100 "
    "when value >= 7 then 50 else 0 end) when 'overall' then 100 * avg((value >= 4)::int) "
    "when 'advisor' then 100 * avg((value >= 4)::int) else 25 * (avg(value) - 1) end)::float8 "
    "as points from answer where metric = any(:metrics) and branch_id = any(:branches) "
    "and occurred_on >= :first and occurred_on < :end group by metric"
)
PARTS = (  # weight of a dimension, and of its questions
    (40, {"advisor": 1}),
    (30, {"offer": 1, "waiting": 1}),
    (30, {"overall": 2, "nps": 1}),
)
QUESTIONS = [metric for _, questions in PARTS for metric in questions]


def index_by_hand(points: dict[str, float]) -> float:
    """The tree of the example; what a question weighs that is not in it goes to its neighbours."""
    total = weights = 0.0
    for weight, questions in PARTS:
        known = {metric: share for metric, share in questions.items() if metric in points}
        if known:
            score = sum(share * points[metric] for metric, share in known.items())
            total += weight * score / sum(known.values())
            weights += weight
    return total / weights


@pytest.mark.parametrize("role", ROLES)
def test_an_index_beside_its_target_is_that_of_the_database(
    office: Office, readers: dict[str, Reader], reports: dict[str, ReportContent], role: str
) -> None:
    period = readers[role].period
    home = readers[role].do(lambda _, viewer: viewer.home.id)
    branches = readers[role].do(
        lambda _, viewer: sorted(n.id for n in viewer.hierarchy.branches_under(home))
    )
    of = {"branches": branches, "first": period.start, "end": period.end}
    with office.owner.connection() as connection:
        found = connection.execute(INDEX, {**of, "metrics": QUESTIONS})
        score = index_by_hand({row.metric: row.points for row in found if row.n >= 5})
    told = tomllib.loads((EXAMPLES / "indicators" / "cars.toml").read_text("utf-8"))["target"]
    year = (period.end - timedelta(days=1)).year
    aims = {(one["of"], one["unit"]): one["value"] for one in told if one["year"] == year}
    above = readers[role].do(lambda _, viewer: [n.code for n in viewer.hierarchy.ancestors(home)])
    wanted = next(
        (aims["experience", code] for code in above if ("experience", code) in aims), None
    )

    book = openpyxl.load_workbook(io.BytesIO(render_report(reports[role], "xlsx", "en")))
    head, first = ([cell.value for cell in row] for row in book["Index"].iter_rows(max_row=2))
    row = dict(zip(head, first, strict=True))
    assert row["Score"] == pytest.approx(score)
    assert row["95 % from"] < score < row["to"]
    assert row["Answers"] == counted(office, frozenset(branches), period)[0]
    assert row["Target"] == wanted
    assert wanted is None or row["Attained"] == pytest.approx(score / wanted)
    page = report_html(reports[role], "zh")
    assert f"客户体验指数为 {amount_text(Amount(score, 'mark'), 'zh')} 分" in page


def test_charts_and_tables_of_a_presentation_have_the_numbers_of_the_content(
    reports: dict[str, ReportContent],
) -> None:
    report = reports["regional_manager"]
    deck = Presentation(io.BytesIO(render_report(report, "pptx", "zh")))
    charts = [shape.chart for slide in deck.slides for shape in slide.shapes if shape.has_chart]
    wanted = [section.chart for section in report.sections if section.chart is not None]
    assert len(charts) == len(wanted) >= 3
    for made, chart in zip(charts, wanted, strict=True):
        if len(chart.points) <= 20 or chart.shape == "trend":
            values = [one.value for one in chart.points]
            assert list(made.plots[0].series[0].values) == values


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("role", ROLES)
def test_no_word_is_missing_in_either_language(
    reports: dict[str, ReportContent], role: str, language: Any
) -> None:
    page = report_html(reports[role], language)
    for room in ("files.", "asking.", "tickets.", "plans."):
        assert f">{room}" not in page
        assert f" {room}" not in page.split("</style>")[1]


@pytest.mark.parametrize("role", ROLES)
def test_a_report_says_something_and_ends_with_the_methods(
    reports: dict[str, ReportContent], role: str
) -> None:
    with pypdfium2.PdfDocument(render_report(reports[role], "pdf", "zh")) as document:
        pages = [page.get_textpage().get_text_range() for page in document]
    assert len(pages) >= 2
    assert min(len(page) for page in pages) > 80
    assert "方法与答卷数" in pages[-1]


def test_a_report_of_a_time_without_answers_is_not_empty(readers: dict[str, Reader]) -> None:
    early = Reader(readers["branch_manager"].office, "branch_manager", Period(
        readers["branch_manager"].period.start - timedelta(days=4000),
        readers["branch_manager"].period.start - timedelta(days=3900),
    ))  # fmt: skip
    report = early.report()
    codes = {section.code for section in report.sections}
    assert {"score", "methods"} <= codes
    assert "indices" not in codes  # no tree was in force then
    for format in FORMATS:
        assert len(render_report(report, format, "zh")) > 5_000
    assert "此时段没有答卷" in report_html(report, "zh")


def test_a_branch_is_told_of_others_no_more_than_on_its_pages(readers: dict[str, Reader]) -> None:
    reader = readers["branch_manager"]

    def both(session: Session, viewer: Viewer) -> tuple[Any, Any]:
        assert viewer.home is not None
        facts = read_facts(
            session, viewer, viewer.home, reader.period, "nps", now=reader.office.clock.now
        )
        page = branch_score(session, viewer, "nps", reader.period, unit=viewer.home.code)
        return facts, page

    facts, page = reader.do(both)
    assert facts.figure == page.figure
    assert isinstance(facts.figure, Figure)
    assert facts.above == page.above


def test_another_unit_is_not_found(readers: dict[str, Reader]) -> None:
    network = readers["hq_admin"].do(lambda _, viewer: viewer.home.code)
    with pytest.raises(NotFound):
        readers["branch_manager"].report(network)


def test_nothing_is_built_with_a_workers_sight(readers: dict[str, Reader]) -> None:
    reader = readers["branch_manager"]
    now = reader.office.clock.now
    with reader.office.worker.database.transaction() as session:
        viewer = viewer_of_account(session, reader.account, "x", "zh", now)
        assert viewer.home is not None
        with pytest.raises(RuntimeError, match="see_as_person"):
            build_report(session, viewer, viewer.home, reader.period, now)
