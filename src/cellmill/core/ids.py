"""Identities. Each is a string, but no one may be passed where another is wanted."""

import os
import re
from datetime import UTC, datetime
from typing import NewType

_SESSION = re.compile(r"[0-9]{8}T[0-9]{6,9}-[0-9a-f]{8}")

SessionId = NewType("SessionId", str)
"""One life of one kernel: its start in UTC to the millisecond and eight random hex digits; names sort by time."""

ExecutionId = NewType("ExecutionId", str)
"""The `msg_id` of the execute request: kernel, server and headless engine all see it."""

RunId = NewType("RunId", str)
"""Ten random hex digits, given when a training starts. MLflow's own run id is another thing."""


def is_session_id(text: object) -> bool:
    """Whether a text has the form of a session's id, and so may name its files."""
    return isinstance(text, str) and _SESSION.fullmatch(text) is not None


def new_session_id() -> SessionId:
    """Return a fresh id. Uses the system's randomness: the user's `random` state stays as it was."""
    now = datetime.now(UTC)  # a kernel restarted within a second must sort after the one that it replaces
    return SessionId(f"{now:%Y%m%dT%H%M%S}{now.microsecond // 1000:03}-{os.urandom(4).hex()}")


def new_run_id() -> RunId:
    """Return a fresh id. Uses the system's randomness: the user's `random` state stays as it was."""
    return RunId(os.urandom(5).hex())
