"""What a ranking tells: which comments, what to do, and HTML that mail programs can show."""

import io
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pypdfium2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.core.languages import LANGUAGES, Language
from api.insights.league_rows import LeagueRow
from api.insights.periods import Period
from api.insights.warnings.reading import BranchWarning
from api.reports.choosing import steps, worth_reading
from api.reports.files.pdf import html_pdf
from api.reports.overdue import Overdue, OverdueTicket
from api.reports.printing import gathered
from api.reports.ranking_rows import Lately, RankingRow, Voiced
from api.reports.rendering import MOST_BARS, Letter, render
from api.reports.repository.weekly import Voice, WeekCounts
from api.reports.weekly import WeeklyRanking
from api.reports.windows import is_open
from api.security.hierarchy import Node

CALM = Overdue(3, 0, ())
MONTHLY, WEEKLY = Lately(monthly=True), Lately()
MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
LINKS = dict.fromkeys(
    ("league", "tickets", "voices", "warnings", "unit", "subscriptions"), "https://bp.example/app/"
)


def node(number: int, kind: str = "branch") -> Node:
    return Node(
        id=number, code=f"B{number}", kind=kind, level="branch", name_zh=f"网点{number}",
        name_en=f"Branch {number}", sort_key=f"{number:04}", parent_id=None, timezone=None,
        language=None, opened_on=None, closed_on=None, city_tier=None, size=None, brand=None,
        owner_group_id=None,
    )  # fmt: skip


def line(number: int, *, n: int = 60, change: float | None = 0.0, noise: bool = True,
         answers: int = 4) -> RankingRow:  # fmt: skip
    ranked = n >= 30
    row = LeagueRow(
        number, f"B{number}", f"Branch {number}", n, 40.0, 20.0, 60.0, None, 41.0,
        number if ranked else None, 1 if ranked else None, 9 if ranked else None,
        "C" if ranked else None, change, noise, ranked, "ranked" if ranked else "shown",
    )  # fmt: skip
    return RankingRow(row, WeekCounts(answers, 1, 2))


def warning(number: int, level: str = "alert") -> BranchWarning:
    return BranchWarning(number, f"B{number}", f"Branch {number}", level, date(2026, 10, 1), None,
                         30, 20.0, 40.0, 41.0, 21.4, 0.01)  # fmt: skip


def said(number: int, score: int | None, words: str) -> Voiced:
    return Voiced(node(number), Voice(number, date(2026, 11, 20), score, words))


def kinds(
    lines: list[RankingRow],
    movers: list[RankingRow] | None = None,
    *,
    warnings: tuple[BranchWarning, ...] = (),
    overdue: Overdue = CALM,
    lately: Lately = MONTHLY,
) -> list[str]:
    return [one.kind for one in steps(lines, movers or [], warnings, overdue, lately)]


def test_there_is_always_something_to_do() -> None:
    assert kinds([line(1)]) == ["read"]
    assert kinds([]) == ["read"]


def test_who_waits_comes_first_then_what_falls() -> None:
    fall, rise = line(1, change=-30, noise=False), line(2, change=25, noise=False)
    lines = [fall, rise, line(3, answers=0), line(4, n=20)]
    found = kinds(lines, [fall, rise], warnings=(warning(9),), overdue=Overdue(8, 2, ()))
    assert found == ["overdue", "warning", "fallen", "silent", "risen"]


def test_a_fall_that_only_stands_out_by_itself_is_a_hint() -> None:
    lines = [line(1, change=-30, noise=False), line(2, change=-35, noise=False)]
    (step,) = steps(lines, [], [], CALM, MONTHLY)
    assert (step.kind, step.unit_code) == ("hint", "B2")


def test_a_branch_with_a_warning_is_not_told_twice() -> None:
    fall = line(1, change=-30, noise=False)
    assert kinds([fall], [fall], warnings=(warning(1),)) == ["warning"]


def test_few_answers_of_a_branch_that_has_few_are_no_silence() -> None:
    assert kinds([line(1, n=12, answers=0)]) == ["read"]


