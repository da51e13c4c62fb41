"""What happened in the made-up network: drawn from one seed, as arrays. Pure.

The size and the spread are those of the design: about 1,200 events a branch and year, a third of
them invited, a third of those answered; a true spread of 12 NPS points between branches.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Words = NDArray[np.str_]

DAY = 86_400
NETWORK_NPS = 45.0
SPREAD_NPS = 12.0
# Deep and long enough to be told from chance at busy branches: of falls by 25 points for 75 days,
# with 10 answers a month, no method finds more than one in ten.
SINKING_DROP = 55.0
SINKING_DAYS = 150
CHANNELS = ("sms", "wechat", "call")
# Into which segments the shipped rules put a customer of that value, before they ask for the age.
SEGMENTS_OF_TIERS = {
    "cars": {"premium": "premium", "low": "low_value"},
    "bank": {"premium": "private_banking"},
}
ANSWER_SHARE = np.array([0.31, 0.40, 0.46])
CALL_BONUS = 8.0
AGE_SPREAD = 12.0
CAP_DAYS = 90
DELAY = DAY
INVITED, NO_CONSENT, NO_ADDRESS, CAPPED, PENDING = range(5)


@dataclass(frozen=True)
class Truth:
    """What is really so, by branch: tests hold the findings against it."""

    nps: Floats
    weight: Floats
    sinking: Ints
    sunk_days: int
    gamer: int
    dead_feed: int
    new: int
    closed: int


@dataclass(frozen=True)
class Events:
    """One row per touchpoint event; times are seconds since the epoch (UTC)."""

    person: Ints
    branch: Ints
    touchpoint: Ints
    advisor: Ints
    at: Ints
    outcome: Ints  # INVITED, NO_CONSENT, …


@dataclass(frozen=True)
class Answers:
    """One row per event that was invited; what was not answered has ``answered_at`` 0."""

    event: Ints
    channel: Ints
    sent_at: Ints
    status: Ints  # 0 delivered, 1 undelivered, 2 sent, 3 unknown
    seen_at: Ints
    answered_at: Ints
    nps: Ints
    mood: Floats  # drives the other questions
    comment: Ints  # 0 none, else which one


def draw_truth(rng: np.random.Generator, branches: int, months: int = 12) -> Truth:
    """Who is good, who sinks, who cheats, who is new; needs at least five branches."""
    special = rng.permutation(branches)
    nps = NETWORK_NPS + SPREAD_NPS * _standardised(rng.normal(size=branches))
    weight = rng.lognormal(0.0, 0.55, branches)
    return Truth(
        nps=nps,
        weight=weight,
        sinking=np.sort(_sinking(special[4:], weight)),
        sunk_days=min(SINKING_DAYS, months * 30 * 5 // 12),
        gamer=int(special[0]),
        dead_feed=int(special[1]),
        new=int(special[2]),
        closed=int(special[3]),
    )


def _sinking(branches: Ints, weight: Floats) -> Ints:
    """Five of the quarter with the most customers; one alone in a small network."""
    busiest = branches[np.argsort(-weight[branches], kind="stable")]
    if len(branches) < 16:
        return busiest[:1]
    quarter = busiest[: max(5, len(branches) // 4)]
    return branches[np.isin(branches, quarter)][:5]


def draw_events(
    rng: np.random.Generator, truth: Truth, months: int, now: int, touchpoints: Floats
) -> Events:
    """Events of the last ``months`` months; ``touchpoints`` are the shares of each kind."""
    branches = len(truth.nps)
    count = branches * months * 100
    people = max(50, count // 7)
    home = rng.choice(branches, people, p=truth.weight / truth.weight.sum())
    person = np.floor(people * rng.random(count) ** 1.15).astype(np.int64)
    branch = np.where(rng.random(count) < 0.97, home[person], rng.integers(0, branches, count))
    start = now - months * 30 * DAY - (months * 30 // 70) * DAY
    days = rng.integers(0, (now - start) // DAY + 1, count)
    local_hour = rng.normal(13.5, 2.6, count).clip(8.5, 19.8)
    midnight = (start + 8 * 3600) // DAY * DAY - 8 * 3600  # in Shanghai
    at = midnight + days * DAY + (local_hour * 3600).astype(np.int64)
    kept = (at < now - 300) & _open(truth, branch, at, now, start)
    person, branch, at = person[kept], branch[kept], at[kept]
    order = np.argsort(at, kind="stable")
    events = len(order)
    kinds = rng.choice(len(touchpoints), events, p=touchpoints)
    advisor = rng.integers(0, 6, events)
    person, branch, at = person[order], branch[order], at[order]
    outcome = _outcomes(rng, person, at, now, people)
    return Events(person, branch, kinds, advisor, at, outcome)


def _open(truth: Truth, branch: Ints, at: Ints, now: int, start: int) -> Flags:
    span = now - start
    is_open: Flags = (
        ~((branch == truth.new) & (at < now - min(60 * DAY, span // 3)))
        & ~((branch == truth.closed) & (at > now - min(150 * DAY, span // 2)))
        & ~((branch == truth.dead_feed) & (at > now - min(42 * DAY, span // 4)))
    )
    return is_open


def _outcomes(rng: np.random.Generator, person: Ints, at: Ints, now: int, people: int) -> Ints:
    """What was decided for each event, the cap per person included."""
    no_consent = rng.random(people) < 0.09
    no_address = rng.random(people) < 0.05
    last = np.full(people, -(10**12), dtype=np.int64)
    outcome = np.empty(len(at), dtype=np.int64)
    for index, (who, when) in enumerate(zip(person.tolist(), at.tolist(), strict=True)):
        if when > now - DELAY - 3600:
            outcome[index] = PENDING
        elif no_consent[who]:
            outcome[index] = NO_CONSENT
        elif no_address[who]:
            outcome[index] = NO_ADDRESS
        elif when - last[who] < CAP_DAYS * DAY:
            outcome[index] = CAPPED
        else:
            outcome[index] = INVITED
            last[who] = when
    return outcome


def draw_ages(rng: np.random.Generator, branches: int, home: Ints) -> Ints:
    """Ages of the customers in years, by the branch that each comes to.

    Some branches have many old customers, whom one calls, others hardly any.
    """
    older = AGE_SPREAD * rng.normal(size=branches)
    return (rng.normal(42, 13, len(home)) + older[home]).clip(20, 82).astype(np.int64)


def home_of(events: Events, people: int) -> Ints:
    """The branch that each customer came to first."""
    home = np.zeros(people, dtype=np.int64)
    home[events.person[::-1]] = events.branch[::-1]
    return home


def ages_then(events: Events, age: Ints, now: int) -> Ints:
    """How old each event's customer was; ``age`` is what is reached in this year, by customer."""
    years = _years(np.array([now]))[0] - _years(events.at)
    found: Ints = age[events.person] - years
    return found


