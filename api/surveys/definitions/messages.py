"""Message templates as they stand in their file, and how long they get.

Owns the fixed list of placeholders. Knows neither a customer nor a channel's provider.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from string import Formatter
from types import MappingProxyType
from typing import Annotated

from pydantic import Field

from api.core.languages import LANGUAGES, Language
from api.surveys.definitions.positions import Path
from api.surveys.definitions.problems import Finding
from api.surveys.definitions.providers import Provider, check_providers
from api.surveys.definitions.shapes import Code, Definition, Localized, Table, repeated
from api.surveys.definitions.sms import SmsSize, sms_size
from scheduler.planner import Channel

PLACEHOLDERS = ("brand", "branch", "occasion", "date", "link", "opt_out")
NEEDED: Mapping[Channel, tuple[str, ...]] = MappingProxyType(
    {
        Channel.SMS: ("link", "opt_out"),
        Channel.EMAIL: ("link", "opt_out"),
        Channel.WECHAT: ("link",),
        Channel.CALL: (),
        Channel.CONTACTLESS: ("link", "opt_out"),
    }
)
_TOKEN_LENGTH = 22


class Message(Definition):
    """One template: what is written to a customer through one channel."""

    channel: Channel
    subject: Localized | None = None
    text: Localized
    # By the name of the provider; none: any sender of the channel sends the text as it is.
    providers: dict[Code, Provider] = Field(default_factory=dict)

    @property
    def usable(self) -> bool:
        """Whether anybody sends it: with providers named, at least one has approved it."""
        return not self.providers or any(one.approved for one in self.providers.values())

    def approved_by(self, provider: str) -> Provider | None:
        """The template of ``provider``; None where it has none that is approved."""
        found = self.providers.get(provider)
        return found if found is not None and found.approved else None


class MessageFile(Table):
    """A file of templates; each is published under its own code and version."""

    messages: Annotated[tuple[Message, ...], Field(alias="message", min_length=1)]


def link_length(host: str) -> int:
    """The length of a survey link on ``host``: ``https://host/s/`` and a token of 22 characters."""
    return len(f"https://{host}/s/") + _TOKEN_LENGTH


@dataclass(frozen=True)
class AssumedLengths:
    """The greatest lengths that placeholders are counted with, in characters.

    The link is counted with a host of 12 characters; whoever knows the host gives
    ``link=link_length(host)``. English words are taken to be of the GSM alphabet.
    """

    link: int = link_length("x" * 12)
    brand: tuple[int, int] = (4, 14)
    branch: tuple[int, int] = (12, 28)
    occasion: tuple[int, int] = (4, 14)
    date: tuple[int, int] = (6, 11)
    opt_out: tuple[int, int] = (4, 17)

    def of(self, placeholder: str, language: Language) -> int:
        """The length of ``placeholder`` in ``language``."""
        length: int | tuple[int, int] = getattr(self, placeholder)
        return length if isinstance(length, int) else length[LANGUAGES.index(language)]


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with its placeholders filled; a value that is missing is a KeyError."""
    return text.format_map(values)


def worst_size(message: Message, language: Language, lengths: AssumedLengths) -> SmsSize:
    """The size as SMS when every placeholder is as long as assumed."""
    sign = "汉" if language == "zh" else "x"
    values = {
        name: ("x" if name == "link" else sign) * lengths.of(name, language)
        for name in PLACEHOLDERS
    }
    return sms_size(fill(message.text.say(language), values))


def check_messages(file: MessageFile) -> Iterator[Finding]:
    """Everything that is wrong with templates of the right shape."""
    codes = repeated(message.code for message in file.messages)
    for number, message in enumerate(file.messages):
        path: Path = ("message", number)
        if message.code in codes:
            yield Finding((*path, "code"), "repeated", {"code": message.code})
        yield from _subject(path, message)
        for language in LANGUAGES:
            yield from _text(path, message, language)
        linked = message.channel is Channel.SMS
        yield from check_providers(path, message.providers, PLACEHOLDERS, linked=linked)


def _subject(path: Path, message: Message) -> Iterator[Finding]:
    if message.subject is None:
        if message.channel is Channel.EMAIL:
            yield Finding((*path, "subject"), "missing")
        return
    if message.channel is not Channel.EMAIL:
        yield Finding((*path, "subject"), "only_for_email")
    for language in LANGUAGES:
        subject = message.subject.say(language)
        if "\n" in subject:
            yield Finding((*path, "subject", language), "one_line")
        yield from _used((*path, "subject", language), subject)[1]


def _text(path: Path, message: Message, language: Language) -> Iterator[Finding]:
    where = (*path, "text", language)
    used, findings = _used(where, message.text.say(language))
    yield from findings
    for name in NEEDED[message.channel]:
        if not findings and name not in used:
            yield Finding(where, "placeholder_needed", {"name": f"{{{name}}}"})


def _used(path: Path, text: str) -> tuple[set[str], list[Finding]]:
    """The placeholders of ``text``, and what is wrong with them."""
    try:
        parts = list(Formatter().parse(text))
    except ValueError:
        return set(), [Finding(path, "loose_brace")]
    used = {name for _, name, _, _ in parts if name is not None}
    plain = all(not spec and conversion is None for _, _, spec, conversion in parts)
    unknown = sorted(used - set(PLACEHOLDERS))
    known = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
    findings = [
        Finding(path, "unknown_placeholder", {"name": f"{{{name}}}", "known": known})
        for name in unknown
    ]
    return used, findings if plain else [*findings, Finding(path, "loose_brace")]
