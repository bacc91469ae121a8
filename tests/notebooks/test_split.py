"""`cellmill split`, as a user types it, and what it writes, run by papermill alone."""

import json
import shutil
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import papermill
import pytest
import yaml
from tests.notebooks.commands import Desk, new_desk

from cellmill.notebook.plain import as_bytes, new_code_cell, new_markdown_cell, new_notebook

LOAD = """
df = pd.DataFrame({"x": np.arange(6.0), "kind": pd.Categorical(list("aabbcc"))})
seen = []


def note(what):
    seen.append(what)
    return len(seen)


note("load")
df.to_parquet("-".join(df.columns) + ".parquet")  # in C, under a name that stands nowhere
"""
CLEAN = """
df["y"] = scale(df.x) * factor + np.random.rand(6)
raw = open("raw.txt").read()
note("clean")
"""
FIT = """
from sklearn.linear_model import LinearRegression

model = LinearRegression().fit(df[["x"]], df.y)
rmse = float(np.sqrt(((model.predict(df[["x"]]) - df.y) ** 2).mean()))
note("fit")
"""
REPORT = """
pd.Series(seen).to_csv("report.csv")
print(f"{rmse:.6f}", seen, raw.strip(), df.kind.dtype)
"""
Cells = Sequence[str | tuple[str]]
CELLS: Cells = [
    ("# Prices",),
    "import numpy as np\nimport pandas as pd\nfrom helpers import scale\n%matplotlib inline",
    "factor = 3  # 1 to 10",
    ("## Load",),
    LOAD,
    ("## Clean",),
    CLEAN,
    ("## Fit",),
    FIT,
    ("## Report",),
    REPORT,
]


def write(folder: Path, cells: Cells, name: str = "work.ipynb") -> Path:
    made = []
    for number, cell in enumerate(cells):
        if isinstance(cell, tuple):
            made.append(new_markdown_cell(f"m{number}", cell[0]))
        else:
            tags = {"tags": ["parameters"]} if cell.startswith("factor") else {}
            made.append(new_code_cell(f"c{number}", cell, metadata=tags))
    path = folder / name
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    path.write_bytes(as_bytes(new_notebook(made, kernel)))
    return path


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, home: Path, empty_database: Path) -> Desk:
    """A project whose notebook works in a folder below its root, imports a module from there, and has run before."""
    desk = new_desk(tmp_path_factory.mktemp("desk") / "project", home, empty_database)
    root = desk.root
    (root / "pyproject.toml").write_text("")
    (root / "analysis").mkdir()
    (root / "analysis" / "raw.txt").write_text("raw rows\n")
    (root / "analysis" / "report.csv").write_text("of an earlier run\n")
    (root / "analysis" / "helpers.py").write_text("def scale(x):\n    return x * 2\n")
    write(root / "analysis", CELLS)
    return desk


@pytest.fixture(scope="module")
def project(desk: Desk) -> Path:
    return desk.root


@pytest.fixture(scope="module")
def made(desk: Desk) -> dict[str, Any]:
    """What `cellmill split` says of it."""
    said = desk.cellmill("split", "analysis/work.ipynb", "--name", "prices", "--yes", "--json")
    assert said.code == 0, said.err
    found: dict[str, Any] = said.json
    return found


def test_it_says_what_it_made(made: dict[str, Any]) -> None:
    assert [(step["name"], step["first_cell"], step["last_cell"], step["gives"]) for step in made["steps"]] == [
        ("load", 1, 3, ["df", "note", "seen"]),
        ("clean", 4, 4, ["df", "note", "raw", "seen"]),
        ("fit", 5, 5, ["df", "raw", "rmse", "seen"]),
        ("report", 6, 6, []),
    ]
    assert (made["split"], made["folder"]) == (True, "pipelines/prices")
    assert made["compared"] > 10


