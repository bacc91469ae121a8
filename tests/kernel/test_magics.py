"""`%cellmill` in a cell: says and shows, changes nothing that is the user's."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from tests.kernel.kernels import kernel_with

from cellmill.core.kept import KEPT, STORED

if TYPE_CHECKING:
    from pathlib import Path

    from tests.kernel.conftest import StartKernel
    from tests.kernel.kernels import Kernel

WIDGET = "application/vnd.jupyter.widget-view+json"


def test_alone_it_says_whether_capture_is_on_and_what_it_has_seen(kernel: Kernel) -> None:
    kernel.run("model = Ridge().fit(X, y)")
    runs = len(kernel.runs)
    said = kernel.run("%cellmill").stdout.splitlines()

    assert said == [
        "Cellmill is on.",
        "  notebook  a notebook whose name nobody has said",
        f"  captured  {runs} run{'s' if runs > 1 else ''} in this session",
        f"  journal   {kernel.root}/.cellmill",
        f"  MLflow    sqlite:///{kernel.root}/mlflow.db",
    ]


def test_it_says_when_capture_is_paused(kernel: Kernel) -> None:
    kernel.run("%cellmill pause")
    said = kernel.run("%cellmill").stdout
    kernel.run("%cellmill resume")

    assert said.startswith("Cellmill is paused (resume with %cellmill resume).")
    assert kernel.run("%cellmill").stdout.startswith("Cellmill is on.")


def test_runs_are_a_widget_in_jupyterlab_and_a_table_in_a_terminal(kernel: Kernel) -> None:
    run = kernel.run_of(kernel.run("model = LogisticRegression().fit(X, y)"))
    kernel.run("model.score(X, y)")
    (shown,) = kernel.run("%cellmill runs").shown

    assert shown[WIDGET]["model_id"]
    head, first, *_ = shown["text/plain"].splitlines()
    assert head.split() == ["run", "model", "status", "metrics", "when"]
    assert first.split()[:4] == [run.run, "LogisticRegression", "finished", "LogisticRegression_score_X"]


def test_the_widget_lists_the_runs_and_filters_them(kernel: Kernel) -> None:
    """Driven in the kernel as the front end would: by the value of the text field."""
    ridge = kernel.run_of(kernel.run("model = Ridge().fit(X, y)"))
    logistic = kernel.run_of(kernel.run("model = LogisticRegression().fit(X, y)"))
    kernel.run("%cellmill runs")
    kernel.run(
        "from ipywidgets import HTML, Text, Widget\n"
        "widgets = [w for w in __import__('ipywidgets').widgets.widget._instances.values()]\n"
        "text = [w for w in widgets if type(w) is Text][-1]\nhtml = [w for w in widgets if type(w) is HTML][-1]"
    )
    everything = kernel.run("print(html.value)").stdout
    filtered = kernel.run("text.value = 'RIDGE finished'\nprint(html.value)").stdout
    nothing = kernel.run("text.value = 'no such model'\nprint(html.value)").stdout

    assert ridge.run in everything
    assert logistic.run in everything
    assert ridge.run in filtered
    assert logistic.run not in filtered
    assert nothing.strip() == "<p>No run matches.</p>"


def test_what_says_what_is_kept_and_where(kernel: Kernel) -> None:
    said = kernel.run("%cellmill what").stdout
    assert "nothing is sent anywhere else" in said
    for place in (kernel.project.journals, kernel.project.blobs, kernel.project.settings, kernel.project.store):
        assert str(place) in said
    for kept in KEPT:
        assert f"{kept.place}\n    {kept.holds[0]}\n" in said
    assert f"{kernel.project.store} (MLflow)\n    {STORED[0]}\n" in said
    assert max(map(len, said.splitlines()[2:-3])) < 120


def test_what_says_where_values_of_pipelines_go(home: Path, tmp_path: Path) -> None:
    with kernel_with(tmp_path, home, settings="pipeline_values = 's3://bucket/{pipeline}'", cell="1") as kernel:
        said = kernel.run("%cellmill what").stdout
    assert "nothing is sent anywhere but to s3://bucket/{pipeline} (values of pipelines)." in said


def test_what_does_not_claim_to_keep_here_what_goes_to_a_server(start: StartKernel) -> None:
    kernel = start(environment={"MLFLOW_TRACKING_URI": "http://mlflow.example:5000"})
    said = kernel.run("%cellmill what").stdout
    assert "nothing is sent anywhere but to http://mlflow.example:5000" in said


@pytest.mark.parametrize("word", ["help", "no-such-word"])
def test_help_names_every_word_also_where_a_word_is_unknown(kernel: Kernel, word: str) -> None:
    said = kernel.run(f"%cellmill {word}").stdout
    for known in ("runs", "pause", "resume", "what", "help", "compare", "register", "models", "sync"):
        assert f"%cellmill {known}" in said


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("rnus", "%cellmill has no 'rnus'. Did you mean 'runs'?"),
        ("puase", "%cellmill has no 'puase'. Did you mean 'pause'?"),
        ("xyzzy", "%cellmill has no 'xyzzy'."),
        ("'no end", '"\'no end" cannot be read: No closing quotation.'),
    ],
)
def test_a_slip_gets_a_sentence(kernel: Kernel, typed: str, said: str) -> None:
    assert kernel.run(f"%cellmill {typed}").stdout.splitlines()[0] == said


def test_its_words_are_completed(kernel: Kernel) -> None:
    assert kernel.complete("%cellmill re") == ["recipe", "register", "replay", "resume"]
    assert {"runs", "what", "sync"} <= set(kernel.complete("%cellmill "))
    assert kernel.complete("%cellm") == ["%cellmill"]


def test_a_word_of_the_command_line_is_handed_to_it(kernel: Kernel) -> None:
    run = kernel.run_of(kernel.run("model = Ridge().fit(X, y)"))
    assert "sklearn.linear_model.Ridge" in kernel.run(f"%cellmill show {run.run}").stdout
    assert kernel.run("%cellmill show beef").stdout.startswith("cellmill: There is no run beef.")
    assert kernel.run("%cellmill params no.ipynb").stdout.startswith("cellmill: There is no notebook at no.ipynb.")


def test_a_run_is_replayed_and_its_recipe_shown_from_a_cell(kernel: Kernel) -> None:
    fits = "from sklearn.linear_model import Ridge\nmodel = Ridge(alpha=0.25).fit([[1.0], [2.0]], [1.0, 2.0])"
    run = kernel.run_of(kernel.run(fits)).run
    assert "alpha=0.25" in plain(kernel.run(f"%cellmill recipe {run}").stdout)
    assert f"{run}  Ridge  exact" in plain(kernel.run(f"%cellmill replay {run}").stdout)


def plain(text: str) -> str:
    """Without its colours."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def test_it_binds_no_name(kernel: Kernel) -> None:
    kernel.run("before = set(globals())")
    kernel.run("%cellmill")
    kernel.run("%cellmill runs")
    assert kernel.run("sorted(n for n in set(globals()) - before if not n.startswith('_'))").result == "['before']"
    assert kernel.run("cellmill = 3\ncellmill").result == "3"


def test_before_the_first_run_it_says_how_to_get_one(start: StartKernel) -> None:
    kernel = start()
    assert kernel.run("%cellmill runs").stdout.startswith("No runs yet. Run a cell that fits a model")
    assert "captured  0 runs" in kernel.run("%cellmill").stdout


def test_runs_are_those_of_this_notebook_unless_all_are_asked_for(start: StartKernel, tmp_path: Path) -> None:
    other, mine = (
        start(
            environment={
                "CELLMILL_SESSION": f"20260101T000000-{name}",
                "CELLMILL_NOTEBOOK": f"{tmp_path}/project/{name}",
            }
        )
        for name in ("other", "mine")
    )
    for kernel in (other, mine):
        kernel.run("from sklearn.linear_model import Ridge\nmodel = Ridge().fit([[1], [2]], [1, 2])")
    theirs, ours = (run.run for run in mine.runs)

    def shown(words: str) -> str:
        (bundle,) = mine.run(words).shown
        return str(bundle["text/plain"])

    assert ours in shown("%cellmill runs")
    assert theirs not in shown("%cellmill runs")
    assert theirs in shown("%cellmill runs --all")
