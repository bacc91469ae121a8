"""Whatever a person can ask of Cellmill is written down."""

import re
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import pytest
import typer
from tests.shape.repository import ROOT, SOURCE, modules, pages
from tests.unit.core.test_errors import LEAVES

from cellmill.cli import (
    app,
    doctor,
    models,
    parameters,
    pipeline_checks,
    pipeline_exports,
    pipelines,
    recipes,
    replays,
    runs,
    split,
    steps,
    sweeps,
)
from cellmill.core.settings import Settings
from cellmill.kernel.magics import USAGE, Magics
from cellmill.kernel.state import KernelState
from cellmill.server.extension import API, HANDLERS

COMMANDS_COME_FROM = (
    doctor,
    models,
    parameters,
    pipeline_checks,
    pipeline_exports,
    pipelines,
    recipes,
    replays,
    runs,
    split,
    steps,
    sweeps,
)  # importing them gives the commands to `app`
VERBS = ("get", "post", "put", "patch", "delete")


def commands() -> Iterator[tuple[str, Any]]:
    """Every command, as click has it: Typer may bring a click of its own. Those of a group by both words."""
    group: Any = typer.main.get_command(app)
    for name, command in group.commands.items():
        yield name, command
        yield from ((f"{name} {word}", inner) for word, inner in getattr(command, "commands", {}).items())


def options() -> Iterator[tuple[str, str]]:
    """Every long name of every option of every command."""
    for name, command in commands():
        for parameter in command.params:
            for written in parameter.opts:
                if written.startswith("--") and written != "--help":
                    yield name, written


_NAMES = {"sweeps": "SWEEP"}


def routes() -> Iterator[str]:
    """Every route as the documentation writes it: `GET /cellmill/api/runs/RUN`."""
    for pattern, handler in HANDLERS:
        path = re.sub(
            r"\([^)]*\)", "SHA", re.sub(r"\([^)]*\)", _NAMES.get(pattern.partition("/")[0], "RUN"), pattern, count=1)
        )
        for verb in VERBS:
            if verb in vars(handler):
                yield f"{verb.upper()} /{API}/{path}"


def section(page: str, title: str) -> str:
    """Return the part of a page under a heading."""
    found = re.search(rf"^(#+) `?(cellmill )?{re.escape(title)}`?$", page, flags=re.MULTILINE)
    assert found is not None, f"there is no heading {title!r}"
    after = page[found.end() :]
    ending = re.search(rf"^#{{1,{len(found[1])}}} ", after, flags=re.MULTILINE)
    return after[: ending.start()] if ending else after


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text("utf-8")


@pytest.mark.parametrize("command", [name for name, _ in commands()])
def test_every_command_has_a_heading(command: str) -> None:
    assert f"cellmill {command} " in section(page("users/command-line.md"), command)


@pytest.mark.parametrize(("command", "option"), list(options()))
def test_every_option_stands_under_its_command(command: str, option: str) -> None:
    assert re.search(rf"`[^`]*{option}\b[^`]*`", section(page("users/command-line.md"), command))


@pytest.mark.parametrize("word", Magics(KernelState()).words)
def test_every_word_of_the_magic_is_told_in_its_help_and_on_its_page(word: str) -> None:
    for text in (USAGE, page("users/magics.md")):
        assert re.search(rf"%cellmill {word}\b", text)


@pytest.mark.parametrize("setting", [setting.name for setting in fields(Settings)])
def test_every_setting_is_told_with_its_default(setting: str) -> None:
    default = getattr(Settings(), setting)
    written = str(default).lower() if isinstance(default, bool) else str(list(default) if default == () else default)
    told = re.search(rf"^.*`{setting}`.*$", page("users/settings.md"), flags=re.MULTILINE)
    assert told is not None
    assert f"`{written}`" in told[0] or f"`{setting} = {written}`" in told[0]


@pytest.mark.parametrize("setting", [setting.name for setting in fields(Settings)])
def test_every_setting_is_asked_for_somewhere(setting: str) -> None:
    askers = [path for path in modules() if path != SOURCE / "core" / "settings.py"]
    assert any(re.search(rf"\.{setting}\b", path.read_text("utf-8")) for path in askers)


@pytest.mark.parametrize("route", list(routes()))
def test_every_route_is_told(route: str) -> None:
    assert route in page("developers/rest.md")


@pytest.mark.parametrize("kind", [kind.kind for kind in LEAVES])
def test_every_error_is_told_by_its_kind(kind: str) -> None:
    assert f"`{kind}`" in pages("users", "developers")
