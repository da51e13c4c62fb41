"""What stands on a page as a reader takes it in: names, scores, answers; and whether they are true.

Numbers are read as they are written (a true minus, thin spaces, a dash for what is not known).
"""

import csv
import re
from collections.abc import Iterator, Mapping
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

from dashboard_site import Site, until
from openpyxl import load_workbook
from plain_sql import Counted, Tables
from playwright.sync_api import Locator, Page

MINUS, THIN, DASH = "\u2212", "\u202f", "\u2013"
Shown = tuple[float | None, int | None]  # score, answers


def number(words: str) -> float | None:
    """A number as pages write it; None for a dash, or for fewer answers than may be told."""
    bare = words.replace(THIN, "").replace(MINUS, "-").replace("\u00b1", "")
    found = re.fullmatch(r"[+]?(-?\d+(?:\.\d+)?)%?", bare.strip())
    assert found is not None or words.strip() == DASH or words.startswith("<"), words
    return float(found[1]) if found else None


def whole(words: str) -> int:
    """A count."""
    return int(re.sub(rf"[{THIN} ]", "", words))


def answers(words: str) -> int | None:
    """ "1 234 answers", or "under 5 answers"."""
    found = re.match(rf"([\d{THIN}]+) answers", words)
    assert found or words.startswith("under"), words
    return whole(found[1]) if found else None


def card(page: Page, title: str) -> Locator:
    """The card with a heading."""
    return page.locator("#main .bp-card", has=page.locator("h2", has_text=title)).first


def texts(place: Locator | Page, css: str) -> list[str]:
    """Everything that fits, as it is read."""
    return place.locator(css).all_inner_texts()


def ranged(place: Locator) -> dict[str, Shown]:
    """Rows with a drawn interval: name, score, answers."""
    read = place.locator(".bp-row").evaluate_all(
        "rows => rows.map(row => ['.bp-name', '.bp-value', '.bp-answers']"
        ".map(css => row.querySelector(css).innerText))"
    )
    return {name: (number(score), answers(n)) for name, score, n in read}


def beside(place: Locator) -> dict[str, tuple[float | None, list[str]]]:
    """Rows with what is usual beside them: name, score, facts."""
    read = place.locator(".bp-beside").evaluate_all(
        "rows => rows.map(row => ['.bp-name', '.bp-value', '.bp-beside-facts']"
        ".map(css => row.querySelector(css).innerText))"
    )
    return {name: (number(score), facts.split(" · ")) for name, score, facts in read}


def true(shown: Mapping[Any, Shown], counted: Mapping[Any, Counted], *, digits: int = 0,
         percent: bool = False) -> None:  # fmt: skip
    """What is shown is what was counted; too little is kept back, and at most one more for it."""
    assert shown.keys() == counted.keys()
    kept_back = 0
    for name, (score, n) in shown.items():
        real = counted[name]
        kept_back += n is None and real.n >= 5
        assert n in (None, real.n), name
        if score is None:
            assert n is None or real.n < 10, name
            continue
        wanted = real.score * (100 if percent else 1)
        assert abs(score - wanted) <= 0.5 * 10**-digits + 1e-6, name
    assert kept_back <= 1


def grid(page: Page, name: str) -> list[dict[str, str]]:
    """All rows of a table in their order, by column, once each has a cell under every head."""
    cells = f"""(() => {{
        const rows = {{}};
        for (const cell of document.querySelectorAll('#{name} .ag-row .ag-cell')) {{
            const row = cell.closest('.ag-row').getAttribute('row-index');
            (rows[row] = rows[row] || {{}})[cell.getAttribute('col-id')] = cell.innerText;
        }}
        return Object.keys(rows).map(Number).sort((a, b) => a - b).map(place => rows[place]);
    }})()"""
    drawn = f"document.querySelectorAll('#{name} .ag-header-cell').length"
    until(page, f"{cells}.length && {cells}.every(row => Object.keys(row).length === {drawn})")
    found: list[dict[str, str]] = page.evaluate(cells)
    return found


