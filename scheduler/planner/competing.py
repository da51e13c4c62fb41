"""Who goes first when several touchpoints compete for one person's single invitation.

A rank is a tuple that compares like one: the higher goes first. Planned invitations of a strictly
lower rank give way; equals do not.
"""

from scheduler.planner.facts import Inclusion
from scheduler.planner.rules import Compete, Rule, RuleSet

Rank = tuple[float, ...]


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
