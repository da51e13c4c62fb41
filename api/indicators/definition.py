"""An indicator tree as it stands in its file: the shape of every table.

Every node names what it is a part of (``of``); without it, it is part of the index itself. Knows
no database.
"""

from datetime import date
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import AllowInfNan, Field, StrictFloat, StrictInt, StringConstraints

from api.surveys.definitions.shapes import Code, Definition, Localized, Table

Number = Annotated[StrictFloat, AllowInfNan(False)]  # takes whole numbers too
Weight = Annotated[Number, Field(gt=0, le=1_000_000)]
UnitCode = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
KindName = Literal["nps", "top_box", "top2_box", "mean", "ces"]


class DimensionEntry(Table):
    """A part of the index that is made of questions or of further dimensions."""

    code: Code
    of: Code | None = None
    weight: Weight
    name: Localized


class QuestionEntry(Table):
    """A metric that counts in the index; ``kind`` may be written down to be held against it."""

    metric: Code
    of: Code | None = None
    weight: Weight
    kind: KindName | None = None


class TargetEntry(Table):
    """What a unit and everything below it should attain in a calendar year.

    In points (0-100) for the index and its dimensions, in the metric's own unit for a question.
    """

    of: Code
    unit: UnitCode
    year: Annotated[StrictInt, Field(ge=2000, le=2100)]
    value: Number


class IndicatorsFile(Definition):
    """One version of the tree, in force for periods that end on ``effective_from`` or later."""

    effective_from: date
    name: Localized
    dimensions: Annotated[tuple[DimensionEntry, ...], Field(alias="dimension", max_length=100)] = ()
    questions: Annotated[
        tuple[QuestionEntry, ...], Field(alias="question", min_length=1, max_length=100)
    ]
    targets: Annotated[tuple[TargetEntry, ...], Field(alias="target", max_length=20_000)] = ()

    @cached_property
    def metrics(self) -> tuple[str, ...]:
        """The metrics of all questions, in the order of the file."""
        return tuple(question.metric for question in self.questions)

    @cached_property
    def parents(self) -> tuple[str, ...]:
        """What may have parts: the index and its dimensions."""
        return (self.code, *(one.code for one in self.dimensions))


def schema() -> dict[str, Any]:
    """The JSON Schema of a file of indicators."""
    document = IndicatorsFile.model_json_schema(by_alias=True)
    document["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    document["title"] = "Branchpulse indicators"
    return document
