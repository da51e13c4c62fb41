"""What the tables say, counted in plain SQL: the truth that pages are held to.

Knows the tables of answers, events, messages and grants; knows nothing of `api.insights`, of cells
or of what a page keeps back. Every number is of a list of branches and of days, both included.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from dashboard_site import Site
from sqlalchemy import Row, text

BELOW = """
    with recursive below(top, id) as (
        select id, id from unit
        union all
        select b.top, p.unit_id from below b join unit_parent p on p.parent_id = b.id
            and p.valid_from <= current_date
            and (p.valid_to is null or p.valid_to > current_date)
    )
"""
SAID = """
    , said as (
        select a.metric, a.value, a.occurred_on, r.id as response, r.channel, r.segment, r.advisor,
            r.language,
            t.code as touchpoint, n.id as branch, n.code as branch_code, m.kind,
            case m.scale when '0-10' then 0 else 1 end as lowest,
            case m.scale when '0-10' then 10 when '1-5' then 5 else 7 end as highest
        from answer a
        join response r on r.id = a.response_id and r.occurred_on = a.occurred_on
        join unit n on n.id = a.branch_id
        join touchpoint t on t.id = r.touchpoint_id
        join metric m on m.code = a.metric
        where r.excluded_at is null and a.value is not null
            and a.occurred_on between :first and :last
            and (cast(:branches as text[]) is null or n.code = any(cast(:branches as text[])))
    )
"""
SCORE = """
    count(*) as n,
    (case min(kind)
        when 'nps' then 100.0 * (count(*) filter (where value >= 9)
            - count(*) filter (where value <= 6)) / count(*)
        when 'mean' then avg(value)
        when 'top_box' then count(*) filter (where value = highest)::numeric / count(*)
        when 'top2_box' then count(*) filter (where value >= highest - 1)::numeric / count(*)
        when 'ces' then count(*) filter (where value > highest / 2 + 1)::numeric / count(*)
    end)::float8 as score,
    (100.0 * avg((value - lowest)::numeric / (highest - lowest)))::float8 as rating
"""
# Every event once, whatever messages it took; who answered by a code was sent none.
WAY = """
    with chain as (
        select coalesce(i.root_id, i.id) as id,
            bool_or(i.sent_at is not null or i.status in ('sent', 'delivered', 'undelivered'))
                as sent,
            bool_or(i.delivered_at is not null or i.status = 'delivered') as delivered
        from invitation i join unit u on u.id = i.branch_id
        where i.occurred_on between :first and :last and i.status <> 'dropped'
            and i.channel not in ('qr', 'kiosk') and i.kind <> 'recovery'
            and u.code = any(:branches)
        group by 1
    ), way as (
        select root.*, t.code as touchpoint, u.code as branch, c.sent, c.delivered,
            root.first_seen_at is not null or r.id is not null as opened,
            r.id is not null as answered, r.completed_at is not null as completed
        from chain c join invitation root on root.id = c.id
        join touchpoint t on t.id = root.touchpoint_id join unit u on u.id = root.branch_id
        left join response r on r.invitation_id = c.id
    )
    select {by} as key, count(*) as planned, count(*) filter (where sent or opened) as sent,
        count(*) filter (where delivered or opened) as delivered,
        count(*) filter (where opened) as opened, count(*) filter (where answered) as answered,
        count(*) filter (where completed) as completed
    from way group by 1
