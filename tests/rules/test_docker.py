"""The image and the compose file name only what exists, and no secret of their own."""

import json
import re
import shlex
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

import branchpulse
from api.core.settings import Settings
from tests.rules.tree import PROJECT, ROOMS

FOLDER = PROJECT / "docker"
COMPOSE = yaml.safe_load((FOLDER / "compose.yaml").read_text())
OURS = {name: s for name, s in COMPOSE["services"].items() if "build" in s}
COMMANDS = set(typer.main.get_command(branchpulse.app).commands)  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Instruction:
    """One instruction of a Dockerfile, its continued lines joined."""

    word: str
    rest: str

    @property
    def arguments(self) -> list[str]:
        if self.rest.startswith("["):
            return [str(part) for part in json.loads(self.rest)]
        return shlex.split(self.rest)


def dockerfile() -> list[Instruction]:
    lines = [
        line
        for line in (FOLDER / "Dockerfile").read_text().splitlines()
        if line.strip() and not line.lstrip().startswith("#")
    ]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [Instruction(*line.split(maxsplit=1)) for line in joined.splitlines()]


def copied() -> list[str]:
    return [
        source.rstrip("/")
        for instruction in dockerfile()
        if instruction.word == "COPY"
        for source in instruction.arguments[:-1]
    ]


def our_commands(texts: list[list[str]]) -> set[str]:
    return {text[1] for text in texts if text[0] == "branchpulse"}


def test_every_path_of_the_dockerfile_exists() -> None:
    assert not [source for source in copied() if not (PROJECT / source).exists()]


def test_the_image_gets_every_room_and_nothing_is_kept_from_it() -> None:
    allowed = [
        line[1:] for line in (FOLDER / "Dockerfile.dockerignore").read_text().splitlines()
        if line.startswith("!")
    ]  # fmt: skip
    assert {*ROOMS, "migrations", "branchpulse.py", "alembic.ini", "pyproject.toml"} <= set(
        copied()
    )
    assert not [s for s in copied() if not any(fnmatch(s, pattern) for pattern in allowed)]


def test_the_command_of_the_image_exists() -> None:
    (command,) = [i.arguments for i in dockerfile() if i.word == "CMD"]
    assert our_commands([command]) <= COMMANDS
    assert command[0] == "branchpulse"


def test_the_image_installs_by_hash_and_does_not_run_as_root() -> None:
    instructions = dockerfile()
    assert any("--require-hashes" in i.rest and "requirements.lock" in i.rest for i in instructions)
    users = [i.rest for i in instructions if i.word == "USER"]
    assert users
    assert users[-1] not in {"root", "0"}
    assert f"useradd --system --uid 10001 --create-home {users[-1]}" in " ".join(
        i.rest for i in instructions if i.word == "RUN"
    )


def test_the_settings_of_the_image_exist() -> None:
    set_here = [
        pair.split("=")[0] for i in dockerfile() if i.word == "ENV" for pair in i.arguments
    ]  # fmt: skip
    assert not _unknown_settings(set_here)


def test_the_compose_file_builds_our_image_from_here() -> None:
    assert OURS
    for service in OURS.values():
        context = (FOLDER / service["build"]["context"]).resolve()
        assert context == PROJECT
        assert (context / service["build"]["dockerfile"]).is_file()


def test_the_three_commands_of_the_compose_file_exist() -> None:
    commands = our_commands([service["command"] for service in OURS.values()])
    assert commands == {"migrate", "serve", "work"}
    assert commands <= COMMANDS


def test_the_settings_of_the_compose_file_exist() -> None:
    for service in OURS.values():
        assert not _unknown_settings(service["environment"])


def _unknown_settings(names: Any) -> list[str]:
    prefix = "BRANCHPULSE_"
    known = {f"{prefix}{field.upper()}" for field in Settings.model_fields}
    return [name for name in names if name.startswith(prefix) and name not in known]


def test_the_settings_of_the_compose_file_are_accepted_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for service in OURS.values():
        for name, value in service["environment"].items():
            monkeypatch.setenv(name, filled(value))
        settings = Settings(_env_file=None)  # type: ignore[call-arg]
        assert not settings.embedded
        assert not settings.live_sending


def filled(value: str) -> str:
    """A value as compose would fill it: the default, or something where one is required."""
    stand_in = "https://branchpulse.example/" + "x" * 32

    def fill(match: re.Match[str]) -> str:
        return match["default"] if match["sign"] == ":-" else stand_in

    return re.sub(r"\$\{\w+(?P<sign>:[-?])(?P<default>[^}]*)\}", fill, value)


def test_secrets_come_from_the_environment_and_have_no_default() -> None:
    text = (FOLDER / "compose.yaml").read_text()
    names = re.findall(r"\$\{(\w*(?:PASSWORD|SECRET|TOKEN|KEY)\w*)(\S)?", text)
    assert names
    assert not re.findall(r"\$\{\w*(?:PASSWORD|SECRET|TOKEN|KEY)\w*(?!:\?|\w)[^}]*\}", text)
    for service in COMPOSE["services"].values():
        for name, value in service.get("environment", {}).items():
            if re.search("PASSWORD|SECRET|DATABASE_URL", name):
                assert re.search(r"\$\{\w+:\?", value), name


def test_services_wait_for_services_that_exist_and_report_their_health() -> None:
    services = COMPOSE["services"]
    for service in services.values():
        assert set(service.get("depends_on", {})) <= set(services)
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert source in COMPOSE["volumes"] or (FOLDER / source).exists()
    for waited in ("database", "web"):
        assert "test" in services[waited]["healthcheck"]
    assert services["database"]["image"] == "postgres:17"


def test_the_health_check_asks_an_address_that_the_web_process_answers() -> None:
    asked = re.search(r"127\.0\.0\.1:(\d+)(/\w+)", str(OURS["web"]["healthcheck"]["test"]))
    assert asked
    port, path = asked.groups()
    assert port in [i.rest for i in dockerfile() if i.word == "EXPOSE"]
    assert f'"{path}"' in Path(PROJECT / "api" / "main.py").read_text()
