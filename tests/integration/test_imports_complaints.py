"""Complaints of another system: each a ticket, the same complaint once, nobody flooded."""

import csv
import gzip
import random
from collections.abc import Iterable
from pathlib import Path

import pytest
from conftest import NOW, Office
from imports_support import EXAMPLES, holdings, import_file, query, write_csv
from sqlalchemy import text
from ticketed import LOOP

from api.core.ids import new_id
from api.customers.privacy import erase_customer
from api.imports.values import ImportSummary, Refused
from api.network.service import ensure_touchpoints
from api.tickets.definitions import read_loop
from api.tickets.filing import folded
from api.tickets.loopbook import publish_loop

MAPPING = EXAMPLES / "cn_car_complaints.toml"
REAL = "cn_car_complaints/dev_2024_01_29_to_03_31.csv.gz"
COLUMNS = ("投诉编号", "投诉品牌", "投诉车系", "投诉车型", "投诉简述", "投诉问题", "问题类型",
           "投诉日期")  # fmt: skip
ROWS = 90
WHOSE = ("姓名", "电话", "邮箱", "客户号", "语言", "工单")
FIELDS = ("name", "phone", "email", "customer_id", "language", "event_id")
LI, WANG = ("李雷", "199 0000 0001"), ("王芳", "+8619900000002")


def complaint(number: int, words: str, **other: str) -> list[str]:
    """A row in the shape of the portal's file."""
    row = {
        "brand": "别克", "series": "君越", "model": "2018款", "problem": "悬架系",
        "day": "2024-03-31",
    } | other  # fmt: skip
    return [
        f"2024033122{number:010d}", row["brand"], row["series"], row["model"], words,
        row["problem"], "异响", row["day"],
    ]  # fmt: skip


def made_up(rows: int) -> Iterable[list[str]]:
    """Complaints of a few series, some filed again."""
    chance = random.Random(3)
    for number in range(rows):
        words = f"异响{number if number % 7 else 1}, 4S店不处理"
        yield complaint(number, words, series=f"车系{chance.randint(1, 3)}", model="一款")


EVENT = text("""
insert into event (id, source, external_id, revision, content_hash, touchpoint_id, branch_id,
    occurred_at, occurred_on, person_id, attributes, status, received_at, asking, due_at)
select :id, 'dms', 'RO-1', 1, :hash, (select min(id) from touchpoint), t.branch_id, :now,
    cast(:now as date), t.person_id, '{}', 'active', :now, 'decided', :now
from ticket t order by t.number limit 1
""")


