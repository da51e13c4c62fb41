"""A published table as a value, in the one form that its hash is taken of.

Pure. Whoever has the document can take the hash again: SHA-256 over its JSON in UTF-8, keys in
order, no spaces, numbers as short as they are exact.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

FIGURES = (
    *("n", "score", "low", "high", "adjusted", "adjusted_low", "adjusted_high", "shrunk"),
    *("own_weight", "rank", "rank_low", "rank_high", "band", "p_top", "tied_above"),
    *("simultaneous_low", "simultaneous_high", "marginal_low", "marginal_high", "change"),
    *("change_is_noise", "ranked", "tier", "peer_group", "excluded"),
    "mix",
)
"""What is frozen of each branch."""


@dataclass(frozen=True, slots=True)
class FrozenRow:
    """One branch, with the names and figures of the moment in which the table was published."""

    branch_id: int
    unit_code: str
    unit_name_zh: str
    unit_name_en: str
    figures: Mapping[str, Any]

    def name(self, language: str) -> str:
        """The unit's name in ``language``."""
        return self.unit_name_en if language == "en" else self.unit_name_zh

    def document(self) -> dict[str, Any]:
        """The row's part of the document."""
        return {
            "unit_code": self.unit_code,
            "unit_name_zh": self.unit_name_zh,
            "unit_name_en": self.unit_name_en,
            **self.figures,
        }


@dataclass(frozen=True, slots=True)
class Head:
    """What a published table is about, of which data, made with what."""

    id: UUID
    number: int
    metric: str
    metric_name_zh: str
    metric_name_en: str
    start: date
    end: date
    comparison_set: str
    for_bonus: bool
    corrects: int | None
    reason: str | None
    data_version: int
    as_of: datetime
    seed: int
    parameters: Mapping[str, Any]
    published_by: str | None
    published_at: datetime

    def name(self, language: str) -> str:
        """The metric's name in ``language``."""
        return self.metric_name_en if language == "en" else self.metric_name_zh

    def document(self) -> dict[str, Any]:
        """The head's part of the document; ``from`` and ``to`` are the first and the last day."""
        return {
            "number": self.number,
            "metric": self.metric,
            "metric_name_zh": self.metric_name_zh,
            "metric_name_en": self.metric_name_en,
            "from": self.start.isoformat(),
            "to": (self.end - timedelta(days=1)).isoformat(),
            "comparison_set": self.comparison_set,
            "for_bonus": self.for_bonus,
            "corrects": self.corrects,
            "reason": self.reason,
            "data_version": self.data_version,
            "as_of": _moment(self.as_of),
            "seed": self.seed,
            "parameters": self.parameters,
            "published_at": _moment(self.published_at),
        }


def whole_document(head: Head, rows: Sequence[FrozenRow]) -> dict[str, Any]:
    """Everything that is published, rows by code."""
    ordered = sorted(rows, key=lambda row: row.unit_code)
    return {**head.document(), "rows": [row.document() for row in ordered]}


def hash_of(head: Head, rows: Sequence[FrozenRow]) -> str:
    """The hash of what is published, as 64 hexadecimal digits."""
    return hashlib.sha256(canonical(whole_document(head, rows))).hexdigest()


def canonical(document: Mapping[str, Any]) -> bytes:
    """The one way to write a document down."""
    return json.dumps(
        settled(document),
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
        allow_nan=False,
    ).encode()


def settled(value: Any) -> Any:
    """A value as the database gives it back: no negative zero, tuples as lists."""
    match value:
        case float():
            return value + 0.0
        case Mapping():
            return {key: settled(one) for key, one in value.items()}
        case list() | tuple():
            return [settled(one) for one in value]
        case _:
            return value


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()