def test_the_folder_reads_as_a_person_would_have_written_it(project: Path, made: dict[str, Any]) -> None:
    folder = project / "pipelines" / "prices"
    assert sorted(path.name for path in folder.iterdir()) == sorted(made["files"])
    document = yaml.safe_load((folder / "pipeline.yaml").read_text())
    assert document["source"] == "analysis/work.ipynb"
    unheard = ["analysis/x-kind.parquet"]
    assert document["steps"] == {
        "load": {"notebook": "01_load.ipynb", "writes": unheard},
        "clean": {"notebook": "02_clean.ipynb", "after": ["load"], "reads": unheard},
        "fit": {"notebook": "03_fit.ipynb", "after": ["clean"], "reads": unheard},
        "report": {
            "notebook": "04_report.ipynb",
            "after": ["fit"],
            "reads": unheard,
            "writes": ["analysis/report.csv"],
        },
    }
    clean = json.loads((folder / "02_clean.ipynb").read_text())
    sources = ["".join(cell["source"]) for cell in clean["cells"] if cell["cell_type"] == "code"]
    assert sources[0].splitlines()[1:] == ["factor = 3  # 1 to 10"]
    assert sources[2].splitlines() == [
        "%matplotlib inline",
        "import numpy as np",
        "from helpers import scale",
        "",
        "cellmill.restore_random()  # what is imported again may have drawn",
    ]


def test_the_notebook_and_what_lies_beside_it_are_left_alone(
    project: Path, made: dict[str, Any], tmp_path: Path
) -> None:
    assert made["split"]
    assert (project / "analysis" / "work.ipynb").read_bytes() == write(tmp_path, CELLS).read_bytes()
    left = {path.name for path in (project / "analysis").iterdir() if path.is_file()}
    assert left - {"report.csv", "x-kind.parquet"} == {
        "helpers.py",
        "raw.txt",
        "work.ipynb",
    }  # which a run of the pipeline writes


def test_papermill_alone_runs_it_with_other_parameters(project: Path, made: dict[str, Any], tmp_path: Path) -> None:
    root = tmp_path / "elsewhere"
    shutil.copytree(project, root, ignore=shutil.ignore_patterns(".cellmill"))
    for file in made["files"][1:]:
        path, given = root / "pipelines" / "prices" / file, {"factor": 7} if "clean" in file else {}
        done = papermill.execute_notebook(
            path, tmp_path / file, given, cwd=str(root), progress_bar=False, request_save_on_cell_execute=False
        )
    texts = [output.text for cell in done.cells for output in cell.get("outputs", ()) if "text" in output]
    assert texts[-1].split()[1:] == ["['load',", "'clean',", "'fit']", "raw", "rows", "category"]
    assert (root / "analysis" / "report.csv").exists()


def test_it_runs_as_a_pipeline_with_a_model_to_register(desk: Desk, made: dict[str, Any]) -> None:
    assert made["split"]
    said = desk.cellmill("pipeline", "run", "pipelines/prices", "--json")
    assert said.code == 0, said.err
    [run] = desk.cellmill("runs", "--json").json
    assert (run["notebook"], run["model_class"]) == (
        "pipelines/prices/03_fit.ipynb",
        "sklearn.linear_model.LinearRegression",
    )
    assert "cellmill_values" not in str(run["parameters"])
    assert "4 steps unchanged" in desk.cellmill("pipeline", "run", "pipelines/prices").out


def test_a_second_one_of_the_name_is_refused(desk: Desk, made: dict[str, Any]) -> None:
    said = desk.cellmill("split", "analysis/work.ipynb", "--name", "prices")
    assert (said.code, made["split"]) == (2, True)
    assert said.err.startswith("cellmill: There is a pipeline in pipelines/prices already.")


def test_a_plan_is_shown_and_nothing_written(desk: Desk) -> None:
    said = desk.cellmill("split", "analysis/work.ipynb", "--name", "other", "--plan", "--at", "Fit")
    assert said.code == 0, said.err
    assert [line.split()[:2] for line in said.out.splitlines()[1:]] == [["load", "1"], ["fit", "5"]]
    assert not (desk.root / "pipelines" / "other").exists()


