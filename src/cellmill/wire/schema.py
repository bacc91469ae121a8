"""The JSON Schema of everything that crosses to the browser. `python -m cellmill.wire.schema` prints it."""

import json
import sys
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, models_json_schema

from cellmill.wire.capture import CaptureAsked, CaptureStatus
from cellmill.wire.changes import Change
from cellmill.wire.errors import ErrorAnswer, WireError
from cellmill.wire.models import ModelList, RegistrationAsked, RegistrationPreview, WireVersion
from cellmill.wire.parameters import ParameterForm, ParametersAnswered, ParametersAsked, PickAsked
from cellmill.wire.pipelines import PipelineAnswered, PipelineList, PipelineRunAsked, WirePipeline
from cellmill.wire.runs import RunDetail, RunList, RunRemoved, TrialList
from cellmill.wire.splits import SplitAnswered, SplitAsked
from cellmill.wire.verdicts import ReplaysAsked, WireRecipe, WireReplays

SENT = (
    RunList,
    RunDetail,
    TrialList,
    RunRemoved,
    WireRecipe,
    WireReplays,
    ParameterForm,
    ParametersAnswered,
    PipelineList,
    WirePipeline,
    PipelineAnswered,
    SplitAnswered,
    ModelList,
    WireVersion,
    RegistrationPreview,
    CaptureStatus,
    Change,
    ErrorAnswer,
)
RECEIVED = (RegistrationAsked, CaptureAsked, ReplaysAsked, ParametersAsked, PickAsked, PipelineRunAsked, SplitAsked)


class _Untitled(GenerateJsonSchema):
    """Titles on fields would become types of their own in TypeScript."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def wire_schema() -> dict[str, Any]:
    """Return one schema whose `$defs` are all the wire types."""
    wanted: list[tuple[Any, JsonSchemaMode]] = [(shape, "serialization") for shape in SENT]
    wanted += [(shape, "validation") for shape in RECEIVED]
    _, schema = models_json_schema(wanted, schema_generator=_Untitled)
    union = TypeAdapter(WireError).json_schema(mode="serialization", schema_generator=_Untitled)
    definitions = schema["$defs"]
    definitions["WireError"] = {key: value for key, value in union.items() if key != "$defs"}
    definitions["ErrorAnswer"]["properties"]["error"] = {"$ref": "#/$defs/WireError"}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "CellmillWire",
        "type": "object",
        "properties": {name: {"$ref": f"#/$defs/{name}"} for name in sorted(definitions)},
        "additionalProperties": False,
        "$defs": dict(sorted(definitions.items())),
    }


if __name__ == "__main__":
    json.dump(wire_schema(), sys.stdout, indent=2)