@pytest.fixture
def portal(shared_data: Path | None, tmp_path: Path) -> Path:
    """The first rows of the real file, or made-up ones."""
    if shared_data is None:
        return write_csv(tmp_path / "complaints.csv", COLUMNS, made_up(ROWS))
    with gzip.open(shared_data / REAL, "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    return write_csv(tmp_path / "complaints.csv", rows[0], rows[1 : ROWS + 1])


def publish(office: Office) -> None:
    written = LOOP.read_text("utf-8")
    with office.worker.database.transaction() as session:
        publish_loop(session, read_loop(written, "loop.toml"), NOW, written=written)


def filed(office: Office, path: Path) -> ImportSummary:
    return import_file(office.worker, "complaints", path, MAPPING)


def whose(office: Office, folder: Path, *rows: list[str]) -> ImportSummary:
    """Files complaints whose rows may go on with who says it: name, phone, e-mail, id, language
    and the event."""
    mapping = folder / "whose.toml"
    further = "".join(
        f'\n[columns.{field}]\nfrom = "{column}"\n'
        for field, column in zip(FIELDS, WHOSE, strict=True)
    )
    further += '\n[columns.customer_source]\nvalue = "crm"\n[columns.event_source]\nvalue = "dms"\n'
    mapping.write_text(MAPPING.read_text("utf-8") + further, "utf-8")
    width = len(COLUMNS) + len(WHOSE)
    full = [[*row, *[""] * (width - len(row))] for row in rows]
    path = write_csv(folder / "whose.csv", (*COLUMNS, *WHOSE), full)
    return import_file(office.worker, "complaints", path, mapping)


KNOWN_AS = """
    select t.external_id::numeric % 100, t.named, p.id is not null, s.external_id, h.closed_at,
        (select count(*) from contact_point c where c.person_id = p.id),
        exists (select from person_branch b where b.person_id = p.id and b.branch_id = t.branch_id)
    from ticket t left join person p on p.id = t.person_id
    left join person_source s on s.person_id = p.id
    left join person_hold h on h.person_id = p.id and h.source = 'ticket'
        and h.external_id = t.id::text
    order by t.number
"""


def once_each(path: Path) -> int:
    """How many complaints the file holds, counted without the database."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return len(
        {
            (row["投诉车系"], folded(row["投诉车型"]), folded(row["投诉简述"]) or row["投诉编号"])
            for row in rows
        }
    )


def test_every_complaint_is_a_ticket_of_its_series_and_filed_once(
    office: Office, portal: Path
) -> None:
    publish(office)
    expected = once_each(portal)
    done = filed(office, portal)
    assert (done.read, done.errors, done.written) == (ROWS, 0, expected)
    assert dict(done.reasons) == ({"same_complaint": ROWS - expected} if expected < ROWS else {})
    tickets = "select count(*), count(distinct external_id), min(kind), min(state) from ticket"
    assert query(office.worker, tickets) == [(expected, expected, "complaint", "new")]
    placed = """
        select count(*) from ticket t join unit u on u.id = t.branch_id and u.kind = 'branch'
        join unit_parent p on p.unit_id = u.id join unit r on r.id = p.parent_id
        where r.kind = 'region'
    """
    assert query(office.worker, placed) == [(expected,)]
    again = filed(office, portal)
    assert (again.written, again.unchanged, again.errors) == (0, expected, 0)
    assert again.skipped == ROWS - expected
    assert query(office.worker, tickets) == [(expected, expected, "complaint", "new")]


def test_the_same_words_under_another_number_are_noted_at_the_ticket(
    office: Office, tmp_path: Path
) -> None:
    publish(office)
    rows = [
        complaint(1, "刹车异响，4S店不处理！"),
        complaint(2, "刹车 异响 4s店不处理", day="2024-04-02"),
        complaint(3, "刹车异响，4S店不处理！", model="2020款"),
        complaint(4, "刹车异响，4S店不处理！", series="昂科威"),
        complaint(5, ""),
        complaint(6, ""),
    ]
    done = filed(office, write_csv(tmp_path / "a.csv", COLUMNS, rows))
    assert (done.written, done.skipped, done.errors) == (5, 1, 0)
    filed(office, tmp_path / "a.csv")
    steps = "select detail->>'number', detail->>'complained_on' from ticket_step where kind = :kind"
    found = query(office.worker, steps.replace(":kind", "'again'"))
    assert found == [("20240331220000000002", "2024-04-02")]


def test_a_number_that_says_something_else_is_an_error_and_nothing_is_written(
    office: Office, tmp_path: Path
) -> None:
    publish(office)
    filed(office, write_csv(tmp_path / "a.csv", COLUMNS, [complaint(1, "异响")]))
    rows = [complaint(2, "漏油"), complaint(1, "起火")]
    done = filed(office, write_csv(tmp_path / "b.csv", COLUMNS, rows))
    assert (done.errors, done.written) == (1, 0)
    assert dict(done.reasons) == {"known_other": 1}
    assert query(office.worker, "select count(*) from ticket") == [(1,)]


def test_personal_words_are_redacted_and_nobody_gets_a_message_for_each(
    office: Office, tmp_path: Path
) -> None:
    publish(office)
    rows = [complaint(number, f"第{number}次，请回电13800138000") for number in range(1, 9)]
    done = filed(office, write_csv(tmp_path / "a.csv", COLUMNS, rows))
    assert done.written == 8
    said = query(office.worker, "select summary from ticket order by number limit 1")
    assert "13800138000" not in str(said)
    assert query(office.worker, "select count(*) from notice") == [(0,)]
    held = "select count(*) from alert where detail @> '{\"held\": true}' and kind = 'complaint'"
    assert query(office.worker, held) == [(8,)]


def test_what_is_dangerous_is_urgent(office: Office, tmp_path: Path) -> None:
    publish(office)
    rows = [complaint(1, "刹车失灵", problem="制动系"), complaint(2, "座椅", problem="车身")]
    filed(office, write_csv(tmp_path / "a.csv", COLUMNS, rows))
    assert query(office.worker, "select severity from ticket order by number") == [(3,), (2,)]


def test_without_rules_of_the_loop_no_complaint_is_taken(office: Office, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", COLUMNS, [complaint(1, "异响")])
    with pytest.raises(Refused, match="closed loop"):
        filed(office, path)


def test_a_complaint_says_whose_it_is_and_the_customer_can_be_called(
    office: Office, tmp_path: Path
) -> None:
    publish(office)
    rows = [
        [*complaint(1, "刹车异响"), *LI, "", "K-1", "zh"],
        [*complaint(2, "漏油"), "匿名用户"],
        [*complaint(3, "天窗漏水", series="昂科威"), "", "", "", "K-1"],
        complaint(4, "座椅松动"),
    ]
    done = whose(office, tmp_path, *rows)
    assert (done.written, done.errors, done.skipped) == (4, 0, 0), done.first_error()
    known = [
        (1, True, True, "K-1", None, 1, True),
        (2, True, False, None, None, 0, False),
        (3, True, True, "K-1", None, 1, True),
        (4, True, False, None, None, 0, False),
    ]
    assert query(office.worker, KNOWN_AS) == known
    stored = query(office.worker, "select name_encrypted, p.language, value_encrypted "
                   "from person p join contact_point c on c.person_id = p.id")  # fmt: skip
    ((name, language, number),) = stored
    decrypt = office.worker.vault.decrypt
    assert (decrypt(name), language, decrypt(number)) == ("李雷", "zh", "+8619900000001")  # type: ignore[arg-type]
    clocks = "select count(*) from ticket_clock where kind = 'contact'"
    assert query(office.worker, clocks) == [(8,)]
    before = holdings(office.worker)
    again = whose(office, tmp_path, *rows)
    assert (again.written, again.unchanged, again.skipped) == (0, 4, 0)
    assert holdings(office.worker) == before


def test_the_same_words_of_two_customers_are_two_matters(office: Office, tmp_path: Path) -> None:
    publish(office)
    said = "4S店不处理"
    rows = [
        [*complaint(1, said), *LI],
        [*complaint(2, said), *WANG],
        [*complaint(3, said), "", LI[1]],
        complaint(4, said),
        [*complaint(5, said), "", WANG[1]],
    ]
    done = whose(office, tmp_path, *rows)
    assert (done.written, done.errors) == (2, 0)
    assert dict(done.reasons) == {"same_complaint": 3}
    steps = """
        select t.external_id::numeric % 100, s.detail->>'number' from ticket_step s
        join ticket t on t.id = s.ticket_id where s.kind = 'again' order by 2
    """
    noted = [(mine, str(number)[-1]) for mine, number in query(office.worker, steps)]
    assert noted == [(1, "3"), (1, "4"), (2, "5")]
    assert whose(office, tmp_path, *rows).unchanged == 2
    later = whose(office, tmp_path, [*complaint(6, "异响"), "", LI[1]], complaint(7, "异响"),
                  complaint(8, "抖动"), [*complaint(9, "抖动"), "", LI[1]])  # fmt: skip
    assert (later.written, later.skipped) == (3, 1), "a known customer is never left unheard"


BAD_CUSTOMERS = {
    "phone": (1, "12", 'whose.csv:2, column "电话": not a phone number: '),
    "email": (2, "nobody(at)", 'whose.csv:2, column "邮箱": not an e-mail address'),
    "language": (4, "中文", 'whose.csv:2, column "语言": '),
    "ragged": (6, "199 0000 0001", "whose.csv:2: "),
}


@pytest.mark.parametrize("name", BAD_CUSTOMERS)
def test_what_cannot_be_a_customer_is_said_with_line_and_column(
    office: Office, tmp_path: Path, name: str
) -> None:
    publish(office)
    place, value, message = BAD_CUSTOMERS[name]
    said = ["李雷", "199 0000 0001", "", "", "", ""]
    said[place : place + 1] = [value]
    done = whose(office, tmp_path, [*complaint(1, "异响"), *said], complaint(2, "漏油"))
    assert (done.errors, done.written) == (1, 0)
    assert message in done.first_error()
    assert "0000" not in done.first_error().replace("+86 199 0000 0000", "")
    assert query(office.worker, "select count(*) from ticket") == [(0,)]
    assert query(office.worker, "select count(*) from person") == [(0,)]


def test_an_erased_customer_stays_erased_whatever_file_comes(
    office: Office, tmp_path: Path
) -> None:
    publish(office)
    first = [*complaint(1, "请回电"), *LI, "", "K-1"]
    whose(office, tmp_path, first)
    ((person,),) = query(office.worker, "select person_id from ticket")
    with office.worker.database.transaction() as session:
        vault = office.worker.vault
        changed = erase_customer(session, person, vault=vault, actor="system:test", now=NOW)  # type: ignore[arg-type]
    assert (changed["tickets"], changed["alerts"], changed["holds"]) == (1, 1, 1)
    assert str(person) not in str(
        query(office.worker, "select a::text, t::text from alert a, ticket t")
    )
    more = [*complaint(2, "又响了"), "", "", "", "K-1"], [*complaint(3, "请回电"), *WANG]
    done = whose(office, tmp_path, first, *more)
    assert (done.unchanged, done.written, done.errors) == (1, 1, 0)
    assert dict(done.reasons) == {"erased": 1}
    said = "select person_id is not null, named, summary from ticket order by number"
    assert query(office.worker, said) == [(False, False, None), (True, True, "请回电")]


def test_an_event_says_whose_it_is_where_it_was_this_branch_s(
    office: Office, tmp_path: Path
) -> None:
    publish(office)
    with office.worker.database.transaction() as session:
        ensure_touchpoints(session, "cars")
    whose(office, tmp_path, [*complaint(1, "异响"), *LI, "", "K-1"],
          [*complaint(2, "漏油", series="昂科威"), *WANG, "", "K-2"])  # fmt: skip
    with office.worker.database.transaction() as session:
        session.execute(EVENT, {"id": new_id(), "hash": b"x", "now": NOW})
    done = whose(
        office,
        tmp_path,
        [*complaint(3, "抖动"), *[""] * 5, "RO-1"],
        [*complaint(4, "漏水"), *WANG, "", "", "", "RO-1"],
        [*complaint(5, "漏水", series="昂科威"), *[""] * 5, "RO-1"],
        [*complaint(6, "失灵"), *[""] * 5, "RO-9"],
    )
    assert (done.written, done.errors) == (4, 0)
    found = """
        select s.external_id, e.external_id from ticket t left join event e on e.id = t.event_id
        left join person_source s on s.person_id = t.person_id
        where t.external_id::numeric % 100 > 2 order by t.number
    """
    assert query(office.worker, found) == [
        ("K-1", "RO-1"),
        ("K-2", None),
        (None, None),
        (None, None),
    ]


@pytest.mark.soak
def test_the_whole_of_the_real_file_is_filed(office: Office, shared_data: Path | None) -> None:
    if shared_data is None:
        pytest.skip("the shared data are not here")
    publish(office)
    done = filed(office, shared_data / REAL)
    assert (done.read, done.written, done.errors) == (3_014, 2_858, 0)
    assert dict(done.reasons) == {"same_complaint": 156}
