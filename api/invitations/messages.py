"""From a claimed invitation to the words a customer reads. Pure.

Everything comes from the context that was frozen with the invitation; the link's token is known
only here and in the message.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from api.core.languages import Language, say
from api.surveys.definitions import Message, fill, sms_size
from scheduler.planner import Channel


@dataclass(frozen=True, slots=True)
class Composed:
    """A message ready to be handed to a sender."""

    text: str
    subject: str | None
    link: str
    opt_out_link: str
    parts: int | None  # SMS
    language: Language
    values: Mapping[str, str]  # of every placeholder
    template: Message


def compose(
    message: Message,
    context: Mapping[str, Any],
    occurred_on: date,
    language: Language,
    link: str,
) -> Composed:
    """The message in ``language`` with ``link`` in it; raises KeyError when the context lacks."""
    opt_out_link = f"{link}/opt-out"
    values = {
        "brand": context["brand"][language],
        "branch": context["branch"][language],
        "occasion": context["occasion"][language],
        "date": spoken_date(occurred_on, language),
        "link": link,
        "opt_out": _opt_out(message.channel, language, opt_out_link),
    }
    text = fill(message.text.say(language), values)
    subject = message.subject
    return Composed(
        text=text,
        subject=fill(subject.say(language), values) if subject else None,
        link=link,
        opt_out_link=opt_out_link,
        parts=sms_size(text).parts if message.channel is Channel.SMS else None,
        language=language,
        values=values,
        template=message,
    )


def spoken_date(day: date, language: Language) -> str:
    """A date as it stands in a message."""
    month = say(f"messages.months.m{day.month}", language)
    return say("messages.date", language, day=day.day, month=month)


def survey_link(public_url: str, token: str) -> str:
    """The address of the survey page of ``token``."""
    return f"{public_url.rstrip('/')}/s/{token}"


def _opt_out(channel: Channel, language: Language, link: str) -> str:
    """How to stop: by answering an SMS, by a link elsewhere."""
    return say("messages.opt_out_sms", language) if channel is Channel.SMS else link