def test_trainings_are_known_after_cells_whose_source_is_not_recorded_as_it_is(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "folder", tmp_path / "home")
    desk.root.mkdir()
    secret = "hf_" + "QmZxKvTrPwLsNdGhJyBcFeUaXoWiRtEqMv"
    cells = [
        "# cellmill: off\nimport time\nimport numpy as np",
        "# cellmill: on\nlow = 0.0",
        "",
        f"api_key = '{secret}'\nrows = low + 2 * np.arange(6.0)",
        "open('rows.txt', 'w').write(str(len(rows)))",
        "from sklearn.linear_model import LinearRegression\nmodel = LinearRegression().fit(rows[:, None], rows)",
        "print(model.coef_)",
    ]
    # What takes less than a millisecond counts as none.
    write(desk.root, [f"{cell}\ntime.sleep(0.005)" if cell else cell for cell in cells])
    said = desk.cellmill("split", "work.ipynb", "--name", "plain", "--plan", "--json")
    assert said.code == 0, said.err
    assert [cell["number"] for cell in said.json["cells"] if cell["trains"]] == [6]
    assert [cell["number"] for cell in said.json["cells"] if not cell["seconds"]] == [3]


def test_a_folder_that_nothing_marks_as_a_project_is_the_root_of_its_steps(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "folder", tmp_path / "home")
    desk.root.mkdir()
    (desk.root / "data.txt").write_text("3 rows")
    write(desk.root, ["text = open('data.txt').read()", "with open('out.txt', 'w') as out:\n    print(text, file=out)"])
    said = desk.cellmill("split", "work.ipynb", "--name", "plain", "--yes", "--at", "2")
    assert said.code == 0, said.err
    shutil.rmtree(desk.root / ".cellmill")  # as in a copy of the folder
    said = desk.cellmill("pipeline", "run", "pipelines/plain")
    assert said.code == 0, said.err
    assert (desk.root / "out.txt").read_text() == "3 rows\n"
    assert {path.suffix for path in (desk.root / "pipelines" / "plain").iterdir()} == {".ipynb", ".yaml"}


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        (["a = 1\nb = a + len('x')"], "there is nothing to split"),
        (["a = len('x')", "1 / 0", "b = a"], "it stops in cell 2: it raised ZeroDivisionError: division by zero"),
        (
            ["c = (i for i in range(3))", "d = next(c)", "e = list(c)"],
            "'c' cannot be handed over: it holds a generator",
        ),
    ],
)
def test_what_cannot_be_split_ends_with_3_and_a_reason(tmp_path: Path, cells: Cells, reason: str) -> None:
    desk = Desk(tmp_path / "project", tmp_path)
    desk.root.mkdir()
    (desk.root / "pyproject.toml").write_text("")
    write(desk.root, cells)
    said = desk.cellmill("split", "work.ipynb", "--name", "none", "--json", "--log-json")
    assert (said.code, said.json["split"]) == (3, False)
    assert reason in " ".join(said.json["reasons"])
    told = [json.loads(line) for line in said.err.splitlines()]
    assert (told[-1]["event"], told[-1]["kind"], reason in told[-1]["message"]) == ("failed", "split_refused", True)
    assert not (desk.root / "pipelines").exists()


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (["work.ipynb", "--name", "a/b"], "'a/b' cannot name a pipeline."),
        (["gone.ipynb", "--name", "a"], "There is no notebook at gone.ipynb."),
        (["work.ipynb"], "Missing option '--name'"),
    ],
)
def test_what_makes_no_sense_is_refused_before_a_kernel_starts(tmp_path: Path, given: list[str], reason: str) -> None:
    write(tmp_path, ["a = 1"])
    said = Desk(tmp_path, tmp_path / "home").cellmill("split", *given)
    assert (said.code, reason in said.err) == (2, True), said.err


def test_one_ctrl_c_ends_it_and_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("")
    write(tmp_path, ["a = len('x')", "open('begun', 'w').close()\nimport time\ntime.sleep(600)", "b = a"])
    desk = Desk(tmp_path, tmp_path / "home")
    words = ("split", "work.ipynb", "--name", "none", "--yes", "--log-json")
    under_way = desk.begin(*words, TMPDIR=str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir(exist_ok=True)
    until_s = time.monotonic() + 60
    while not list((tmp_path / "tmp").rglob("begun")):
        assert time.monotonic() < until_s, "its second cell never began"
        time.sleep(0.05)
    under_way.send_signal(signal.SIGINT)
    _, err = under_way.communicate(timeout=60)
    told = [json.loads(line) for line in err.splitlines()]
    assert (under_way.returncode, told[-1]["event"]) == (130, "interrupted")
    assert told[-1]["message"] == "Interrupted, and nothing was written."
    assert not (tmp_path / "pipelines").exists()
