"""The settings that every wire type shares."""

from pydantic import BaseModel, ConfigDict


class WireModel(BaseModel):
    """Frozen, closed, and with every field present in what is sent."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        from_attributes=True,
        json_schema_serialization_defaults_required=True,
        ser_json_inf_nan="strings",  # JSON has no NaN; a metric may be one
    )
