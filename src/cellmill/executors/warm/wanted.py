"""What notebooks import, found in their sources and in the journals: so much is worth importing ahead."""

import ast
import contextlib
import json
import os
import re
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from cellmill.core.project import Project

MOST_JOURNALS, MOST_MODULES = 20, 60
_LINE = re.compile(r"^\s*(?:from\s+([\w.]+)\s+import\b|import\s+([\w., ]+))", re.MULTILINE)
_AS = re.compile(r"\s+as\s+\w+")


def imports_in(sources: Iterable[str]) -> tuple[str, ...]:
    """Return the modules that sources import by whole names, each once, in their order."""
    found: dict[str, None] = {}
    for source in sources:
        if "import" in source:
            found.update(dict.fromkeys(_imported(source)))
    return tuple(found)


def imports_in_journals(root: Path) -> list[str]:
    """Return the modules that the cells of a project's last sessions imported, the most frequent first."""
    journals = sorted((root / ".cellmill" / "journal").glob("*.jsonl"), key=lambda path: -path.stat().st_mtime_ns)
    counted: Counter[str] = Counter()
    for path in [path for path in journals if not path.name.endswith(".server.jsonl")][:MOST_JOURNALS]:
        sources = []
        with path.open("rb") as lines:
            for line in lines:
                if b'"source"' in line and b"import" in line:
                    try:
                        event = json.loads(line)
                    except ValueError:
                        continue  # cut off by a crash
                    source = event.get("source")
                    sources += [source] if isinstance(source, str) else []
        counted.update(imports_in(sources))
    return [name for name, _ in counted.most_common(MOST_MODULES)]


def imports_in_journals_aside(root: Path) -> list[str]:
    """As `imports_in_journals`, in a process of its own: whoever asks is forked from later."""
    read, written = os.pipe()
    pid = os.fork()
    if pid == 0:
        names: list[str] = []
        with contextlib.suppress(Exception):  # with nothing imported ahead kernels are slower, and not otherwise
            names = list(worth_importing(imports_in_journals(root)))
        os.write(written, json.dumps(names).encode()[:60_000])
        os._exit(0)
    os.close(written)
    text = b""
    while part := os.read(read, 65_536):
        text += part
    os.close(read)
    os.waitpid(pid, 0)
    try:
        return [str(name) for name in json.loads(text)]
    except ValueError:
        return []


def worth_importing(names: Iterable[str]) -> tuple[str, ...]:
    """Return the modules that are not Python's own: those cost nothing."""
    return tuple(name for name in names if name.partition(".")[0] not in sys.stdlib_module_names)


def journalled(project: Project) -> Path | None:
    """Return the root of a project that has journals to be read, else None."""
    return project.root if any(project.journals.glob("*.jsonl")) else None


def _imported(source: str) -> list[str]:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):  # magics, or no Python at all
        pairs = [(a, _AS.sub("", b)) for a, b in _LINE.findall(source)]
        return [name.strip() for a, b in pairs for name in (a or b).split(",") if name.strip(" .") and name[0] != "."]
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.append(node.module)
    return found


def imports_of(notebook: Path) -> tuple[str, ...]:
    """Return the modules that the cells of a notebook import; none where it cannot be read."""
    try:
        cells = json.loads(notebook.read_bytes())["cells"]
        sources = [cell["source"] for cell in cells if cell["cell_type"] == "code"]
    except (OSError, ValueError, KeyError, TypeError):
        return ()
    return imports_in("".join(source) if isinstance(source, list) else str(source) for source in sources)
