"""Who goes first when several touchpoints compete for one person's single invitation.

A rank is a tuple that compares like one: the higher goes first. Planned invitations of a strictly
lower rank give way; equals do not.
"""

from collections.abc import Sequence
from datetime import datetime

from scheduler.planner.caps import Ask, gates_for
from scheduler.planner.facts import Holder, Inclusion, InvitationStatus, PastInvitation
from scheduler.planner.rules import Cap, Compete, Rule, RuleSet

Rank = tuple[float, ...]
_NOT_BEGUN = {InvitationStatus.PLANNED, InvitationStatus.DROPPED}


def rank_of(rule_set: RuleSet, rule: Rule, inclusion: Inclusion | None) -> Rank:
    """The rank of an event that is asked by ``rule``.

    Parameters
    ----------
    rule_set : RuleSet
        Says whether priorities decide or the precision that branches still lack.
    rule : Rule
    inclusion : Inclusion or None
        Without one, nothing is lacking.

    Returns
    -------
    tuple of float
    """
    return rank(rule_set.compete, rule.priority, inclusion.deficit if inclusion else 0.0)


def rank(compete: Compete, priority: int, deficit: float) -> Rank:
    """The rank of an invitation from what the ledger keeps of it: its priority and its deficit.

    Parameters
    ----------
    compete : Compete
    priority : int
    deficit : float
        0…1; see :class:`scheduler.planner.facts.Inclusion`.

    Returns
    -------
    tuple of float
        Of one length for one way of competing, so that any two can be compared.
    """
    if compete is Compete.PRIORITY:
        return (float(priority),)
    return (deficit, float(priority))


def giving_way(
    caps: Sequence[Cap], past: Sequence[PastInvitation], ask: Ask, at: datetime, mine: Rank
) -> tuple[PastInvitation, ...] | None:
    """The planned invitations that must give way so that every cap has room at ``at``.

    Parameters
    ----------
    caps : sequence of Cap
    past : sequence of PastInvitation
    ask : Ask
        The invitation that wants the slot.
    at : datetime
        Aware; when it is to be sent.
    mine : tuple of float
        Its rank.

    Returns
    -------
    tuple of PastInvitation or None
        As few as possible, those of the lowest rank first; None when something else stands in the
        way too.

    Notes
    -----
    Only what is planned, unclaimed, of the same person and of a strictly lower rank gives way, and
    never a reminder or a fall-back: the customer has had the first message of that chain already.
    """
    begun = {one.event_id for one in past if one.status not in _NOT_BEGUN}
    weaker = [one for one in past if _yields(one, mine) and one.event_id not in begun]
    kept = [one for one in past if one not in weaker]
    if not weaker or not _has_room(caps, kept, ask, at):
        return None
    gone = []
    for one in sorted(weaker, key=lambda past: (past.rank, past.invitation_id), reverse=True):
        if _has_room(caps, [*kept, one], ask, at):
            kept.append(one)
        else:
            gone.append(one)
    return tuple(gone)


def _yields(past: PastInvitation, mine: Rank) -> bool:
    if past.status is not InvitationStatus.PLANNED or Holder.PERSON not in past.holders:
        return False
    return bool(past.invitation_id) and len(past.rank) == len(mine) and past.rank < mine


def _has_room(caps: Sequence[Cap], past: Sequence[PastInvitation], ask: Ask, at: datetime) -> bool:
    return all(gate is None or gate.has_room(at) for _, gate in gates_for(caps, past, ask))
