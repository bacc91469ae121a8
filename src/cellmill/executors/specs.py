"""What kernelspecs say: how a kernel is started, and with which interpreter. Without jupyter_client, which is slow."""

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

LAUNCHER = "ipykernel_launcher"
_OURS = ("", "local-provisioner", "cellmill-warm")


@dataclass(frozen=True)
class Spec:
    """A kernelspec of ipykernel's."""

    command: tuple[str, ...]
    environment: Mapping[str, str]


def try_spec(name: str) -> Spec | None:
    """Return a kernelspec of ipykernel's, None for any other: jupyter_client knows how to start that."""
    if os.name != "posix" or (found := _found(name)) is None:
        return None
    given, words = found
    provisioner = given.get("metadata", {}).get("kernel_provisioner", {}).get("provisioner_name", "")
    if provisioner not in _OURS or LAUNCHER not in words or given.get("interrupt_mode", "signal") != "signal":
        return None
    return Spec(words, {str(key): str(value) for key, value in given.get("env", {}).items()})


def spec_of(interpreter: Path) -> Spec:
    """Return how a kernel of an interpreter is started."""
    return Spec((str(interpreter), "-m", LAUNCHER, "-f", "{connection_file}"), {})


def try_interpreter(name: str) -> str | None:
    """Return what a kernel is run by, None where that is not known: the file itself, in the folder where it is named.

    So `python` and `python3` of one environment are the same, and two environments of one Python are not.
    """
    found = _found(name)
    if found is None or not found[1]:
        return None
    named = found[1][0]
    if os.sep not in named:
        import shutil

        named = shutil.which(named) or named
    return os.path.join(os.path.realpath(os.path.dirname(named)), os.path.basename(os.path.realpath(named)))  # noqa: PTH118, PTH119, PTH120


def _found(name: str) -> tuple[dict[str, Any], tuple[str, ...]] | None:
    from jupyter_core.paths import jupyter_path

    for folder in jupyter_path("kernels"):
        path = os.path.join(folder, name, "kernel.json")  # noqa: PTH118
        try:
            with open(path, "rb") as file:  # noqa: PTH123
                given = json.load(file)
            words = [str(word) for word in given.get("argv", ())]
        except (OSError, ValueError, AttributeError):
            continue
        places = {"{prefix}": sys.prefix, "{resource_dir}": os.path.dirname(path)}  # noqa: PTH120
        for place, value in places.items():
            words = [word.replace(place, value) for word in words]
        if words and words[0] in ("python", f"python{sys.version_info[0]}", "python%i.%i" % sys.version_info[:2]):  # noqa: UP031
            words[0] = sys.executable
        return given, tuple(words)
    # As jupyter_client has it: where ipykernel can be imported, there is a kernel, with or without a file that says so.
    if name == "python3" and find_spec("ipykernel") is not None:
        return {}, spec_of(Path(sys.executable)).command
    return None
