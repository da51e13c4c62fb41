"""What all definitions share: strict tables, stable codes, words in both languages."""

from collections import Counter
from collections.abc import Iterable
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictInt, StringConstraints

from api.core.languages import Language

Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
Version = Annotated[StrictInt, Field(ge=1, le=32767)]


class Table(BaseModel):
    """A TOML table: unknown keys are errors, nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Definition(Table):
    """What is published under a number, and never changes again."""

    code: Code
    version: Version


class Localized(Table):
    """A text in both languages."""

    zh: Words
    en: Words

    def say(self, language: Language) -> str:
        """The text in ``language``."""
        return self.zh if language == "zh" else self.en


def repeated(codes: Iterable[str]) -> set[str]:
    """The codes that stand more than once."""
    return {code for code, count in Counter(codes).items() if count > 1}
