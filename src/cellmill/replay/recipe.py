"""From a session's executions to the recipe of one of its runs. Pure: the record in, the recipe out.

Safe first: what may have an effect that names do not show (the environment, the working directory, a seed)
is kept. `shrink.py` takes out what a replay proves superfluous.
"""

import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field, replace

from cellmill.core.event_parts import ADDED_TO, LEFT_OUT, FileUse, Module
from cellmill.core.ids import ExecutionId
from cellmill.core.recipes import Ingredient, Need, Reason, Recipe
from cellmill.core.runs import Execution, Part, Run, Session, TakingPart
from cellmill.dataflow.footprint import EVERYTHING
from cellmill.dataflow.slice import Step, Steps

# Names that stand for something else than a variable; no variable begins so.
_FILE, _RESULT = "file:", "result:"
_LAST_RESULT = re.compile(r"(?<![\w.])(_{1,3})(?!\w)")
_NUMBERED_RESULT = re.compile(r"(?<![\w.])(?:_(\d+)(?!\w)|Out\[\s*(\d+)\s*\])")
_APPENDING = re.compile(r"""["'][rwx]?[abt]*[a+][abt+]*["']|append""")
_WRITING_WHOLE = re.compile(
    r"\.(?:to_\w+|save\w*|dump|write_\w+|savez?|imsave)\(|^%%(?:write)?file (?!-a)", re.MULTILINE
)
_SEEDING = re.compile(r"seed\w*\s*\(")
# How a library, or Python itself, goes on from there is another, though no name is written.
_SETTING = re.compile(
    r"sys\.path\b|sys\.meta_path|\b(?:set_config|set_option|seterr|set_default_\w+|set_num_threads|set_floatx|"
    r"set_backend|use_deterministic_algorithms|enable_\w+|disable_\w+|simplefilter|filterwarnings|load_dotenv)\s*\(|"
    r"register_\w+\s*\(|tqdm\w*\.pandas\s*\(|\bfrom\s+sklearn\.experimental\s+import\b|"
    r"\b(?:pd|pandas)\.options\.|^[ \t]*%(?:load_ext|autoreload|run)\b",
    re.MULTILINE,
)
_SETS_VARIABLES = re.compile(r"environ|putenv|%env|%set_env|dotenv")


def make_recipe(session: Session, run: Run) -> Recipe:
    """Return the executions that a run's model and metrics depend on, in the order they ran."""
    history = _History(session.executions)
    targets: dict[int, Part] = {
        history.position[part.execution.execution]: part.part
        for part in run.executions
        if part.part != "fed" and part.execution.execution in history.position and _counts(part, run)
    }
    kept, unsure = history.closure(targets)
    ingredients = tuple(
        Ingredient(
            execution=history.executions[position],
            part=targets.get(position, "fed"),
            reasons=history.reasons(position, kept, targets, unsure),
            random=history.random[position],
            is_sure=position not in unsure,
            modules=history.modules[position],
        )
        for position in sorted(kept)
    )
    last = max(kept, default=-1)
    return Recipe(
        run=run.run,
        notebook=run.notebook,
        ingredients=ingredients,
        of=last + 1,
        inputs=_inputs(ingredients),
        outputs=_outputs(ingredients),
        modules=_modules(history.executions[: last + 1]),
        sources=run.sources,
        surroundings=run.surroundings,
        cwd=run.surroundings.cwd if run.surroundings else "",
        parameters=tuple(p.name for p in run.parameters if p.source == "notebook"),
        obstacles=_obstacles(history, kept, unsure),
        inherited={name: value for one in history.executions[: last + 1] for name, value in one.inherited.items()},
    )


def _counts(part: TakingPart, run: Run) -> bool:
    """Whether an execution trained the model or measured something of it; one that only predicted made no metric."""
    ended_ms = part.execution.ended_ms
    return part.part == "trained" or any(
        part.execution.started_ms <= metric.at_ms and (ended_ms is None or metric.at_ms <= ended_ms)
        for metric in run.metrics
        if metric.session is None
    )


def only(recipe: Recipe, kept: Iterable[ExecutionId]) -> Recipe:
    """Return the recipe with some of its executions. Whether it still makes the run is for a replay to say."""
    wanted = frozenset(kept)
    return _of(recipe, tuple(one for one in recipe.ingredients if one.execution.execution in wanted))


