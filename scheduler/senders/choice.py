"""Which sender a channel has. Without ``LIVE_SENDING`` it is the console, whatever else is set."""

from functools import lru_cache

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
