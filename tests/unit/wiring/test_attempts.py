"""Replays, where the kernel does not do what it is asked before a cell."""

from types import SimpleNamespace
from typing import Any

from cellmill.core.event_parts import Failure
from cellmill.core.project import Project
from cellmill.wiring.attempts import Attempt, Attempts, Options


class Refuses:
    """A kernel that takes no random state, and runs all cells."""

    def run(self, source: str, *, silent: bool = False, timeout_s: float | None = None) -> Any:
        error = Failure("TypeError", "expected CPUGeneratorImpl state") if "before_cell" in source else None
        return SimpleNamespace(execution="e", outcome="ok" if error is None else "error", error=error)


def test_that_random_state_could_not_be_restored_is_noted_once(project: Project) -> None:
    nothing: Any = None
    kernel: Any = Refuses()
    modules: Any = SimpleNamespace(lay_out=lambda one: ())
    executions = [
        SimpleNamespace(number=number, execution=f"{number}", started_ms=1, ended_ms=2, outcome="ok", error=None)
        for number in (1, 2)
    ]
    sections: Any = [
        SimpleNamespace(ingredient=SimpleNamespace(execution=one, random={}), source="x", kind="cell")
        for one in executions
    ]
    attempt = Attempt()
    attempts = Attempts(project, nothing, nothing, nothing, Options(), None)
    assert attempts._run_sections(kernel, sections, {}, attempt, modules) is None
    assert attempt.notes == [
        "Random state that was recorded could not be restored (TypeError: expected CPUGeneratorImpl state)."
    ]
