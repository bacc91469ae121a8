"""Are real notebooks split into steps that come to the same? `python -m benchmarks.splits --bank dev.json --trees DIR`.

Each notebook of the bank is split in a copy of its repository, without an edit. What was made is then judged by
another than the one who made it: papermill runs the whole notebook and, in another copy, the steps one after the
other, and what the cells show as text is compared. A pipeline that shows something else was split silently wrong.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.split_peers_page import beside_peers, read_beside
from cellmill.core.errors import CellmillError
from cellmill.core.step_errors import SplitRefused
from cellmill.executors.kernels import LocalKernels
from cellmill.notebook.plain import read_plain, tags_of
from cellmill.replay.steady import steady
from cellmill.wiring.outcomes import Conditions
from cellmill.wiring.splitting import SplitMade, Splitting

CELL_S = 300.0
MOST_WHOLES = 3
NAME = "bench"
PAGE = Path(__file__).parents[1] / "docs" / "developers" / "splits.md"
_OURS = ("cellmill-", "parameters", "injected-parameters")


@dataclass(frozen=True)
class Tried:
    """What came of one notebook. `is_same` is papermill's word on the steps, None where there are none."""

    notebook: str
    steps: tuple[str, ...] = ()
    compared: int = 0
    seconds: float = 0.0
    reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    is_same: bool | None = None
    unlike: str | None = None
    crossing_bytes: int = 0
    runs_whole: bool = True
    """Whether the notebook comes to its end as it is."""
    borders: tuple[int, ...] = ()
    """The code cells, counted from 1, before which a step ends."""


def main() -> int:
    """Return 1 when a split was silently wrong."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.splits", description=__doc__.splitlines()[0])
    parser.add_argument("--bank", type=Path, required=True, metavar="FILE", help="the bank's list of notebooks")
    parser.add_argument("--trees", type=Path, required=True, metavar="DIR", help="their repositories")
    parser.add_argument("--only", default="", metavar="WORDS", help="ids in which one of these occurs, with commas")
    parser.add_argument("--kernel-2022", metavar="NAME", help="a kernel for notebooks that need older libraries")
    parser.add_argument("--results", type=Path, metavar="FILE", help="JSON Lines; what is there is not redone")
    parser.add_argument("--peers", type=Path, metavar="FILE", help="results of benchmarks.split_peers, for the page")
    parser.add_argument("--write", action="store_true", help="write docs/developers/splits.md from the results")
    given = parser.parse_args()
    known = read_tried(given.results)
    bank = json.loads(given.bank.read_text("utf-8"))
    for item in bank:
        tree = given.trees / item["repo"].replace("/", "+")
        wanted = not given.only or any(word in item["id"] for word in given.only.split(","))
        if not wanted or not (tree / item["path"]).exists() or item["id"] in known:
            continue
        kernel = given.kernel_2022 if item["env"] == "2022" else None
        with tempfile.TemporaryDirectory(prefix="cellmill-splits-", ignore_cleanup_errors=True) as folder:
            found = known[item["id"]] = try_one(item["id"], tree, item["path"], Path(folder), kernel)
        if given.results is not None:
            with given.results.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(found)) + "\n")
        print(_line(found), flush=True)
    print(f"\nin all: {summary(list(known.values()))}")
    if given.write:
        peers = beside_peers(read_beside(given.peers)) if given.peers is not None else ""
        PAGE.write_text(page(list(known.values()), of=len(bank)) + peers, "utf-8")
    return int(any(one.is_same is False for one in known.values()))


def try_one(notebook: str, tree: Path, path: str, place: Path, kernel: str | None) -> Tried:
    """Split one notebook in a copy of its repository, and have papermill run both."""
    root = copy_of(tree, place / "split")
    began_s = time.monotonic()
    try:
        made = split(root / path, kernel)
    except SplitRefused as refused:
        runs_whole = "Run whole" not in refused.reasons[0]
        seconds = round(time.monotonic() - began_s, 1)
        return Tried(notebook, reasons=refused.reasons, seconds=seconds, runs_whole=runs_whole)
    except CellmillError as error:
        return Tried(notebook, reasons=(str(error),), runs_whole=False)
    seconds = round(time.monotonic() - began_s, 1)
    whole = shown_by(copy_of(tree, place / "whole"), [path], kernel)
    steps = shown_by_steps(made, copy_of(tree, place / "steps"), kernel)
    unlike = first_unlike(whole, steps)
    swaying: set[int] = set()
    for number in range(MOST_WHOLES):  # does the notebook itself show something else each time, or now and then?
        if unlike is None:
            break
        again = shown_by(copy_of(tree, place / f"again-{number}"), [path], kernel)
        swaying |= {i for i, (one, two) in enumerate(zip(whole, again, strict=False)) if one != two}
        unlike = first_unlike(whole, steps, swaying)
    return Tried(
        notebook,
        tuple(step.name for step in made.steps),
        made.compared,
        seconds,
        notes=made.notes,
        is_same=unlike is None,
        unlike=unlike,
        crossing_bytes=sum(step.bytes for step in made.steps),
        borders=tuple(step.first for step in made.steps[1:]),
    )


def split(notebook: Path, kernel: str | None, at: Sequence[str] | None = None) -> SplitMade:
    """Split a notebook as the command does. Raises `CellmillError`."""
    conditions = Conditions(network=True, timeout_s=CELL_S, kernel=kernel, warm=kernel is None)
    splitting = Splitting(notebook, NAME, LocalKernels(), conditions, told=lambda words, progress: None)
    splitting.look()
    splitting.propose(at)
    return splitting.make()


def shown_by_steps(made: SplitMade, root: Path, kernel: str | None) -> list[str]:
    """Return the text that each of the user's cells shows when papermill runs the steps in `root`."""
    shutil.copytree(made.folder, root / "pipelines" / NAME)
    return shown_by(root, [f"pipelines/{NAME}/{file}" for file in made.files[1:]], kernel)


