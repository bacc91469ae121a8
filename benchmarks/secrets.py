"""`python -m benchmarks.secrets NOTEBOOK …`: planted secrets found, and cells of real notebooks masked without cause.

Every cell that is masked is printed with what was masked, for a person to say whether it was a secret.
"""

import argparse
import time
from pathlib import Path

import nbformat
from tests.unit.capture.planted import planted

from cellmill.capture.secrets import MASK, Masker


def main() -> None:
    """Print both figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.secrets", description=__doc__)
    parser.add_argument("notebooks", nargs="*", type=Path, help="notebooks that hold no secrets, as far as is known")
    given = parser.parse_args()
    masker = Masker({})
    kinds = planted()
    found = sum(secret not in masker.mask(text) for text, secret in kinds.values())
    print(f"planted kinds found: {found} of {len(kinds)}")
    cells = [
        (path, cell)
        for path in given.notebooks
        for cell in nbformat.read(path, as_version=4).cells
        if cell.cell_type == "code"
    ]
    began = time.perf_counter()
    texts = [(path, text, masker.mask(text)) for path, cell in cells for text in _texts(cell)]
    took_s = time.perf_counter() - began
    masked = [(path, text, after) for path, text, after in texts if after != text]
    for path, text, after in masked:
        lines = [line for line in after.splitlines() if MASK in line and line not in text]
        print(f"  {path.name}: {' | '.join(lines)[:160]}")
    if cells:
        share = len(masked) / len(cells)
        print(f"masked {len(masked)} of {len(cells):,} cells with their outputs ({share:.2%}), in {took_s:.1f} s")


def _texts(cell: nbformat.NotebookNode) -> list[str]:
    outputs = ["".join(output.get("text", "")) for output in cell.get("outputs", [])]
    plain = [str(output.get("data", {}).get("text/plain", "")) for output in cell.get("outputs", [])]
    return [cell.source, *filter(None, [*outputs, *plain])]


if __name__ == "__main__":
    main()