"""


@dataclass(frozen=True)
class Counted:
    """Answers and their score; ``rating`` is their mean on 0..100 of the scale."""

    n: int
    score: float
    rating: float


@dataclass(frozen=True)
class Tables:
    """The tables behind a site."""

    site: Site

    def rows(self, query: str, **values: object) -> Sequence[Row[Any]]:
        """Whatever a query finds."""
        with self.site.office.owner.connection() as connection:
            found: Sequence[Row[Any]] = connection.execute(text(query), values).all()
        return found

    def one(self, query: str, **values: object) -> Any:
        """The one value that a query finds."""
        return self.rows(query, **values)[0][0]

    @property
    def days(self) -> dict[str, date]:
        """The whole time that there are answers of."""
        return {"first": self.site.first, "last": self.site.last}

    @property
    def metrics(self) -> dict[str, tuple[str, str]]:
        """Code and kind of every measure, by English name."""
        found = self.rows("select name_en, code, kind from metric")
        return {row.name_en: (row.code, row.kind) for row in found}

    @property
    def places(self) -> dict[str, str]:
        """Codes of the touchpoints by English name."""
        found = self.rows("select name_en, code from touchpoint")
        return {row.name_en: row.code for row in found}

    def under(self, code: str) -> list[str]:
        """The branches under a unit today (itself, if it is one)."""
        found = self.rows(
            BELOW + "select n.code from below b join unit u on u.id = b.top join unit n "
            "on n.id = b.id and n.kind = 'branch' where u.code = :code order by 1",
            code=code,
        )
        return [row.code for row in found]

    def children(self, code: str) -> dict[str, str]:
        """The units directly below a unit today: code by English name."""
        found = self.rows(
            "select c.name_en, c.code from unit u join unit_parent p on p.parent_id = u.id and "
            "p.valid_from <= current_date and (p.valid_to is null or p.valid_to > current_date) "
            "join unit c on c.id = p.unit_id where u.code = :code",
            code=code,
        )
        return {row.name_en: row.code for row in found}

    def name(self, code: str) -> str:
        """What a unit is called in English."""
        return str(self.one("select name_en from unit where code = :code", code=code))

    def granted(self, role: str) -> list[str]:
        """The units that the log-in of a role was granted, or those of its owner group."""
        hashed = self.site.office.web.vault.lookup_hash("email", self.site.logins[role].email)
        found = self.rows(
            "select u.code from login_identifier i join access_grant g "
            "on g.account_id = i.account_id and not g.excluded and g.valid_to is null "
            "left join unit_profile p on p.owner_group_id = g.owner_group_id "
            "and (p.valid_to is null or p.valid_to > current_date) "
            "join unit u on u.id = coalesce(g.unit_id, p.unit_id) "
            "where i.kind = 'email' and i.value_hash = :hash order by 1",
            hash=hashed,
        )
        return [row.code for row in found]

    def scope(self, role: str) -> list[str]:
        """The branches that a role may see."""
        return sorted({branch for code in self.granted(role) for branch in self.under(code)})

    def counted(
        self,
        by: str = "''",
        *,
        metric: str | None = "nps",
        where: str = "true",
        branches: Sequence[str] | None = None,
        **days: date,
    ) -> dict[Any, Counted]:
        """Answers and score by an expression over ``said``, of some branches (None: all)."""
        found = self.rows(
            BELOW + SAID + f"select {by} as key, {SCORE} from said "
            f"where (cast(:metric as text) is null or metric = :metric) and {where} group by 1",
            metric=metric,
            branches=None if branches is None else list(branches),
            **{**self.days, **days},
        )
        return {row.key: Counted(row.n, row.score, row.rating) for row in found}

    def whole(self, **asked: Any) -> Counted | None:
        """All of them together; None without any answer."""
        return self.counted(**asked).get("")

    def weekly(self, branches: Sequence[str]) -> dict[date, tuple[int, int]]:
        """Answers, and promoters less detractors, by the Monday of their week."""
        found = self.rows(
            "select date_trunc('week', a.occurred_on)::date as monday, count(*) as n, "
            "count(*) filter (where a.value >= 9) - count(*) filter (where a.value <= 6) as net "
            "from answer a join response r on r.id = a.response_id join unit u "
            "on u.id = a.branch_id where a.metric = 'nps' and r.excluded_at is null "
            "and u.code = any(:branches) group by 1",
            branches=list(branches),
        )
        return {row.monday: (row.n, row.net) for row in found}

    def parts(self, code: str, **asked: Any) -> dict[str, Counted]:
        """Answers and score of the units directly below one, by name."""
        found = {
            name: self.whole(branches=self.under(child), **asked)
            for name, child in self.children(code).items()
        }
        return {name: one for name, one in found.items() if one is not None}

    def way(self, branches: Sequence[str], by: str = "''") -> dict[Any, Row[Any]]:
        """From planned invitations to whole answers, each event once."""
        found = self.rows(WAY.format(by=by), branches=list(branches), **self.days)
        return {row.key: row for row in found}

    def events(self, branches: Sequence[str], by: str = "''") -> dict[Any, int]:
        """What happened at customers, by an expression over event ``e``, ``u`` and ``t``."""
        found = self.rows(
            f"select {by} as key, count(*) as n from event e join unit u on u.id = e.branch_id "
            "join touchpoint t on t.id = e.touchpoint_id where e.status = 'active' "
            "and e.source not like 'qr:%' and e.occurred_on between :first and :last "
            "and u.code = any(:branches) group by 1",
            branches=list(branches),
            **self.days,
        )
        return {row.key: row.n for row in found}

    def decided(self, branches: Sequence[str]) -> dict[tuple[str, str], int]:
        """The events by their latest decision and its reason."""
        found = self.rows(
            "select coalesce(d.action, '') as action, coalesce(d.reason, '') as reason, "
            "count(*) as n from event e join unit u on u.id = e.branch_id left join lateral ("
            "select action, reason from decision d where d.event_id = e.id "
            "order by decided_at desc, id desc limit 1) d on true where e.status = 'active' "
            "and e.source not like 'qr:%' and e.occurred_on between :first and :last "
            "and u.code = any(:branches) group by 1, 2",
            branches=list(branches),
            **self.days,
        )
        return {(row.action, row.reason): row.n for row in found}

    def written(self, branches: Sequence[str], where: str = "true") -> list[Row[Any]]:
        """What customers wrote, the newest first: text, response and score."""
        found = self.rows(
            "select a.text, r.id as response, s.value as score, n.code as branch "
            "from answer a join response r on r.id = a.response_id join unit n "
            "on n.id = r.branch_id left join answer s on s.response_id = r.id "
            "and s.metric = 'nps' where a.text is not null and n.code = any(:branches) "
            f"and r.occurred_on between :first and :last and {where} "
            "order by r.submitted_at desc, r.id desc",
            branches=list(branches),
            **self.days,
        )
        return list(found)
