"""Waves and anniversaries: once a day each makes its events, which are then decided like others.

Whom a wave is about is asked of the same facts as a decision, so that a segment means one thing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from hashlib import sha256
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import Session

from api.core.ids import new_id
from api.invitations.dossiers import Ground, gather, ground
from api.invitations.facts import Dossier, DueEvent
from api.invitations.repository import waves
from api.invitations.repository.waves import Candidate, Search, WaveEvent
from scheduler.planner import Rule, RuleSet, Wave
from scheduler.planner.segments import segment_of, subject_of
from scheduler.planner.timing import known_zone
from scheduler.planner.waves import (
    CATCH_UP,
    anchor_ranges,
    is_drawn,
    key_of,
    left_today,
    occurrence_on,
)

PAGE = 1000
_MARGIN = timedelta(days=3)
_NOBODY = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Today:
    """The rules and the day, on the network's clock, that waves are made on."""

    on: Ground
    day: date
    began: datetime

    @property
    def waves(self) -> tuple[Wave, ...]:
        """The waves of the rules in force."""
        return self.on.rules.waves if self.on.rules else ()


def today(session: Session, now: datetime) -> Today:
    """What waves are made on at ``now``."""
    on = ground(session, now)
    zone = ZoneInfo(on.frame.network.timezone)
    day = now.astimezone(zone).date()
    return Today(on, day, datetime.combine(day, datetime.min.time(), tzinfo=zone))


def make(session: Session, of: Today, wave: Wave) -> int:
    """Makes a wave's events of the day, at most as many as it may; how many.

    Who is left over is taken on the next days, in the order of their ids.
    """
    rules = of.on.rules
    rule = rules.rule_for(wave.touchpoint) if rules else None
    touchpoint = waves.read_touchpoint(session, wave.touchpoint)
    search = _search(session, of, wave)
    if rules is None or rule is None or touchpoint is None or search is None:
        return 0
    left = left_today(wave, waves.count_made(session, search.source, of.began))
    asked = _Asked(of, wave, rules, rule, touchpoint)
    made = 0
    for page in _pages(session, search):
        if made >= left:
            break
        found = _chosen(session, asked, page)[: left - made]
        made += waves.insert_events(session, found, of.on.now)
    return made


@dataclass(frozen=True, slots=True)
class _Asked:
    """A wave with what its events need."""

    of: Today
    wave: Wave
    rules: RuleSet
    rule: Rule
    touchpoint: tuple[int, str, str]


def _search(session: Session, of: Today, wave: Wave) -> Search | None:
    """Where the wave's persons are looked for today; None when it is about nobody."""
    source = f"wave:{wave.code}"
    if wave.anchor is None:
        occurrence = occurrence_on(wave, of.day)
        return Search(source, occurrence) if occurrence else None
    since = waves.first_anchor(session, wave.anchor)
    if since is None:
        return None
    ranges = anchor_ranges(wave, of.day, since=since)
    return Search(source, of.day - CATCH_UP - _MARGIN, wave.anchor, ranges)


def _pages(session: Session, search: Search) -> Iterator[list[Candidate]]:
    after = _NOBODY
    while page := waves.read_candidates(session, search, after, PAGE):
        yield page
        after = page[-1].person_id


def _chosen(session: Session, asked: _Asked, page: Sequence[Candidate]) -> list[WaveEvent]:
    """Those of a page for whom the wave is due, whom the lot takes and who are of the segment."""
    wave, day = asked.wave, asked.of.day
    due = [(one, occurrence_on(wave, day, one.anchored_on)) for one in page]
    drawn = {
        one.person_id: (one, on)
        for one, on in due
        if on is not None and is_drawn(wave, str(one.person_id), on, rule_set=asked.rules.code)
    }
    if not drawn:
        return []
    events = {person: _event(asked, one) for person, (one, _) in drawn.items()}
    dossier = gather(session, list(events.values()), asked.of.on)
    return [
        _row(asked, dossier, events[person], *drawn[person])
        for person in drawn
        if _is_meant(asked, dossier, events[person], drawn[person][0])
    ]


def _event(asked: _Asked, one: Candidate) -> DueEvent:
    """The event as it would be, so that the facts are gathered as for any other."""
    touchpoint, name_zh, name_en = asked.touchpoint
    return DueEvent(
        id=new_id(),
        branch_id=one.branch_id,
        touchpoint_id=touchpoint,
        touchpoint=asked.wave.touchpoint,
        occurred_at=asked.of.on.now,
        occurred_on=asked.of.day,
        received_at=asked.of.on.now,
        employee=None,
        person_id=one.person_id,
        object_hash=bytes(one.object_hash) if one.object_hash is not None else None,
        cancelled=False,
        held=False,
        occasion_zh=name_zh,
        occasion_en=name_en,
    )


def _is_meant(asked: _Asked, dossier: Dossier, event: DueEvent, one: Candidate) -> bool:
    """Whether the person is of the segment, with what the anchor brings along."""
    plain = {
        name: value
        for name, value in one.attributes.items()
        if isinstance(value, str | int | float)
    }
    facts = replace(dossier.event_facts(event), attributes=plain)
    subject = subject_of(facts, dossier.customer_facts(event), today=event.occurred_on)
    segment = segment_of(asked.rule.segments, subject)
    return segment is not None and segment.name == asked.wave.segment


def _row(
    asked: _Asked, dossier: Dossier, event: DueEvent, one: Candidate, occurrence: date
) -> WaveEvent:
    zone = known_zone(dossier.event_facts(event).branch_zone)
    key = f"{one.person_id}:{occurrence.isoformat()}"
    return WaveEvent(
        id=event.id,
        source=f"wave:{asked.wave.code}",
        external_id=key,
        content_hash=sha256(f"{key_of(asked.wave, occurrence)}:{key}".encode()).digest(),
        touchpoint_id=event.touchpoint_id,
        branch_id=one.branch_id,
        occurred_on=event.occurred_at.astimezone(zone).date() if zone else event.occurred_on,
        person_id=one.person_id,
        object_hash=event.object_hash,
        attributes=one.attributes,
    )
