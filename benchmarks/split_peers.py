"""What do peers make of the notebooks that Cellmill splits? `python -m benchmarks.split_peers --results FILE`.

The hostile notebooks of the tests, and with `--bank`, `--trees` and `--splits` the real ones that run whole. See
`split_peers_page` for what each peer gets, and `splits` for the judge. `python -m benchmarks.splits --peers FILE
--write` writes the page.
"""

import argparse
import ast
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
import yaml
from jupyter_client.kernelspec import KernelSpecManager
from tests.notebooks.hostile import CASES

from benchmarks import kale_steps
from benchmarks.forked import Forks
from benchmarks.peers import ENVIRONMENTS, python_of
from benchmarks.split_peers_page import NONE, OURS, SAME, WRONG, Beside, read_beside
from benchmarks.splits import Tried, copy_of, first_unlike, read_tried, shown_by, shown_by_steps, split, text_of
from cellmill.core.errors import CellmillError
from cellmill.notebook.plain import read_plain, tags_of

COMMAND_S = 600
NOTEBOOK = "tried.ipynb"
_SETUP_MAGIC = re.compile(r"^%(matplotlib|config|load_ext|reload_ext|autoreload|pylab)\b.*\n?", re.MULTILINE)
_OF_SOORGEON = ("soorgeon-", "parameters", "injected-parameters")
_IMPORTED = {
    "kale": ("kale.compiler", "kale.processors", "kale.common.jputils", "kale.common.kfputils", "kfp.compiler"),
    "soorgeon": ("soorgeon.cli", "ploomber.cli", "ploomber.spec", "ploomber.tasks.notebook", "papermill"),
}
_LAUNCH = "import sys; sys.path.append({site!r}); from ipykernel.kernelapp import launch_new_instance as go; go()"


class Failed(Exception):
    """A tool refused a notebook, or its steps did not run to their end."""


@dataclass(frozen=True)
class Case:
    """A notebook in a folder. Its steps end before the code cells `borders`, counted from 1."""

    kind: str
    name: str
    tree: Path
    path: str
    borders: tuple[int, ...]
    kernel: str | None = None
    prints: str | None = None
    """What its last cell prints where that is known, as it is of a hostile one."""


def main() -> int:
    """Try each notebook with each tool."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.split_peers", description=__doc__.splitlines()[0])
    parser.add_argument("--results", type=Path, required=True, metavar="FILE", help="JSON Lines; what is there stays")
    parser.add_argument("--tools", default="cellmill,soorgeon,kale", metavar="NAMES")
    parser.add_argument("--only", default="", metavar="WORDS", help="names in which one of these occurs, with commas")
    parser.add_argument("--bank", type=Path, metavar="FILE", help="the bank's list of notebooks")
    parser.add_argument("--trees", type=Path, metavar="DIR", help="their repositories")
    parser.add_argument("--splits", type=Path, metavar="FILE", help="results of benchmarks.splits on them")
    parser.add_argument("--kernel-2022", metavar="NAME", help="a kernel for notebooks that need older libraries")
    given = parser.parse_args()
    known = {(one.tool, one.kind, one.case) for one in read_beside(given.results)}
    tried = read_tried(given.splits)
    with tempfile.TemporaryDirectory(prefix="cellmill-split-peers-", ignore_cleanup_errors=True) as folder:
        cases = [*_hostile(Path(folder) / "hostile")]
        if given.bank is not None:
            cases = [*_real(json.loads(given.bank.read_text("utf-8")), given.trees, tried, given.kernel_2022)]
        for number, case in enumerate(cases):
            if given.only and not any(word in case.name for word in given.only.split(",")):
                continue
            tools = [each for each in given.tools.split(",") if (each, case.kind, case.name) not in known]
            for found in _try(case, tools, tried.get(case.name), Path(folder) / str(number)):
                one = replace(found, version=_version(found.tool))
                with given.results.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(asdict(one)) + "\n")
                print(f"{one.case}: {one.tool}: {one.verdict} {one.why[:200]}", flush=True)
    return 0


def _hostile(place: Path) -> Iterator[Case]:
    for number, (name, case) in enumerate(CASES.items()):
        tree = place / str(number)
        for file, text in case.files.items():
            (tree / file).parent.mkdir(parents=True, exist_ok=True)
            (tree / file).write_text(text, "utf-8")
        tree.mkdir(parents=True, exist_ok=True)
        document = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in case.cells])
        _write(document, tree / NOTEBOOK)
        yield Case("hostile", name, tree, NOTEBOOK, (len(case.cells),), prints=case.prints)


def _real(
    bank: Sequence[Mapping[str, Any]], trees: Path, tried: Mapping[str, Tried], kernel_2022: str | None
) -> Iterator[Case]:
    for item in bank:
        one = tried.get(item["id"])
        if one is None or not one.runs_whole or (one.steps and not one.borders):  # a result without its borders
            continue
        tree = trees / item["repo"].replace("/", "+")
        codes = [cell for cell in read_plain(tree / item["path"])["cells"] if cell["cell_type"] == "code"]
        borders = one.borders or (len(codes) // 2 + 1,)
        yield Case("bank", item["id"], tree, item["path"], borders, kernel_2022 if item["env"] == "2022" else None)


def _try(case: Case, tools: Sequence[str], tried: Tried | None, place: Path) -> Iterator[Beside]:
    whole: list[str] = []
    swaying: set[int] = set()
    for tool in tools:
        if tool == OURS and tried is not None:
            verdict = NONE if tried.is_same is None else SAME if tried.is_same else WRONG
            yield Beside(tool, case.kind, case.name, verdict, tried.unlike or " ".join(tried.reasons))
            continue
        try:
            steps = [text for text in _TOOLS[tool](case, place / tool) if text.strip()]
        except Failed as failed:
            yield Beside(tool, case.kind, case.name, NONE, str(failed))
            continue
        if case.prints is not None:
            unlike = first_unlike([case.prints], [text.strip() for text in steps[-1:]])
        else:
            if not whole:
                whole, again = (_shown_by_whole(case, place / each) for each in ("whole", "again"))
                swaying = {i for i, (one, two) in enumerate(zip(whole, again, strict=False)) if one != two}
            unlike = first_unlike(whole, steps, swaying)
        yield Beside(tool, case.kind, case.name, SAME if unlike is None else WRONG, unlike or "")


def _shown_by_whole(case: Case, root: Path) -> list[str]:
    return [text for text in shown_by(copy_of(case.tree, root), [case.path], case.kernel) if text.strip()]


def _by_cellmill(case: Case, place: Path) -> list[str]:
    """Return what the steps' cells show. Raises `Failed`."""
    try:
        made = split(copy_of(case.tree, place / "split") / case.path, case.kernel, [str(each) for each in case.borders])
    except CellmillError as refused:
        raise Failed(str(refused)) from None
    return shown_by_steps(made, copy_of(case.tree, place / "steps"), case.kernel)


