"""What goes wrong: the user's cell never feels it, and it is never hidden.

A kernel that dies, a folder that vanishes, an object that answers every question with an exception.
"""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

import pytest

from cellmill.core.events import (
    CaptureFailed,
    DistributionsSeen,
    ExecutionEnded,
    ExecutionFinished,
    ExecutionStarted,
    OutputsShown,
    SessionStarted,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.kernel.conftest import StartKernel
    from tests.kernel.kernels import Kernel

# What an estimator must have besides what is wrong with it.
PLAIN = """\
    def fit(self, X, y=None):
        self.fitted_ = True
        return self

    def predict(self, X):
        return np.zeros(len(X))

model = Odd().fit(X, y)
print("the cell went on")
"""


@pytest.mark.parametrize(
    ("oddity", "reason"),
    [
        (
            "    def get_params(self, deep=True):\n        raise RuntimeError('ask me not')\n",
            "parameters: RuntimeError: ask me not",
        ),
        (
            "    def __getattribute__(self, name):\n"
            "        if name == 'predict':\n            raise RuntimeError('look not')\n"
            "        return object.__getattribute__(self, name)\n",
            "only_transforms: RuntimeError: look not",
        ),
        (
            "    def __getattribute__(self, name):\n"
            "        if name == '__dict__':\n            raise RuntimeError('closed')\n"
            "        return object.__getattribute__(self, name)\n",
            "found_by_search: RuntimeError: closed",
        ),
        (
            "    class Unspeakable(Exception):\n"
            "        def __str__(self):\n            raise RuntimeError\n\n"
            "    def get_params(self, deep=True):\n        raise Odd.Unspeakable\n",
            "parameters: Unspeakable: (its message cannot be shown: RuntimeError)",
        ),
    ],
    ids=["get_params", "predict", "__dict__", "an error without words"],
)
def test_an_estimator_that_will_not_be_looked_at_makes_a_run_that_is_marked_incomplete(
    kernel: Kernel, oddity: str, reason: str
) -> None:
    answer = kernel.run("class Odd(RegressorMixin, BaseEstimator):\n" + oddity + "\n" + PLAIN)

    run = kernel.run_of(answer)
    assert answer.stdout == "the cell went on\n"
    assert run.status == "finished"
    assert reason in run.incomplete
    assert reason in kernel.run("%cellmill").stdout


@pytest.mark.parametrize(
    ("oddity", "note"),
    [
        (
            "    def __getstate__(self):\n        raise TypeError('no pickle of me')\n",
            "it cannot be pickled (TypeError: no pickle of me)",
        ),
        (
            "    lock = None\n"
            "    def __setattr__(self, name, value):\n        object.__setattr__(self, name, (i for i in 'ab'))\n",
            "it cannot be pickled (TypeError: cannot pickle 'generator' object)",
        ),
    ],
    ids=["it refuses", "it holds a generator"],
)
def test_a_model_that_cannot_be_pickled_is_a_run_without_a_model_and_says_why(
    kernel: Kernel, oddity: str, note: str
) -> None:
    run = kernel.run_of(kernel.run("class Odd(RegressorMixin, BaseEstimator):\n" + oddity + "\n" + PLAIN))
    assert (run.status, run.model, run.model_note) == ("finished", None, note)


def test_stopping_a_long_pickling_stops_the_cell_and_leaves_the_training_finished(kernel: Kernel) -> None:
    answer = kernel.run(
        "class Odd(RegressorMixin, BaseEstimator):\n"
        "    def __getstate__(self):\n        raise KeyboardInterrupt\n\n" + PLAIN,
        may_fail=True,
    )
    run = kernel.run_of(answer)
    assert answer.error == "KeyboardInterrupt"
    assert (run.status, run.model_note) == ("finished", "it could not be kept (KeyboardInterrupt)")


def test_data_of_a_class_of_the_users_is_not_asked_for_its_properties(kernel: Kernel) -> None:
    answer = kernel.run(
        """
class Rows:
    @property
    def shape(self):
        raise ZeroDivisionError("no shape")

    def __len__(self):
        return 60

    def __array__(self, dtype=None, copy=None):
        return X.to_numpy()

class Taking(Ridge):
    def fit(self, X, y):
        return super().fit(np.asarray(X), y)

model = Taking().fit(Rows(), y)
"""
    )
    run = kernel.run_of(answer)
    assert (run.status, [(use.kind, use.rows) for use in run.data], run.incomplete) == ("finished", [("Rows", 0)], ())


def test_an_error_whose_words_fail_is_recorded_without_them(kernel: Kernel) -> None:
    answer = kernel.run(
        """
class Unspeakable(Exception):
    def __str__(self):
        raise RuntimeError

class Odd(Ridge):
    def fit(self, X, y):
        raise Unspeakable

Odd().fit(X, y)
""",
        may_fail=True,
    )
    failure = kernel.run_of(answer).error
    assert failure is not None
    assert (failure.type, failure.message) == ("Unspeakable", "(its message cannot be shown: RuntimeError)")


def test_objects_whose_comparison_raises_are_passed_by(kernel: Kernel) -> None:
    """A search for the variable that holds the data must compare by identity alone."""
    kernel.run("class Touchy:\n    def __eq__(self, other):\n        1 / 0\n    __hash__ = None\n\ntouchy = Touchy()")
    trained = kernel.run("model = Ridge().fit(X_train.to_numpy(), y_train)")
    kernel.run("model.score(X_test.to_numpy(), y_test)")

    assert kernel.run_of(trained).incomplete == ()
    assert list(kernel.run_of(trained).last_metrics) == ["Ridge_score_X_test"]


def test_more_fits_in_a_cell_than_are_kept_are_left_out_and_counted(kernel: Kernel) -> None:
    answer = kernel.run("for _ in range(53):\n    line = LinearRegression().fit(X, y)")

    runs = kernel.runs_of(answer)
    assert len(runs) == 50
    (said,) = {reason for run in runs for reason in run.incomplete}
    assert said.startswith("its cell trained 53 models, of which the first 50 are kept as runs")


# --- the end of a kernel


def test_a_kernel_killed_in_a_fit_leaves_its_journal_whole_and_an_interrupted_run(start: StartKernel) -> None:
    kernel = start(prepared=True)
    kernel.run("finished = Ridge().fit(X, y)")
    answer = kernel.wait(
        kernel.begin(
            """
import os, signal

class Killed(RegressorMixin, BaseEstimator):
    def fit(self, X, y):
        os.kill(os.getpid(), signal.SIGKILL)

    def predict(self, X):
        return X

Killed().fit(X, y)
"""
        )
    )
    assert answer.status == "died"
    assert [(run.short_class, run.status) for run in kernel.runs] == [("Ridge", "finished"), ("Killed", "interrupted")]
    assert kernel.session.ended == "died"
    assert [execution.outcome for execution in kernel.executions] == ["ok", "interrupted"]
    (journal,) = kernel.journals
    assert journal.read_bytes().endswith(b"\n")
    assert len(kernel.events) == len(journal.read_text().splitlines())


def test_a_forked_child_writes_nothing(start: StartKernel) -> None:
    kernel = start(prepared=True)
    answer = kernel.run(
        """
import os

child = os.fork()
if child == 0:
    Ridge().fit(X, y)
    os._exit(7)
os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
"""
    )
    assert answer.result == "7"
    assert kernel.runs == []
    lines = kernel.journals[0].read_text().splitlines()
    assert len(kernel.events) >= len(lines)  # each can be read, and what packages there are may have come since
    told = [event for event in kernel.events if not isinstance(event, DistributionsSeen | OutputsShown)]
    assert [type(event) for event in told] == [SessionStarted, ExecutionStarted, ExecutionEnded, ExecutionFinished]


# --- the folder


def test_a_folder_removed_in_mid_session_is_made_anew_with_the_next_cell(start: StartKernel) -> None:
    kernel = start(prepared=True)
    kernel.run("model = Ridge().fit(X, y)")
    shutil.rmtree(kernel.project.folder)

    assert kernel.run("6 * 7").result == "42"
    kernel.run("model = LinearRegression().fit(X, y)")
    assert isinstance(kernel.events[0], SessionStarted)
    assert kernel.executions[0].source == "6 * 7"
    assert [run.short_class for run in kernel.runs] == ["LinearRegression"]
    assert (kernel.project.folder / ".gitignore").read_text() == "*\n"


def test_a_folder_removed_by_a_cell_that_then_fits_costs_that_run_and_no_more(start: StartKernel) -> None:
    kernel = start(prepared=True)
    removing = "while os.path.exists('.cellmill'):  # something may be written there in the meantime"
    removing += "\n    shutil.rmtree('.cellmill', ignore_errors=True)"
    answer = kernel.run(f"import os, shutil\n{removing}\nmodel = Ridge().fit(X, y)\nmodel.score(X, y) > 0")

    assert answer.result == "True"
    kernel.run("model = LinearRegression().fit(X, y)")
    assert [run.short_class for run in kernel.runs] == ["LinearRegression"]


def test_a_file_in_the_folders_place_turns_capture_off_until_it_is_gone(start: StartKernel) -> None:
    kernel = start(prepared=True)
    shutil.rmtree(kernel.project.folder)
    kernel.project.folder.write_text("in the way")

    assert kernel.run("float(Ridge().fit(X, y).score(X, y) > 0)").result == "1.0"
    said = kernel.run("%cellmill").stdout
    assert said.startswith(f"Cellmill is off: {kernel.project.folder} cannot be written (a file is in the way).")
    assert "it goes on by itself" in said
    assert kernel.run("%cellmill pause").stdout == said

    kernel.project.folder.unlink()
    kernel.run("model = Ridge().fit(X, y)")
    assert kernel.run("%cellmill").stdout.startswith("Cellmill is on.")
    assert [run.short_class for run in kernel.runs] == ["Ridge"]


def test_a_journal_that_cannot_be_made_anew_is_not_written_into_a_file_of_the_users(start: StartKernel) -> None:
    """The number of the lost journal's file must not be used again: by then it may be another file's."""
    kernel = start(prepared=True)
    shutil.rmtree(kernel.project.journals)
    kernel.project.journals.write_text("in the way")

    kernel.run("1")
    kernel.run("mine = [open(f'mine-{i}.txt', 'w') for i in range(20)]")
    kernel.run("model = Ridge().fit(X, y)")
    kernel.run("for file in mine:\n    file.close()")
    assert {path.read_text() for path in kernel.root.glob("mine-*.txt")} == {""}
    assert kernel.run("%cellmill").stdout.startswith("Cellmill is off:")


def test_a_file_in_the_folders_place_from_the_start_leaves_a_kernel_that_works_and_says_why(
    start: StartKernel, tmp_path: Path
) -> None:
    root = tmp_path / "project"
    root.mkdir()
    (root / ".cellmill").write_text("in the way")
    kernel = start(root)

    off = f"Cellmill is off: Cannot write in {root}/.cellmill: a file is in the way. Make the folder writable"
    assert kernel.run("6 * 7").result == "42"
    assert kernel.run("%cellmill").stdout.startswith(off)
    assert kernel.run("%cellmill pause").stdout.startswith(off)
    assert kernel.run("%cellmill runs").stdout.startswith("No runs yet, and " + off)
    assert (root / ".cellmill").read_text() == "in the way"


@pytest.mark.skipif(sys.platform != "linux", reason="there is no folder that even root cannot write in")
def test_a_folder_that_nobody_can_write_in_leaves_a_kernel_that_works_and_says_why(home: Path, tmp_path: Path) -> None:
    from pathlib import Path

    from tests.kernel.kernels import start_kernel

    kernel = start_kernel(Path("/proc"), home)
    try:
        assert kernel.run("6 * 7").result == "42"
        assert kernel.run("%cellmill").stdout.startswith("Cellmill is off: Cannot write in /proc/.cellmill:")
    finally:
        kernel.end()


def test_settings_that_cannot_be_read_turn_capture_off_and_say_which_line(start: StartKernel, tmp_path: Path) -> None:
    settings = tmp_path / "project" / ".cellmill" / "settings.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text("captrue = false\n")
    kernel = start()

    assert kernel.run("6 * 7").result == "42"
    assert kernel.run("%cellmill").stdout.startswith(
        f"Cellmill is off: {settings} cannot be used: there is no setting 'captrue'; 'capture' is near."
    )
    assert kernel.journals == []


def test_a_project_whose_setting_says_so_is_not_captured_and_no_magic_changes_that(
    start: StartKernel, tmp_path: Path
) -> None:
    settings = tmp_path / "project" / ".cellmill" / "settings.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text("capture = false\n")
    kernel = start(prepared=True)
    off = f"Cellmill is off: the setting capture is off in {settings}."

    assert kernel.run("%cellmill").stdout.startswith(off)
    assert kernel.run("%cellmill resume").stdout.startswith(off)
    kernel.run("model = Ridge().fit(X, y)")
    assert (kernel.executions, kernel.runs) == ([], [])


def test_settings_say_what_is_kept_of_a_model(start: StartKernel, tmp_path: Path) -> None:
    settings = tmp_path / "project" / ".cellmill" / "settings.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text("max_model_mb = 0.002\nkeep_input_examples = false\n")
    kernel = start(prepared=True)
    kernel.run("small = Ridge().fit(X, y)")
    kernel.run("large = RandomForestClassifier(n_estimators=30).fit(X, y)")

    small, large = kernel.runs
    assert small.model is not None
    assert small.model.example_sha256 is None
    assert large.model is None
    assert (large.model_note or "").startswith("its pickle is larger than the setting max_model_mb (0.002 MB)")
    states = {
        state
        for execution in kernel.session.executions
        for state in (*execution.random.values(), *execution.imported_random.values())
    }
    assert {path.name for path in kernel.project.blobs.iterdir()} - states == {small.model.sha256}


# --- who may read, and who writes where


def test_everything_kept_is_readable_by_its_owner_alone(kernel: Kernel) -> None:
    kernel.run("model = Ridge().fit(X, y)")
    kernel.run("%cellmill pause")
    kernel.run("%cellmill resume")

    modes = {
        path.relative_to(kernel.root).parts[:2]: oct(path.stat().st_mode & 0o777)
        for path in [kernel.project.folder, *kernel.project.folder.rglob("*")]
        if path.is_dir()
    }
    assert modes == {
        (".cellmill",): "0o700",
        (".cellmill", "blobs"): "0o700",
        (".cellmill", "control"): "0o700",
        (".cellmill", "journal"): "0o700",
    }
    files = [path for path in kernel.project.folder.rglob("*") if path.is_file()]
    assert {oct(path.stat().st_mode & 0o777) for path in files} == {"0o600"}
    assert len(files) >= 4  # .gitignore, journal, model, control


def test_two_kernels_of_one_project_write_a_journal_each(start: StartKernel) -> None:
    first, second = start(prepared=True), start(prepared=True)
    executions = [
        (kernel, kernel.begin(f"models = [Ridge(alpha=a).fit(X, y) for a in {alphas}]"))
        for kernel, alphas in ((first, [1, 2, 3]), (second, [4, 5, 6]))
    ]
    for kernel, execution in executions:
        assert kernel.wait(execution).status == "ok"

    assert len(first.journals) == 2
    runs = {run.run: run for run in first.runs}
    assert len(runs) == 6
    by_session: dict[str, list[str]] = {}
    for run in first.runs:
        alpha = next(parameter.value for parameter in run.parameters if parameter.name == "alpha")
        by_session.setdefault(run.session, []).append(alpha)
    assert sorted(map(sorted, by_session.values())) == [["1", "2", "3"], ["4", "5", "6"]]


def test_a_failure_of_ours_is_in_the_journal_with_its_execution(kernel: Kernel) -> None:
    answer = kernel.run(
        "class Odd(RegressorMixin, BaseEstimator):\n"
        "    def get_params(self, deep=True):\n        raise RuntimeError('journal this')\n\n" + PLAIN
    )
    failures = [event for event in kernel.events if isinstance(event, CaptureFailed) and "journal" in event.reason]
    assert [(failure.where, failure.execution) for failure in failures] == [("parameters", answer.execution)]
