"""`pipeline.yaml` in, a `Pipeline` out, and back. What cannot be is told with its line and what to do.

The same rules as a JSON Schema, for editors: `docs/users/pipeline.schema.json`.
"""

import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from cellmill.core.errors import nearest
from cellmill.core.files import words_of
from cellmill.core.pipeline_errors import BadPipeline, CyclicPipeline, PipelineMissing, WriteClash
from cellmill.core.pipelines import DOCUMENT, VERSION, ForEach, Pipeline, PipelineStep, is_name
from cellmill.core.words import shown_path
from cellmill.pipeline.written import MOST_BYTES, NotWritten, Written, read_written, resolved

MOST_STEPS = 1_000
MOST_ITEMS = 10_000
KEYS = ("version", "source", "parameters", "steps", "verified")
STEP_KEYS = (
    "notebook", "after", "parameters", "reads", "writes", "retries", "timeout", "when", "for_each",
)  # fmt: skip
EACH_KEYS = ("parameter", "in")
_HANDED = re.compile(r"([A-Za-z0-9_][A-Za-z0-9_-]*)\.([^\W\d]\w*)")
_DURATION = re.compile(r"(\d+(?:\.\d+)?) *(s|min|h)")
_SECONDS = {"s": 1, "min": 60, "h": 3600}