def _by_soorgeon(case: Case, place: Path) -> list[str]:
    """Return what the steps' cells show. Raises `Failed`."""
    try:
        return _by_soorgeon_with((), case, place / "pickle")
    except Failed as failed:
        if "pickle" not in str(failed):
            raise
        return _by_soorgeon_with(("--serializer", "cloudpickle"), case, place / "cloudpickle")


def _by_soorgeon_with(options: Sequence[str], case: Case, place: Path) -> list[str]:
    path = copy_of(case.tree, place / "tree") / case.path
    document = _for_soorgeon(read_plain(path), case.borders)
    _write(document, path.with_name(NOTEBOOK))
    environment = {"PLOOMBER_STATS_ENABLED": "false", **_kernels(case, place, site=None)}
    bin_folder = Path(python_of("soorgeon", say=print)).parent
    _run("soorgeon", [str(bin_folder / "soorgeon"), "refactor", NOTEBOOK, *options], path.parent, environment)
    _run(
        "soorgeon", [str(bin_folder / "ploomber"), "build", "--entry-point", "pipeline.yaml"], path.parent, environment
    )
    tasks = yaml.safe_load((path.parent / "pipeline.yaml").read_text("utf-8"))["tasks"]
    cells = [cell for task in tasks for cell in read_plain(path.parent / task["product"]["nb"])["cells"]]
    codes = [cell for cell in cells if cell["cell_type"] == "code"]
    return list(
        map(text_of, [cell for cell in codes if not any(tag.startswith(_OF_SOORGEON) for tag in tags_of(cell))])
    )


def _by_kale(case: Case, place: Path) -> list[str]:
    """Return what the steps' cells show. Raises `Failed`."""
    path = copy_of(case.tree, place / "tree") / case.path
    document = _for_kale(read_plain(path), case.borders)
    _write(document, path.with_name(NOTEBOOK))
    shared = sum(bool({"imports", "functions"} & set(tags_of(cell))) for cell in document["cells"])
    python = python_of("kale", say=print)
    site = next(Path(python).parents[1].glob("[Ll]ib/**/site-packages/kale")).parent
    environment = _kernels(case, place, site=site)
    kale = str(Path(python).with_name("kale"))
    _run("kale", [kale, "--nb", NOTEBOOK, "--pipeline_name", "tried"], path.parent, environment)
    made = path.parent / ".kale"
    files = [str(made / "tried.kale.py"), str(made / "tried.pipeline.yaml"), str(place)]
    _run("kale", [str(Path(kale_steps.__file__)), *files, str(shared)], path.parent, environment)
    return list(map(text_of, json.loads((place / "shown.json").read_text("utf-8"))))


