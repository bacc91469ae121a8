"""Which place runs the steps of pipelines: ours, or one that is installed beside us."""

from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from cellmill.core.pipeline_errors import UnknownExecutor
from cellmill.core.ports import StepExecutor
from cellmill.core.project import Project
from cellmill.executors.steps import local_steps

GROUP = "cellmill.executors"


def step_executor(given: str, jobs: int, project: Project) -> StepExecutor:
    """Return the executor of a name, or of `NAME://ADDRESS`. Raises `UnknownExecutor`, and what its factory does."""
    name, _, address = given.partition("://")
    if name == "local":
        return local_steps(address, jobs, project)
    installed: dict[str, EntryPoint] = {point.name: point for point in entry_points(group=GROUP)}
    if name not in installed:
        raise UnknownExecutor(name, installed=tuple(dict.fromkeys(["local", *installed])))
    factory: Callable[[str, int, Project], Any] = installed[name].load()
    made: StepExecutor = factory(address, jobs, project)
    return made
