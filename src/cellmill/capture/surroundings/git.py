"""The commit that a run was made from, and what differed from it. Asks git itself, in the background."""

import os
import shutil
import subprocess
from pathlib import Path

from cellmill.core.clock import now_ms
from cellmill.core.events import GitSeen

PATIENCE_S = 5.0
LARGEST_DIFF = 1_000_000
MOST_UNTRACKED = 200
# Notebooks stand in the journal as they ran; their files are mostly outputs.
_NOT_NOTEBOOKS = (":/", ":(top,exclude,glob)**/*.ipynb")


def git_state(folder: Path) -> tuple[GitSeen, bytes] | None:
    """Return the state of the repository around a folder, with the text of the diff; None where there is none.

    The event has no digest of the diff yet. A diff over a megabyte is cut, and says so at its end.
    """
    commit = _ask(folder, "rev-parse", "HEAD")
    if commit is None:
        return None
    branch = _ask(folder, "symbolic-ref", "--quiet", "--short", "HEAD")
    diff = _ask(folder, "diff", "HEAD", "--no-color", "--no-ext-diff", "--no-textconv", "--", *_NOT_NOTEBOOKS) or b""
    if len(diff) > LARGEST_DIFF:
        diff = diff[:LARGEST_DIFF] + b"\n(cut: the diff is longer than a megabyte)\n"
    others = _ask(folder, "ls-files", "--others", "--exclude-standard", "-z") or b""
    untracked = [os.fsdecode(name) for name in others.split(b"\0") if name][:MOST_UNTRACKED]
    name = os.fsdecode(branch.strip()) if branch else None
    return GitSeen(now_ms(), os.fsdecode(commit.strip()), name, None, tuple(untracked)), diff


def _ask(folder: Path, *words: str) -> bytes | None:
    """Return what git answers; None where it refuses, is not installed or takes too long."""
    # With a whole path: to look for a bare name, subprocess sets the process's warning filters aside and puts
    # them back, which from this thread would undo what the user's cell does to them meanwhile.
    git = shutil.which("git")
    if git is None:
        return None
    try:
        answer = subprocess.run(
            [git, "-C", str(folder), *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PATIENCE_S,
            check=False,
            # A look must not take the lock that the user's own git may want now.
            env={**os.environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"},
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return answer.stdout if answer.returncode == 0 else None
