"""Registered models, and what a registration asks and answers."""

from typing import Annotated

from pydantic import Field

from cellmill.core.models import RegisteredModel, Registration, Version
from cellmill.wire.base import WireModel


class WireVersion(WireModel):
    """A registered model version."""

    name: str
    version: str
    aliases: list[str]
    run: str | None
    notebook: str | None
    created_ms: int


class WireModelEntry(WireModel):
    """A name in the registry and its versions, newest first."""

    name: str
    versions: list[WireVersion]


class ModelList(WireModel):
    """Every registered model, by name."""

    models: list[WireModelEntry]


class RegistrationAsked(WireModel):
    """What a user asks: register this run's model under this name."""

    run: str
    name: Annotated[str, Field(max_length=256)]
    alias: Annotated[str, Field(max_length=255)] | None = None


class RegistrationPreview(WireModel):
    """What would be recorded with a version, shown before it is."""

    run: str
    model_class: str
    suggested_name: str
    existing_names: list[str]
    tags: dict[str, str]


def wire_version(version: Version) -> WireVersion:
    """Return a version as the sidebar shows it, without its tags."""
    return WireVersion.model_validate(version)


def model_list(models: tuple[RegisteredModel, ...]) -> ModelList:
    """Return the registry as the sidebar shows it."""
    return ModelList(
        models=[
            WireModelEntry(name=model.name, versions=[wire_version(version) for version in model.versions])
            for model in models
        ]
    )


def registration_preview(
    registration: Registration, *, model_class: str, existing_names: tuple[str, ...]
) -> RegistrationPreview:
    """Return what the dialog shows before the user says yes."""
    return RegistrationPreview(
        run=registration.run,
        model_class=model_class,
        suggested_name=registration.name,
        existing_names=list(existing_names),
        tags=dict(registration.tags),
    )
