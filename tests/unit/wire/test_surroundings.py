"""What stood around a run, as the sidebar tells it."""

from tests.stories import Story

from cellmill.core.event_parts import FileUse
from cellmill.core.events import DistributionsSeen, ExecutionFinished, GitSeen, TrackedElsewhere
from cellmill.core.ids import RunId
from cellmill.wire.runs import RunDetail, WireTracked, run_detail
from cellmill.wire.surroundings import MOST_FILES, WireDistribution, WireFile, WireGit, WireSource


def with_files(story: Story, *files: FileUse, source: str = "model = Ridge().fit(X, y)") -> RunDetail:
    execution = story.begins("fit", source)
    story.trains("aa00000001")
    story.says(ExecutionFinished(execution, story.tick(), "ok", (), ("model",), files=files))
    root = f"{story.project.root}/"
    return run_detail(story.runs()[0], store_id=None, relative=lambda path: path.removeprefix(root))


def test_a_run_says_which_machine_packages_and_commit_it_had(story: Story) -> None:
    story.says(GitSeen(story.tick(), "c0ffee" * 6 + "abcd", "main", "d" * 64, ("notes.txt",)))
    story.says(DistributionsSeen(story.tick(), {"scikit-learn": "1.9.1", "Zope": "5", "numpy": "2.4"}))
    with story.cell("fit", "model = Ridge().fit(X, y)"):
        story.trains("aa00000001")
    found = run_detail(story.runs()[0], store_id=None).environment
    assert found is not None
    assert (found.python, found.platform, found.cellmill) == ("3.11.7", "Linux", "0.1.0")
    assert found.git == WireGit(commit="c0ffee" * 6 + "abcd", branch="main", is_changed=True, untracked=1)
    assert found.distributions == [
        WireDistribution(name="numpy", version="2.4"),
        WireDistribution(name="scikit-learn", version="1.9.1"),
        WireDistribution(name="Zope", version="5"),
    ]


def test_files_have_their_place_in_the_project_and_those_read_are_sources(story: Story) -> None:
    root = story.project.root
    detail = with_files(
        story,
        FileUse(f"{root}/data/flights.csv", "read", 10, "e" * 64),
        FileUse("/elsewhere/out.txt", "written", None, None, "too large"),
    )
    assert detail.files == [
        WireFile(path="data/flights.csv", mode="read", size_bytes=10, sha256="e" * 64, note=None, number=1),
        WireFile(path="/elsewhere/out.txt", mode="written", size_bytes=None, sha256=None, note="too large", number=1),
    ]
    assert detail.sources == [WireSource(kind="file", name="data/flights.csv", digest="e" * 64)]


def test_of_very_many_files_the_number_left_out_is_told(story: Story) -> None:
    detail = with_files(story, *(FileUse(f"/f/{at}", "read") for at in range(MOST_FILES + 3)))
    assert (len(detail.files), detail.more_files) == (MOST_FILES, 3)


def test_a_run_says_who_else_has_tracked_it(story: Story) -> None:
    with story.cell("fit", "model = Ridge().fit(X, y)"):
        story.trains("aa00000001")
    story.says(TrackedElsewhere(RunId("aa00000001"), story.tick(), "wandb", "x1", "https://wandb.ai/me/p/runs/x1"))
    assert run_detail(story.runs()[0], store_id=None).tracked == [
        WireTracked(system="wandb", id="x1", uri="https://wandb.ai/me/p/runs/x1")
    ]