def without_modules(executions: tuple[Execution, ...]) -> tuple[Execution, ...]:
    """Return the executions with their files, but for those that are modules of the user's.

    A replay has these as they were imported, whoever wrote them and whatever stands there now.
    """
    modules = {module.path for execution in executions for module in execution.modules}
    if not modules:
        return executions
    return tuple(
        replace(one, files=tuple(use for use in one.files if use.path not in modules))
        if any(use.path in modules for use in one.files)
        else one
        for one in executions
    )


def _with_written_modules(executions: tuple[Execution, ...]) -> tuple[Execution, ...]:
    """Return the executions without files that are modules, but for modules that one of them wrote as imported.

    Who imports such a module reads its file. One that was edited by hand since is had as it was imported.
    """
    imported = {(module.path, module.sha256) for execution in executions for module in execution.modules}
    plain = without_modules(executions)
    if not imported:
        return plain
    found = []
    written: set[tuple[str, str]] = set()
    for one, without in zip(executions, plain, strict=True):
        wrote = tuple(use for use in one.files if _writes(use) and (use.path, use.sha256) in imported)
        read = tuple(
            FileUse(module.path, "read", None, module.sha256)
            for module in one.modules
            if (module.path, module.sha256) in written
        )
        written |= {(use.path, use.sha256) for use in wrote if use.sha256 is not None}
        found.append(replace(without, files=(*without.files, *wrote, *read)) if wrote or read else without)
    return tuple(found)


def whole_history(recipe: Recipe, session: Session) -> Recipe:
    """Return the recipe with every execution that the session had run until its last one."""
    history = _History(session.executions)
    known = {one.execution.execution: one for one in recipe.ingredients}
    ingredients = tuple(
        known.get(execution.execution)
        or Ingredient(
            execution, "fed", (Reason("unsure", "kept because the rest alone did not suffice"),), random, False, modules
        )
        for execution, random, modules in zip(
            history.executions[: recipe.of], history.random, history.modules, strict=False
        )
        if execution.outcome != "interrupted"
    )
    return _of(recipe, ingredients)


def _of(recipe: Recipe, ingredients: tuple[Ingredient, ...]) -> Recipe:
    return replace(recipe, ingredients=ingredients, inputs=_inputs(ingredients), outputs=_outputs(ingredients))


