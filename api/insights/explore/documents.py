"""A table of two dimensions as JSON: what is not told is null."""

from datetime import timedelta
from typing import Any

from api.core.languages import Language
from api.insights.explore.dimensions import Value
from api.insights.explore.service import Cell, Table
from api.insights.schemas import figure_document


def table_document(found: Table, language: Language) -> dict[str, Any]:
    """The table, a row for each value of the first dimension."""
    asked = found.asked
    return {
        "metric": found.metric.code,
        "from": asked.period.start.isoformat(),
        "to": (asked.period.end - timedelta(days=1)).isoformat(),
        "unit": None if found.unit is None else found.unit.code,
        "touchpoint": asked.touchpoint,
        "only": asked.only and asked.only.words,
        "by": [str(one) for one in asked.both],
        "columns": [
            {**_value(value, language), **figure_document(total)}
            for value, total in zip(found.columns, found.column_totals, strict=True)
        ],
        "rows": [
            {
                **_value(value, language),
                **figure_document(total),
                "cells": [_cell(cell) for cell in cells],
            }
            for value, total, cells in zip(found.rows, found.row_totals, found.cells, strict=True)
        ],
        "whole": figure_document(found.whole),
        "compared": found.compared,
        "clear": found.clear,
    }


def _value(value: Value, language: Language) -> dict[str, Any]:
    named: dict[str, Any] = {"key": value.key, "name": value.name(language)}
    if value.stage is not None:
        named["stage"] = value.stage
    if value.days is not None:
        named["to"] = (value.days.end - timedelta(days=1)).isoformat()
    return named


def _cell(cell: Cell) -> dict[str, Any]:
    return {**figure_document(cell.figure), "apart": cell.apart, "clear": cell.clear}
