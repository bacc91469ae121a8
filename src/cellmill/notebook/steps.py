"""Some cells of a notebook as the notebook of one step, which takes and hands over its values."""

import ast
import copy
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cellmill.core.steps import values_folder
from cellmill.dataflow.remarks import comments_of
from cellmill.notebook.parameters import TAG
from cellmill.notebook.plain import free_id, new_code_cell, new_markdown_cell, new_notebook, tags_of

BEGIN_TAG, IMPORTS_TAG, END_TAG = "cellmill-begin", "cellmill-imports", "cellmill-end"
VALUES = "cellmill_values"
_RESTORE = "cellmill.restore_random()  # what is imported again may have drawn"


@dataclass(frozen=True)
class StepCells:
    """What a step's notebook is made of. `positions` are those of its cells in the notebook that is split."""

    name: str
    title: str
    number: int
    of: int
    pipeline: str
    source: str
    """The notebook that is split, by its path from the project's root."""
    folder: str
    """Where it works, from the project's root."""
    positions: Sequence[int]
    after: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    gives: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    patches: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    """Lines of the cell of parameters."""


@dataclass(frozen=True)
class Declared:
    """The notebook's own cell of parameters: one line for each name. `is_alone` when it declares and does no more."""

    position: int
    lines: Mapping[str, str]
    is_alone: bool


def declared_lines(document: Mapping[str, Any]) -> Declared | None:
    """Return the notebook's cell of parameters as lines; None where it has none."""
    for position, cell in enumerate(document["cells"]):
        if cell["cell_type"] == "code" and TAG in tags_of(cell):
            return _declared(position, cell["source"])
    return None


def _declared(position: int, source: str) -> Declared:
    try:
        body = ast.parse(source).body
    except SyntaxError:
        return Declared(position, {}, is_alone=False)
    lines: dict[str, str] = {}
    comments = comments_of(source)
    alone = True
    for statement in body:
        target = statement.targets[0] if isinstance(statement, ast.Assign) else getattr(statement, "target", None)
        if not isinstance(statement, (ast.Assign, ast.AnnAssign)) or not isinstance(target, ast.Name):
            alone = alone and isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
            continue
        try:
            ast.literal_eval(statement.value or ast.Constant(None))
        except (ValueError, TypeError, SyntaxError):
            alone = False
            continue
        text = ast.get_source_segment(source, statement) or ast.unparse(statement)
        comment = comments.get(statement.end_lineno or 0)
        lines[target.id] = f"{text}  {comment}" if comment else text
    return Declared(position, lines, is_alone=alone)


