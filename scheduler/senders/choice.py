"""Which sender a channel has. Without ``LIVE_SENDING`` it is the console, whatever else is set."""

from dataclasses import dataclass
from functools import lru_cache

from api.core.installation import Installation
from api.core.settings import Settings
from scheduler.senders.console import ConsoleSender
from scheduler.senders.port import Sender
from scheduler.senders.smtp_mail import SmtpMail
from scheduler.senders.twilio_sms import TwilioSms

CHANNELS = ("sms", "wechat", "email", "call")


@lru_cache(maxsize=64)
def choose_sender(settings: Settings, channel: str) -> Sender:
    """The sender of ``channel``; WeChat and call-centre lists stay here for now."""
    if settings.live_sending:
        if channel == "sms" and settings.twilio_account_sid is not None:
            return TwilioSms(settings)
        if channel == "email" and settings.smtp_url is not None:
            return SmtpMail(settings)
    return ConsoleSender(settings.home / "console" if settings.demo_data else None)


@dataclass(frozen=True, slots=True)
class ConfiguredSenders:
    """The senders that the settings of an installation set up."""

    installation: Installation

    def route(self, channel: str, address: str) -> Sender:
        """The sender of ``channel`` for this address."""
        return choose_sender(self.installation.settings, channel)

    def named(self, name: str) -> Sender | None:
        """The sender that the ledger calls so."""
        every = (choose_sender(self.installation.settings, channel) for channel in CHANNELS)
        return next((one for one in every if one.name == name), None)
