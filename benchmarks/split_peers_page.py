"""The part of the page on splits that sets Cellmill beside its peers, made from the results."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

SAME, WRONG, NONE = "same", "silently wrong", "refused or failed"
VERDICTS = (SAME, WRONG, NONE)
KINDS = {"hostile": "hostile notebooks of ours", "bank": "real notebooks that run whole"}
OURS = "cellmill"


@dataclass(frozen=True)
class Beside:
    """What one tool made of one notebook. `why` says what differs, or what stopped it."""

    tool: str
    kind: str
    case: str
    verdict: str
    why: str = ""
    version: str = ""


def read_beside(path: Path) -> list[Beside]:
    """Return the results in a file of JSON Lines; of a tool and a notebook the last line counts."""
    if not path.exists():
        return []
    found = [Beside(**json.loads(line)) for line in path.read_text("utf-8").splitlines()]
    return list({(one.tool, one.kind, one.case): one for one in found}.values())


def beside_peers(found: Sequence[Beside]) -> str:
    """Return the part as Markdown."""
    tools = sorted({one.tool for one in found}, key=lambda tool: (tool != OURS, tool))
    versions = {one.tool: one.version for one in found if one.version}
    columns = " | ".join(("notebooks", "tool", "tried", *VERDICTS))
    lines = ["", _PREFACE.strip(), "", f"| {columns} |", "|---|---|---|---|---|---|"]
    for kind, words in KINDS.items():
        for tool in tools:
            verdicts = [one.verdict for one in found if (one.kind, one.tool) == (kind, tool)]
            if verdicts:
                name = f"{tool} {versions.get(tool, '')}".strip()
                counts = " | ".join(str(verdicts.count(each)) for each in VERDICTS)
                lines.append(f"| {words} | {name} | {len(verdicts)} | {counts} |")
    for kind, words in KINDS.items():
        cases = {(one.case, one.tool): one.verdict for one in found if one.kind == kind}
        if not cases:
            continue
        lines += ["", f"### {words[0].upper()}{words[1:]}", "", f"| notebook | {' | '.join(tools)} |"]
        lines.append("|---" * (1 + len(tools)) + "|")
        for case in dict.fromkeys(case for case, _ in cases):
            verdicts = [cases.get((case, tool), "") for tool in tools]
            lines.append(f"| {case} | {' | '.join(f'**{each}**' if each == WRONG else each for each in verdicts)} |")
    return "\n".join([*lines, ""])


_PREFACE = """
## Beside peers

Two peers split notebooks too: soorgeon, whose steps Ploomber runs, and Kale, whose steps are components of a Kubeflow
pipeline. Each gets every notebook, in a copy of its folder, with the same borders: where Cellmill's split has them, in
the middle of a notebook that it does not split, and before the last cell of a hostile one (`tests/data/hostile.txt`).
Beyond that each gets only what it asks of its users, done by the script: for soorgeon a heading of the second level
at each step and no other; for Kale `step` and `prev` tags on the cells, imports at a cell's top and cells that only
define moved under its tags `imports` and `functions`, and set-up magics (`%matplotlib` and the like) under `skip`.
soorgeon pickles, and is tried again with its option for cloudpickle where that fails. The step functions that Kale
generates are run one after the other in the order and with the artifacts that its compiled pipeline says, each with
an empty folder for what it hands over, as in a cluster, but all in the notebook's folder and with the same libraries.
The hostile notebooks were written here to test Cellmill with: they say what can go wrong, not how often it does.
The real notebooks are some of those above, not all of them: the last table names them.

The judge is the same for all: the texts that the cells show, in order, beside those of the whole notebook run by
papermill; a cell that shows something else each time does not count. Of a hostile notebook what its last cell prints
is compared, which it was made to tell a wrong split by. A split whose steps run to their end and show something else
is silently wrong. Made by `python -m benchmarks.split_peers`.
"""
