"""Keeping a model: what lies among the blobs afterwards, or why nothing does."""

import hashlib
import pickle
from importlib.metadata import version
from typing import Any, NoReturn

import numpy as np
import pandas as pd
import pytest

from cellmill.capture.blobs import blob_path, keep_blob
from cellmill.capture.models import EXAMPLE_ROWS, ToCopy, pickle_model
from cellmill.core.event_parts import ModelBlob
from cellmill.core.project import Project
from cellmill.core.settings import Settings

FRAME = pd.DataFrame({"a": range(9)})


class Model:
    def __init__(self, size_bytes: int = 10) -> None:
        self.weights = b"w" * size_bytes


class Stubborn:
    def __reduce__(self) -> NoReturn:
        raise RuntimeError("I stay")


def kept(
    project: Project, model: Any = None, data: Any = FRAME, **settings: Any
) -> tuple[ModelBlob | None, str | None]:
    pickled, note = pickle_model(Settings(**settings), model or Model(), data, flavor="sklearn")
    return pickled.keep(project) if pickled is not None else None, note


def test_a_model_lies_among_the_blobs_under_its_digest(project: Project) -> None:
    blob, note = kept(project)
    assert blob is not None
    content = blob_path(project, blob.sha256).read_bytes()
    assert (note, blob.size_bytes, blob.flavor) == (None, len(content), "sklearn")
    assert hashlib.sha256(content).hexdigest() == blob.sha256
    assert pickle.loads(content).weights == b"w" * 10


def test_a_few_rows_of_its_input_lie_beside_it(project: Project) -> None:
    blob, _ = kept(project)
    assert blob is not None
    assert blob.example_sha256 is not None
    example = pickle.loads(blob_path(project, blob.example_sha256).read_bytes())
    assert example.equals(FRAME.head(EXAMPLE_ROWS))


@pytest.mark.parametrize(("data", "settings"), [([[1], [2]], {}), (None, {}), (FRAME, {"keep_input_examples": False})])
def test_without_rows_to_keep_there_is_no_example(project: Project, data: Any, settings: dict[str, Any]) -> None:
    blob, _ = kept(project, data=data, **settings)
    assert blob is not None
    assert blob.example_sha256 is None
    assert len(list(project.blobs.iterdir())) == 1


def test_what_must_be_installed_to_load_it_is_told_by_what_is_loaded(project: Project) -> None:
    blob, _ = kept(project)
    assert blob is not None
    told = dict(requirement.split("==") for requirement in blob.requirements)
    assert {name: told[name] for name in ("numpy", "pandas")} == {"numpy": np.__version__, "pandas": pd.__version__}
    assert told["cloudpickle"] == version("cloudpickle")


@pytest.mark.parametrize(
    ("model", "settings", "note"),
    [
        (Model(), {"keep_models": False}, "the setting keep_models is off"),
        (Model(2_000), {"max_model_mb": 0.001}, "its pickle is larger than the setting max_model_mb (0.001 MB)"),
        (Stubborn(), {}, "it cannot be pickled (RuntimeError: I stay)"),
    ],
    ids=["switched off", "too large", "stubborn"],
)
def test_a_model_that_is_not_kept_leaves_nothing_and_says_why(
    project: Project, model: Any, settings: dict[str, Any], note: str
) -> None:
    assert kept(project, model, **settings) == (None, note)
    assert not project.blobs.exists()


def test_the_same_content_is_kept_once_and_for_its_owner_alone(project: Project) -> None:
    digests = {keep_blob(project, b"content") for _ in range(3)}
    [path] = project.blobs.iterdir()
    assert {path.name} == digests
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("settings", "note"),
    [
        ({"keep_models": False}, "the setting keep_models is off"),
        ({"max_model_mb": 0.001}, "its pickle is larger than the setting max_model_mb (0.001 MB)"),
    ],
)
def test_a_model_that_is_not_kept_is_not_copied_either(project: Project, settings: dict[str, Any], note: str) -> None:
    never = ToCopy(1_001, lambda: pytest.fail("copied"))
    assert kept(project, never, **settings) == (None, note)


def test_a_model_is_copied_before_it_is_pickled(project: Project) -> None:
    blob, note = kept(project, ToCopy(10, Model))
    assert blob is not None
    assert (note, pickle.loads(blob_path(project, blob.sha256).read_bytes()).weights) == (None, b"w" * 10)


def test_a_copy_that_fails_is_a_note() -> None:
    def fails() -> NoReturn:
        raise RuntimeError("Only Tensors created explicitly by the user support the deepcopy protocol")

    pickled, note = pickle_model(Settings(), ToCopy(10, fails), FRAME, flavor="pytorch")
    assert (pickled, (note or "")[:36]) == (None, "it cannot be copied (RuntimeError: O")