def heads(page: Page, name: str) -> dict[str, str]:
    """The words above the columns that are on the screen, by column."""
    found: dict[str, str] = page.evaluate(
        f"Object.fromEntries([...document.querySelectorAll('#{name} .ag-header-cell')]"
        ".map(head => [head.getAttribute('col-id'), "
        "head.querySelector('.ag-header-cell-text').innerText]))"
    )
    return found


def taken(page: Page, name: str, kind: str, folder: Path) -> list[dict[str, Any]]:
    """A table as a file, as a person takes it along, opened: a dictionary for each row."""
    menu = page.locator(f"[data-grid={name}] .bp-takes")
    if menu.locator("details[open]").count() == 0:
        menu.locator("summary").click()
    with page.expect_download() as started:
        page.click(f"#{name}-{kind}")
    path = folder / started.value.suggested_filename
    started.value.save_as(path)
    if kind == "csv":
        lines = path.read_text(encoding="utf-8-sig").splitlines()
        return list(csv.DictReader(lines))
    head, *rows = load_workbook(path).worksheets[0].iter_rows(values_only=True)
    return [dict(zip(map(str, head), row, strict=True)) for row in rows]


def same_as_file(page: Page, name: str, folder: Path) -> int:
    """Both files hold what the screen shows, row by row; how many cells were compared."""
    shown, words = grid(page, name), heads(page, name)
    compared = 0
    for kind in ("csv", "xlsx"):
        file = taken(page, name, kind, folder)
        assert len(file) == len(shown)
        for row, line in zip(shown, file, strict=True):
            for column, head in words.items():
                if head in line and column in row:
                    compared += 1
                    assert _alike(row[column], line[head]), (head, row[column], line[head])
    return compared


def _alike(screen: str, file: Any) -> bool:
    """Whether a cell of a file is what the screen says: a number at its precision, or the words."""
    told = str("" if file is None else file).strip().removeprefix("'")
    words = screen.strip().replace("\n", " ")
    if words in ("", DASH) or words.startswith("<"):
        return told in ("", words, "<5")
    try:
        real = float(told)
    except ValueError:
        return told in words or words in told
    words = re.split("[ \n]", screen.strip())[0]  # beside it may stand what makes it up
    read = number(words)
    assert read is not None
    digits = len(words.partition(".")[2].rstrip("%" + THIN))
    sizes = (1, 100) if "%" in words else (1,)
    return any(abs(read - real * size) <= 0.5 * 10**-digits + 1e-6 for size in sizes)


def behind(figure: Locator) -> Iterator[list[str]]:
    """The numbers behind a figure, row by row."""
    rows = figure.locator(".bp-behind tbody tr")
    yield from rows.evaluate_all(
        "rows => rows.map(row => [...row.children].map(cell => cell.textContent))"
    )


def address(site: Site, page: str, more: str = "") -> str:
    """A page in English over the whole time that there are answers of."""
    return f"/app/{page}?lang=en&{site.days}{more}"


def precision(kind: str) -> dict[str, Any]:
    """How a kind of metric is written."""
    if kind == "nps":
        return {}
    return {"digits": 1} if kind == "mean" else {"percent": True}


def hero(page: Page) -> tuple[float | None, int | None]:
    """The big number, and the answers behind it."""
    score = texts(page, "#hero-score")
    told = next(one for one in texts(page, ".bp-facts .bp-chip") if "answers" in one)
    return (number(score[0]) if score else None), answers(told)


def bands(page: Page, tables: Tables, branches: list[str]) -> None:
    """Promoters, passives and detractors are shares of the same answers."""
    band = "case when value >= 9 then 'Promoters' when value <= 6 then 'Detractors' " \
        "else 'Passives' end"  # fmt: skip
    real = tables.counted(band, branches=branches)
    every = sum(one.n for one in real.values())
    for words in texts(page, ".bp-legend span")[:3]:
        name, _, share = words.partition(" ")
        part = 100 * real[name].n / every if name in real else 0.0
        shown = number(share.replace("\u202f", ""))
        assert shown is not None
        assert abs(shown - part) <= 0.5 + 1e-6


def rounded(score: float) -> int:
    """As people round: halves away from zero."""
    return int(Decimal(score).quantize(Decimal(1), ROUND_HALF_UP))


def few(words: str) -> int | None:
    """A count of answers in a table; None where there are too few to be told."""
    return None if words.startswith("<") else whole(words)
