"""What asking does once a day: the events of waves, and how likely events are drawn.

Each window is claimed in the transaction that does the work, so that it is done once and wholly.
"""

from zoneinfo import ZoneInfo

from api.core.installation import Installation
from api.invitations import sampling, waves
from scheduler.jobs import repository


def make_waves(installation: Installation) -> int:
    """Makes what the waves of the rules in force ask for today; how many events."""
    now = installation.clock()
    with installation.database.transaction() as session:
        found = waves.today(session, now).waves
    return sum(_make_wave(installation, wave.code) for wave in found)


def _make_wave(installation: Installation, code: str) -> int:
    with installation.database.transaction() as session:
        of = waves.today(session, installation.clock())
        wave = next((one for one in of.waves if one.code == code), None)
        if wave is None or not repository.claim_window(session, "wave", code, of.began):
            return 0
        return waves.make(session, of, wave)


def plan_samples(installation: Installation) -> int:
    """Makes the sampling plans of the day, again when the rules have changed; how many."""
    now = installation.clock()
    with installation.database.transaction() as session:
        rules = sampling.sampled_rules(session, now)
        if rules is None:
            return 0
        of = waves.today(session, now)
        if not repository.claim_window(session, "sampling", str(rules.version), of.began):
            return 0
        zone = ZoneInfo(of.on.frame.network.timezone)
        return sampling.plan(session, rules, of.day, zone, now)
