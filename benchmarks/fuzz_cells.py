"""Cells by chance: a grammar of what people, and people who mean no good, write into notebooks.

The rules stand in `fuzz/*.txt`: under `=== symbol` either one rule a line, or rules with `---` between them. A text
such as `<int>` is replaced by one of the rules of that symbol, drawn by lot, until none is left. Names are drawn from
a few, so cells meet what earlier ones left, or fail because it is gone. Nothing depends on the clock, on addresses
or on the order of threads: a cell that is run twice says the same.
"""

import random
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

Grammar = Mapping[str, tuple[str, ...]]

FLAVOURS = {
    "language": ("language",),
    "science": ("language", "science"),
    "boosting": ("language", "science", "boosting"),
    "torch": ("language", "science", "torch"),
}
# How many of ten sessions are of each flavour: the later ones load much.
_WEIGHTS = (4, 4, 1, 1)
# What a file of lines cannot hold, or would be long in.
_BESIDES: Grammar = {
    "simple": ("", "   ", "<value>\n# a comment at the end\n\n\n"),
    "error": ("\x00",),
    "hostile": (
        "x = (\n" + "    1 +\n" * 60 + "    1)\nx",
        "text = '''" + "a long line of text, " * 400 + "'''\nlen(text)",
        "\n".join(f"row_{i} = {i}" for i in range(150)) + "\nrow_149",
        "\n".join(f"del row_{i}" for i in range(150)),
    ),
}
_SYMBOL = re.compile(r"<([a-z_]+)>")
_DEEPEST = 6


def session(seed: int, cells: int, flavour: str | None = None) -> list[str]:
    """Return the cells of one session: the same for the same seed."""
    rng = random.Random(seed)
    flavour = flavour or rng.choices(list(FLAVOURS), _WEIGHTS)[0]
    grammars = [_grammar(name) for name in FLAVOURS[flavour]]
    begin = ["\n".join(grammar["begin"]) for grammar in grammars if "begin" in grammar]
    starts = ["<cell>"] if flavour == "language" else ["<cell>", "<science>", "<science>", f"<{flavour}>"]
    rules = {symbol: given for grammar in grammars for symbol, given in grammar.items()}
    return begin + [_expand(rng, rules, rng.choice(starts)) for _ in range(cells - len(begin))]


@cache
def _grammar(name: str) -> Grammar:
    text = (Path(__file__).parent / "fuzz" / f"{name}.txt").read_text("utf-8")
    _, *parts = re.split(r"(?m)^=== (\w+)\n", text)
    rules = {
        symbol: tuple(body.removesuffix("\n").split("\n---\n" if "\n---\n" in body else "\n"))
        for symbol, body in zip(parts[::2], parts[1::2], strict=True)
    }
    besides = _BESIDES if name == "language" else {}
    return {symbol: given + besides.get(symbol, ()) for symbol, given in rules.items()}


def _expand(rng: random.Random, rules: Grammar, text: str, depth: int = 0) -> str:
    """Replace every symbol. What stands indented keeps its indentation in all its lines."""

    def replaced(match: "re.Match[str]") -> str:
        given = rules.get(match[1])
        if given is None:
            return match[0]  # no symbol: markup
        chosen = rng.choice(sorted(given, key=len)[:4] if depth > _DEEPEST else given)
        before = match.string[: match.start()].rpartition("\n")[2]
        indent = before if before.isspace() else ""
        return _expand(rng, rules, chosen, depth + 1).replace("\n", "\n" + indent)

    return _SYMBOL.sub(replaced, text)
