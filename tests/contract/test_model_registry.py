"""What every `ModelRegistry` does."""

from dataclasses import replace
from typing import Any

import pytest
from tests.contract.bench import Bench, files
from tests.stories import Story, a_training

from cellmill.core.errors import InvalidAlias, InvalidModelName, RunWithoutModel
from cellmill.core.event_parts import ModelBlob
from cellmill.core.models import Registration, Version
from cellmill.registry.register import prepare


@pytest.fixture
def recorded(bench: Bench, story: Story, model: ModelBlob) -> Any:
    """Return a function that registers the story's run, recorded already."""
    a_training(story, model=model)
    [run] = story.runs()
    store_id = bench.store.put(run, files(bench.project, run), digest="d", known=None).store_id

    def register(name: str, alias: str | None = None) -> Version:
        registration = prepare(run, name=name, alias=alias, user="ada")
        return bench.registry.register(registration, store_id=store_id)

    return register


def versions(bench: Bench) -> dict[str, list[tuple[str, tuple[str, ...]]]]:
    """Return the aliases of each version of this test."""
    return {
        model.name: [(version.version, version.aliases) for version in model.versions]
        for model in bench.registry.models()
        if bench.mine in model.name
    }


def test_a_version_carries_its_run_and_what_made_it(bench: Bench, story: Story, recorded: Any) -> None:
    name = f"flight-{bench.mine}"
    version = recorded(name, "challenger")
    assert version == Version(
        name=name,
        version="1",
        aliases=("challenger",),
        run=story.runs()[0].run,
        notebook="work.ipynb",
        created_ms=version.created_ms,
        tags=version.tags,
    )
    expected = prepare(story.runs()[0], name=name, alias=None, user="ada").tags
    assert dict(version.tags) == expected
    [listed] = [model for model in bench.registry.models() if model.name == name]
    assert listed.versions == (version,)


def test_versions_are_numbered_and_listed_newest_first(bench: Bench, recorded: Any) -> None:
    name = f"m-{bench.mine}"
    numbers = [recorded(name).version for _ in range(11)]
    assert numbers == [str(n) for n in range(1, 12)]
    assert bench.names() == {name: numbers[::-1]}


def test_an_alias_moves_to_the_version_that_asks_for_it(bench: Bench, recorded: Any) -> None:
    name = f"m-{bench.mine}"
    recorded(name, "champion")
    recorded(name, "challenger")
    assert versions(bench) == {name: [("2", ("challenger",)), ("1", ("champion",))]}
    recorded(name, "champion")
    assert versions(bench) == {name: [("3", ("champion",)), ("2", ("challenger",)), ("1", ())]}


def test_a_name_may_be_any_that_a_person_would_give(bench: Bench, recorded: Any) -> None:
    given = ["{} it's", '{} "best"', "{} größe", "{}.v1", "{} 100%", "UPPER {}"]
    names = [name.format(bench.mine) for name in given]
    for name in names:
        recorded(name)
    assert bench.names() == {name: ["1"] for name in sorted(names)}


@pytest.fixture
def registration(bench: Bench, story: Story) -> Registration:
    """What any run with a model would record."""
    a_training(story)
    return prepare(story.runs()[0], name=f"m-{bench.mine}", alias="champion", user="ada")


@pytest.mark.parametrize("name", ["", "  ", "a/{}", "a:{}", ".", ".."])
def test_a_name_that_it_does_not_take_leaves_nothing_behind(
    bench: Bench, registration: Registration, name: str
) -> None:
    name = name.format(bench.mine)
    before = bench.registry.models()
    with pytest.raises(InvalidModelName) as raised:
        bench.registry.register(replace(registration, name=name), store_id="any")
    assert raised.value.name == name
    assert bench.registry.models() == before


@pytest.mark.parametrize("alias", ["latest", "LATEST", "v1", "V22", "a b", "a.b", "champion!", " ", "x" * 256])
def test_an_alias_that_it_does_not_take_leaves_nothing_behind(
    bench: Bench, registration: Registration, alias: str
) -> None:
    with pytest.raises(InvalidAlias) as raised:
        bench.registry.register(replace(registration, alias=alias), store_id="any")
    assert raised.value.alias == alias
    assert versions(bench) == {}


def test_a_refusal_leaves_the_versions_that_there_are_as_they_are(bench: Bench, recorded: Any) -> None:
    name = f"m-{bench.mine}"
    recorded(name, "champion")
    with pytest.raises(InvalidAlias):
        recorded(name, "latest")
    assert versions(bench) == {name: [("1", ("champion",))]}


def test_a_run_whose_model_it_does_not_hold_is_refused_and_leaves_no_name_behind(
    bench: Bench, story: Story, model: ModelBlob
) -> None:
    a_training(story, model=model)
    [run] = story.runs()
    registration = prepare(run, name=f"m-{bench.mine}", alias="champion", user="ada")
    bare = replace(run, model=None)
    store_id = bench.store.put(bare, files(bench.project, bare), digest="d", known=None).store_id
    with pytest.raises(RunWithoutModel) as raised:
        bench.registry.register(registration, store_id=store_id)
    assert raised.value.run == run.run
    assert versions(bench) == {}
