"""From the arrays of the story to rows as COPY writes them. Pure but for the vault's encryption."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from api.core.crypto import Vault
from api.demo.repository import as_bytea
from api.demo.story import CHANNELS, DELAY, INVITED, Answers, Events, Ints
from api.surveys.definitions import Survey

Row = Sequence[str | None]
STATUSES = ("delivered", "undelivered", "sent", "unknown")
CONSENT_WORDING = "2026-01"

_CHECKS = {
    "send": '[{"rule": "channel", "value": ["address", "consent"], "limit": null, "ok": true}, '
    '{"rule": "cap", "value": 0, "limit": "1/90d", "ok": true}]',
    "no_consent": '[{"rule": "channel", "value": ["no_consent"], "limit": null, "ok": false}]',
    "no_address": '[{"rule": "channel", "value": ["no_address"], "limit": null, "ok": false}]',
    "capped": '[{"rule": "channel", "value": ["address", "consent"], "limit": null, "ok": true}, '
    '{"rule": "cap", "value": 1, "limit": "1/90d", "ok": false}]',
}
_REASONS = ("passed", "no_consent", "no_address", "capped")


@dataclass(frozen=True)
class Cast:
    """Who takes part, with the ids that rows refer to."""

    branches: Sequence[int]
    people: Sequence[str]
    contacts: Sequence[str]  # the phone of each person
    ages: Ints
    tiers: Sequence[str]
    segments: Sequence[str]  # of each event, as the rules have it
    english: NDArray[np.bool_]
    models: Sequence[str]  # model lines, if any: everybody has one

    def model(self, person: int) -> str | None:
        """The model line of a person's car."""
        return self.models[person % len(self.models)] if self.models else None


@dataclass(frozen=True)
class Published:
    """What was published before: by index of the touchpoint."""

    surveys: Sequence[Survey | None]
    survey_ids: Sequence[int]
    message_ids: dict[str, int]
    rule_set: int
    network: str


def ids_at(rng: np.random.Generator, seconds: Ints) -> list[str]:
    """Time-ordered ids (UUIDv7, as 32 hexadecimal digits) for moments."""
    luck = rng.integers(0, 256, (len(seconds), 10), dtype=np.uint8).tobytes().hex()
    return [
        f"{at * 1000:012x}7{luck[i * 20 : i * 20 + 3]}8{luck[i * 20 + 3 : i * 20 + 18]}"
        for i, at in enumerate(seconds.tolist())
    ]


def moments(seconds: Ints) -> list[str]:
    """Moments as PostgreSQL reads them."""
    return [f"{text}+00" for text in seconds.astype("datetime64[s]").astype(str).tolist()]


def days_in_china(seconds: Ints) -> list[str]:
    """The local dates of moments."""
    days: list[str] = (
        (seconds + 8 * 3600).astype("datetime64[s]").astype("datetime64[D]").astype(str).tolist()
    )
    return days


def person_rows(
    cast: Cast, vault: Vault, names: Callable[[int], str], at: str, *, year: int
) -> Iterator[Row]:
    """``id, name_encrypted, birth_year, language, attributes, created_at, value_tier,
    household_hash``: every third person lives alone; ``year`` is this one.
    """
    for index, person in enumerate(cast.people):
        language = "en" if cast.english[index] else "zh"
        name = as_bytea(vault.encrypt(names(index)))
        born = str(year - int(cast.ages[index]))
        house = f"demo\0H{index // 3:07d}"
        shared = as_bytea(vault.lookup_hash("household", house)) if index % 3 else None
        yield person, name, born, language, "{}", at, cast.tiers[index], shared


def contact_rows(cast: Cast, vault: Vault, at: str, without: Ints) -> Iterator[Row]:
    """``id, kind, value_hash, value_encrypted, person_id, created_at``: a number nobody has, and
    for the young a WeChat id.
    """
    unreachable = set(without.tolist())
    for index, person in enumerate(cast.people):
        if index in unreachable:
            continue
        phone = f"+86100{index:08d}"
        yield _contact(cast.contacts[index], person, at, vault, ("phone", phone))
        if cast.ages[index] < 35:
            own = f"{person[:13]}f{person[14:]}"
            openid = f"demo-openid-{index:08d}"
            yield _contact(own, person, at, vault, ("wechat", openid))


def _contact(own: str, person: str, at: str, vault: Vault, found: tuple[str, str]) -> Row:
    kind, value = found
    hashed, kept = as_bytea(vault.lookup_hash(kind, value)), as_bytea(vault.encrypt(value))
    return own, kind, hashed, kept, person, at


def consent_rows(cast: Cast, refused: Ints, own: Sequence[str], at: str) -> Iterator[Row]:
    """``id, person_id, purpose, channel, granted, wording_version, source, given_at``."""
    no = set(refused.tolist())
    for index, person in enumerate(cast.people):
        granted = "f" if index in no else "t"
        yield own[index], person, "survey", "any", granted, CONSENT_WORDING, "dms", at


