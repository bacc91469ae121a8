"""Tables on a terminal: brackets that a user wrote are shown, and are never rich's markup."""

import pytest
from tests.stories import RIDGE, Story

from cellmill.cli.progress import cell_progress
from cellmill.cli.tables import print_comparison, print_models, print_parameters, print_run, print_version
from cellmill.core.models import RegisteredModel, Version
from cellmill.core.parameters import Parameter
from cellmill.core.ports import Progress
from cellmill.replay.compare import compare


def test_brackets_in_parameters_and_metrics_are_shown(story: Story, capsys: pytest.CaptureFixture[str]) -> None:
    for number, pattern in enumerate(("[/a-z]+", "[a-z]+")):
        with story.cell(f"fit-{number}", "model.fit(X, y)"):
            run = story.trains(f"aa0000000{number}", params={"pattern[0]": pattern}, model=None, note="is a [dict]")
            story.measures(run, "score[1]", float(number))
    first, second = story.runs()
    print_comparison(compare((first, second)))
    printed = capsys.readouterr().out
    assert [line.split() for line in printed.splitlines()[-2:]] == [
        ["pattern[0]", "[/a-z]+", "[a-z]+"],
        ["score[1]", "0", "1", "✓"],
    ]
    print_run(first, "[/x]")
    printed = capsys.readouterr().out
    assert f"{RIDGE}  {first.run}" in printed
    for words in ("[/a-z]+", "score[1]", "is a [dict]", "[/x]"):
        assert words in printed


def test_a_type_with_brackets_is_shown_whole(capsys: pytest.CaptureFixture[str]) -> None:
    print_parameters([Parameter("cols", [1], "list[int]", "list"), Parameter("opt", {}, "dict[str, float]", "dict")])
    printed = capsys.readouterr().out
    assert "list[int]" in printed
    assert "dict[str, float]" in printed


def test_a_model_with_brackets_in_its_name_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    version = Version(
        name="m[/1]", version="3", aliases=("[best]",), run=None, notebook="[b].ipynb", created_ms=0, tags={}
    )
    print_version(version)
    print_models((RegisteredModel("m[/1]", (version,)),))
    first, _, row = capsys.readouterr().out.splitlines()
    assert first == "Registered m[/1] version 3 with the alias [best], from run None."
    assert row.split()[:4] == ["m[/1]", "3", "[best]", "[b].ipynb"]


def test_a_notebook_with_brackets_in_its_name_has_a_bar(capsys: pytest.CaptureFixture[str]) -> None:
    with cell_progress("work[/1].ipynb", silent=False) as told:
        told(Progress(1, 2))
    assert capsys.readouterr().out == ""
