"""A headless run that goes on from the cell in which the last one failed, where that is sound.

What is kept is the kernel's values as they were before that cell; whether they are, the journal tells: it has seen
what the cell had changed until it raised.
"""

import hashlib
import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from hashlib import file_digest
from pathlib import Path
from typing import Any

from cellmill.capture.blobs import blob_path
from cellmill.capture.folder import prepare_folder
from cellmill.capture.journal import append_once
from cellmill.capture.sessions import SessionReader
from cellmill.core.clock import now_ms
from cellmill.core.errors import CellmillError, CellTimedOut, KernelDied
from cellmill.core.events import CaptureFailed
from cellmill.core.files import make_folder, write_atomically
from cellmill.core.given_values import from_json, is_same, to_json
from cellmill.core.ids import SessionId
from cellmill.core.ports import CellRan, LiveKernel
from cellmill.core.project import Project
from cellmill.core.resuming import CannotResume, Kept
from cellmill.core.runs import Execution
from cellmill.core.words import shown_path
from cellmill.dataflow.crossing import leanings
from cellmill.executors.asking import ask
from cellmill.notebook.plain import as_bytes, read_plain, runs
from cellmill.wiring.hindrances import change_of

LONGEST_S = 120.0


class Resuming:
    """Keeps what a run that fails leaves, and gives it to the next one. See `executors.notebooks.Resumable`."""

    def __init__(self, project: Project, session: SessionId, notebook: Path, kept: Kept | None = None) -> None:
        self._project = project
        self._session = session
        self._notebook = notebook
        self._folder = _folder(project, notebook)
        self._kept = kept
        self._step = f"s{now_ms()}"
        self.said = ""
        """A sentence on what was kept, or why nothing was; empty where no cell raised."""

    def first(self, document: Mapping[str, Any]) -> int:
        """Return the position of the first cell that is to run. Raises `CannotResume`."""
        kept = self._kept
        if kept is None:
            return 0
        codes = [position for position, cell in enumerate(document["cells"]) if runs(cell)]
        now = [document["cells"][position]["source"] for position in codes]
        for at, source in enumerate(kept.sources):
            if at >= len(now) or now[at] != source:
                raise self._cannot(f"code cell {at + 1} is another now, and the values rest on what it was")
        if len(codes) == len(kept.sources):
            raise self._cannot("no cell is left to run")
        if any(one.wants_history for one in leanings(now)[len(kept.sources) :]):
            raise self._cannot("a cell that is left reads earlier results by `_` or `Out`, which are not kept")
        return codes[len(kept.sources)]

    def fill(self, document: dict[str, Any]) -> None:
        """Put into the cells that need not run what they had shown."""
        if self._kept is None:
            return
        executed = [cell for cell in read_plain(self._folder / "executed.ipynb")["cells"] if runs(cell)]
        codes = [cell for cell in document["cells"] if runs(cell)]
        for cell, before in zip(codes[: len(self._kept.sources)], executed, strict=False):
            cell.update({key: before[key] for key in ("outputs", "execution_count", "metadata")})

    def begin(self, kernel: LiveKernel) -> None:
        """Make a kernel that has just started like the one whose values were kept. Raises `CannotResume`."""
        kept = self._kept
        if kept is not None and (python := _python(kernel)) != kept.python:
            raise self._cannot(f"its values are of Python {kept.python.split()[0]}, and this is {python.split()[0]}")
        set_up = [line for one in leanings(kept.sources) for line in one.set_up] if kept is not None else []
        number, after = (kept.number, kept.step) if kept is not None else (0, "")
        values, cwd = str(self._folder / "values"), str(_cwd(kernel))
        error = _call(kernel, "begin", self._step, after, values, cwd, number, set_up)[1]
        if error is not None:
            raise self._cannot(error)

    def executed(self, ran: CellRan) -> None:
        """Write down of a cell that the cells before it ran in another session."""
        if self._kept is not None and self._project.journal(self._session).exists():
            reason = f"the cells before it ran in session {self._kept.session}, from which this run went on"
            event = CaptureFailed(now_ms(), "resumed", reason, ran.execution)
            append_once(self._project.outside_journal(self._session), event)

    def failed(
        self, kernel: LiveKernel, ran: CellRan, document: Mapping[str, Any], parameters: Mapping[str, Any]
    ) -> None:
        """Keep the values of a kernel in which a cell has just raised, if they are those from before it."""
        try:
            reason = self._keep(kernel, ran, document, parameters)
        except (CellmillError, OSError) as error:
            reason = str(error).rstrip(".")
        if reason is not None and self._kept is not None:  # what this run went on from lies there as it was
            shutil.rmtree(self._folder / "values" / self._step, ignore_errors=True)
            self.said = f"Nothing new was kept to resume from: {reason}. {self._still()}"
            return
        if reason is not None:
            self.forget()
            self.said = f"Nothing was kept to resume from: {reason}."
            return
        again = f"cellmill run {shown_path(self._notebook)} --resume"
        self.said = f"The values from before that cell were kept. Mend it, and go on with: {again}"

    def ended(self) -> None:
        """Say what becomes of a run whose kernel is not asked any more."""
        self.said = (
            "Nothing was kept to resume from: the cell did not raise, it was ended."
            if self._kept is None
            else self._still()
        )

    def _still(self) -> str:
        assert self._kept is not None
        return f"Cell {self._kept.number} can still be gone on from, with --resume."

    def forget(self) -> None:
        """Remove what was kept."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _keep(
        self, kernel: LiveKernel, ran: CellRan, document: Mapping[str, Any], parameters: Mapping[str, Any]
    ) -> str | None:
        """Return why nothing can be kept, None where it was."""
        reader = SessionReader(self._project, self._session)
        reader.poll()
        executions = reader.session.executions if reader.session is not None else ()
        failed = next((one for one in executions if one.execution == ran.execution), None)
        before = tuple(one for one in executions if one.number < failed.number) if failed is not None else ()
        if failed is None or not failed.names_seen:
            return "what the cell had changed before it raised was not seen"
        bound = {name for one in before for name in one.writes}
        if self._kept is not None:
            bound |= set(self._names_before())
        changed = what_it_changed(failed, bound)
        if changed is not None:
            return changed
        codes = [cell for cell in document["cells"] if runs(cell)]
        sources = [cell["source"] for cell in codes]
        at = next((at for at, cell in enumerate(codes) if cell["execution_count"] == ran.number), None)
        if at is None or ran.number is None:
            return "which cell raised is not known"
        leans = leanings(sources[:at])
        patched = sorted({path for one in leans for path in one.patches})
        prepare_folder(self._project)
        make_folder(self._folder)
        new = sorted(failed.writes - bound)
        cwd = next((one.cwd for one in reversed((*before, failed)) if one.cwd is not None), str(self._notebook.parent))
        states = self._random(before, failed)
        answer, error = _call(kernel, "keep", new, patched, states, cwd)
        if error is not None or answer is not None:
            return error or answer
        earlier = self._kept.sessions if self._kept is not None else ()
        kept = Kept(
            notebook=self._project.relative(str(self._notebook)) or self._notebook.name,
            at_ms=now_ms(),
            session=self._session,
            sessions=(*earlier, self._session),
            parameters=dict(parameters),
            sources=tuple(sources[:at]),
            number=ran.number,
            step=self._step,
            python=_python(kernel),
            kernel=document["metadata"].get("kernelspec", {}).get("name"),
        )
        write_atomically(self._folder / "executed.ipynb", as_bytes(dict(document)))
        write_atomically(self._folder / "kept.json", _as_text(kept).encode())
        for old in (self._folder / "values").glob("*"):
            if old.name != self._step:
                shutil.rmtree(old, ignore_errors=True)
        return None

    def _names_before(self) -> Iterable[str]:
        assert self._kept is not None
        manifest = json.loads((self._folder / "values" / self._kept.step / "manifest.json").read_text("utf-8"))
        return list(manifest["names"])

    def _random(self, before: Sequence[Execution], failed: Execution) -> dict[str, str]:
        """Return where the states lie that the generators had when the cell began, as far as they were seen."""
        digests: dict[str, str] = {}
        for one in before:
            digests |= {**one.random, **one.imported_random}
        digests |= failed.random
        return {name: str(blob_path(self._project, digest)) for name, digest in digests.items()}

    def _cannot(self, reason: str) -> CannotResume:
        return CannotResume(shown_path(self._notebook), reason=reason.rstrip("."))


def find_kept(project: Project, notebook: Path, parameters: Mapping[str, Any] | None) -> Kept:
    """Return what the last run of a notebook has kept, if it still holds.

    `parameters` are those of the run that is to go on, None where none were given. Raises `CannotResume`.
    """
    shown = shown_path(notebook)
    try:
        kept = _kept((_folder(project, notebook) / "kept.json").read_text("utf-8"))
    except (OSError, ValueError):
        raise CannotResume(
            shown, reason="nothing was kept. Values are kept when a cell raises in a run with --keep-state"
        ) from None
    if parameters is not None and not is_same(dict(parameters), dict(kept.parameters)):
        raise CannotResume(shown, reason="it had other parameters then")
    for session in kept.sessions:
        changed = _changed_since(project, SessionId(session))
        if changed is not None:
            raise CannotResume(shown, reason=changed)
    return kept


def _as_text(kept: Kept) -> str:
    return json.dumps({**asdict(kept), "parameters": to_json(dict(kept.parameters))})


def _kept(text: str) -> Kept:
    record = json.loads(text)
    sources, sessions = tuple(record.pop("sources")), tuple(record.pop("sessions"))
    return Kept(**{**record, "parameters": from_json(record["parameters"])}, sources=sources, sessions=sessions)


def _changed_since(project: Project, session: SessionId) -> str | None:
    """Return which file or module is another than when the cells used it."""
    reader = SessionReader(project, session)
    reader.poll()
    executions = reader.session.executions if reader.session is not None else ()
    written = {use.path for one in executions for use in one.files if use.mode == "written"}
    for one in executions:
        for module in one.modules:
            if (said := change_of(module)) is not None:
                return said.partition(": ")[0]
        for use in one.files:
            if use.sha256 is None or use.mode != "read" or use.path in written:
                continue
            path = Path(use.path)
            if not path.exists():
                return f"{shown_path(path)}, which a cell had read, is not there any more"
            with path.open("rb") as file:
                if file_digest(file, "sha256").hexdigest() != use.sha256:
                    return f"{shown_path(path)} was changed since a cell had read it"
    return None


def what_it_changed(failed: Execution, bound: set[str]) -> str | None:
    """Return what a cell that raised had changed of what was there before it, None where it was nothing."""
    names = sorted(failed.writes & bound) + sorted(set(failed.deleted) & bound)
    if names:
        return f"the cell may have changed {', '.join(map(repr, names[:4]))} before it raised"
    variables = sorted(name for name in failed.environment if not name.startswith("_"))  # those are libraries' own
    if variables:
        return f"the cell had changed the environment ({', '.join(variables[:4])}) before it raised"
    written = [use.path for use in failed.files if use.mode == "written"]
    return f"the cell had written {shown_path(Path(written[0]))} before it raised" if written else None


def _call(kernel: LiveKernel, verb: str, *given: Any) -> tuple[str | None, str | None]:
    """Return what the kernel answers, and what was wrong."""
    arguments = "".join(f", {one!r}" for one in given)
    module = "__import__('cellmill.kernel.resuming', fromlist=['answer'])"
    asked = f"{module}.answer({verb!r}, get_ipython(){arguments})"
    try:
        text = ask(kernel, asked, timeout_s=LONGEST_S)
    except (KernelDied, CellTimedOut) as error:
        return None, str(error)
    if text is None:
        return None, "install Cellmill in the environment of this kernel"
    answer = json.loads(text)
    return answer["answer"], answer["error"]


def _python(kernel: LiveKernel) -> str:
    return _asked(kernel, "__import__('sys').version")


def _cwd(kernel: LiveKernel) -> str:
    return _asked(kernel, "__import__('os').getcwd()")


def _asked(kernel: LiveKernel, expression: str) -> str:
    found = ask(kernel, expression, timeout_s=LONGEST_S)
    return "" if found is None else str(found)


def _folder(project: Project, notebook: Path) -> Path:
    name = project.relative(str(notebook)) or str(notebook)
    return project.folder / "kept" / hashlib.sha256(name.encode()).hexdigest()[:16]