def vehicles(cast: Cast, vault: Vault) -> list[str]:
    """The keyed hash of each person's car; the number on it is made up and kept nowhere."""
    return [
        as_bytea(vault.lookup_hash("vehicle", f"DEMO{index:013d}"))
        for index in range(len(cast.people))
    ]


def event_rows(
    cast: Cast, events: Events, own: Sequence[str], touchpoints: Ints, cars: Sequence[str]
) -> Iterator[Row]:
    """The columns of ``EVENT_COLUMNS``."""
    at, on = moments(events.at), days_in_china(events.at)
    kinds = [str(kind) for kind in touchpoints.tolist()]
    places = list(map(str, cast.branches))
    for i, (person, branch, kind, advisor, outcome) in enumerate(
        zip(
            events.person.tolist(),
            events.branch.tolist(),
            events.touchpoint.tolist(),
            events.advisor.tolist(),
            events.outcome.tolist(),
            strict=True,
        )
    ):
        asking = "decided" if outcome < len(_REASONS) else "pending"
        yield (
            own[i], "demo", f"E{i:07d}", "1", "\\\\x00", kinds[kind], places[branch], at[i], on[i],
            cast.people[person], f"A{advisor + 1}", _attributes(cast, person), "active",
            at[i], asking, at[i], cars[person],
        )  # fmt: skip


def _attributes(cast: Cast, person: int) -> str:
    model = cast.model(person)
    return "{}" if model is None else json.dumps({"model": model})


EVENT_COLUMNS = (
    "id source external_id revision content_hash touchpoint_id branch_id occurred_at occurred_on "
    "person_id employee attributes status received_at asking due_at object_hash"
).split()


def decision_rows(
    cast: Cast, events: Events, event_ids: Sequence[str], own: Sequence[str], rule_set: int
) -> Iterator[Row]:
    """``id, decided_at, event_id, branch_id, action, reason, at, rule_set_version, segment,
    checks``.
    """
    decided, send = moments(events.at + 60), moments(events.at + DELAY)
    places = list(map(str, cast.branches))
    outcomes = events.outcome.tolist()
    for i, branch in enumerate(events.branch.tolist()):
        if outcomes[i] >= len(_REASONS):
            continue
        reason = _REASONS[outcomes[i]]
        sent = outcomes[i] == INVITED
        yield (
            own[i], decided[i], event_ids[i], places[branch], "send" if sent else "drop", reason,
            send[i] if sent else None, str(rule_set), cast.segments[i],
            _CHECKS["send" if sent else reason],
        )  # fmt: skip


INVITATION_COLUMNS = (
    "id event_id survey_code survey_version_id reminder_number message_version_id "
    "rule_set_version person_id contact_point_id branch_id touchpoint_id occurred_on channel "
    "segment advisor language context created_at planned_at expires_at status claimed_at "
    "claimed_by sent_at delivered_at first_seen_at answered_at sender parts"
).split()


def invitation_rows(
    *,
    cast: Cast,
    events: Events,
    answers: Answers,
    published: Published,
    own: Sequence[str],
    event_ids: Sequence[str],
    touchpoints: Ints,
) -> Iterator[Row]:
    """The columns of ``INVITATION_COLUMNS``."""
    at = events.at[answers.event]
    on, sent, planned = days_in_china(at), moments(answers.sent_at), moments(at + DELAY)
    made, gone = moments(at + 60), moments(at + DELAY + 14 * 86_400)
    seen, done = moments(answers.seen_at), moments(answers.answered_at)
    for i, event in enumerate(answers.event.tolist()):
        person, kind = int(events.person[event]), int(events.touchpoint[event])
        survey = published.surveys[kind]
        assert survey is not None
        channel = CHANNELS[answers.channel[i]]
        status = STATUSES[answers.status[i]]
        yield (
            own[i], event_ids[event], survey.code, str(published.survey_ids[kind]), "0",
            str(published.message_ids[channel]), str(published.rule_set),
            cast.people[person], cast.contacts[person],
            str(cast.branches[events.branch[event]]), str(touchpoints[kind]), on[i], channel,
            cast.segments[event], f"A{events.advisor[event] + 1}",
            "en" if cast.english[person] else "zh", "{}", made[i], planned[i], gone[i], status,
            sent[i], "demo", sent[i], sent[i] if status == "delivered" else None,
            seen[i] if answers.seen_at[i] else None, done[i] if answers.answered_at[i] else None,
            "console", "1" if channel == "sms" else None,
        )  # fmt: skip


def person_branch_rows(cast: Cast, events: Events) -> Iterator[Row]:
    """``person_id, branch_id, first_seen_on``: once for each pair that met."""
    width = len(cast.branches)
    _, first = np.unique(events.person * width + events.branch, return_index=True)
    on = days_in_china(events.at[first])
    people, branches = events.person[first].tolist(), events.branch[first].tolist()
    for person, branch, day in zip(people, branches, on, strict=True):
        yield cast.people[person], str(cast.branches[branch]), day
