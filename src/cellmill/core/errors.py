"""Everything that can go wrong, in one tree. Facts are fields; the message ends with what to do.

CellmillError
├── NotebookError
│   ├── NotebookMissing          no file there
│   ├── NotANotebook             a file, but not a notebook
│   ├── UnknownParameter         a value for a name the notebook does not declare
│   ├── WrongParameterType       a value of another type than the parameter's
│   ├── ParameterOutOfBounds     a value of the right type that the parameter does not take
│   ├── BadParameter             not of the form NAME=VALUE
│   ├── BadOutput                where a file is to go, none can
│   ├── NotProposed              a pick of what no proposal is called
│   ├── PickRefused              a pick that cannot be made a parameter
│   ├── CannotResume             a run that cannot go on where it failed
│   ├── PickDiffers              with the pick the notebook comes to other results
│   └── NothingToUndo            no pick is left to take back
├── ExecutionError
│   ├── CellFailed               a cell raised
│   ├── KernelDied               the kernel ended in the middle
│   ├── CellTimedOut             a cell ran for longer than it may
│   ├── KernelMissing            no such kernel is installed, or it cannot be started
│   ├── OutputMissing            a step did not write what it was to write
│   └── PipelineFailed           some steps did not come to their end
├── RunError
│   ├── UnknownRun               no run has that id
│   ├── AmbiguousRun             several runs' ids begin so
│   ├── RunWithoutModel          nothing to register
│   ├── RunWithoutRecipe         what made it is not known
│   └── NoRuns                   nothing to choose from
├── ReplayError
│   ├── NotABundle               a file, but no bundle
│   ├── EnvironmentNotBuilt      the run's environment cannot be made again
│   ├── NoScratch                no folder for a replay
│   └── ReplayUnderWay           the run is being replayed already
├── StoreError
│   ├── StoreUnreachable         MLflow's server does not answer
│   ├── StoreLocked              another process holds the database
│   └── StoreRefused             MLflow answered with an error of its own
├── RegistryError
│   ├── InvalidModelName
│   └── InvalidAlias
├── FolderNotWritable
├── BadSettings
├── NoSession                    no kernel is captured there
├── SweepError
│   ├── BadSpace                 what is to be tried makes no sense
│   ├── NoSuchSweep              no sweep to go on with
│   ├── SweepChanged             the notebook is another by now
│   ├── SweepUnderWay            another process runs it
│   └── OptunaMissing            it is not installed
└── PipelineError
    ├── PipelineMissing          no pipeline.yaml there
    ├── BadPipeline              its document says what cannot be
    ├── CyclicPipeline           steps wait for one another
    ├── UnknownStep              no step has that name
    ├── WriteClash               two steps write the same file
    ├── NoStepTakes              a parameter that no step takes
    ├── BadCondition             a `when` that cannot be answered
    ├── PipelineUnderWay         another process runs it
    ├── StepNotReady             one before it has never run
    ├── PipelineExists           it would be written over
    ├── UnknownExecutor          no such place to run steps is installed
    ├── DaskMissing              it is not installed
    ├── ClusterUnreachable       no scheduler of Dask's answers
    ├── UnknownTarget            no export is called so
    ├── CannotExport             a step that the target has no words for
    ├── ExportExists             a file would be written over
    └── CrossingError
        ├── ValuesMissing        the step before has handed over nothing
        ├── ValuesUnreadable     what it handed over cannot be read
        ├── CannotCross          a value that only lives in its kernel
        ├── TooLargeToCross      more than is sensibly handed over
        ├── NotGiven             a name to hand over that does not exist
        ├── StepNotBegun         a step that goes on or ends without having begun
        ├── BadPlace             values are to lie where nothing can be written
        ├── ChecksFailed         a row of a data frame is not as expected
        ├── NothingToCheck       no step has handed over a data frame
        ├── SplitRefused         no split of a notebook comes to the same
        ├── BadStepName          no pipeline could be called so
        └── BadBorder            a border where none can be meant
"""

from typing import Any, ClassVar


def nearest(word: str, known: tuple[str, ...]) -> str | None:
    """Return the known word that a word may be a slip for, None where none is."""
    from difflib import get_close_matches  # only when something is wrong

    return next(iter(get_close_matches(word, known, n=1)), None)


def _declaring(cell: int | None) -> str:
    return f"cell {cell}, which is tagged 'parameters'" if cell is not None else "the cell tagged 'parameters'"


class CellmillError(Exception):
    """The root. `kind` is its name on the wire; its public attributes are its facts."""

    kind: ClassVar[str] = "cellmill"

    @property
    def facts(self) -> dict[str, Any]:
        """The error's fields, as JSON can carry them."""
        return {name: value for name, value in vars(self).items() if not name.startswith("_")}


# --- notebooks


class NotebookError(CellmillError):
    """The notebook, or what was given for it, cannot be used."""


