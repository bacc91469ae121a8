"""Which folder is the project, and where things lie in it."""

from pathlib import Path

import pytest

from cellmill.core.ids import SessionId
from cellmill.core.project import MARKERS, Project, find_project


def folders(root: Path, *names: str) -> None:
    for name in names:
        (root / name).mkdir(parents=True)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder above which there is no project. Where the machine has one there, nothing here can be told."""
    assert find_project(tmp_path) == Project(tmp_path), f"{tmp_path} lies in a project of this machine's"
    return tmp_path


@pytest.mark.parametrize("marker", MARKERS)
def test_a_project_is_the_nearest_folder_upward_with_a_marker(home: Path, marker: str) -> None:
    folders(home, f"far/{marker}", f"far/near/{marker}", "far/near/notebooks/deep")
    assert find_project(home / "far/near/notebooks/deep") == Project(home / "far/near")
    assert find_project(home / "far/near") == Project(home / "far/near")


def test_without_a_marker_it_is_the_servers_root(home: Path) -> None:
    folders(home, "served/notebooks")
    assert find_project(home / "served/notebooks", home / "served") == Project(home / "served")


def test_a_marker_comes_before_the_servers_root(home: Path) -> None:
    folders(home, "served/work/.git", "served/work/notebooks")
    assert find_project(home / "served/work/notebooks", home / "served") == Project(home / "served/work")


def test_a_notebook_outside_of_the_servers_root_is_in_its_own_folder(home: Path) -> None:
    folders(home, "served", "elsewhere")
    assert find_project(home / "elsewhere", home / "served") == Project(home / "elsewhere")


def test_without_marker_or_server_it_is_the_folder_itself(home: Path) -> None:
    folders(home, "notebooks")
    assert find_project(home / "notebooks") == Project(home / "notebooks")


def test_a_pipeline_lies_in_the_project_that_holds_all_pipelines(home: Path) -> None:
    folders(home, "work/pipelines/prices/notes", "work/pipelines/empty")
    (home / "work/pipelines/prices/pipeline.yaml").write_text("")
    assert find_project(home / "work/pipelines/prices") == Project(home / "work")
    assert find_project(home / "work/pipelines/prices/notes") == Project(home / "work")
    assert find_project(home / "work/pipelines/empty") == Project(home / "work/pipelines/empty")


def test_a_link_leads_to_the_project_that_it_points_into(home: Path) -> None:
    folders(home, "real/.git", "real/notebooks")
    (home / "link").symlink_to(home / "real/notebooks")
    assert find_project(home / "link") == Project(home / "real")


def test_finding_a_project_leaves_nothing_behind(home: Path) -> None:
    find_project(home)
    assert list(home.iterdir()) == []


def test_everything_of_a_session_lies_under_the_projects_folder() -> None:
    project, session = Project(Path("/p")), SessionId("s")
    assert (project.journal(session), project.outside_journal(session), project.settings) == (
        Path("/p/.cellmill/journal/s.jsonl"),
        Path("/p/.cellmill/journal/s.server.jsonl"),
        Path("/p/.cellmill/settings.toml"),
    )


@pytest.mark.parametrize(
    ("path", "written"),
    [
        ("notebooks/a.ipynb", "notebooks/a.ipynb"),
        ("notebooks/../a.ipynb", "a.ipynb"),
        ("../other/a.ipynb", "{parent}/other/a.ipynb"),
    ],
)
def test_a_path_is_written_as_people_of_the_project_write_it(tmp_path: Path, path: str, written: str) -> None:
    root = tmp_path / "project"
    root.mkdir()
    given = str(root / path) if not path.startswith("..") else str(tmp_path / "other/a.ipynb")
    assert Project(root).relative(given) == written.format(parent=tmp_path.as_posix())


def test_no_path_is_written_as_none() -> None:
    assert Project(Path("/p")).relative(None) is None


def test_the_store_is_the_users_own_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    project = Project(Path("/p"))
    assert project.store == project.default_store == "sqlite:////p/mlflow.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:5000")
    assert project.store == "http://127.0.0.1:5000"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "")
    assert project.store == project.default_store
