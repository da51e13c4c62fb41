"""Reads of alerts, of mutes, and of what rules over answers look at. Sees what may be seen."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from api.tickets.alerting import Answered, Given

# What the detail keeps for ourselves.
HELD, TOLD = "held", "digest_at"
INTERNAL = frozenset({HELD, TOLD})


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which alerts of which branches."""

    branches: Collection[int]
    kinds: Collection[str]
    rule: str | None
    severity: int
    muted: bool | None
    running: bool
    since: datetime | None


class AlertRow(NamedTuple):
    """A stored alert with the ticket that it opened."""

    id: UUID
    branch_id: int
    kind: str
    rule: str
    rules_version: int
    severity: int
    opened_at: datetime
    ended_at: datetime | None
    muted: bool
    response_id: UUID | None
    ticket_number: int | None
    ticket_state: str | None
    detail: dict[str, Any]
    occurred_on: date | None  # the day of the response
    summary: str | None  # what its ticket says, unless it moved to another branch


class MuteRow(NamedTuple):
    """A stored mute with what it kept quiet."""

    id: UUID
    branch_id: int
    rule: str | None
    reason: str
    from_at: datetime
    until_at: datetime
    ended_at: datetime | None
    by: str | None
    found: int


@dataclass(frozen=True, slots=True)
class Looked:
    """A response that the rules look at, and where its ticket belongs."""

    answered: Answered
    branch_id: int
    touchpoint_id: int
    person_id: UUID | None
    event_id: UUID | None


_PAGE = text("""
select a.id, a.branch_id, a.kind, a.rule, a.rules_version, a.severity, a.opened_at, a.ended_at,
    a.muted, a.response_id, t.number, t.state, a.detail, r.occurred_on,
    case when t.branch_id = a.branch_id then t.summary end
from alert a left join ticket t on t.id = a.ticket_id left join response r on r.id = a.response_id
where a.branch_id = any (cast(:branches as int[])) and a.kind = any (cast(:kinds as text[]))
    and a.severity >= :severity
    and (cast(:rule as text) is null or a.rule = :rule)
    and (cast(:muted as boolean) is null or a.muted = :muted)
    and (not :running or (a.ended_at is null and a.kind in ('silence', 'feed', 'warning')))
    and (cast(:since as timestamptz) is null or a.opened_at >= :since)
    and (cast(:at as timestamptz) is null or (a.opened_at, a.id) < (:at, cast(:id as uuid)))
order by a.opened_at desc, a.id desc limit :rows
""")
_COUNTS = text("""
select kind, rule, count(*), count(*) filter (where muted),
    count(*) filter (where ended_at is null and kind in ('silence', 'feed', 'warning')),
    count(ticket_id)
from alert where branch_id = any (cast(:branches as int[])) and opened_at >= :since
group by kind, rule order by count(*) desc, rule collate "C"
""")
_MUTES = text("""
select m.id, m.branch_id, m.rule, m.reason, m.from_at, m.until_at, m.ended_at, c.name,
    (select count(*) from alert a where a.branch_id = m.branch_id and a.muted
        and a.opened_at >= m.from_at and a.opened_at < coalesce(m.ended_at, m.until_at)
        and (m.rule is null or a.rule = m.rule))
from alert_mute m left join account c on c.id = m.muted_by
where m.branch_id = any (cast(:branches as int[]))
    and (coalesce(m.ended_at, m.until_at) <= :now) = :over
order by coalesce(m.ended_at, m.until_at) desc, m.id limit :rows
""")
_RESPONSES = text("""
select r.id, r.branch_id, r.touchpoint_id, r.person_id, i.event_id, t.code, p.value_tier
from response r join touchpoint t on t.id = r.touchpoint_id
join survey_version v on v.id = r.survey_version_id
left join invitation i on i.id = r.invitation_id left join person p on p.id = r.person_id
where r.id = any (cast(:ids as uuid[])) and r.excluded_at is null and v.code <> :survey
order by r.submitted_at, r.id
""")
_ANSWERS = text("""
select a.response_id, a.question, a.metric, a.value, a.choices, a.text
from response r join answer a on a.response_id = r.id and a.occurred_on = r.occurred_on
where r.id = any (cast(:ids as uuid[]))
order by a.response_id, a.metric <> 'nps', a.metric, a.question
""")
_EARLIER = text("""
select distinct on (r.id, a.metric) r.id, a.metric, a.value
from response r join response e on e.person_id = r.person_id and e.submitted_at < r.submitted_at
    and e.excluded_at is null and e.id <> r.id
join answer a on a.response_id = e.id and a.occurred_on = e.occurred_on
where r.id = any (cast(:ids as uuid[])) and a.metric = any (cast(:metrics as text[]))
    and a.value is not null
order by r.id, a.metric, e.submitted_at desc, e.id desc
""")
_ZONE = text("select default_timezone from network")