_TOOLS: dict[str, Callable[[Case, Path], list[str]]] = {
    OURS: _by_cellmill,
    "soorgeon": _by_soorgeon,
    "kale": _by_kale,
}


def _for_soorgeon(document: Mapping[str, Any], borders: Sequence[int]) -> dict[str, Any]:
    """Return the notebook with a heading of the second level before each step, and no other."""
    cells: list[Any] = [nbformat.v4.new_markdown_cell("## Step 1")]
    number = 0
    for cell in deepcopy(list(document["cells"])):
        number += cell["cell_type"] == "code"
        if cell["cell_type"] == "code" and number in borders:
            cells.append(nbformat.v4.new_markdown_cell(f"## Step {borders.index(number) + 2}"))
        if cell["cell_type"] == "markdown":
            cell["source"] = re.sub(r"^(\s*)##(?=\s)", r"\1###", cell["source"], flags=re.MULTILINE)
        cells.append(cell)
    return {**document, "cells": cells}


def _for_kale(document: Mapping[str, Any], borders: Sequence[int]) -> dict[str, Any]:
    """Return the notebook with Kale's tags."""
    cells: list[Any] = []
    step = 1
    for number, cell in enumerate((each for each in document["cells"] if each["cell_type"] == "code"), 1):
        step += number in borders
        magics = "".join(match[0] for match in _SETUP_MAGIC.finditer(cell["source"]))
        imports, rest, is_defining = _parts(_SETUP_MAGIC.sub("", cell["source"]))
        tags = ["functions"] if is_defining else [f"step:step{step}", *([f"prev:step{step - 1}"] if step > 1 else [])]
        for source, its_tags in ((magics, ["skip"]), (imports, ["imports"]), (rest, tags)):
            if source.strip():
                cells.append(nbformat.v4.new_code_cell(source, metadata={"tags": its_tags}))
    return {**document, "cells": cells}


def _parts(source: str) -> tuple[str, str, bool]:
    """Return the imports at the top of a cell, the rest, and whether that only defines functions and classes."""
    try:
        body = ast.parse(source).body
    except SyntaxError:
        return "", source, False
    leading = 0
    while leading < len(body) and isinstance(body[leading], ast.Import | ast.ImportFrom):
        leading += 1
    rest = body[leading:]
    is_defining = bool(rest) and all(isinstance(each, ast.FunctionDef | ast.ClassDef) for each in rest)
    if not leading:
        return "", source, is_defining
    last = body[leading - 1]
    if rest and rest[0].lineno <= (last.end_lineno or 0):  # `import os; os.x()` in one line
        return "", source, is_defining
    lines = source.splitlines(keepends=True)
    return "".join(lines[: last.end_lineno]), "".join(lines[last.end_lineno :]), is_defining


def _kernels(case: Case, place: Path, *, site: Path | None) -> dict[str, str]:
    """Return the environment in which `python3` is the case's kernel, with packages of `site` after its own."""
    found = KernelSpecManager().get_kernel_spec(case.kernel).argv[0] if case.kernel else sys.executable
    launch = ["-c", _LAUNCH.format(site=str(site))] if site else ["-m", "ipykernel_launcher"]
    spec = {"argv": [found, *launch, "-f", "{connection_file}"], "display_name": "Python 3", "language": "python"}
    folder = place / "jupyter" / "kernels" / "python3"
    folder.mkdir(parents=True)
    (folder / "kernel.json").write_text(json.dumps(spec), "utf-8")
    return {"JUPYTER_PATH": str(place / "jupyter")}


@cache
def _version(tool: str) -> str:
    """Return the version of a peer, empty for Cellmill."""
    if tool == OURS:
        return ""  # this one
    asking = f"from importlib.metadata import version; print(version({ENVIRONMENTS[tool][0]!r}))"
    command = [python_of(tool, say=print), "-c", asking]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@cache
def _forks(peer: str) -> Forks:
    return Forks(python_of(peer, say=print), _IMPORTED[peer])


def _run(peer: str, command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> None:
    """Run a script in a peer's environment. Raises `Failed` with its last words."""
    log = folder / "said.txt"
    code = _forks(peer).run(command, folder=folder, environment=environment, log=log, timeout_s=COMMAND_S)
    if code:
        raise Failed(f"{Path(command[0]).name} ended with {code}: {log.read_text('utf-8', 'replace').strip()[-800:]}")


def _write(document: Mapping[str, Any], path: Path) -> None:
    """Write a notebook for the kernel `python3`, whatever the one it names."""
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    metadata = {**document["metadata"], "kernelspec": spec}
    path.write_text(json.dumps({**document, "metadata": metadata}), "utf-8")


if __name__ == "__main__":
    sys.exit(main())
