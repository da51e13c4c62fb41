"""Token buckets of provider accounts, shared by all workers of all hosts. The SQL.

Tokens are taken in the claim's transaction, under the bucket's lock, so that as many messages go
out as the account allows, whoever claims.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlmodel import Session

# A host whose clock is behind refills nothing; it never takes tokens back.
_TAKE = text("""
with bucket as materialized (
    select account, held_until,
        least(burst, tokens + per_second
            * greatest(0, extract(epoch from cast(:now as timestamptz) - refilled_at))) as have
    from provider_rate where account = any(cast(:accounts as text[])) order by account for update
), granted as (
    select b.*, case when b.held_until > :now then 0
        else least(n.wanted, floor(b.have))::int end as given
    from bucket b
    join unnest(cast(:accounts as text[]), cast(:wanted as int[])) n(account, wanted)
        on n.account = b.account
)
update provider_rate r set tokens = g.have - g.given, refilled_at = greatest(r.refilled_at, :now)
from granted g where r.account = g.account
returning r.account, g.given, case when r.held_until > :now then r.held_until end,
    r.per_second, r.burst
""")
_SET = text("""
insert into provider_rate (account, per_second, burst, tokens, refilled_at)
values (:account, :per_second, :burst, :burst, :now)
on conflict (account) do update set per_second = excluded.per_second, burst = excluded.burst,
    tokens = least(provider_rate.tokens, excluded.burst)
""")
_HOLD = text("""
insert into provider_rate (account, per_second, burst, tokens, refilled_at, held_until)
values (:account, :per_second, :burst, 0, :now, :until)
on conflict (account) do update
    set held_until = greatest(provider_rate.held_until, excluded.held_until)
""")


@dataclass(frozen=True, slots=True)
class Rate:
    """So many messages a second, and so many at once after a rest."""

    per_second: float
    burst: float

    def __post_init__(self) -> None:
        if self.per_second <= 0 or self.burst < 1:
            raise ValueError("a rate needs more than 0 a second and a burst of at least 1")


UNLIMITED = Rate(1e9, 1e9)  # of an account that has a bucket only because its quota is used up


@dataclass(frozen=True, slots=True)
class Granted:
    """How many messages an account may send now; held: none before then."""

    count: int
    held_until: datetime | None


def take(
    session: Session, wanted: Mapping[str, int], rates: Mapping[str, Rate], now: datetime
) -> dict[str, Granted]:
    """Takes tokens for each account; one without a bucket and without a rate is not limited."""
    found = _take(session, wanted, now)
    changed = {
        account: rates[account]
        for account in wanted
        if account in rates and (account not in found or found[account][1] != rates[account])
    }
    for account in sorted(changed):
        rate = changed[account]
        given = {"account": account, "per_second": rate.per_second, "burst": rate.burst}
        session.execute(_SET, {**given, "now": now})
    new = {account: wanted[account] for account in changed if account not in found}
    found |= _take(session, new, now) if new else {}
    return {account: granted for account, (granted, _) in found.items()}


def hold(
    session: Session, account: str, rates: Mapping[str, Rate], until: datetime, now: datetime
) -> None:
    """Nobody calls an account before ``until``: the provider says that its quota is used up."""
    rate = rates.get(account, UNLIMITED)
    given = {"account": account, "per_second": rate.per_second, "burst": rate.burst}
    session.execute(_HOLD, {**given, "until": until, "now": now})


def _take(
    session: Session, wanted: Mapping[str, int], now: datetime
) -> dict[str, tuple[Granted, Rate]]:
    given = {"accounts": list(wanted), "wanted": list(wanted.values()), "now": now}
    return {
        account: (Granted(count, held), Rate(per_second, burst))
        for account, count, held, per_second, burst in session.execute(_TAKE, given)
    }
