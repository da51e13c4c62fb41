"""Turns the story into rows and loads them, table by table, saying how far it has come."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import psycopg

from api.core.crypto import Vault
from api.demo import repository, rows
from api.demo.answers import answer_rows, response_rows
from api.demo.rows import Cast, Published
from api.demo.story import (
    Answers,
    Events,
    Truth,
    ages_then,
    channel_of,
    draw_ages,
    draw_answers,
    draw_events,
    home_of,
    segment_of,
    tier_of,
)

Connection = psycopg.Connection[tuple[object, ...]]


@dataclass(frozen=True)
class Ids:
    """Ids of rows that other rows refer to."""

    events: Sequence[str]
    invitations: Sequence[str]


class Loader:
    """Loads one made-up network into an open transaction."""

    def __init__(
        self,
        connection: Connection,
        rng: np.random.Generator,
        words: dict[str, Any],
        truth: Truth,
        *,
        published: Published,
        branches: Sequence[int],
        touchpoints: Sequence[int],
        vault: Vault,
        now: int,
    ) -> None:
        self._connection = connection
        self._rng = rng
        self._words = words
        self._truth = truth
        self._published = published
        self._branches = branches
        self._touchpoints = np.array(touchpoints)
        self._vault = vault
        self._now = now

    def load(self, months: int, shares: Sequence[float]) -> Iterator[str]:
        """Loads everything; yields the name of each table when it is done."""
        events = draw_events(self._rng, self._truth, months, self._now, np.array(shares))
        cast = self._cast(events)
        channels = channel_of(cast.ages[events.person], np.array(cast.segments))
        answers = draw_answers(self._rng, self._truth, events, channels, self._now)
        ids = Ids(
            rows.ids_at(self._rng, events.at),
            rows.ids_at(self._rng, answers.sent_at),
        )
        first = rows.days_in_china(events.at[:1])[0]
        repository.ensure_months(self._connection, first, rows.days_in_china(events.at[-1:])[0])
        yield "partitions"
        yield from self._load_people(cast, events)
        yield from self._load_asking(cast, events, answers, ids)
        yield from self._load_answers(cast, events, answers, ids)

    def _cast(self, events: Events) -> Cast:
        people = int(events.person.max()) + 1
        home, tiers = home_of(events, people), tier_of(people)
        ages = draw_ages(self._rng, len(self._branches), home)
        then = ages_then(events, ages, self._now)
        long_ago = np.full(people, self._now - 800 * 86_400)
        return Cast(
            branches=self._branches,
            people=rows.ids_at(self._rng, long_ago),
            contacts=rows.ids_at(self._rng, long_ago),
            ages=ages,
            tiers=tiers.tolist(),
            segments=segment_of(then, tiers[events.person], self._published.network).tolist(),
            english=self._rng.random(people) < 0.08,
            models=self._words[self._published.network]["models"],
        )

    def _load_people(self, cast: Cast, events: Events) -> Iterator[str]:
        at = rows.moments(np.array([self._now - 800 * 86_400]))[0]
        refused = np.unique(events.person[events.outcome == 1])
        consents = rows.ids_at(self._rng, np.full(len(cast.people), self._now - 800 * 86_400))
        surnames = self._words["surnames"]
        today = rows.days_in_china(np.array([self._now]))[0]

        def name(index: int) -> str:
            return f"{surnames[index % len(surnames)]}{self._words['given'][index % 37 % 20]}"

        self._copy(
            "person",
            "id name_encrypted birth_year language attributes created_at value_tier household_hash",
            rows.person_rows(cast, self._vault, name, at, year=int(today[:4])),
        )
        yield "people"
        without = np.unique(events.person[events.outcome == 2])
        self._copy(
            "contact_point",
            "id kind value_hash value_encrypted person_id created_at",
            rows.contact_rows(cast, self._vault, at, without),
        )
        self._copy(
            "consent",
            "id person_id purpose channel granted wording_version source given_at",
            rows.consent_rows(cast, refused, consents, at),
        )
        self._copy(
            "person_source",
            "source external_id person_id",
            (("demo", f"C{i:07d}", person) for i, person in enumerate(cast.people)),
        )
        self._copy(
            "person_branch",
            "person_id branch_id first_seen_on",
            rows.person_branch_rows(cast, events),
        )
        yield "contact points and consents"

    def _load_asking(self, cast: Cast, events: Events, answers: Answers, ids: Ids) -> Iterator[str]:
        self._copy(
            "event",
            " ".join(rows.EVENT_COLUMNS),
            rows.event_rows(
                cast, events, ids.events, self._touchpoints, rows.vehicles(cast, self._vault)
            ),
        )
        yield "events"
        own = rows.ids_at(self._rng, events.at + 60)
        self._copy(
            "decision",
            "id decided_at event_id branch_id action reason at rule_set_version segment checks",
            rows.decision_rows(cast, events, ids.events, own, self._published.rule_set),
        )
        yield "decisions"
        self._copy(
            "invitation",
            " ".join(rows.INVITATION_COLUMNS),
            rows.invitation_rows(
                cast=cast,
                events=events,
                answers=answers,
                published=self._published,
                own=ids.invitations,
                event_ids=ids.events,
                touchpoints=self._touchpoints,
            ),
        )
        yield "invitations"

    def _load_answers(
        self, cast: Cast, events: Events, answers: Answers, ids: Ids
    ) -> Iterator[str]:
        given = np.flatnonzero(answers.answered_at > 0)
        own = rows.ids_at(self._rng, answers.answered_at[given])
        partial = self._rng.random(len(given)) < 0.04
        self._copy(
            "response",
            "id invitation_id survey_version_id branch_id touchpoint_id person_id "
            "occurred_on channel segment advisor model language named pages_done started_at "
            "submitted_at completed_at",
            response_rows(
                cast=cast,
                events=events,
                answers=answers,
                published=self._published,
                given=given,
                own=own,
                invitations=ids.invitations,
                partial=partial,
                touchpoints=self._touchpoints,
            ),
        )
        yield "responses"
        self._copy(
            "answer",
            "response_id question occurred_on branch_id metric value choices option_texts text",
            answer_rows(
                cast=cast,
                events=events,
                answers=answers,
                published=self._published,
                given=given,
                own=own,
                partial=partial,
                rng=self._rng,
                words=self._words,
            ),
        )
        yield "answers"

    def _copy(self, table: str, columns: str, found: Iterator[rows.Row] | Any) -> None:
        repository.copy_rows(self._connection, table, columns.split(), found)
