"""Indicator files: what is written is the tree that counts; what is wrong is named in its place."""

import json
import tomllib
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from api.core.errors import BadInput
from api.indicators.checks import Known, known_metric
from api.indicators.definition import schema
from api.indicators.files import check_file
from api.indicators.reading import read_indicators
from api.indicators.tree import Indicators, indicators_of
from api.surveys.definitions import DefinitionInvalid, load_text

ROOT = Path(__file__).parents[3]
CARS = load_text(ROOT / "examples" / "indicators" / "cars.toml")
BANK = load_text(ROOT / "examples" / "indicators" / "bank.toml")
KNOWN = Known(
    metrics={
        "nps": known_metric("nps", "0-10"),
        "overall": known_metric("top2_box", "1-5"),
        "advisor": known_metric("top2_box", "1-5"),
        "waiting": known_metric("mean", "1-5"),
        "offer": known_metric("mean", "1-5"),
    },
    units=frozenset({"NET", "EAST", "NORTH"}),
)


def tree(text: str) -> Indicators:
    return indicators_of(read_indicators(text, "a.toml", known=KNOWN))


def test_the_shipped_trees_are_right() -> None:
    assert tree(CARS).metrics == ("advisor", "offer", "waiting", "overall", "nps")
    assert tree(BANK).metrics == ("advisor", "waiting", "overall", "nps")


def test_the_tree_stands_in_order_with_what_every_part_makes_up() -> None:
    lines = [(one.depth, one.code, one.parent, round(one.share, 4)) for one in tree(BANK).nodes]
    assert lines == [
        (0, "experience", None, 1),
        (1, "service", "experience", 0.6),
        (2, "counter", "service", 0.6667),
        (3, "advisor", "counter", 1),
        (2, "waiting", "service", 0.3333),
        (1, "overall", "experience", 0.25),
        (1, "nps", "experience", 0.15),
    ]
    questions = [one.code for one in tree(BANK).nodes if one.is_question]
    assert questions == ["advisor", "waiting", "overall", "nps"]
    assert tree(BANK).line("service").name("zh") == "服务"
    assert tree(BANK).line("nps").name("en") is None


def test_targets_are_those_of_the_node_and_the_year() -> None:
    found = tree(CARS).targets_of("experience", 2026)
    assert [(one.unit, one.value) for one in found] == [("NET", 80), ("EAST", 82)]
    assert tree(CARS).targets_of("experience", 2019) == ()
    assert [one.value for one in tree(CARS).targets_of("nps", 2026)] == [45]


