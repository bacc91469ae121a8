"""Registered models: what the registry holds, and what a registration asks of it."""

from collections.abc import Mapping
from dataclasses import dataclass

from cellmill.core.ids import RunId


@dataclass(frozen=True)
class Version:
    """A registered model version, with the run that made it."""

    name: str
    version: str
    aliases: tuple[str, ...]
    run: RunId | None
    notebook: str | None
    created_ms: int
    tags: Mapping[str, str]


@dataclass(frozen=True)
class RegisteredModel:
    """A name in the registry and its versions, newest first."""

    name: str
    versions: tuple[Version, ...]


@dataclass(frozen=True)
class Registration:
    """Everything that will be recorded when a run is registered: shown first, then done."""

    run: RunId
    name: str
    alias: str | None
    tags: Mapping[str, str]
    description: str
