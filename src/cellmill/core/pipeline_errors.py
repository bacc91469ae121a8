"""What can go wrong with pipelines: a branch of the tree of `core.errors`."""

from cellmill.core.errors import CellmillError, ExecutionError, nearest


class PipelineError(CellmillError):
    """A pipeline that cannot begin, or go on."""


class PipelineMissing(PipelineError):
    """There is no pipeline there."""

    kind = "pipeline_missing"

    def __init__(self, folder: str, *, known: tuple[str, ...] = ()) -> None:
        self.folder, self.known = folder, known
        near = nearest(folder, known)
        advice = f"Did you mean {near}?" if near else "Make one with: cellmill pipeline new NAME NOTEBOOK…"
        super().__init__(f"There is no pipeline.yaml in {folder}. {advice}")


class BadPipeline(PipelineError):
    """Its document says what cannot be."""

    kind = "bad_pipeline"

    def __init__(self, path: str, *, line: int | None, reason: str, advice: str) -> None:
        self.path, self.line, self.reason, self.advice = path, line, reason, advice
        place = path if line is None else f"{path}, line {line}"
        super().__init__(f"{place}: {reason}. {advice}")


class CyclicPipeline(PipelineError):
    """Steps that wait for one another. `cycle` begins and ends with the same step."""

    kind = "cyclic_pipeline"

    def __init__(self, path: str, *, cycle: tuple[str, ...]) -> None:
        self.path, self.cycle = path, cycle
        super().__init__(
            f"{path}: steps wait for one another, each after the one to its right: {' -> '.join(cycle)}. "
            f"Take one of them out of an `after`."
        )


class UnknownStep(PipelineError):
    """A step was named that the pipeline does not have."""

    kind = "unknown_step"

    def __init__(self, step: str, *, pipeline: str, known: tuple[str, ...]) -> None:
        self.step, self.pipeline, self.known = step, pipeline, known
        near = nearest(step, known)
        advice = f"Did you mean {near}?" if near else f"It has: {', '.join(known[:20])}."
        super().__init__(f"Pipeline {pipeline} has no step {step!r}. {advice}")


class WriteClash(PipelineError):
    """Two steps write the same file: what stands there at the end is a matter of chance."""

    kind = "write_clash"

    def __init__(self, path: str, *, steps: tuple[str, str], pipeline: str) -> None:
        self.path, self.steps, self.pipeline = path, steps, pipeline
        super().__init__(
            f"Steps {steps[0]} and {steps[1]} of pipeline {pipeline} both write {path}. Give one of them another file."
        )


class NoStepTakes(PipelineError):
    """A parameter was given that no step takes."""

    kind = "no_step_takes"

    def __init__(
        self, name: str, *, pipeline: str, known: tuple[str, ...], step: str | None = None, loop: str | None = None
    ) -> None:
        """`loop` is a step that has a parameter of this name from its `for_each`."""
        self.name, self.pipeline, self.known, self.step, self.loop = name, pipeline, known, step, loop
        near = nearest(name, known)
        who = f"Step {step} of pipeline {pipeline} does not take" if step else f"No step of pipeline {pipeline} takes"
        advice = f"Did you mean {near}?" if near else f"There are: {', '.join(known[:20]) or 'none'}."
        if loop is not None:
            advice = f"The `for_each` of {loop} gives it one for each item: change the list in pipeline.yaml."
        super().__init__(f"{who} a parameter {name!r}. {advice}")


class BadCondition(PipelineError):
    """A `when` that cannot be answered."""

    kind = "bad_condition"

    def __init__(self, condition: str, *, step: str, reason: str) -> None:
        self.condition, self.step, self.reason = condition, step, reason
        super().__init__(
            f"The condition of step {step}, `{condition}`, cannot be answered: {reason}. "
            "It may compare parameters, values as load.rows, numbers and texts, with and, or, not, in, + - * / and len."
        )