def _years(seconds: Ints) -> Ints:
    """The calendar years of moments, in Shanghai."""
    return (seconds + 8 * 3600).astype("datetime64[s]").astype("datetime64[Y]").astype(np.int64)


def tier_of(people: int) -> Words:
    """How much each customer is worth to the network: a few a lot, many little."""
    lot = np.arange(people) * 7919 % 100
    return np.where(lot < 8, "premium", np.where(lot < 30, "low", "usual"))


def segment_of(age: Ints, tier: Words, network: str = "cars") -> Words:
    """The segment that the shipped rules put each event's customer into."""
    segment = np.where(age < 35, "under_35", np.where(age >= 60, "from_60", "others"))
    for worth, name in SEGMENTS_OF_TIERS[network].items():
        segment = np.where(tier == worth, name, segment)
    return segment


def channel_of(age: Ints, segment: Words) -> Ints:
    """Index into ``CHANNELS``: the first of the segment's that reaches a customer of that age now.

    The young have a WeChat id, everybody a number.
    """
    by_wechat = (age < 35) & (segment != "private_banking")
    return np.where(segment == "from_60", 2, np.where(by_wechat, 1, 0))


def draw_answers(
    rng: np.random.Generator, truth: Truth, events: Events, channels: Ints, now: int
) -> Answers:
    """Invitations of the invited events by the channel of each event, and what came back."""
    event = np.flatnonzero(events.outcome == INVITED)
    count = len(event)
    branch, at = events.branch[event], events.at[event]
    channel = channels[event]
    sent_at = at + DELAY + rng.integers(0, 90, count)
    status = rng.choice(4, count, p=[0.945, 0.03, 0.018, 0.007])
    gamed = branch == truth.gamer
    share = np.where(gamed, 0.75, ANSWER_SHARE[channel]) * 1.02
    took = rng.exponential(4.5 * 3600, count).astype(np.int64) + 45
    answered_at = sent_at + took
    answered = (rng.random(count) < share) & (status == 0) & (answered_at < now)
    seen = answered | ((rng.random(count) < 0.18) & (status == 0))
    seen_at = np.minimum(sent_at + took // 2 + 20, now - 1)
    target = _target_nps(truth, branch, at, now) + CALL_BONUS * (channel == 2)
    nps = _draw_nps(rng, target, gamed)
    comment = np.where(
        rng.random(count) < np.where(gamed, 0.02, 0.42), rng.integers(1, 10_000, count), 0
    )
    return Answers(
        event=event,
        channel=channel,
        sent_at=sent_at,
        status=status,
        seen_at=np.where(seen, seen_at, 0),
        answered_at=np.where(answered, answered_at, 0),
        nps=nps,
        mood=_mood(rng, nps, gamed),
        comment=comment,
    )


def _target_nps(truth: Truth, branch: Ints, at: Ints, now: int) -> Floats:
    sinks = np.isin(branch, truth.sinking) & (at > now - truth.sunk_days * DAY)
    return truth.nps[branch] - SINKING_DROP * sinks


def _draw_nps(rng: np.random.Generator, target: Floats, gamed: Flags) -> Ints:
    """Answers 0 to 10 whose expected NPS is ``target``."""
    balance = (target / 100).clip(-0.9, 0.95)
    passive = (0.30 - 0.18 * np.abs(balance - 0.3)).clip(0.02, 0.3)
    passive = np.minimum(passive, 1 - np.abs(balance))
    promoter = (1 - passive + balance) / 2
    luck = rng.random(len(target))
    high = rng.choice([9, 10], len(target), p=[0.38, 0.62])
    middle = rng.choice([7, 8], len(target), p=[0.4, 0.6])
    low = rng.choice(7, len(target), p=[0.07, 0.04, 0.07, 0.12, 0.15, 0.25, 0.30])
    value = np.where(luck < promoter, high, np.where(luck < promoter + passive, middle, low))
    return np.where(gamed, 10, value).astype(np.int64)


def _mood(rng: np.random.Generator, nps: Ints, gamed: Flags) -> Floats:
    """What the customer feels on a scale around 1 to 5: other questions vary about it."""
    mood = 1.6 + nps * 0.3 + rng.normal(0, 0.45, len(nps))
    return np.where(gamed, 5.4, mood)


def _standardised(values: Floats) -> Floats:
    spread = values.std()
    scaled: Floats = (values - values.mean()) / (spread if spread > 0 else 1.0)
    return scaled