def copy_of(tree: Path, root: Path) -> Path:
    """Return `root`, a project with what is in `tree`."""
    shutil.copytree(tree, root, symlinks=True, ignore=shutil.ignore_patterns(".cellmill", "pyproject.toml", ".git"))
    (root / ".cellmill").mkdir()
    return root


def shown_by(root: Path, notebooks: Sequence[str], kernel: str | None) -> list[str]:
    """Return the text that each of the user's cells shows, run by papermill in the notebooks' own folders."""
    found = []
    for notebook in notebooks:
        path = root / notebook
        out = root / ".cellmill" / f"executed-{path.name}"
        command = [
            sys.executable,
            "-m",
            "papermill",
            "--no-progress-bar",
            "--cwd",
            str(path.parent),
            str(path),
            str(out),
        ]
        done = subprocess.run(
            [*command, *(["-k", kernel] if kernel else [])], capture_output=True, text=True, check=False, timeout=1800
        )
        if done.returncode:
            found.append(f"papermill ended with {done.returncode}: {done.stderr.strip().splitlines()[-1:]}")
            break
        cells = read_plain(out)["cells"]
        codes = [cell for cell in cells if cell["cell_type"] == "code" and cell["source"].strip()]
        found += [text_of(cell) for cell in codes if not any(tag.startswith(_OURS) for tag in tags_of(cell))]
    return found


def text_of(cell: Mapping[str, Any]) -> str:
    """Return what a cell shows as text, without what differs from run to run, such as addresses."""
    texts = []
    for output in cell["outputs"]:
        if output["output_type"] == "stream" and output["name"] == "stdout":
            texts.append(output["text"])
        elif "data" in output and not any(kind.startswith("image/") for kind in output["data"]):
            texts.append(f"{output['data'].get('text/plain', '')}\n")
    return steady("".join(texts))


def first_unlike(whole: Sequence[str], steps: Sequence[str], swaying: set[int] | None = None) -> str | None:
    """Return where two lists of what cells show differ, leaving `swaying` out; None where nowhere."""
    if len(whole) != len(steps):
        return f"{len(whole)} cells and {len(steps)}: {steps[-1][:200] if steps else ''}"
    for index, (one, two) in enumerate(zip(whole, steps, strict=True)):
        if one != two and index not in (swaying or ()):
            return f"cell {index + 1}: {one[:120]!r} and {two[:120]!r}"
    return None


def _line(one: Tried) -> str:
    if one.steps:
        verdict = "same" if one.is_same else f"SILENTLY WRONG ({one.unlike})"
        return f"{one.notebook}: {len(one.steps)} steps {list(one.steps)}, {one.compared} compared, {verdict}"
    return f"{one.notebook}: not split: {' '.join(one.reasons)[:300]}"


def summary(found: Sequence[Tried]) -> str:
    """Return how many of the notebooks that run whole were split, and how many silently wrong."""
    whole = [one for one in found if one.runs_whole]
    made = [one for one in whole if one.steps]
    wrong = [one for one in made if one.is_same is False]
    share = f"{len(made) / len(whole):.0%}" if whole else "none"
    return f"{len(whole)} of {len(found)} run whole; {len(made)} split ({share}), {len(wrong)} silently wrong"


def page(found: Sequence[Tried], *, of: int) -> str:
    """Return the results as a page; `of` is how many notebooks the bank names."""
    lines = [
        "# Splits of real notebooks",
        "",
        "Which notebooks that nobody here wrote does `cellmill split` split, with no edit? This page is made by",
        "`python -m benchmarks.splits --write`. Each is split in a copy of its repository; then papermill runs the",
        "whole notebook and, elsewhere, the steps, and what their cells show as text is compared. A pipeline that",
        "shows something else was split silently wrong. A cell does not count that shows something else when the",
        f"whole notebook is run again, which is done up to {MOST_WHOLES} times where a difference was seen. Notebooks",
        "that do not run whole with the libraries at hand do not count; one is tried when that has come to an end in",
        "the time it was given.",
        "",
        f"{len(found)} of the bank's {of} notebooks were tried. **{summary(found)}.**",
        "",
        "| notebook | steps | compared | crosses | papermill says | not split because |",
        "|---|---|---|---|---|---|",
    ]
    for one in sorted(found, key=lambda each: each.notebook):
        says = "" if one.is_same is None else "the same" if one.is_same else "SOMETHING ELSE"
        size = f"{one.crossing_bytes / 1e6:.1f} MB" if one.steps else ""
        why = " ".join(one.reasons)[:160].replace("|", "/").replace("\n", " ").replace(sys.prefix, "…")
        steps = len(one.steps) if one.steps else ""
        lines.append(f"| {one.notebook} | {steps} | {one.compared or ''} | {size} | {says} | {why} |")
    return "\n".join([*lines, ""])


def read_tried(path: Path | None) -> dict[str, Tried]:
    """Return the results in a file of JSON Lines by the notebooks' names; the last line of a notebook counts."""
    if path is None or not path.exists():
        return {}
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return {line["notebook"]: Tried(**line) for line in lines}


if __name__ == "__main__":
    sys.exit(main())
