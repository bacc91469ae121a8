"""What is recorded with a version."""

import json
import math

import pytest
from tests.stories import RIDGE, Story, a_training

from cellmill.core.errors import RunWithoutModel
from cellmill.core.events import TrainingFinished
from cellmill.core.models import Registration
from cellmill.core.project import Project
from cellmill.core.runs import Run
from cellmill.registry.register import prepare, suggest_name


def test_a_version_carries_the_run_the_notebook_and_the_executions_that_made_it(story: Story) -> None:
    run = a_training(story)
    with story.cell("more", "report(model)"):
        story.measures(run, "loss", math.nan)
    [found] = story.runs()
    assert prepare(found, name="flight-delay", alias="challenger", user="ada") == Registration(
        run=run,
        name="flight-delay",
        alias="challenger",
        tags={
            "cellmill.run": "aa00000001",
            "cellmill.session": story.session,
            "cellmill.notebook": "work.ipynb",
            "cellmill.model_class": RIDGE,
            "cellmill.executions": '["load", "fit", "score", "more"]',
            "cellmill.cells": '["cell-load", "cell-fit", "cell-score"]',
            "cellmill.data": "X_train d1 (training), X_test d2 (evaluation)",
            "cellmill.metrics": "Ridge_score_X_test 0.75, loss nan",
            "cellmill.model_sha256": "5" * 64,
            "cellmill.registered_by": "ada",
        },
        description="Ridge, captured in work.ipynb as run aa00000001.",
    )


def test_what_is_not_known_is_no_tag(project: Project) -> None:
    story = Story(project, notebook=None)
    story.trains("aa00000001")
    registration = prepare(story.runs()[0], name="m", alias="", user="ada")
    assert registration.alias is None
    assert registration.description == "Ridge, captured as run aa00000001."
    assert not {"cellmill.notebook", "cellmill.data", "cellmill.metrics"} & set(registration.tags)
    assert all(registration.tags.values())


def test_of_very_many_executions_the_newest_are_kept(story: Story) -> None:
    run = a_training(story)
    for number in range(300):
        with story.cell(f"{number:036}", "model.predict(X)"):
            story.evaluates(run)
    tag = prepare(story.runs()[0], name="m", alias=None, user="ada").tags["cellmill.executions"]
    assert len(tag) <= 5000
    assert json.loads(tag)[-1] == f"{299:036}"


def without_model(story: Story, how: str) -> Run:
    story.begins("fit", "model.fit(X, y)")
    run = story.training_begins("aa00000001")
    match how:
        case "finished":
            story.says(TrainingFinished(run, story.tick(), "ok", note="it cannot be pickled"))
        case "failed":
            story.says(TrainingFinished(run, story.tick(), "error"))
        case "stopped":
            story.says(TrainingFinished(run, story.tick(), "interrupted"))
    return story.runs(is_alive=how == "running")[0]


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("finished", "it cannot be pickled"),
        ("failed", "its training failed"),
        ("running", "its training still runs"),
        ("stopped", "its training was interrupted"),
        ("dead", "its training was interrupted"),
    ],
)
def test_a_run_without_a_model_is_refused_with_the_reason(story: Story, how: str, reason: str) -> None:
    with pytest.raises(RunWithoutModel) as raised:
        prepare(without_model(story, how), name="m", alias=None, user="ada")
    assert raised.value.reason == reason


@pytest.mark.parametrize(
    ("notebook", "name"),
    [
        ("notebooks/01_flight_delays.ipynb", "flight-delays"),
        ("Flight Delays (2).ipynb", "flight-delays-2"),
        ("a/b/model.ipynb", "model"),
        ("2024-01.ipynb", "ridge"),
        ("Übung.ipynb", "übung"),
        (None, "ridge"),
    ],
)
def test_a_name_is_suggested_from_the_notebooks(project: Project, notebook: str | None, name: str) -> None:
    story = Story(project, notebook=notebook)
    a_training(story)
    assert suggest_name(story.runs()[0]) == name