@dataclass
class _History:
    """A session's executions with what surrounds their names: files, results, environment, random state."""

    executions: tuple[Execution, ...]
    position: dict[ExecutionId, int] = field(init=False)
    random: list[Mapping[str, str]] = field(init=False)
    modules: list[tuple[Module, ...]] = field(init=False)

    def __post_init__(self) -> None:
        self.executions = _with_written_modules(self.executions)
        self.position = {execution.execution: index for index, execution in enumerate(self.executions)}
        self._steps = Steps()
        self._reads: list[frozenset[str]] = []
        self._writes: list[frozenset[str]] = []
        self.random, self.modules = [], []
        modules = {module.name: module for one in reversed(self.executions) for module in reversed(one.modules)}
        state: dict[str, str] = {}
        shown: list[int] = []
        for execution in self.executions:
            reads, writes = _files(execution)
            reads = execution.reads | reads | _results(execution, shown)
            writes = execution.writes | writes
            if any(output.kind == "result" for output in execution.outputs) or _ends_in_a_value(execution):
                shown.append(execution.number)
                writes |= {f"{_RESULT}{execution.number}"}
            self._reads.append(reads)
            self._writes.append(writes)
            whole = execution.outcome == "ok" or execution.names_seen
            step = Step(execution.execution, reads, writes, whole=whole, outside=frozenset(execution.outside))
            self._steps.append(step)
            modules.update((module.name, module) for module in execution.modules)
            as_before = self.modules and not execution.modules
            self.modules.append(self.modules[-1] if as_before else tuple(modules.values()))
            state = {**state, **execution.random}
            # Of a generator that it imports itself: as it was right after that.
            self.random.append({**execution.imported_random, **state})
            state = {**state, **execution.imported_random}

    def closure(self, targets: Iterable[int]) -> tuple[set[int], dict[int, tuple[Reason, ...]]]:
        """Return the positions of all that the targets need, and of those kept for safety alone, why."""
        kept: set[int] = set()
        self._needed: dict[int, set[str]] = {}
        for target in targets:
            self._add(kept, target)
        unsure: dict[int, tuple[Reason, ...]] = {}
        for position in range(max(kept, default=-1), -1, -1):
            reasons = self._effects(position)
            if reasons and position not in kept:
                before = set(kept)
                self._add(kept, position)
                unsure.update(dict.fromkeys(kept - before, ()))
                unsure[position] = reasons
        return kept, unsure

    def _add(self, kept: set[int], target: int) -> None:
        kept.add(target)
        execution = self.executions[target]
        wanted = self._reads[target].difference(execution.outside)
        found = self._steps.backward_slice(wanted, before=target)
        for name in found.executions:
            kept.add(self.position[name])
            self._needed.setdefault(self.position[name], set()).update(found.needed[name])

    def _effects(self, position: int) -> tuple[Reason, ...]:
        """Return what an execution did to the process rather than to a name."""
        execution = self.executions[position]
        # A library that sets a variable as it is imported does so again wherever it is imported.
        by_library = bool(execution.imports) and not _SETS_VARIABLES.search(execution.source)
        names = [name for name in sorted(execution.environment) if not by_library or name in execution.source]
        found = [Reason("environment", name) for name in names]
        following = self.executions[position + 1 : position + 2]
        if following and following[0].cwd is not None:
            found.append(Reason("folder", following[0].cwd))
        if execution.outcome == "ok" and _SEEDING.search(execution.source):
            found.append(Reason("unsure", "it seeds random numbers"))
        if execution.outcome == "ok" and _SETTING.search(execution.source):
            found.append(Reason("unsure", "it sets how Python or a library works"))
        return tuple(found)

    def reasons(
        self, position: int, kept: set[int], targets: Mapping[int, Part], unsure: Mapping[int, tuple[Reason, ...]]
    ) -> tuple[Reason, ...]:
        """Return why an execution is in the recipe, the names first that the nearest execution reads."""
        found = list(unsure.get(position, ()))
        later = [other for other in sorted(kept) if other > position]
        for name in sorted(self._needed.get(position, ())):
            reader = next((other for other in later if name in self._reads[other]), None)
            by = self.executions[reader].number if reader is not None else None
            need, shown = _as_need(name)
            found.append(Reason(need, shown, by))
        return tuple(sorted(found, key=lambda reason: (reason.by is None, reason.by or 0)))

    def last_writer(self, name: str, before: int) -> int | None:
        """Return the position of who wrote a name last, None where nobody did."""
        for position in range(before - 1, -1, -1):
            if name in self._writes[position] or EVERYTHING in self._writes[position]:
                return position
        return None


def _files(execution: Execution) -> tuple[frozenset[str], frozenset[str]]:
    reads = {f"{_FILE}{use.path}" for use in execution.files if not _writes(use)}
    writes = {f"{_FILE}{use.path}" for use in execution.files if _writes(use)}
    if _APPENDING.search(execution.source) or not _WRITING_WHOLE.search(execution.source):
        reads |= writes  # it may have added to what was there
    return frozenset(reads), frozenset(writes)


def _writes(use: FileUse) -> bool:
    return use.mode == "written"


def _results(execution: Execution, shown: list[int]) -> frozenset[str]:
    """Return the results of earlier executions that a source reads as `_`, `_3` or `Out[3]`."""
    if "_" not in execution.source and "Out[" not in execution.source:
        return frozenset()
    if "_" in execution.reads or "__" in execution.reads or "___" in execution.reads:
        behind = max(len(marks) for marks in _LAST_RESULT.findall(execution.source) or ["_"])
        last = {f"{_RESULT}{number}" for number in shown[-behind:]}
    else:
        last = set()
    named = {f"{_RESULT}{one or other}" for one, other in _NUMBERED_RESULT.findall(execution.source)}
    return frozenset(last | named)


def _ends_in_a_value(execution: Execution) -> bool:
    """Outputs may not have been kept: whether a cell ends in an expression is seen in its source too."""
    last = execution.source.rstrip().rpartition("\n")[2]
    return bool(last) and not last.endswith(";") and re.match(r"[\w(\[{'\"]", last) is not None and "=" not in last


