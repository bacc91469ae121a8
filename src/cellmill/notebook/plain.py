"""Notebooks as they stand in their files, for whoever runs them: without nbformat, whose import may cost a second."""

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from cellmill.notebook.parameters import INJECTED_TAG, TAG

SKIPPED = "skip-execution"
_MINOR = 5  # since then cells have ids
_KINDS = {"code": {"outputs"}, "markdown": set[str](), "raw": set[str]()}
_SPLIT_TOO = {"application/javascript", "image/svg+xml"}


def read_plain(path: Path) -> dict[str, Any]:
    """Return a notebook with its lines joined and an id for each cell. Raises `NotebookMissing`, `NotANotebook`."""
    try:
        document = json.loads(path.read_bytes())
        is_plain = _is_plain(document)
    except (OSError, ValueError, RecursionError):
        is_plain = False
    if not is_plain:  # an old format, or none: which it is costs the import
        document = _upgraded(path)
    for index, cell in enumerate(document["cells"]):
        cell.setdefault("id", f"cell-{index}")
        cell["source"] = _joined(cell["source"])
        for attachment in cell.get("attachments", {}).values():
            _each_text(attachment, _joined)
        for output in cell.get("outputs", ()):
            _each_text(output.get("data", {}), _joined)
            if "text" in output:
                output["text"] = _joined(output["text"])
    document["nbformat_minor"] = _MINOR
    found: dict[str, Any] = document
    return found


def _upgraded(path: Path) -> Any:
    from cellmill.notebook.documents import read_notebook

    notebook = read_notebook(path)
    import nbformat

    return json.loads(nbformat.writes(nbformat.v4.upgrade(notebook)))


def as_bytes(document: dict[str, Any]) -> bytes:
    """Return a notebook as nbformat writes it: keys sorted, texts by their lines."""
    written = {**document, "cells": [_split_cell(cell) for cell in document["cells"]]}
    text = json.dumps(
        written, indent=1, sort_keys=True, separators=(",", ": "), ensure_ascii=False, default=bytes.decode
    )
    return text.encode("utf-8", "replace")


def new_notebook(cells: Iterable[dict[str, Any]], metadata: dict[str, Any]) -> dict[str, Any]:
    """Return a notebook."""
    return {"cells": list(cells), "metadata": metadata, "nbformat": 4, "nbformat_minor": _MINOR}


def new_code_cell(
    identity: str, source: str, *, metadata: dict[str, Any] | None = None, number: int | None = None
) -> dict[str, Any]:
    """Return a cell that has shown nothing. `number` is its execution count."""
    return {
        "cell_type": "code",
        "execution_count": number,
        "id": identity,
        "metadata": metadata or {},
        "outputs": [],
        "source": source,
    }


def new_markdown_cell(identity: str, source: str, *, metadata: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return a cell of text."""
    return {"cell_type": "markdown", "id": identity, "metadata": metadata or {}, "source": source}


def inject_parameters(document: dict[str, Any], values: dict[str, Any]) -> None:
    """Put a cell with values after the one that declares them, in the place of an older one, or first."""
    lines = ["# Parameters", *(f"{name} = {_literal(value)}" for name, value in values.items())]
    identity = free_id(document, INJECTED_TAG)
    cell = new_code_cell(identity, "\n".join(lines) + "\n", metadata={"tags": [INJECTED_TAG]})
    cells = document["cells"]
    tagged = {tag: index for index, each in reversed([*enumerate(cells)]) for tag in tags_of(each)}
    if INJECTED_TAG in tagged:
        cells[tagged[INJECTED_TAG]] = cell
    else:
        cells.insert(tagged.get(TAG, -1) + 1, cell)


def tags_of(cell: Mapping[str, Any]) -> list[str]:
    """Return the tags of a cell."""
    return [tag for tag in cell["metadata"].get("tags", []) if isinstance(tag, str)]


def runs(cell: Mapping[str, Any]) -> bool:
    """Return whether a cell is run, by whoever runs a notebook: it is code, not empty, and not to be passed over."""
    return cell["cell_type"] == "code" and bool(cell["source"].strip()) and SKIPPED not in tags_of(cell)


def free_id(document: dict[str, Any], wanted: str) -> str:
    """Return an id that no cell has."""
    taken = {cell.get("id") for cell in document["cells"]}
    names = (wanted if number == 1 else f"{wanted}-{number}" for number in range(1, len(taken) + 2))
    return next(name for name in names if name not in taken)


def _literal(value: Any) -> str:
    if isinstance(value, float) and not re.fullmatch(r"-?[\d.]+(e[+-]?\d+)?", repr(value)):
        return f"float({str(value)!r})"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_literal(key)}: {_literal(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_literal, value)) + "]"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def _is_plain(document: Any) -> bool:
    if not isinstance(document, dict) or not {"nbformat", "nbformat_minor", "metadata", "cells"} <= document.keys():
        return False
    cells, minor = document["cells"], document["nbformat_minor"]
    has_ids = minor == _MINOR
    return (
        document["nbformat"] == 4
        and type(minor) is int
        and 0 <= minor <= _MINOR
        and isinstance(document["metadata"], dict)
        and isinstance(cells, list)
        and all(_is_cell(cell) and ("id" in cell) == has_ids for cell in cells)
        and (not has_ids or len({cell["id"] for cell in cells}) == len(cells))
    )


def _is_cell(cell: Any) -> bool:
    return (
        isinstance(cell, dict)
        and isinstance(cell.get("id", ""), str)
        and cell.get("cell_type") in _KINDS
        and _KINDS[cell["cell_type"]] <= cell.keys()
        and isinstance(cell.get("metadata"), dict)
        and isinstance(cell.get("attachments", {}), dict)
        and isinstance(cell.get("outputs", []), list)
        and all(isinstance(output, dict) and "output_type" in output for output in cell.get("outputs", ()))
        and _is_text(cell.get("source"))
    )


def _is_text(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, list) and all(isinstance(line, str) for line in value))


def _joined(value: Any) -> Any:
    return "".join(value) if isinstance(value, list) and all(isinstance(line, str) for line in value) else value


def _each_text(bundle: dict[str, Any], change: Any) -> None:
    for mime, value in bundle.items():
        if not (mime == "application/json" or (mime.startswith("application/") and mime.endswith("+json"))):
            bundle[mime] = change(value)


def _split_cell(cell: dict[str, Any]) -> dict[str, Any]:
    split = {**cell, "source": _lines(cell["source"])}
    if "trusted" in cell["metadata"]:
        split["metadata"] = {name: value for name, value in cell["metadata"].items() if name != "trusted"}
    if "attachments" in cell:
        split["attachments"] = {name: _split_bundle(bundle) for name, bundle in cell["attachments"].items()}
    if cell["cell_type"] == "code":
        split["outputs"] = [_split_output(output) for output in cell["outputs"]]
    return split


def _split_output(output: dict[str, Any]) -> dict[str, Any]:
    if output["output_type"] == "stream":
        return {**output, "text": _lines(output["text"])}
    return {**output, "data": _split_bundle(output["data"])} if "data" in output else output


def _split_bundle(bundle: dict[str, Any]) -> dict[str, Any]:
    return {m: _lines(value) if m.startswith("text/") or m in _SPLIT_TOO else value for m, value in bundle.items()}


def _lines(value: Any) -> Any:
    return value.splitlines(True) if isinstance(value, str) else value
