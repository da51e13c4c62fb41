"""The catalogue for pages: words of one language, and numbers as that language writes them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from api.core.languages import Language
from api.core.languages import say as _say


@dataclass(frozen=True)
class Words:
    """The words of one language."""

    language: Language

    def __call__(self, key: str, **params: Any) -> str:
        """The words under ``key``, filled in."""
        return _say(key, self.language, **params)

    @property
    def other(self) -> Language:
        """The language to switch to."""
        return "en" if self.language == "zh" else "zh"


Say = Callable[..., str]