class NotebookMissing(NotebookError):
    kind = "notebook_missing"

    def __init__(self, notebook: str, *, near: str | None = None) -> None:
        self.notebook, self.near = notebook, near
        hint = f" Did you mean {near}?" if near else " Check the path."
        super().__init__(f"There is no notebook at {notebook}.{hint}")


class NotANotebook(NotebookError):
    kind = "not_a_notebook"

    def __init__(self, notebook: str, *, reason: str) -> None:
        self.notebook, self.reason = notebook, reason
        super().__init__(f"{notebook} is not a notebook: {reason}. Open it in JupyterLab and save it as .ipynb.")


class UnknownParameter(NotebookError):
    """A value was given for a name that the notebook does not declare."""

    kind = "unknown_parameter"

    def __init__(self, name: str, *, notebook: str, declared: tuple[str, ...], cell: int | None = None) -> None:
        self.name, self.notebook, self.declared, self.cell = name, notebook, declared, cell
        near = nearest(name, declared)
        known = ", ".join(declared) or "none"
        place = f" in cell {cell}" if cell is not None else ""
        advice = f"Did you mean {near!r}?" if near else f"Give {name!r} a default in the cell tagged 'parameters'."
        super().__init__(f"{notebook} has no parameter {name!r} (it declares{place}: {known}). {advice}")


class WrongParameterType(NotebookError):
    kind = "wrong_parameter_type"

    def __init__(self, name: str, value: object, *, notebook: str, expected: str, cell: int | None = None) -> None:
        self.name, self.value, self.notebook, self.expected, self.cell = name, repr(value), notebook, expected, cell
        super().__init__(
            f"{name!r} of {notebook} takes {expected}, and {value!r} is not one. "
            f"Give a value like the default in {_declaring(cell)}."
        )


class ParameterOutOfBounds(NotebookError):
    kind = "parameter_out_of_bounds"

    def __init__(
        self, name: str, value: object, *, notebook: str, allowed: str, expected: str, cell: int | None = None
    ) -> None:
        self.name, self.value, self.notebook, self.cell = name, repr(value), notebook, cell
        self.allowed, self.expected = allowed, expected
        super().__init__(
            f"{name!r} of {notebook} takes {expected}, {allowed}, and {value!r} is not. "
            f"Give another value, or change the bounds in {_declaring(cell)}."
        )


class BadParameter(NotebookError):
    kind = "bad_parameter"

    def __init__(self, given: str) -> None:
        self.given = given
        super().__init__(f"{given!r} is not a parameter. Write NAME=VALUE, as in: -p max_depth=4")


# --- executing


class ExecutionError(CellmillError):
    """The notebook ran, and did not come to its end."""


class CellFailed(ExecutionError):
    kind = "cell_failed"

    def __init__(self, *, notebook: str, cell: int, source: str, error: str, message: str, output: str | None) -> None:
        self.notebook, self.cell, self.source = notebook, cell, source
        self.error, self.message, self.output = error, message, output
        kept = f" The executed notebook, with the cell marked, is kept at {output}." if output else ""
        super().__init__(f"Cell {cell} of {notebook} raised {error}: {message}.{kept}")


class KernelDied(ExecutionError):
    kind = "kernel_died"

    def __init__(self, *, notebook: str, output: str | None, words: str = "") -> None:
        self.notebook, self.output, self.words = notebook, output, words
        kept = f" What ran until then is kept at {output}." if output else ""
        said = f" Its last words: {words}" if words else ""
        super().__init__(
            f"The kernel of {notebook} died, perhaps for want of memory.{kept} "
            f"A training that was under way is marked interrupted; mend the cause and run the notebook again.{said}"
        )


class CellTimedOut(ExecutionError):
    kind = "cell_timed_out"

    def __init__(
        self, *, notebook: str, number: int | None, seconds: float, in_all: bool = False, option: str = "--timeout"
    ) -> None:
        self.notebook, self.number, self.seconds, self.in_all = notebook, number, seconds, in_all
        self.option = option  # what allows more, which is not the same everywhere
        cell = f"{'cell' if in_all else 'Cell'} {number}" if number is not None else "a cell" if in_all else "A cell"
        who, more = (notebook, f" in all, and {cell}") if in_all else (f"{cell} of {notebook}", " and")
        super().__init__(f"{who} ran for longer than {seconds:g} s{more} was interrupted. Allow more with {option}.")

    def limited_by(self, option: str) -> "CellTimedOut":
        """Return the same error, with another option as the one that allows more time."""
        return CellTimedOut(
            notebook=self.notebook, number=self.number, seconds=self.seconds, in_all=self.in_all, option=option
        )


class KernelMissing(ExecutionError):
    kind = "kernel_missing"

    def __init__(self, kernel: str, *, installed: tuple[str, ...] = (), broken: str | None = None) -> None:
        """`broken` says why one that is installed cannot be started."""
        self.kernel, self.installed, self.broken = kernel, installed, broken
        if broken is not None:
            wrong, advice = f"The kernel {kernel!r} cannot be started: {broken}", f"jupyter kernelspec remove {kernel}"
            super().__init__(f"{wrong}. Choose another with --kernel, or remove it with: {advice}")
            return
        super().__init__(
            f"There is no kernel {kernel!r} (installed: {', '.join(installed) or 'none'}). "
            f"Choose one with --kernel, or install it with: python -m ipykernel install --user --name {kernel}"
        )


