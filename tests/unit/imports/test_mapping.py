"""The mapping file: what is allowed, and where a mistake is shown."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from api.imports.fields import REQUIRED, readings, require_known
from api.imports.mapping import Mapping, load_mapping, parse_mapping, schema
from api.imports.toml_lines import key_lines, line_of
from api.imports.values import Refused

ROOT = Path(__file__).parents[3]
OTHERS = {"loop"}  # rules of the closed loop are no mapping
EXAMPLES = sorted(one for one in (ROOT / "examples").glob("*.toml") if one.stem not in OTHERS)

GOOD = """\
kind = "responses"
timezone = "Europe/London"

[columns.network]
value = "practices"

[columns.answered_at]
from = "time"
format = "%Y-%m-%d %H:%M:%S"

[columns.touchpoint]
value = "visit"

[columns.rating]
from = "rating"
map = { "Very good" = 5, "Poor" = 2, "Don't know" = "" }

[units]
path = [["network", "value"], ["pcn", "pcn"], ["surgery", "surgery"]]
create = true

[[metrics]]
code = "recommend"
scale = "1-5"
from = "rating"

[key]
external_id = "submission_id"

[[skip_when]]
column = "pcn"
matches = "^Demo-"
"""


def refusal(text: str) -> str:
    with pytest.raises(Refused) as caught:
        parse_mapping(text, "map.toml")
    return str(caught.value)


def test_a_good_mapping_is_read_as_written() -> None:
    mapping = parse_mapping(GOOD, "map.toml")
    assert mapping.units is not None
    assert mapping.units.levels == ["network", "pcn", "surgery"]
    assert mapping.columns["rating"].map == {"Very good": 5, "Poor": 2, "Don't know": ""}
    assert mapping.metrics[0].points == (1, 5)
    assert mapping.key is not None
    assert mapping.key.parts == ["submission_id"]


def test_an_unknown_key_is_named_with_line_and_what_was_meant() -> None:
    text = GOOD.replace('from = "time"', 'fron = "time"')
    assert refusal(text).startswith(
        'map.toml:8: unknown key columns.answered_at.fron; did you mean "from"?'
    )


def test_an_unknown_key_at_the_top_has_its_line() -> None:
    message = refusal(GOOD.replace('timezone = "Europe/London"', 'encodings = "utf-8"'))
    assert message.startswith('map.toml:2: unknown key encodings; did you mean "encoding"?')


def test_an_unknown_key_in_a_list_of_tables_has_its_own_line() -> None:
    message = refusal(GOOD + '\n[[skip_when]]\ncolumn = "x"\nequal = "y"\n')
    assert message.startswith('map.toml:36: unknown key skip_when.1.equal; did you mean "equals"?')


@pytest.mark.parametrize(
    ("old", "new", "part"),
    [
        ('from = "time"\n', 'from = "time"\nvalue = "x"\n', "either from"),
        ("Europe/London", "Europe/Londonn", "did you mean Europe/London?"),
        ('scale = "1-5"', 'scale = "1-6"', "metrics.0.scale"),
        ('matches = "^Demo-"', 'matches = "^(Demo-"', "is not a regular expression"),
        ('matches = "^Demo-"', "", "either equals or matches"),
        ('kind = "responses"', 'kind = "answers"', "kind: "),
        ('kind = "responses"', 'kind = "counts"', "[period]"),
        ("value = \"practices\"", "from = \"practices\"", "[columns.network] needs value"),
        ('kind = "responses"', 'kind = "responses"\nencoding = "utf-16"', "utf-16 is not an enc"),
        ('kind = "responses"', 'kind = "responses"\nencoding = "klingon"', "klingon is not an enc"),
        ('[units]', "[units", "not TOML"),
        ('code = "recommend"', 'code = "Recommend!"', "metrics.0.code"),
    ],
)  # fmt: skip
def test_a_mistake_is_named(old: str, new: str, part: str) -> None:
    assert old in GOOD
    message = refusal(GOOD.replace(old, new, 1))
    assert message.startswith("map.toml:")
    assert part in message


def test_a_mapping_for_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "map.toml"
    path.write_text(GOOD, encoding="utf-8")
    with pytest.raises(Refused, match=r"map.toml:1: .*for responses.*imports counts"):
        load_mapping(path, "counts")


def test_a_missing_mapping_is_named(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"nowhere.toml: no such file"):
        load_mapping(tmp_path / "nowhere.toml", "counts")


def test_a_field_that_nothing_reads_is_refused() -> None:
    mapping = parse_mapping(GOOD + '\n[columns.advisorr]\nfrom = "x"\n', "map.toml")
    with pytest.raises(Refused, match="advisorr"):
        require_known(mapping, "map.toml")


def test_a_field_that_is_needed_is_named() -> None:
    text = GOOD.replace('[columns.touchpoint]\nvalue = "visit"\n', "")
    with pytest.raises(Refused, match=r"\[columns.touchpoint\]"):
        require_known(parse_mapping(text, "map.toml"), "map.toml")


def test_lines_are_those_of_the_file() -> None:
    lines = key_lines('a = 1\n\n[b.c]\nd = 2\n[[e]]\nf = 1\n[[e]]\nf = 2\n"g h" = 3\n')
    assert lines[("a",)] == 1
    assert lines[("b", "c", "d")] == 4
    assert lines[("e", 1, "f")] == 8
    assert lines[("e", 1, "g h")] == 9
    assert line_of(lines, ("e", 0, "x", "y")) == 5


def test_the_published_schema_is_current() -> None:
    stored = (ROOT / "docs" / "mapping.schema.json").read_text(encoding="utf-8")
    assert json.loads(stored) == schema(), "regenerate it as docs/imports.md says"


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_is_valid_and_fits_the_schema(path: Path) -> None:
    import tomllib

    mapping = load_mapping(path)
    require_known(mapping, path.name)
    Draft202012Validator(schema()).validate(tomllib.loads(path.read_text(encoding="utf-8")))


def test_there_are_examples_of_every_kind() -> None:
    kinds = {load_mapping(path).kind for path in EXAMPLES}
    assert kinds == set(REQUIRED)


def test_the_schema_refuses_unknown_keys() -> None:
    validator = Draft202012Validator(schema())
    assert not validator.is_valid({"kind": "units", "colums": {}})
    assert validator.is_valid({"kind": "units", "columns": {"code": {"from": "Code"}}})


def test_levels_and_attributes_are_fields() -> None:
    mapping = Mapping.model_validate(
        {"kind": "units", "columns": {"attribute_floor": {"from": "Floor"}}}
    )
    assert "attribute_floor" in readings(mapping)
    assert "surgery_name" in readings(parse_mapping(GOOD, "map.toml"))
