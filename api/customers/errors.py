"""What can go wrong with customers and events."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from api.core.errors import Conflict, Invalid, NotFound, TooLarge
from api.core.languages import Language, say

SHOWN = 100


@dataclass(frozen=True, slots=True)
class ItemProblem:
    """What is wrong with one item of a request: where, and the key of the words that say it."""

    index: int
    field: str
    key: str
    message: str | None = None

    def shown(self, language: Language) -> dict[str, Any]:
        """The problem as people read it; never with the value."""
        words = say(self.key, language)
        message = self.message if words == self.key and self.message else words
        return {"index": self.index, "field": self.field, "message": message}


class _ItemsError(Invalid):
    """Some items cannot be taken."""

    def __init__(self, problems: Sequence[ItemProblem], language: Language = "en") -> None:
        self.problems = list(problems)
        items = [problem.shown(language) for problem in self.problems[:SHOWN]]
        super().__init__(items=items, problems=len(self.problems))

    def log_text(self) -> str:
        """How many; never what they hold."""
        return f"{(type(self).__doc__ or '').splitlines()[0]} ({len(self.problems)})"

    def in_language(self, language: Language) -> Self:
        """The same error in the words of whoever asked."""
        return type(self)(self.problems, language)


class ItemsInvalid(_ItemsError):
    """Some items of the request are not valid; nothing of it was written."""

    key = "customers.items_invalid"


class ItemsConflict(_ItemsError):
    """Some events are known with other content and no lower revision; nothing was written."""

    status = 409
    key = "customers.items_conflict"


class TooManyItems(TooLarge):
    """More items in one request than are taken at once."""

    key = "customers.too_many_items"


class NoSuchCustomer(NotFound):
    """No customer under that id, or none that this viewer may know of."""


class CannotReverse(Conflict):
    """The merge is reversed already, or one of its persons was merged on or erased since."""

    key = "customers.cannot_reverse"
