"""A command in a process of its own: what it tells, and how it ended."""

import asyncio
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cellmill.server.following import Ended, follow


def test_one_that_is_interrupted_ends_with_its_sentence(tmp_path: Path) -> None:
    """Of a notebook that is not there `--watch` says so, and waits for it."""
    heard: list[Mapping[str, Any]] = []

    def cancelled_s() -> float | None:
        return time.monotonic() if any(record["event"] == "waiting" for record in heard) else None

    words = ("run", "none.ipynb", "--watch", "--log-json", "--attended")
    ended = asyncio.run(
        follow(words, tmp_path, given=b"{}\n", cancelled_s=cancelled_s, hear=heard.append, tell=lambda: None)
    )
    assert ended == Ended(130, "Interrupted. A training that was under way is marked so.", {})
    assert [record["event"] for record in heard] == ["started", "failed", "waiting", "interrupted"]
