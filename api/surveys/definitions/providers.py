"""What a message template is at each provider: signature, template id, parameters, approval.

Providers in China and WeChat do not send a text of ours: they send a template that they approved,
filled with our parameters. Knows the shape and fills it; which provider sends is not known here.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from api.core.languages import Language
from api.surveys.definitions.positions import Path
from api.surveys.definitions.problems import Finding
from api.surveys.definitions.shapes import Localized, Table, repeated

LINK_CODE = "link_code"  # the end of the link alone: for templates that hold the address themselves
Approval = Literal["approved", "pending", "rejected"]
Key = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.]{1,64}$")]


def _in_both(given: Any) -> Any:
    """One text for both languages."""
    return {"zh": given, "en": given} if isinstance(given, str) else given


def _named_alike(given: Any) -> Any:
    """A parameter that the provider calls by our own name."""
    return {"key": given, "value": given} if isinstance(given, str) else given


EachLanguage = Annotated[
    Localized, BeforeValidator(_in_both, json_schema_input_type=str | Localized)
]


class Parameter(Table):
    """One variable of the provider's template: its key there, and our placeholder."""

    key: Key
    value: Key


class Provider(Table):
    """A message template as one provider knows it.

    ``parameters`` are in the provider's order: ``"link"`` for a variable that has our name, or none
    where only the order counts; ``{ key = "thing1", value = "branch" }`` for one with its own.
    """

    template_id: EachLanguage
    approval: Approval
    signature: EachLanguage | None = None
    parameters: Annotated[
        tuple[
            Annotated[
                Parameter, BeforeValidator(_named_alike, json_schema_input_type=str | Parameter)
            ],
            ...,
        ],
        Field(max_length=20),
    ] = ()
    # WeChat: every message takes one of the customer's one-time consents.
    once: bool = False

    @property
    def approved(self) -> bool:
        """Whether the provider sends it."""
        return self.approval == "approved"

    def filled(self, values: Mapping[str, str]) -> list[tuple[str, str]]:
        """Key and value of each parameter, in order, from the values of the placeholders."""
        known = {**values, LINK_CODE: values["link"].rstrip("/").rsplit("/", 1)[-1]}
        return [(one.key, known[one.value]) for one in self.parameters]

    def signed(self, language: Language) -> str | None:
        """The signature as it stands before a text: ``【name】``."""
        return f"【{self.signature.say(language)}】" if self.signature else None


def check_providers(
    path: Path, providers: Mapping[str, Provider], placeholders: Iterable[str], *, linked: bool
) -> Iterator[Finding]:
    """What is wrong with the providers of one message; ``linked``: its link is a parameter."""
    known = (*placeholders, LINK_CODE)
    for name, provider in providers.items():
        where = (*path, "providers", name)
        yield from _signature(where, provider)
        for key in sorted(repeated(one.key for one in provider.parameters)):
            yield Finding((*where, "parameters"), "repeated", {"code": key})
        for number, one in enumerate(provider.parameters):
            if one.value not in known:
                values = {"name": one.value, "known": ", ".join(known)}
                yield Finding((*where, "parameters", number), "unknown_placeholder", values)
        if linked and not {"link", LINK_CODE} & {one.value for one in provider.parameters}:
            yield Finding((*where, "parameters"), "placeholder_needed", {"name": '"link"'})


def _signature(where: Path, provider: Provider) -> Iterator[Finding]:
    if provider.signature is None:
        return
    if {"【", "】", "[", "]"} & set(provider.signature.zh + provider.signature.en):
        yield Finding((*where, "signature"), "no_brackets")
