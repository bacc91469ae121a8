"""Models and registrations, as they cross to the browser."""

import pytest
from pydantic import ValidationError
from tests.stories import Story, a_training

from cellmill.core.ids import RunId
from cellmill.core.models import RegisteredModel, Version
from cellmill.registry.register import prepare
from cellmill.wire.capture import CaptureAsked
from cellmill.wire.models import (
    ModelList,
    RegistrationAsked,
    RegistrationPreview,
    WireModelEntry,
    WireVersion,
    model_list,
    registration_preview,
)

VERSION = Version("flight-delay", "2", ("challenger",), RunId("aa00000001"), "a.ipynb", 17, {"cellmill.run": "x"})


def test_the_registry_is_sent_without_the_tags_of_its_versions() -> None:
    assert model_list((RegisteredModel("flight-delay", (VERSION,)), RegisteredModel("empty", ()))) == ModelList(
        models=[
            WireModelEntry(
                name="flight-delay",
                versions=[
                    WireVersion(
                        name="flight-delay",
                        version="2",
                        aliases=["challenger"],
                        run="aa00000001",
                        notebook="a.ipynb",
                        created_ms=17,
                    )
                ],
            ),
            WireModelEntry(name="empty", versions=[]),
        ]
    )


def test_a_preview_shows_what_would_be_recorded(story: Story) -> None:
    a_training(story)
    [run] = story.runs()
    registration = prepare(run, name="work", alias=None, user="ada")
    assert registration_preview(registration, model_class=run.model_class, existing_names=("a",)) == (
        RegistrationPreview(
            run=run.run,
            model_class=run.model_class,
            suggested_name="work",
            existing_names=["a"],
            tags=dict(registration.tags),
        )
    )


def test_a_registration_may_leave_out_the_alias() -> None:
    asked = RegistrationAsked.model_validate_json('{"run": "aa", "name": "m"}')
    assert asked == RegistrationAsked(run="aa", name="m", alias=None)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        '{"run": "aa"}',
        '{"run": 7, "name": "m"}',
        '{"run": "aa", "name": null}',
        '{"run": "aa", "name": "m", "nam": "m"}',
        f'{{"run": "aa", "name": "{"m" * 257}"}}',
        f'{{"run": "aa", "name": "m", "alias": "{"m" * 256}"}}',
    ],
)
def test_a_registration_of_another_shape_is_not_understood(body: str) -> None:
    with pytest.raises(ValidationError):
        RegistrationAsked.model_validate_json(body)


@pytest.mark.parametrize("capture", ["off", "none", "", "ON"])
def test_capture_is_switched_on_or_paused_and_nothing_else(capture: str) -> None:
    with pytest.raises(ValidationError):
        CaptureAsked.model_validate({"notebook": "a.ipynb", "capture": capture})