def read_pipeline(folder: Path) -> Pipeline:
    """Return the pipeline of a folder.

    Raises `PipelineMissing`, `BadPipeline`, `CyclicPipeline`, `WriteClash`.
    """
    path = folder / DOCUMENT
    try:
        if path.stat().st_size > MOST_BYTES:
            raise BadPipeline(
                shown_path(path),
                line=None,
                reason=f"it is larger than {MOST_BYTES // 1_000_000} MB",
                advice="Make it several pipelines, or loop over a list with for_each.",
            )
        text = path.read_text("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        raise PipelineMissing(shown_path(folder), known=_near(folder)) from None
    except UnicodeDecodeError:
        reason, advice = "it is not written in UTF-8", "Save it as UTF-8."
        raise BadPipeline(shown_path(path), line=None, reason=reason, advice=advice) from None
    except OSError as error:
        reason, advice = f"it cannot be read: {words_of(error)}", "Make it readable."
        raise BadPipeline(shown_path(path), line=None, reason=reason, advice=advice) from None
    return parse_pipeline(text, folder)


def parse_pipeline(text: str, folder: Path) -> Pipeline:
    """Return the pipeline that a text describes, as if it stood in this folder. Raises as `read_pipeline` does."""
    where = shown_path(folder / DOCUMENT)
    try:
        pipeline, lines = _pipeline(read_written(text), folder)
    except NotWritten as error:
        raise BadPipeline(where, line=error.line, reason=error.reason, advice=error.advice) from None
    _check_graph(pipeline, lines, where)
    return pipeline


def _near(folder: Path) -> tuple[str, ...]:
    """Return the pipelines beside this folder."""
    try:
        return tuple(shown_path(path.parent) for path in sorted(folder.parent.glob(f"*/{DOCUMENT}")))
    except OSError:
        return ()


# --- values


def _pipeline(whole: Written, folder: Path) -> tuple[Pipeline, dict[str, int]]:
    entries = _mapping(whole, "a pipeline", KEYS)
    _check_version(entries.get("version"), whole.line)
    if "steps" not in entries:
        raise NotWritten(whole.line, "it has no `steps`", "Write them as: steps: {load: {notebook: load.ipynb}}")
    steps = entries["steps"]
    if not isinstance(steps.value, dict) or not steps.value:
        raise NotWritten(steps.line, "`steps` is no mapping from names to steps", "Write: load: {notebook: load.ipynb}")
    if len(steps.value) > MOST_STEPS:
        raise NotWritten(
            steps.line,
            f"it has {len(steps.value):,} steps, and {MOST_STEPS:,} is the most",
            "Make it several pipelines, or loop over a list with for_each.",
        )
    for name, line in steps.key_lines.items():
        if not is_name(name):
            raise NotWritten(line, f"{name!r} cannot name a step", "Use letters, digits, _ and -, as in: train_model")
    made = tuple(_step(name, step, folder) for name, step in steps.value.items())
    source, verified = entries.get("source"), entries.get("verified")
    return Pipeline(
        name=folder.resolve().name,
        steps=made,
        parameters=_parameters(entries.get("parameters")),
        source=_text(source, "source") if source is not None else None,
        verified=_free(verified, "verified") if verified is not None else {},
    ), steps.key_lines


def _check_version(version: Written | None, line: int) -> None:
    if version is None:
        raise NotWritten(line, "it does not say its version", f"Begin with: version: {VERSION}")
    if version.value == VERSION and type(version.value) is int:
        return
    if type(version.value) is int and version.value > VERSION:
        reason, advice = f"version {version.value} is newer than this Cellmill reads", "Update Cellmill."
    else:
        reason, advice = f"there is no version {version.plain!r}", f"Write: version: {VERSION}"
    raise NotWritten(version.line, reason, advice)


def _step(name: str, written: Written, folder: Path) -> PipelineStep:
    entries = _mapping(written, f"step {name}", STEP_KEYS)
    if "notebook" not in entries:
        raise NotWritten(written.line, f"step {name} has no notebook", f"Write: notebook: {name}.ipynb")
    notebook = _text(entries["notebook"], "notebook")
    if not (folder / notebook).is_file():
        beside = tuple(path.name for path in folder.glob("*.ipynb")) if folder.is_dir() else ()
        near = nearest(PurePosixPath(notebook).name, beside)
        advice = f"Did you mean {near}?" if near else "Its path is taken from the folder of pipeline.yaml."
        raise NotWritten(entries["notebook"].line, f"the notebook of step {name}, {notebook}, is not there", advice)
    retries, when = entries.get("retries"), entries.get("when")
    if retries is not None and (type(retries.value) is not int or not 0 <= retries.value <= 100):
        raise NotWritten(retries.line, f"`retries` of {name} is no number from 0 to 100", "Write: retries: 2")
    if when is not None and isinstance(when.value, bool):
        when = Written(str(when.value), when.line)
    each = entries.get("for_each")
    return PipelineStep(
        name=name,
        notebook=notebook,
        after=_texts(entries.get("after"), "after"),
        parameters=_parameters(entries.get("parameters")),
        reads=_files(entries.get("reads"), "reads"),
        writes=_files(entries.get("writes"), "writes"),
        retries=retries.value if retries is not None else 0,
        timeout_s=_timeout(entries.get("timeout"), name),
        when=_text(when, "when") if when is not None else None,
        for_each=_for_each(each, name) if each is not None else None,
    )


def _timeout(written: Written | None, step: str) -> float | None:
    if written is None or written.value is None:
        return None
    value = written.value
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    seconds = float(found[1]) * _SECONDS[found[2]] if found else value
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 0 < seconds < float("inf"):
        raise NotWritten(written.line, f"`timeout` of {step} is no time", "Write: timeout: 600, or: timeout: 10 min")
    return float(seconds)


def _for_each(written: Written, step: str) -> ForEach:
    entries = _mapping(written, f"for_each of {step}", EACH_KEYS)
    example = "Write: for_each: {parameter: depth, in: [2, 4, 8]}, or: in: load.depths"
    if set(entries) != set(EACH_KEYS):
        raise NotWritten(written.line, f"for_each of {step} needs `parameter` and `in`", example)
    parameter, items = entries["parameter"], entries["in"]
    if not isinstance(parameter.value, str) or not parameter.value.isidentifier():
        raise NotWritten(parameter.line, f"{parameter.plain!r} cannot name a parameter", example)
    if isinstance(items.value, list):
        if len(items.value) > MOST_ITEMS:
            reason = f"for_each of {step} has {len(items.value):,} items, and {MOST_ITEMS:,} is the most"
            raise NotWritten(items.line, reason, "Give each run several of them.")
        return ForEach(parameter.value, tuple(items.plain))
    found = _HANDED.fullmatch(items.value) if isinstance(items.value, str) else None
    if found is None:
        raise NotWritten(items.line, f"`in` of {step} is neither a list nor a step's variable", example)
    return ForEach(parameter.value, step=found[1], name=found[2])


def _mapping(written: Written, what: str, keys: tuple[str, ...]) -> dict[str, Written]:
    if not isinstance(written.value, dict):
        raise NotWritten(written.line, f"{what} is no mapping", f"It may have: {', '.join(keys)}.")
    for name, line in written.key_lines.items():
        if name not in keys:
            near = nearest(name, keys)
            advice = f"Did you mean {near!r}?" if near else f"It may have: {', '.join(keys)}."
            raise NotWritten(line, f"{what} has no {name!r}", advice)
    found: dict[str, Written] = written.value
    return found


def _parameters(written: Written | None) -> dict[str, Any]:
    if written is None or written.value is None:
        return {}
    values = _free(written, "parameters")
    for name, line in written.key_lines.items():
        if not name.isidentifier():
            raise NotWritten(line, f"{name!r} cannot name a parameter", "Write: max_depth: 4")
    return values


def _free(written: Written, key: str) -> dict[str, Any]:
    if not isinstance(written.value, dict):
        raise NotWritten(written.line, f"`{key}` is no mapping", f"Write: {key}: {{name: value}}")
    plain: dict[str, Any] = written.plain
    return plain


def _text(written: Written, key: str) -> str:
    if not isinstance(written.value, str) or not written.value.strip() or "\0" in written.value:
        raise NotWritten(written.line, f"`{key}` is no text", f'Write: {key}: "…"')
    return written.value


def _texts(written: Written | None, key: str) -> tuple[str, ...]:
    if written is None or written.value is None:
        return ()
    if not isinstance(written.value, list):
        raise NotWritten(written.line, f"`{key}` is no list", f"Write: {key}: [{written.plain}]")
    return tuple(dict.fromkeys(_text(each, key) for each in written.value))


def _files(written: Written | None, key: str) -> tuple[str, ...]:
    """Files by their paths from the root, written in one way: `a/../b` is `b`."""
    found = []
    for path in _texts(written, key):
        parts: list[str] = []
        for part in PurePosixPath(path.replace("\\", "/")).parts:
            if part == ".." and parts and parts[-1] not in ("..", "/"):
                parts.pop()
            else:
                parts.append(part)
        found.append(str(PurePosixPath(*parts)))
    return tuple(found)


# --- the graph


def _check_graph(pipeline: Pipeline, lines: Mapping[str, int], where: str) -> None:
    names = set(pipeline.names)
    writers: dict[str, str] = {}
    for step in pipeline.steps:
        each = step.for_each.step if step.for_each is not None else None
        for name in (*step.after, *((each,) if each is not None else ())):
            if name not in names:
                near = nearest(name, pipeline.names)
                advice = f"Did you mean {near}?" if near else f"The steps are: {', '.join(pipeline.names[:20])}."
                reason = f"step {step.name} comes after {name}, and there is no such step"
                raise BadPipeline(where, line=lines[step.name], reason=reason, advice=advice)
        for path in step.writes:
            if path in writers:
                raise WriteClash(path, steps=(writers[path], step.name), pipeline=pipeline.name)
            writers[path] = step.name
    cycle = find_cycle({step.name: step.after for step in pipeline.steps})
    if cycle:
        raise CyclicPipeline(where, cycle=cycle)
    for step in pipeline.steps:
        each = step.for_each.step if step.for_each is not None else None
        if each is not None and each not in pipeline.above(step.name):
            raise BadPipeline(
                where,
                line=lines[step.name],
                reason=f"step {step.name} loops over {each}.{step.for_each.name}, and does not come after {each}",  # type: ignore[union-attr]
                advice=f"Write: after: [{each}]",
            )


def find_cycle(edges: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return names that lead back to the first of them, which stands at both ends; empty where none do."""
    done: set[str] = set()
    for start in edges:
        path: list[str] = []
        stack: list[tuple[str, int]] = [(start, 0)] if start not in done else []
        while stack:
            name, position = stack.pop()
            if position == 0:
                path.append(name)
            following = edges[name]
            if position == len(following):
                done.add(name)
                path.pop()
                continue
            stack.append((name, position + 1))
            other = following[position]
            if other in path:
                return (*path[path.index(other) :], other)
            if other not in done:
                stack.append((other, 0))
    return ()


# --- and back


def text_of(pipeline: Pipeline) -> str:
    """Return the document of a pipeline, as a person would write it: what has its default is left out."""
    import yaml

    document: dict[str, Any] = {"version": VERSION}
    if pipeline.source is not None:
        document["source"] = pipeline.source
    if pipeline.parameters:
        document["parameters"] = _plain(pipeline.parameters)
    document["steps"] = {step.name: _entries(step) for step in pipeline.steps}
    if pipeline.verified:
        document["verified"] = _plain(pipeline.verified)
    body = yaml.dump(document, Dumper=_dumper(), sort_keys=False, allow_unicode=True, width=110)
    return f"# A pipeline of Cellmill. Run it with: cellmill pipeline run pipelines/{pipeline.name}\n{body}"


def _entries(step: PipelineStep) -> dict[str, Any]:
    each = step.for_each
    found: dict[str, Any] = {
        "notebook": step.notebook,
        "after": list(step.after),
        "parameters": _plain(step.parameters),
        "reads": list(step.reads),
        "writes": list(step.writes),
        "retries": step.retries or None,
        "timeout": int(step.timeout_s) if step.timeout_s and step.timeout_s.is_integer() else step.timeout_s,
        "when": step.when,
        "for_each": each
        and {
            "parameter": each.parameter,
            "in": _plain(each.items) if each.step is None else f"{each.step}.{each.name}",
        },
    }
    return {key: value for key, value in found.items() if value is not None and value not in ([], {})}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, (list, tuple)) else value


def _dumper() -> Any:
    """Return a dumper that writes lists of scalars in one line, and no anchors."""
    import yaml

    class Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
        def ignore_aliases(self, data: Any) -> bool:
            return True

    def of_list(dumper: Any, data: list[Any]) -> Any:
        flat = all(not isinstance(each, (list, dict)) for each in data)
        return dumper.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=flat)

    def of_dict(dumper: Any, data: dict[str, Any]) -> Any:
        return dumper.represent_mapping("tag:yaml.org,2002:map", data, flow_style=not data)

    def of_text(dumper: Any, data: str) -> Any:
        # A text such as 1e5 is one for YAML 1.1, and a number for 1.2.
        style = None if isinstance(resolved(data), str) else "'"
        return dumper.represent_scalar("tag:yaml.org,2002:str", data, style=style)

    def of_float(dumper: Any, data: float) -> Any:
        # YAML 1.1 needs a point in `1e-05`, and 1.2 takes it with one.
        text = repr(data).replace("inf", ".inf").replace("nan", ".nan")
        if "e" in text and "." not in text:
            text = text.replace("e", ".0e")
        return dumper.represent_scalar("tag:yaml.org,2002:float", text)

    Dumper.add_representer(list, of_list)
    Dumper.add_representer(dict, of_dict)
    Dumper.add_representer(str, of_text)
    Dumper.add_representer(float, of_float)
    return Dumper