def test_what_goes_on_is_asked_about_in_the_first_letter_of_a_month() -> None:
    lines = [line(1, change=-30, noise=False), line(2, n=20)]
    warnings, known = (warning(9),), frozenset({9})
    wanted = ["warning", "hint", "nearly"]
    assert kinds(lines, warnings=warnings, lately=replace(MONTHLY, alerted=known)) == wanted
    assert kinds(lines, warnings=warnings, lately=replace(WEEKLY, alerted=known)) == ["read"]
    assert kinds(lines, warnings=warnings, lately=WEEKLY) == ["warning"], "new this month"


def test_who_moved_a_week_ago_already_is_asked_once() -> None:
    fall, rise = line(1, change=-30, noise=False), line(2, change=25, noise=False)
    known = replace(MONTHLY, moved=frozenset({1, 2}))
    assert kinds([fall, rise], [fall, rise]) == ["fallen", "risen"]
    assert kinds([fall, rise], [fall, rise], lately=known) == ["read"]


def test_a_branch_that_is_often_silent_is_not_odd() -> None:
    lines = [line(1, answers=0), line(2, answers=0)]
    found = steps(lines, [], [], CALM, replace(WEEKLY, quiet=frozenset({1})))
    assert [(one.kind, one.unit_code) for one in found] == [("silent", "B2")]


def test_three_comments_are_of_three_branches_and_one_is_praise() -> None:
    found = [
        said(1, 2, "a" * 180),
        said(1, 1, "b" * 180),
        said(2, 5, "c" * 90),
        said(3, 10, "d" * 180),
        said(4, 9, "e"),
    ]
    chosen = worth_reading(found, (), 3)
    assert [(one.branch.id, one.voice.score) for one in chosen] == [(1, 2), (2, 5), (3, 10)]


def test_a_branch_with_a_warning_is_heard_first() -> None:
    found = [said(1, 2, "a" * 180), said(2, 5, "short")]
    assert worth_reading(found, {2}, 1)[0].branch.id == 2


VOICES = st.lists(
    st.builds(
        said,
        st.integers(1, 4),
        st.none() | st.integers(0, 10),
        st.text("好坏ab ", min_size=1, max_size=9),
    ),
    max_size=12,
    unique_by=lambda one: (one.branch.id, one.voice.text),
)


@given(VOICES, st.integers(1, 4))
def test_as_many_comments_as_there_are_and_none_twice(found: list[Voiced], most: int) -> None:
    chosen = worth_reading(found, {1}, most)
    assert len(chosen) == min(most, len(found))
    assert all(one in found for one in chosen)
    assert len({(one.branch.id, one.voice.text) for one in chosen}) == len(chosen)


def ranking(branches: int = 12) -> WeeklyRanking:
    fall = line(1, change=-31, noise=False)
    lines = [fall, *(line(number) for number in range(2, branches + 1))]
    late = OverdueTicket(17, node(2), "contact", MONDAY, None)
    period = Period(date(2026, 8, 24), date(2026, 11, 23))
    return WeeklyRanking(
        unit=node(99, "region"),
        period=period,
        before=period.before(),
        week=Period(date(2026, 11, 16), date(2026, 11, 23)),
        as_of=MONDAY,
        ranks_pending=False,
        ranked=lines,
        apart=[line(50, n=12), line(51, n=3)],
        movers=[fall],
        compared=branches,
        warnings=[warning(3), warning(4, "watch")],
        warned_month=date(2026, 11, 1),
        overdue=Overdue(9, 1, (late,)),
        voices=[said(1, 2, 'He said "no" & <b>left</b>')],
        steps=steps(lines, [fall], [warning(3)], Overdue(9, 1, (late,)), MONTHLY),
    )


