"""An executed notebook with what is secret in it masked, part by part: as one text its quotes would be escaped."""

import json
import re
from pathlib import Path
from typing import Any

from cellmill.capture.secret_names import is_secret
from cellmill.capture.secrets import MASK, Masker

_COLOURS = r"\x1b\[[0-9;]*m"


def mask_notebook(masker: Masker, content: bytes, *, with_outputs: bool = True) -> bytes:
    """Return an executed notebook with its sources, outputs and parameters masked; as it was where it is no JSON.

    Without outputs it has none: nobody could tell which of their texts are secret.
    """
    try:
        notebook = json.loads(content)
    except ValueError:
        return masker.mask(content.decode("utf-8", "replace")).encode()
    given = notebook.get("metadata", {}).get("papermill", {}).get("parameters")
    if isinstance(given, dict):
        given.update(_masked_values(masker, given, ""))
    for cell in notebook.get("cells", []):
        if not with_outputs and "outputs" in cell:
            cell["outputs"] = []
        _mask_in(masker, cell, "source")
        for output in cell.get("outputs", []):
            for name in ("text", "evalue"):
                _mask_in(masker, output, name)
            output["traceback"] = [_masked_line(masker, line) for line in output.get("traceback", [])]
            if not output["traceback"]:
                del output["traceback"]
            for mime in output.get("data", {}):
                if not mime.startswith("image/") or mime == "image/svg+xml":
                    _mask_in(masker, output["data"], mime)
    return json.dumps(notebook, ensure_ascii=False, indent=1).encode("utf-8", "replace")


def mask_executed(content: bytes, hidden: list[str] | None, journal: Path) -> bytes:
    """Return the notebook that a kernel has executed, masked as the kernel masks: its `hidden` values are known here.

    Where the kernel could not be asked (None), and has masked something, the outputs are left out.
    """
    is_sure = hidden is not None or not journal.exists() or MASK.encode() not in journal.read_bytes()
    return mask_notebook(Masker(hidden=hidden or ()), content, with_outputs=is_sure)


def _masked_values(masker: Masker, value: Any, name: str) -> Any:
    """Return a parameter's value with the texts in it masked, however deep, by the names that lead there."""
    if isinstance(value, dict):
        return {
            key: MASK if is_secret(key, each) and not isinstance(each, dict | list | str) and each is not None
            else _masked_values(masker, each, name if is_secret(name, "x") else key)
            for key, each in value.items()
        }  # fmt: skip
    if isinstance(value, list):
        return [_masked_values(masker, each, name) for each in value]
    return masker.mask_value(value, is_hidden=is_secret(name, value)) if isinstance(value, str) else value


def _mask_in(masker: Masker, holder: dict[str, Any], name: str) -> None:
    """Mask a text of a notebook, which may be one string or a list of lines."""
    text = holder.get(name)
    if isinstance(text, list) and all(isinstance(line, str) for line in text):
        holder[name] = masker.mask("".join(text)).splitlines(keepends=True)
    elif isinstance(text, str):
        holder[name] = masker.mask(text)


def _masked_line(masker: Masker, line: str) -> str:
    """Mask a coloured text: its colours would stand between a name and its value, so they go where one is found."""
    plain = re.sub(_COLOURS, "", line)
    masked = masker.mask(plain)
    return line if masked == plain else masked
