"""Which sender takes a message: the table of gateways, and who of them serves an address.

A further gateway is one file beside this one and one entry here. Without ``LIVE_SENDING`` every
sender is the console, whatever else is set.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from api.core.errors import BadInput
from api.core.installation import Installation
from api.core.settings import Settings
from api.webhooks.contactless import CONTACTLESS
from api.webhooks.domestic_sms import DOMESTIC_SMS
from scheduler.senders.console import CONSOLE, ConsoleSender
from scheduler.senders.contactless import Contactless
from scheduler.senders.domestic_sms import DomesticSms
from scheduler.senders.nobody import Nobody
from scheduler.senders.port import Sender
from scheduler.senders.relay import RELAY, Relay
from scheduler.senders.smtp_mail import SMTP, SmtpMail
from scheduler.senders.tencent_sms import TENCENT_SMS, TencentSms
from scheduler.senders.twilio_sms import TWILIO, TwilioSms
from scheduler.senders.wechat import WECHAT, WechatMessages
from scheduler.senders.wecom import WECOM, Wecom

CHANNELS = ("sms", "wechat", "email", "call", "contactless")
MAINLAND = "+86"


def anybody(address: str) -> bool:
    """Every address of the channel."""
    return True


def mainland(address: str) -> bool:
    """Numbers of mainland China."""
    return address.startswith(MAINLAND)


@dataclass(frozen=True, slots=True)
class Gateway:
    """One way out of the house: its name in the ledger, whether it is set up, how it is built."""

    name: str
    channel: str
    configured: Callable[[Settings], bool]
    build: Callable[[Installation], Sender]
    serves: Callable[[str], bool] = anybody


# Of several that serve an address the first one sends.
GATEWAYS: tuple[Gateway, ...] = (
    Gateway(
        DOMESTIC_SMS,
        "sms",
        lambda settings: settings.domestic_sms_base_url is not None,
        lambda installation: DomesticSms(installation.settings, installation.clock),
        serves=mainland,
    ),
    Gateway(
        TENCENT_SMS,
        "sms",
        lambda settings: bool(settings.gateway(TENCENT_SMS)),
        TencentSms,
        serves=mainland,
    ),
    Gateway(
        CONTACTLESS,
        "contactless",
        lambda settings: settings.contactless_base_url is not None,
        lambda installation: Contactless(installation.settings, installation.clock),
    ),
    Gateway(
        TWILIO,
        "sms",
        lambda settings: settings.twilio_account_sid is not None,
        lambda installation: TwilioSms(installation.settings),
    ),
    Gateway(
        SMTP,
        "email",
        lambda settings: settings.smtp_url is not None,
        lambda installation: SmtpMail(installation.settings),
    ),
    Gateway(
        WECOM,
        "wecom",
        lambda settings: settings.wecom_base_url is not None,
        lambda installation: Wecom(installation.settings, installation.clock),
    ),
    Gateway(
        RELAY,
        RELAY,
        lambda settings: settings.relay_base_url is not None,
        lambda installation: Relay(installation.settings, installation.clock),
    ),
    Gateway(WECHAT, "wechat", lambda settings: settings.wechat_app_id is not None, WechatMessages),
)


@dataclass(frozen=True, slots=True)
class ConfiguredSenders:
    """The senders that the settings of an installation set up."""

    installation: Installation

    def route(self, channel: str, address: str) -> Sender:
        """The sender of ``channel`` for this address; one that refuses where none serves it."""
        ready = ready_gateways(self.installation.settings, channel)
        for gateway in ready:
            if gateway.serves(address):
                return _built(_Place(self.installation, gateway))
        return Nobody() if ready else _console(self.installation.settings)

    def named(self, name: str) -> Sender | None:
        """The sender that the ledger calls so; None when it is not set up here any more."""
        if name == CONSOLE:
            return _console(self.installation.settings)
        ready = ready_gateways(self.installation.settings)
        found = next((gateway for gateway in ready if gateway.name == name), None)
        return None if found is None else _built(_Place(self.installation, found))

    def every(self) -> list[Sender]:
        """All senders that are set up; without the console."""
        ready = ready_gateways(self.installation.settings)
        return [_built(_Place(self.installation, gateway)) for gateway in ready]


def check_gateways(installation: Installation) -> None:
    """Nothing, when every gateway that is set up can be built; else BadInput with what lacks."""
    unknown = installation.settings.gateway_names - {gateway.name for gateway in GATEWAYS}
    if unknown:
        raise BadInput(f"BRANCHPULSE_GATEWAYS: there is no gateway {', '.join(sorted(unknown))}")
    try:
        ConfiguredSenders(installation).every()
    except ValueError as error:
        raise BadInput(str(error)) from None


@lru_cache(maxsize=64)
def ready_gateways(settings: Settings, channel: str | None = None) -> tuple[Gateway, ...]:
    """Gateways that are set up, of one channel or all; none unless sending is live."""
    if not settings.live_sending:
        return ()
    return tuple(
        gateway
        for gateway in GATEWAYS
        if channel in (None, gateway.channel) and gateway.configured(settings)
    )


class _Place:
    """Where a sender stands: senders keep their connections as long as their place is the same."""

    def __init__(self, installation: Installation, gateway: Gateway) -> None:
        self.installation = installation
        self.gateway = gateway

    def _key(self) -> tuple[Settings, int, str]:
        return self.installation.settings, id(self.installation.database), self.gateway.name

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Place) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())


@lru_cache(maxsize=32)
def _built(place: _Place) -> Sender:
    return place.gateway.build(place.installation)


@lru_cache(maxsize=8)
def _console(settings: Settings) -> Sender:
    return ConsoleSender(settings.home / "console" if settings.demo_data else None)