def letter(language: Language, branches: int = 12) -> Letter:
    return render(ranking(branches), language, LINKS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_html_that_outlook_can_show(language: Language) -> None:
    html = letter(language).html
    body = html[html.index("<body") :]
    assert not re.search(r"display:\s*(flex|grid)|position:|float:|<img|<script|<link", html)
    assert not re.search(r"url\(|@import|src=", html)
    assert 'style="width:100%;max-width:600px' in html
    assert max(map(int, re.findall(r'width="(\d+)"', body))) <= 600
    assert body.count("<table") == body.count("</table>")
    assert body.count("<tr") == body.count("</tr>")
    # What shows without the head has its looks in place: of cells, or of their table and row.
    shown = re.sub(r"<!--.*?-->", "", body)
    tables = re.findall(r'<table class="bp-grid[^>]*style="([^"]*)"', shown)
    assert len(tables) == body.count('"bp-grid')
    looks = re.search(r"\.bp-grid td{ (.*?)border-bottom", html)
    assert looks is not None  # Outlook's cells take nothing from their table
    assert all(looks[1] in style for style in tables)
    apart = re.sub(r'<table class="bp-grid.*?</table></td></tr>\n', "", shown, flags=re.DOTALL)
    assert not re.findall(r"<(?:td|th)(?! )", apart)
    assert "color-scheme" in html


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_customer_wrote_is_never_markup(language: Language) -> None:
    found = letter(language)
    assert "<b>left</b>" not in found.html
    assert "&lt;b&gt;left&lt;/b&gt;" in found.html
    assert '"no" & <b>left</b>' in found.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_text_tells_what_html_tells(language: Language) -> None:
    found = letter(language)
    html = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found.html))
    for one in (*ranking().ranked, *ranking().apart):
        assert one.row.unit_name in found.text
        assert one.row.unit_name in html
    assert "−31" in found.text
    assert "#17" in found.text
    assert "reports." not in found.text + found.html  # no word is missing


def test_a_short_message_names_the_first_thing_to_do_and_no_customer() -> None:
    short = letter("en").short
    assert "Close the overdue tickets (1)" in short
    assert "left" not in short
    assert len(short.encode()) < 1_000


def test_a_long_table_stays_below_what_mail_programs_cut_off() -> None:
    for branches in (MOST_BARS, 110):
        assert len(letter("en", branches).html.encode()) < 100_000


def test_a_print_says_each_style_once_and_every_word() -> None:
    html = letter("en").html
    printed = gathered(html)
    assert " style=" not in printed
    assert not re.findall(r"Segoe|&", printed[printed.index(".s0{") : printed.index("</style>")])
    bare = [re.sub(r"<[^>]+>", "", page[page.index("<body") :]) for page in (html, printed)]
    assert bare[0] == bare[1]
    assert len(printed) < len(html)


def test_a_table_longer_than_a_page_begins_on_the_first_of_the_print() -> None:
    sheets = html_pdf(gathered(letter("en", 24).html))
    with pypdfium2.PdfDocument(io.BytesIO(sheets)) as pdf:
        assert "Branch 5" in pdf[0].get_textpage().get_text_bounded()


@pytest.mark.parametrize(
    ("done", "since", "hours", "wanted"),
    [
        (None, None, 1, True),  # never had one: the newest
        (None, None, 25, False),  # never had one: none that is old
        (-1, None, 80, True),  # was missed while nobody worked
        (0, None, 1, False),  # had it
        (-1, 1, 2, False),  # ordered after its hour
        (-1, -1, 2, True),
    ],
)
def test_a_week_is_open_once(done: int | None, since: int | None, hours: int, wanted: bool) -> None:
    def week(number: int | None) -> datetime | None:
        return None if number is None else MONDAY + timedelta(weeks=number)

    due = MONDAY + timedelta(hours=8)
    now = due + timedelta(hours=hours)
    ordered = None if since is None else due + timedelta(hours=since)
    assert is_open(due, now, window=MONDAY, done=week(done), since=ordered) is wanted


def test_pending_ranks_are_said() -> None:
    waiting = replace(ranking(), ranks_pending=True)
    assert "Ranks are being computed" in render(waiting, "en", LINKS).text


def test_before_anybody_could_be_judged_nobody_is_said_to_be_as_usual() -> None:
    young = render(replace(ranking(), warnings=[], warned_month=None), "en", LINKS)
    for letter_of in (young.text, young.html):
        assert "too early to say what is normal" in letter_of
        assert "as usual" not in letter_of