def _as_need(name: str) -> tuple[Need, str]:
    if name.startswith(_FILE):
        return "file", name.removeprefix(_FILE)
    if name.startswith(_RESULT):
        return "result", f"Out[{name.removeprefix(_RESULT)}]"
    return "name", name


def _inputs(ingredients: Iterable[Ingredient]) -> tuple[FileUse, ...]:
    return _from_outside(one.execution for one in ingredients)


def _from_outside(executions: Iterable[Execution]) -> tuple[FileUse, ...]:
    written: set[str] = set()
    found: dict[str, FileUse] = {}
    for one in executions:
        for use in one.files:
            if not _writes(use) and use.path not in written and use.note != ADDED_TO:
                found.setdefault(use.path, use)
        written |= {use.path for use in one.files if _writes(use)}
    return tuple(found.values())


def read_from_outside(executions: Iterable[Execution]) -> tuple[str, ...]:
    """Return the files that executions read and that none of them had written before."""
    return tuple(use.path for use in _from_outside(executions))


def _outputs(ingredients: Iterable[Ingredient]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(use.path for one in ingredients for use in one.execution.files if _writes(use)))


def _modules(executions: Iterable[Execution]) -> tuple[Module, ...]:
    """Return the user's own modules as they were last imported."""
    return tuple({module.name: module for execution in executions for module in execution.modules}.values())


def _obstacles(history: _History, kept: set[int], unsure: Container[int]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    digests: dict[str, str] = {}
    added_to: dict[str, int] = {}
    """Files to which one of them has added that were there before it, by its number."""
    ours: set[str] = set()
    """Files that an execution of the recipe has written."""
    for position in sorted(kept):
        execution = history.executions[position]
        if execution.outcome == "interrupted":
            found[f"execution {execution.number} was interrupted: where it stopped cannot be made again"] = None
        # What is kept for safety alone may have set a credential: that is no reason not to try.
        if position not in unsure and execution.source.startswith(LEFT_OUT):
            found[
                f"execution {execution.number} was kept out of the record by {execution.source.removeprefix(LEFT_OUT)}"
            ] = None
        for name in sorted(execution.reads):
            outsider = _set_outside(history, name, position)
            if outsider is not None:
                found[
                    f"`{name}`, read by execution {execution.number}, was set by something else than a cell "
                    f"(a widget, a thread, or a cell that ran while capture was paused)"
                ] = None
        written = {use.path for use in execution.files if _writes(use)}
        for use in execution.files:
            if use.note == ADDED_TO:
                if use.path not in ours:
                    added_to[use.path] = execution.number
                continue
            if not _writes(use) and use.path in added_to:
                found[f"{use.path} was there before execution {added_to[use.path]}, which has added to it"] = None
            if not _writes(use) and use.path in written:
                if use.path not in ours:
                    found[f"{use.path} was overwritten by execution {execution.number}, which had read it"] = None
                continue
            if use.sha256 is None:
                continue
            if not _writes(use) and digests.get(use.path, use.sha256) != use.sha256:
                found[f"{use.path} was changed by something else than a cell while the session ran"] = None
            digests[use.path] = use.sha256
        for path in written - {use.path for use in execution.files if use.note == ADDED_TO}:
            added_to.pop(path, None)
        ours |= written
    return tuple(found)


def unrecorded(session: Session, recipe: Recipe) -> tuple[str, ...]:
    """Return sentences on what ran and is in no record: what a replay may have missed where it comes to another end."""
    found = []
    left_out = [str(one.number) for one in session.executions[: recipe.of] if one.source.startswith(LEFT_OUT)]
    if left_out:
        numbers = f"{'execution' if len(left_out) == 1 else 'executions'} {', '.join(left_out[:8])}"
        found.append(f"Kept out of the record, and so not replayed: {numbers}.")
    if session.was_paused:
        found.append("Capture was paused in the session: what ran meanwhile is not replayed.")
    return tuple(found)


def _set_outside(history: _History, name: str, before: int) -> int | None:
    """Return the position before which something else than a cell had set a name that is still as it set it."""
    writer = history.last_writer(name, before)
    for position in range(before, -1 if writer is None else writer, -1):
        if name in history.executions[position].outside:
            return position
    return None