class PipelineUnderWay(PipelineError):
    """Another process runs the same pipeline."""

    kind = "pipeline_under_way"

    def __init__(self, pipeline: str, *, pid: int | None = None) -> None:
        self.pipeline, self.pid = pipeline, pid
        by = f" (process {pid})" if pid else ""
        super().__init__(f"Pipeline {pipeline} is being run by another process{by}. Wait for its end, or end it.")


class StepNotReady(PipelineError):
    """A step was asked for, and one before it has never run, or did not come to its end."""

    kind = "step_not_ready"

    def __init__(self, step: str, *, pipeline: str, before: str, has_run: bool = False) -> None:
        self.step, self.pipeline, self.before, self.has_run = step, pipeline, before, has_run
        what = "did not come to its end" if has_run else "has not run"
        super().__init__(
            f"Step {step} of pipeline {pipeline} comes after {before}, which {what}. "
            f"Run it first, with --only {before}, or leave --from and --only out."
        )


class PipelineExists(PipelineError):
    """A pipeline would be written over."""

    kind = "pipeline_exists"

    def __init__(self, folder: str) -> None:
        self.folder = folder
        super().__init__(f"There is a pipeline in {folder} already. Choose another name, or remove that folder.")


class UnknownExecutor(PipelineError):
    """No such place to run steps is installed."""

    kind = "unknown_executor"

    def __init__(self, executor: str, *, installed: tuple[str, ...]) -> None:
        self.executor, self.installed = executor, installed
        super().__init__(f"There is no executor {executor!r}. Choose one of: {', '.join(installed)}.")


class DaskMissing(PipelineError):
    """Dask is not installed."""

    kind = "dask_missing"

    def __init__(self, *, reason: str = "") -> None:
        self.reason = reason
        words = f" ({reason})" if reason else ""
        super().__init__(f"--executor dask needs Dask{words}. Install it with: pip install 'cellmill[dask]'")


class ClusterUnreachable(PipelineError):
    """No scheduler of Dask's answers there."""

    kind = "cluster_unreachable"

    def __init__(self, address: str, *, reason: str) -> None:
        self.address, self.reason = address, reason
        super().__init__(
            f"No Dask scheduler answers at {address}: {reason}. "
            "Give its address as dask://HOST:PORT, or leave it out to start a cluster here."
        )


class UnknownTarget(PipelineError):
    """No export is called so."""

    kind = "unknown_target"

    def __init__(self, target: str, *, known: tuple[str, ...]) -> None:
        self.target, self.known = target, known
        near = nearest(target, known)
        advice = f"Did you mean {near}?" if near else f"Choose one of: {', '.join(known)}."
        super().__init__(f"Pipelines are not exported to {target!r}. {advice}")


class CannotExport(PipelineError):
    """A step of which the target has no words for when or how often it runs."""

    kind = "cannot_export"

    def __init__(self, step: str, *, target: str, reason: str) -> None:
        self.step, self.target, self.reason = step, target, reason
        super().__init__(
            f"Step {step} cannot be exported to {target}: {reason}. Decide it inside the notebook, "
            "or export to github or gitlab, which run the pipeline as Cellmill does."
        )


class ExportExists(PipelineError):
    """A file would be written over."""

    kind = "export_exists"

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(f"There is a file {path} already. Choose another with -o, or write over it with --force.")


class OutputMissing(ExecutionError):
    """A step came to its end without having written what it was to write."""

    kind = "output_missing"

    def __init__(self, path: str, *, step: str, notebook: str) -> None:
        self.path, self.step, self.notebook = path, step, notebook
        super().__init__(
            f"Step {step} ran to its end and did not write {path}. "
            f"Mend {notebook}, or take the file out of the step's `writes`."
        )


class PipelineFailed(ExecutionError):
    """Some steps did not come to their end."""

    kind = "pipeline_failed"

    def __init__(self, pipeline: str, *, failed: tuple[str, ...], command: str) -> None:
        self.pipeline, self.failed, self.command = pipeline, failed, command
        super().__init__(
            f"Pipeline {pipeline} did not come to its end: {', '.join(failed)} failed. "
            f"What has run is kept; mend the cause and go on with: {command}"
        )
