"""What is handed on names no machine, no registry and no secret, and is complete."""

import re
import tomllib

import pytest

from api.core.settings import Settings
from tests.rules.tree import PROJECT, name, text_files

LOCKS = ("requirements.lock", "requirements-dev.lock")
# Put together here, so that this file does not find itself.
MACHINE = re.compile(r"(?<![\w.\-}])/(?:" + "root|work|Users" + r")/\w")
REGISTRIES = ("pypi" + ".org", "python" + "hosted.org", "registry.npm" + "js", "pack" + "agecloud")
SECRETS = re.compile("-----BEGIN [A-Z ]*PRIVATE KEY" + "-----|AKIA[0-9A-Z]{16}|SK[0-9a-f]{32}")


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_files_pin_by_hash_and_hold_no_address(lock: str) -> None:
    lines = (PROJECT / lock).read_text().splitlines()
    assert not [line for line in lines if "://" in line or line.startswith("-")]
    pins = [line for line in lines if line and not line.startswith((" ", "#"))]
    assert pins
    assert not [line for line in pins if "==" not in line or not line.endswith("\\")]


def _names(lock: str) -> dict[str, str]:
    found = re.findall(r"^([\w.\-]+)==(\S+)", (PROJECT / lock).read_text(), re.MULTILINE)
    return {name.lower(): version for name, version in found}


def test_both_locks_agree_and_cover_what_the_project_asks_for() -> None:
    runtime, development = _names(LOCKS[0]), _names(LOCKS[1])
    assert runtime.items() <= development.items()
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())
    for wanted, locked in (
        (project["project"]["dependencies"], runtime),
        (project["dependency-groups"]["dev"], development),
    ):
        names = {re.split(r"[\[<>=;! ]", line)[0].lower() for line in wanted}
        assert not names - locked.keys()


def test_no_file_names_a_machine_a_registry_or_a_secret() -> None:
    found = []
    for path in text_files():
        text = path.read_text(encoding="utf-8", errors="replace")
        found += [f"{name(path)}: {match.group(0)}" for match in MACHINE.finditer(text)]
        found += [f"{name(path)}: {registry}" for registry in REGISTRIES if registry in text]
        found += [f"{name(path)}: a secret" for _ in SECRETS.finditer(text)]
    assert not found


def test_the_example_settings_are_the_settings() -> None:
    text = (PROJECT / ".env.example").read_text()
    named = set(re.findall(r"^#?BRANCHPULSE_(\w+)=", text, re.MULTILINE))
    internal = {"DEMO_DATA"}
    assert named == {field.upper() for field in Settings.model_fields} - internal


def test_the_example_settings_set_nothing() -> None:
    lines = (PROJECT / ".env.example").read_text().splitlines()
    assert not [line for line in lines if line and not line.startswith("#")]