def alerts_page(
    session: Session, wanted: Wanted, after: tuple[datetime, UUID] | None, rows: int
) -> list[AlertRow]:
    """Alerts, the newest first, behind a position."""
    at, alert_id = after or (None, None)
    values = asdict(wanted) | {"at": at, "id": alert_id, "rows": rows}
    values |= {"branches": sorted(wanted.branches), "kinds": list(wanted.kinds)}
    return [AlertRow(*row) for row in session.execute(_PAGE, values)]


def counts_by_rule(session: Session, branches: Collection[int], since: datetime) -> list[Any]:
    """By rule: how many alerts, muted, running, with a ticket."""
    return list(session.execute(_COUNTS, {"branches": sorted(branches), "since": since}).all())


def mutes_page(
    session: Session, branches: Collection[int], now: datetime, *, over: bool, limit: int
) -> list[MuteRow]:
    """Mutes that hold or will, or those that are over."""
    values = {"branches": sorted(branches), "now": now, "over": over, "rows": limit}
    return [MuteRow(*row) for row in session.execute(_MUTES, values)]


def responses_looked_at(
    session: Session, ids: Collection[UUID], *, but_survey: str, fallen: Collection[str]
) -> list[Looked]:
    """The responses as the rules see them, the oldest first; none that headquarters took out.

    ``but_survey`` is the survey of the recovery question; ``fallen`` are the metrics of which the
    earlier answers of the same persons are wanted.
    """
    wanted = {"ids": list(ids)}
    rows = list(session.execute(_RESPONSES, wanted | {"survey": but_survey}))
    answers: dict[UUID, list[Given]] = {row.id: [] for row in rows}
    for response_id, *one in session.execute(_ANSWERS, wanted):
        if response_id in answers:
            answers[response_id].append(_given(*one))
    earlier = _earlier(session, ids, fallen) if fallen else {}
    return [
        Looked(
            Answered(id_, code, tuple(answers[id_]), earlier.get(id_, {}), tier),
            branch_id,
            touchpoint_id,
            person_id,
            event_id,
        )
        for id_, branch_id, touchpoint_id, person_id, event_id, code, tier in rows
    ]


def _given(
    question: str,
    metric: str | None,
    value: int | None,
    choices: list[str] | None,
    said: str | None,
) -> Given:
    return Given(question, metric, value, tuple(choices or ()), said)


def _earlier(
    session: Session, ids: Iterable[UUID], metrics: Collection[str]
) -> Mapping[UUID, dict[str, int]]:
    found: dict[UUID, dict[str, int]] = {}
    values = {"ids": list(ids), "metrics": sorted(metrics)}
    for response_id, metric, value in session.execute(_EARLIER, values):
        found.setdefault(response_id, {})[metric] = value
    return found


def default_zone(session: Session) -> str:
    """The time zone of units that say none."""
    found: str | None = session.execute(_ZONE).scalar()
    return found or "UTC"
