"""How much each provider account takes: what the settings say, else a cautious default."""

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from api.core.settings import Settings
from api.invitations.repository.rates import Rate

DEFAULTS: Mapping[str, Rate] = MappingProxyType(
    {
        "twilio": Rate(100, 100),
        "domestic_sms": Rate(1000, 1000),
        "contactless": Rate(200, 200),
        "wechat": Rate(200, 200),
        "smtp": Rate(50, 50),
    }
)


@lru_cache(maxsize=8)
def configured_rates(settings: Settings) -> Mapping[str, Rate]:
    """The rate of every account; the console is not limited."""
    return MappingProxyType({**DEFAULTS, **_written(settings.sending_rates)})


def _written(text: str) -> dict[str, Rate]:
    """``twilio=10/20, smtp=5``: a second, and at once (else as many as in a second)."""
    found: dict[str, Rate] = {}
    for entry in filter(None, (part.strip() for part in text.split(","))):
        account, _, rate = entry.partition("=")
        per_second, _, burst = rate.partition("/")
        found[account] = Rate(float(per_second), float(burst or max(1.0, float(per_second))))
    return found
