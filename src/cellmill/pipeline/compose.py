"""A pipeline of several notebooks, from the files that they write and read. Pure."""

import ast
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from cellmill.core.pipeline_errors import CyclicPipeline
from cellmill.core.pipelines import Pipeline, PipelineStep
from cellmill.pipeline.document import find_cycle

_PATH = re.compile(r"[^\n\0\"'*?<>|]{1,300}\.[A-Za-z0-9]{1,10}")
_WRITING = ("to_", "save", "dump", "write", "export", "sink_")
_READING = ("read", "load", "open", "from", "genfromtxt", "scan_", "parse")
_MODES = re.compile(r"[rwaxbt+U]{1,4}")


@dataclass(frozen=True)
class Used:
    """A notebook, by its path from the pipeline's folder, and the files that it reads and writes."""

    notebook: str
    reads: frozenset[str]
    writes: frozenset[str]


@dataclass(frozen=True)
class Edge:
    """That a step comes after another, for the files that it reads of it."""

    before: str
    after: str
    files: tuple[str, ...]


def compose(name: str, notebooks: Iterable[Used]) -> tuple[Pipeline, tuple[Edge, ...]]:
    """Return a pipeline of notebooks, each after those whose files it reads. Raises `CyclicPipeline`.

    A file that a notebook writes itself it does not wait for.
    """
    used: dict[str, Used] = {}
    for one in notebooks:
        used[_free(PurePosixPath(one.notebook).stem, used)] = one
    edges = [
        Edge(before, after, files)
        for after, reader in used.items()
        for before, writer in used.items()
        if before != after and (files := tuple(sorted((reader.reads - reader.writes) & writer.writes)))
    ]
    waits: dict[str, tuple[str, ...]] = {
        step: tuple(edge.before for edge in edges if edge.after == step) for step in used
    }
    cycle = find_cycle(waits)
    if cycle:
        raise CyclicPipeline(name, cycle=cycle)
    handed = {step: {file for edge in edges if edge.before == step for file in edge.files} for step in used}
    steps = tuple(
        PipelineStep(step, one.notebook, after=waits[step], writes=tuple(sorted(handed[step])))
        for step, one in used.items()
    )
    return Pipeline(name, steps), tuple(edges)


def files_in(document: Mapping[str, Any]) -> tuple[frozenset[str], frozenset[str]]:
    """Return the files that a notebook's code names where it reads and where it writes, as they stand there."""
    reads: set[str] = set()
    writes: set[str] = set()
    texts: dict[str, str] = {}
    for cell in document["cells"]:
        tree = _parsed(cell["source"]) if cell["cell_type"] == "code" else None
        for node in ast.walk(tree) if tree is not None else ():
            if isinstance(node, ast.Assign) and (text := _text(node.value, texts)) is not None:
                texts.update({target.id: text for target in node.targets if isinstance(target, ast.Name)})
            elif isinstance(node, ast.Call):
                verb = _verb(node)
                if verb is not None:
                    (writes if verb == "written" else reads).update(_named(node, texts))
    return frozenset(reads - writes), frozenset(writes)


def _parsed(source: str) -> ast.Module | None:
    try:
        return ast.parse("\n".join(line for line in source.splitlines() if not line.lstrip().startswith(("%", "!"))))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _verb(call: ast.Call) -> str | None:
    function = call.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    if name == "open":
        given = [*call.args, *(word.value for word in call.keywords if word.arg == "mode")]
        modes = [a.value for a in given if isinstance(a, ast.Constant) and isinstance(a.value, str)]
        return "written" if any(_MODES.fullmatch(mode) and set(mode) & set("wax+") for mode in modes) else "read"
    if name.startswith(_WRITING):
        return "written"
    return "read" if name.startswith(_READING) else None


def _named(call: ast.Call, texts: Mapping[str, str]) -> list[str]:
    given = [*call.args, *(word.value for word in call.keywords)]
    if isinstance(call.func, ast.Attribute):
        given.append(call.func.value)  # Path("x.csv").read_text()
    found = [text for one in given if (text := _text(one, texts)) is not None]
    return [text for text in found if _PATH.fullmatch(text) and "://" not in text]


def _text(node: ast.expr, texts: Mapping[str, str]) -> str | None:
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.Name(id=name):
            return texts.get(name)
        case ast.Call(func=ast.Name(id="Path") | ast.Attribute(attr="Path"), args=[inner], keywords=[]):
            return _text(inner, texts)
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            parts = _text(left, texts), _text(right, texts)
            return None if None in parts else f"{parts[0]}/{parts[1]}"
    return None


def _free(stem: str, taken: Iterable[str]) -> str:
    word = re.sub(r"[^A-Za-z0-9_-]+", "_", stem).strip("_") or "step"
    numbers = (f"{word}_{number}" for number in range(2, 10_000))
    return word if word not in taken else next(name for name in numbers if name not in taken)