@pytest.mark.parametrize(
    ("old", "new", "field", "words"),
    [
        ("weight = 40", "weight = 40\nwieght = 1", "dimension[1].wieght",
         "did you mean weight?"),
        ("weight = 40", "weight = 0", "dimension[1].weight", "must be above 0"),
        ("weight = 40", "weight = -3", "dimension[1].weight", "must be above 0"),
        ("weight = 40", "weight = nan", "dimension[1].weight", "must be a number"),
        ('weight = 40', 'weight = "40"', "dimension[1].weight", "must be a number"),
        ("effective_from = 2024-01-01", 'effective_from = "soon"', "effective_from",
         "a day such as"),
        ('code = "people"', 'code = "People"', "dimension[1].code", "must be a code"),
        ('code = "people"', 'code = "process"', "dimension[1].code", "more than once"),
        ('metric = "offer"', 'metric = "waiting"', "question[2].metric", "more than once"),
        ('metric = "offer"', 'metric = "ofer"', "question[2].metric", "known are: offer"),
        ('of = "people"', 'of = "peeple"', "question[1].of", "use one of: experience, people"),
        ('kind = "mean"', 'kind = "ces2"', "question[2].kind", "must be one of: nps, top_box"),
        ('kind = "mean"', 'kind = "top2_box"', "question[2].kind", "offer is counted as mean"),
        ('kind = "nps"', 'kind = "ces"', "question[5].kind",
         "ces cannot be read off answers 0-10; possible are: nps, top_box, top2_box, mean"),
        ('code = "people"\n', 'code = "people"\nof = "people"\n', "dimension[1].of",
         "goes in a circle (people → people)"),
        ('metric = "advisor"\nof = "people"', 'metric = "advisor"\nof = "result"',
         "dimension[1]", "people has no question"),
        ('unit = "NET"', 'unit = "NORD"', "target[1].unit", "use a code such as NORTH"),
        ("value = 80", "value = 180", "target[1].value", "between 0 and 100"),
        ("value = 45", "value = -101", "target[4].value", "between -100 and 100"),
        ('of = "nps"', 'of = "npps"', "target[4].of", "npps is not in this tree"),
        ("year = 2025", "year = 25", "target[1].year", "must be at least 2000"),
        ('unit = "EAST"', 'unit = "NET"', "target[2]", "two targets for NET in 2025"),
    ],
)  # fmt: skip
def test_every_fault_is_named_in_its_place(old: str, new: str, field: str, words: str) -> None:
    assert old in CARS
    wrong = CARS.replace(old, new, 1)
    with pytest.raises(DefinitionInvalid) as caught:
        read_indicators(wrong, "a.toml", known=KNOWN)
    (problem, *_) = caught.value.problems
    assert problem.field == field
    assert words in problem.words("en")
    assert problem.words("zh") != problem.words("en")
    line = wrong.splitlines()[problem.line - 1]
    key = field.rpartition(".")[2].partition("[")[0]
    assert line[problem.column - 1 :].startswith(key) or line.startswith(f"[[{key}]]")


def test_a_longer_circle_is_found_and_said_once_for_each_that_is_in_it() -> None:
    wrong = CARS.replace('code = "people"\n', 'code = "people"\nof = "process"\n')
    wrong = wrong.replace('code = "process"\n', 'code = "process"\nof = "people"\n')
    with pytest.raises(DefinitionInvalid) as caught:
        read_indicators(wrong, "a.toml")
    found = [(one.field, one.values["chain"]) for one in caught.value.problems]
    assert found == [
        ("dimension[1].of", "people → process → people"),
        ("dimension[2].of", "process → people → process"),
    ]


def test_a_dimension_may_not_have_the_name_of_a_metric() -> None:
    more = CARS.replace('"people"', '"offer_2"')
    known = Known({**KNOWN.metrics, "offer_2": KNOWN.metrics["offer"]}, KNOWN.units)
    with pytest.raises(DefinitionInvalid, match="offer_2 is a metric already"):
        read_indicators(more, "a.toml", known=known)


def test_at_the_command_line_a_fault_has_file_line_and_column(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(CARS.replace("weight = 30", "weight = 0", 1), "utf-8")
    with pytest.raises(BadInput, match=r"mine\.toml:20:1: dimension\[2\]\.weight: must be above 0"):
        check_file(file)
    file.write_text(BANK, "utf-8")
    head, first, second, *_ = check_file(file)
    assert "version 1, in force for periods that end on 2024-01-01 or later: 4 questions" in head
    assert (first, second) == (
        "experience  100.0%  Branch experience index",
        "  service  60.0%  Service",
    )


def test_the_published_schema_is_current_and_takes_the_examples() -> None:
    stored = (ROOT / "docs" / "indicators.schema.json").read_text(encoding="utf-8")
    assert json.loads(stored) == schema(), "regenerate it as docs/indicators.md says"
    validator = Draft202012Validator(schema())
    for text in (CARS, BANK):
        validator.validate(_plain(tomllib.loads(text)))
    wrong = tomllib.loads(CARS.replace("weight = 40", "weight = 0"))
    assert [list(one.path) for one in validator.iter_errors(_plain(wrong))] == [
        ["dimension", 0, "weight"]
    ]


def _plain(table: object) -> object:
    """As JSON has it: days as text."""
    return json.loads(json.dumps(table, default=lambda day: day.isoformat()))
