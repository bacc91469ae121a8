"""The schema from which the TypeScript types are made."""

from typing import Any

from cellmill.wire import (
    capture,
    changes,
    curves,
    errors,
    models,
    outputs,
    parameters,
    pipelines,
    runs,
    splits,
    surroundings,
    verdicts,
)
from cellmill.wire.base import WireModel
from cellmill.wire.errors import shapes_by_kind
from cellmill.wire.schema import RECEIVED, SENT, wire_schema

MODULES = (
    *(capture, changes, curves, errors, models, outputs),
    *(parameters, pipelines, runs, splits, surroundings, verdicts),
)


def definitions() -> dict[str, Any]:
    found: dict[str, Any] = wire_schema()["$defs"]
    return found


def test_every_wire_type_is_in_the_schema() -> None:
    declared = {
        name
        for module in MODULES
        for name, value in vars(module).items()
        if isinstance(value, type) and issubclass(value, WireModel) and value is not WireModel
    }
    assert set(definitions()) == declared | {"WireError"}


def test_what_is_sent_has_every_field_and_what_is_received_may_leave_some_out() -> None:
    required = {name: set(shape.get("required", ())) for name, shape in definitions().items()}
    for kind in SENT:
        assert required[kind.__name__] == set(kind.model_fields), kind
    assert {kind.__name__: required[kind.__name__] for kind in RECEIVED} == {
        "RegistrationAsked": {"run", "name"},
        "CaptureAsked": {"notebook", "capture"},
        "ReplaysAsked": {"notebook"},
        "ParametersAsked": {"notebook", "texts", "run"},
        "PickAsked": {"notebook", "names"},
        "PipelineRunAsked": {"folder"},
        "SplitAsked": {"notebook", "name"},
    }


def test_no_field_has_a_title_for_that_would_be_a_type_of_its_own() -> None:
    titled = [
        (name, field)
        for name, shape in definitions().items()
        for field, described in shape.get("properties", {}).items()
        if "title" in described
    ]
    assert titled == []


def test_the_errors_are_one_union_told_apart_by_kind() -> None:
    union = definitions()["WireError"]
    assert union["discriminator"]["propertyName"] == "kind"
    assert set(union["discriminator"]["mapping"]) == set(shapes_by_kind())
    assert definitions()["ErrorAnswer"]["properties"]["error"] == {"$ref": "#/$defs/WireError"}


def test_the_schema_is_the_same_each_time() -> None:
    assert wire_schema() == wire_schema()
