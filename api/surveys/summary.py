"""What a definition says, in a few lines for the person who wrote it. Knows no database."""

from urllib.parse import urlsplit

from api.core.languages import LANGUAGES, Language, say
from api.surveys.definitions import (
    AssumedLengths,
    Message,
    MessageFile,
    RulesFile,
    Survey,
    link_length,
    worst_size,
)
from api.surveys.service import Publication


def survey_lines(survey: Survey, language: Language) -> list[str]:
    """A survey's size and what it feeds."""
    return [
        say(
            "surveys.command.survey",
            language,
            code=survey.code,
            version=survey.version,
            pages=len(survey.pages),
            questions=len(survey.questions),
            metrics=", ".join(str(one.metric) for one in survey.measured) or "–",
        )
    ]


def message_lines(file: MessageFile, public_url: str, language: Language) -> list[str]:
    """Every template, and how many SMS it takes at worst with links of this installation.

    An address of this machine is no address that customers are sent: then a usual one is assumed.
    """
    place = urlsplit(public_url)
    local = place.hostname in ("127.0.0.1", "localhost", "::1")
    lengths = AssumedLengths() if local else AssumedLengths(link=link_length(place.netloc))
    return [line for one in file.messages for line in _message(one, lengths, language)]


def rules_lines(file: RulesFile, language: Language) -> list[str]:
    """How many rules there are, and since when they hold."""
    return [
        say(
            "surveys.command.rules",
            language,
            code=file.code,
            version=file.version,
            rules=len(file.rules),
            effective_from=file.effective_from.isoformat(),
        )
    ]


def publication_line(publication: Publication, language: Language) -> str:
    """What publishing did."""
    key = "surveys.command.published" if publication.new else "surveys.command.unchanged"
    return say(key, language, code=publication.code, version=publication.version)


def _message(message: Message, lengths: AssumedLengths, language: Language) -> list[str]:
    channel = message.channel.value
    head = {"code": message.code, "version": message.version, "channel": channel}
    lines = [say("surveys.command.message", language, **head)]
    if channel != "sms":
        return lines
    for spoken in LANGUAGES:
        size = worst_size(message, spoken, lengths)
        key = "surveys.command.sms_one" if size.fits_one else "surveys.command.sms_more"
        values = {"units": size.units, "encoding": size.encoding, "words_in": spoken}
        more = {} if size.fits_one else {"parts": size.parts}
        lines.append(say(key, language, **values, **more))
    return lines
