"""What a live kernel answers to an expression: it stands in no history, and nothing of it is captured."""

import ast
from collections.abc import Mapping
from typing import Any

from cellmill.core.ports import LiveKernel


def ask(kernel: LiveKernel, expression: str, *, timeout_s: float | None) -> Any:
    """Return the literal that an expression comes to, None where it has no answer. See `ask_each`."""
    return ask_each(kernel, {"answer": expression}, timeout_s=timeout_s).get("answer")


def ask_each(kernel: LiveKernel, expressions: Mapping[str, str], *, timeout_s: float | None) -> dict[str, Any]:
    """Return the literals that expressions come to. Raises `KernelDied`, `CellTimedOut`.

    One that raised has no answer, nor one that the notebook's formatters show as no literal. Ask for text and for
    whole numbers: how a float is shown is the notebook's to say (`%precision`).
    """
    shown = kernel.run("", silent=True, timeout_s=timeout_s, expressions=expressions).expressions
    answers = {}
    for name, text in shown.items():
        try:
            answers[name] = ast.literal_eval(text)
        except (ValueError, SyntaxError):
            continue
    return answers