def step_notebook(document: Mapping[str, Any], step: StepCells) -> tuple[dict[str, Any], dict[int, int]]:
    """Return the notebook of a step, and where each cell of `positions` stands in it."""
    made: dict[str, Any] = {
        "cells": [],
        "metadata": {
            **{key: value for key, value in document["metadata"].items() if key in ("kernelspec", "language_info")},
            "cellmill": {"step": {"name": step.name, "pipeline": step.pipeline, "after": list(step.after)}},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    kept = []
    for position in step.positions:
        cell = copy.deepcopy(dict(document["cells"][position]))
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
            tags = [tag for tag in tags_of(cell) if tag != TAG]
            cell["metadata"] = {**cell["metadata"], "tags": tags} if "tags" in cell["metadata"] else cell["metadata"]
        kept.append(cell)
    made["cells"] = kept  # whose ids the others keep clear of
    for position, cell in enumerate(kept):
        cell.setdefault("id", free_id(made, f"cell-{position}"))
    before = [
        new_markdown_cell(free_id(made, "cellmill-title"), _title(step)),
        new_code_cell(free_id(made, "cellmill-parameters"), _parameters(step), metadata={"tags": [TAG]}),
        new_code_cell(free_id(made, BEGIN_TAG), _begin(step), metadata={"tags": [BEGIN_TAG]}),
    ]
    if step.imports:
        text = "\n".join([*step.imports, "", _RESTORE])
        before.append(new_code_cell(free_id(made, IMPORTS_TAG), text, metadata={"tags": [IMPORTS_TAG]}))
    end = new_code_cell(free_id(made, END_TAG), _end(step), metadata={"tags": [END_TAG]})
    made["cells"] = [*before, *kept, end]
    return made, {position: len(before) + index for index, position in enumerate(step.positions)}


def placed_notebook(document: Mapping[str, Any], step: str, pipeline: str, folder: str) -> dict[str, Any]:
    """Return a notebook as a step that works in another folder than its own: `folder`, from the project's root.

    Everything else of it stays, its outputs too.
    """
    ours = {**document["metadata"].get("cellmill", {}), "step": {"name": step, "pipeline": pipeline}}
    made = {**document, "metadata": {**document["metadata"], "cellmill": ours}, "nbformat": 4, "nbformat_minor": 5}
    place = folder.replace(os.sep, "/")
    source = f"import cellmill\ncellmill.begin_step({step!r}, values={values_folder(pipeline)!r}, folder={place!r})"
    begin = new_code_cell(free_id(made, BEGIN_TAG), source, metadata={"tags": [BEGIN_TAG]})
    return {**made, "cells": [begin, *document["cells"]]}


def check_notebook(step: str, names: Sequence[str], schemas: str, pipeline: str) -> dict[str, Any]:
    """Return the notebook of a step that checks data frames of another: its schemas are there to be edited."""
    frames = ", ".join(f"`{name}`" for name in names)
    title = (
        f"# Check what {step} hands over\n\nThe pipeline *{pipeline}* stops here when a row of {frames} is not as "
        "expected. The checks were proposed from what was seen; edit them."
    )
    values = f'{VALUES} = "{values_folder(pipeline)}"  # where values cross from step to step'
    begin = (
        f"import cellmill\n\ncellmill.begin_step({_quoted(f'check-{step}')}, after=[{_quoted(step)}], values={VALUES})"
    )
    cells = [
        new_markdown_cell("cellmill-title", title),
        new_code_cell("cellmill-parameters", values, metadata={"tags": [TAG]}),
        new_code_cell(BEGIN_TAG, begin, metadata={"tags": [BEGIN_TAG]}),
        new_code_cell("checks", schemas),
        new_code_cell("check", "cellmill.check_frames(checks)"),
        new_code_cell(END_TAG, "cellmill.end_step([])", metadata={"tags": [END_TAG]}),
    ]
    return new_notebook(cells, {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}})


def taken_from(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the steps whose values a step's notebook takes, as its call of `begin_step` names them.

    Empty where there is no such call, or one whose names are not written down.
    """
    sources = [cell["source"] for cell in document["cells"] if cell["cell_type"] == "code"]
    for source in sources:
        if "begin_step" not in source:
            continue
        plain = "\n".join("" if line.lstrip().startswith(("%", "!")) else line for line in source.splitlines())
        try:
            calls = [node for node in ast.walk(ast.parse(plain)) if isinstance(node, ast.Call)]
        except SyntaxError:
            continue
        for call in calls:
            if ast.unparse(call.func).rpartition(".")[2] != "begin_step":
                continue
            try:
                given = next(ast.literal_eval(word.value) for word in call.keywords if word.arg == "after")
                return tuple(str(name) for name in given)
            except (StopIteration, ValueError, TypeError):
                return ()
    return ()


def _title(step: StepCells) -> str:
    names = ", ".join(f"`{name}`" for name in step.takes)
    lines = [
        f"# {step.title}",
        "",
        f"Step {step.number} of {step.of} of the pipeline *{step.pipeline}*, split from {step.source}.",
    ]
    if step.after:
        lines.append(f"It takes {names or 'no names'} from *{', '.join(step.after)}*.")
    if step.gives:
        lines.append(f"It hands over {', '.join(f'`{name}`' for name in step.gives)}.")
    return "\n".join(lines)


def _parameters(step: StepCells) -> str:
    where = f'{VALUES} = "{values_folder(step.pipeline)}"  # where values cross from step to step'
    return "\n".join([where, *step.parameters])


def _begin(step: StepCells) -> str:
    given = [repr(step.name).replace("'", '"')]
    if step.after:
        given.append(f"after=[{', '.join(_quoted(name) for name in step.after)}]")
    given += [f"values={VALUES}", f"folder={_quoted(step.folder)}"]
    return f"import cellmill\n\ncellmill.begin_step({', '.join(given)})"


def _end(step: StepCells) -> str:
    names = _list(step.gives)
    if not step.patches:
        return f"cellmill.end_step({names})"
    return f"cellmill.end_step({names}, patched={_list(step.patches)})"


def _list(names: Collection[str]) -> str:
    line = f"[{', '.join(_quoted(name) for name in names)}]"
    if len(line) <= 100:
        return line
    rows = "".join(f"        {_quoted(name)},\n" for name in names)
    return f"[\n{rows}    ]"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def file_name(number: int, name: str, of: int) -> str:
    """Return the file of a step: numbered, so that a listing shows the order."""
    return f"{number:0{max(2, len(str(of)))}d}_{name.replace('-', '_')}.ipynb"