# --- runs


class RunError(CellmillError):
    """A run was asked for that cannot be had."""


class UnknownRun(RunError):
    kind = "unknown_run"

    def __init__(self, run: str, *, known: tuple[str, ...] = ()) -> None:
        self.run, self.known = run, known
        near = nearest(run, known)
        hint = f" Did you mean {near}?" if near else " List them with: cellmill runs"
        super().__init__(f"There is no run {run}.{hint}")


class AmbiguousRun(RunError):
    kind = "ambiguous_run"

    def __init__(self, run: str, *, matches: tuple[str, ...], folders: tuple[str, ...] = ()) -> None:
        """`folders` are those of the projects that have the same run, as copies of a project do."""
        self.run, self.matches, self.folders = run, matches, folders
        super().__init__(
            f"Run {run} is in several projects: {', '.join(folders)}. "
            "One is a copy of the other. Use `cellmill` in the folder that you mean, or remove .cellmill from the copy "
            "and restart the server."
            if folders
            else f"Several runs begin with {run}: {', '.join(matches)}. Give more of the id."
        )


class RunWithoutModel(RunError):
    kind = "run_without_model"

    def __init__(self, run: str, *, reason: str) -> None:
        self.run, self.reason = run, reason
        super().__init__(f"Run {run} has no model to register: {reason}. Choose another run, or train it again.")


class RunWithoutRecipe(RunError):
    kind = "run_without_recipe"

    def __init__(self, run: str, *, reason: str) -> None:
        self.run, self.reason = run, reason
        super().__init__(f"Run {run} has no recipe: {reason}. Train it again with capture on.")


class NoRuns(RunError):
    kind = "no_runs"

    def __init__(self, where: str) -> None:
        self.where = where
        super().__init__(f"No run has been captured in {where}. Run a notebook that fits a model, then try again.")


# --- stores


class StoreError(CellmillError):
    """MLflow could not do its part. The journal keeps everything until it can."""


class StoreUnreachable(StoreError):
    kind = "store_unreachable"

    def __init__(self, store: str, *, reason: str) -> None:
        self.store, self.reason = store, reason
        super().__init__(
            f"MLflow at {store} does not answer ({reason}). Nothing is lost: the journal keeps the runs, "
            f"and the next cellmill command records them once MLflow is back."
        )


class StoreLocked(StoreError):
    kind = "store_locked"

    def __init__(self, store: str) -> None:
        self.store = store
        super().__init__(
            f"Another program holds {store}. Nothing is lost: the journal keeps the runs, "
            f"and the next cellmill command records them once it is free."
        )


class StoreRefused(StoreError):
    kind = "store_refused"

    def __init__(self, store: str, *, reason: str) -> None:
        self.store, self.reason = store, reason
        super().__init__(
            f"MLflow at {store} refused: {reason}. The journal keeps the runs; mend the store, then run: cellmill sync"
        )


# --- registry


class RegistryError(CellmillError):
    """A registration that MLflow's registry would not take."""


class InvalidModelName(RegistryError):
    kind = "invalid_model_name"

    def __init__(self, name: str, *, reason: str) -> None:
        self.name, self.reason = name, reason
        super().__init__(f"{name!r} cannot name a model: {reason}. Choose a name like flight-delay.")


class InvalidAlias(RegistryError):
    kind = "invalid_alias"

    def __init__(self, alias: str, *, reason: str) -> None:
        self.alias, self.reason = alias, reason
        super().__init__(f"{alias!r} cannot be an alias: {reason}. Choose a word like challenger.")


# --- files and settings


class FolderNotWritable(CellmillError):
    kind = "folder_not_writable"

    def __init__(self, folder: str, *, reason: str) -> None:
        self.folder, self.reason = folder, reason
        super().__init__(f"Cannot write in {folder}: {reason}. Make the folder writable, or work in another one.")


class BadSettings(CellmillError):
    kind = "bad_settings"

    def __init__(self, path: str, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(f"{path} cannot be used: {reason}. Mend the line, or remove the file for the defaults.")


class NoSession(CellmillError):
    kind = "no_session"

    def __init__(self, notebook: str) -> None:
        self.notebook = notebook
        super().__init__(f"No kernel of {notebook} is being captured. Open the notebook and start its kernel.")


def revive(kind: str, message: str, facts: dict[str, Any]) -> CellmillError:
    """Return the error that another process described by its kind, message and facts."""
    queue: list[type[CellmillError]] = [CellmillError]
    while queue:
        shape = queue.pop()
        if shape.kind == kind:
            error = shape.__new__(shape)
            error.args = (message,)
            vars(error).update(facts)
            return error
        queue += shape.__subclasses__()
    return CellmillError(message)
