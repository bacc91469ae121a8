"""A namespace in which sources run as cells do, with what is found after each."""

from cellmill.capture.state import Changes, NamespaceState
from cellmill.dataflow.footprint import Namespace, footprint


class Cells:
    """Runs sources in one namespace, as a kernel would."""

    def __init__(self, budget_s: float = 1.0) -> None:
        self.names: dict[str, object] = {"__name__": "__main__"}
        self.budget_s = budget_s
        self._functions = Namespace()
        self._state = NamespaceState(self.names)

    def run(self, source: str, *, everything: bool = False, budget_s: float | None = None) -> Changes:
        """Run a cell. Returns what it did to the names."""
        exec(compile(source, "<cell>", "exec"), self.names)
        found = self._functions.resolve(footprint(source))
        budget_s = self.budget_s if budget_s is None else budget_s
        return self._state.after(found.reads | found.writes, budget_s, everything=everything)

    def catch_up(self, budget_s: float) -> bool:
        """Look at what there was no time for, as between cells. Returns whether nothing is left."""
        return self._state.catch_up(budget_s)

    def changed(self, source: str) -> set[str]:
        """Run a cell. Returns the names that it surely changed in place."""
        return set(self.run(source).changed)
