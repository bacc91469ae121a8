"""A replay set beside the record, figure by figure. Pure: two runs in, a judgement out."""

import ast
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from cellmill.core.event_parts import Failure
from cellmill.core.runs import Execution, Run
from cellmill.core.verdicts import Compared, Figure, Judgement
from cellmill.core.words import in_line
from cellmill.replay.steady import days_around, steady

MOST_FIGURES, LONGEST_MESSAGE = 60, 300
NOTHING_COMPARED = (
    "it ran to its end, but nothing that came out could be compared: it has no metric, and no model that can be. "
    "Measure something of it, as with `score`"
)
_CAME_OUT = ("metric", "predictions", "model", "outcome")
# How long something took is never the same twice; how well a time was predicted is: `mae_time` is no timing, and
# `mean_score_time` is how long the scoring took.
_TIMING = re.compile(r"(?:^|_)(?:time|seconds|secs|duration|elapsed|runtime|ms|throughput)(?:_|$)", re.IGNORECASE)
_MEASURE = re.compile(
    r"(?:^|_)(?:r2|d2|mse|rmse|mae|mape|smape|wape|mase|msle|rmsle|error|score(?!_time)|loss|logloss|deviance|acc|accuracy|"
    r"auc|auroc|f1|precision|recall|corr|correlation|variance|bias|likelihood|nll|cindex|concordance)(?:_|$)",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{6,16}")
_SIMPLE = r"(?:'[^',{}]*'|\"[^\",{}]*\"|-?[\w.+]+)"
_SIMPLE_SET = re.compile(rf"{{({_SIMPLE}(?:, {_SIMPLE})+)}}")
_NO_SPACE = re.compile(r"No space left on device|Disk quota exceeded|database or disk is full", re.IGNORECASE)


@dataclass(frozen=True)
class Predictions:
    """What the recorded and the replayed model answer for the recorded input example."""

    rows: int
    relative: float
    """Largest relative difference; 0.0: the same to the last bit."""
    recorded: str
    replayed: str


@dataclass(frozen=True)
class Learned:
    """What two models have learned, where they could not be asked the same question."""

    values: int
    relative: float
    """Largest relative difference, to the largest number of its array."""
    name: str
    """Where that is: an attribute, or the path to it."""
    recorded: str
    replayed: str


def set_side_by_side(
    recorded: Run, replayed: Run, *, models: Predictions | Learned | None, outputs: Sequence[Figure] = ()
) -> tuple[Figure, ...]:
    """Return all that was compared: parameters, data, metrics, the models and, where given, outputs."""
    figures = [*_parameters(recorded, replayed), *_data(recorded, replayed), *_metrics(recorded, replayed)]
    if models is not None:
        what: Compared = "predictions" if isinstance(models, Predictions) else "model"
        name = f"{models.rows} rows" if isinstance(models, Predictions) else models.name
        relative, same = models.relative, models.relative == 0
        figures.append(Figure(what, name, models.recorded, models.replayed, relative, same=same))
    if recorded.status != replayed.status:
        figures.append(Figure("outcome", "status", recorded.status, replayed.status, same=False))
    elif recorded.error is not None and replayed.error is not None:  # how it failed is all that came out
        before, after = (f"{error.type}: {error.message}"[:500] for error in (recorded.error, replayed.error))
        days = days_around(recorded.started_ms, recorded.ended_ms, replayed.started_ms, replayed.ended_ms)
        same = steady(before, days) == steady(after, days)
        figures.append(Figure("outcome", "error", before, after, same=same))
    return (*figures, *outputs)


def judge(figures: Iterable[Figure], *, tolerance: float) -> Judgement:
    """Return `exact`, `within tolerance` or `differs`. Outputs are told, and decide nothing.

    `cannot` where only what went in was compared, and nothing that came out.
    """
    figures = list(figures)
    unlike = [figure for figure in figures if not figure.same and figure.what != "output"]
    if not unlike:
        return "exact" if any(figure.what in _CAME_OUT for figure in figures) else "cannot"
    near = all(figure.relative is not None and figure.relative <= tolerance for figure in unlike)
    return "within tolerance" if near else "differs"


def spread(replays: Sequence[tuple[Figure, ...]]) -> tuple[Figure, ...]:
    """Return, of several replays, each figure that they do not agree on, with the range of its values."""
    found = []
    for figure in replays[0]:
        same = [
            other
            for replay in replays
            for other in replay
            if (other.what, other.name) == (figure.what, figure.name) and other.what != "output"
        ]
        values = list({_settled(str(other.replayed)): str(other.replayed) for other in same}.values())
        if len(values) > 1:
            numbers = sorted(number for value in values if (number := _number(value)) is not None)
            shown = f"{numbers[0]!r} to {numbers[-1]!r}" if len(numbers) == len(values) else " | ".join(values[:3])
            found.append(replace(figure, replayed=shown, same=False))
    return tuple(found)


def unlike_outputs(recorded: Execution, replayed: Execution) -> Figure | None:
    """Return how the text that an execution showed differs, None where it does not."""
    days = days_around(recorded.started_ms, recorded.ended_ms, replayed.started_ms, replayed.ended_ms)
    before, after = _shown(recorded, days), _shown(replayed, days)
    if before == after:
        return None
    return Figure("output", f"execution {recorded.number}", before[:300], after[:300], same=False)


def why_it_failed(error: Failure, *, installed: Mapping[str, str], allowed_network: bool) -> str:
    """Return why a replay could not go on, in words that say what to do."""
    text = in_line(f"{error.type}: {error.message}", LONGEST_MESSAGE)
    if error.type == "StdinNotImplementedError" or "raw_input was called" in error.message:
        return "it asks for input: give the value in a cell instead"
    if error.type in ("ModuleNotFoundError", "ImportError"):
        named = re.search(r"No module named '([\w.]+)'", error.message)
        if named is None:
            return f"an import failed ({text}): install the version that it was written for"
        module = named[1]
        was = next((f" (it was {n} {v})" for n, v in installed.items() if n.replace("-", "_") == module), "")
        return f"the module {module} is not installed here{was}: install it, or replay with --rebuild-env"
    if _is_network(error):
        more = "" if allowed_network else ": replay with --network to allow it"
        return f"it needs the network ({text}){more}"
    if re.search(r"CUDA|cuDNN|NVIDIA|HIP error|MPS backend", error.message):
        return f"it needs a GPU that is not here ({text})"
    if _NO_SPACE.search(error.message):
        return f"there was no space left where it ran ({text}): free some, or set TMPDIR"
    if error.type == "PermissionError":
        return f"it writes outside of the folder it may write in ({text})"
    if error.type == "FileNotFoundError":
        return f"a file that it reads is not there ({text})"
    if error.type == "NameError":
        return f"it raised {text}, and nothing that is known to have run before sets it"
    return f"it raised {text}"


def _is_network(error: Failure) -> bool:
    kinds = ("ConnectionError", "ConnectionRefusedError", "URLError", "gaierror", "MaxRetryError", "NewConnectionError")
    if error.type in (*kinds, "ConnectTimeout", "ReadTimeout", "ConnectError", "HTTPError", "ProxyError", "SSLError"):
        return True
    return bool(re.search(r"Temporary failure in name resolution|Name or service not known|no network", error.message))


def _parameters(recorded: Run, replayed: Run) -> list[Figure]:
    after = {parameter.name: parameter.value for parameter in replayed.parameters}
    found = []
    for parameter in recorded.parameters:
        value = after.get(parameter.name)
        if value is None and parameter.source == "notebook":
            continue  # which literals flow into a training is inferred, and a replay has fewer executions to infer from
        same = value is not None and _settled(value) == _settled(parameter.value)
        found.append(Figure("parameter", parameter.name, parameter.value[:500], value and value[:500], same=same))
    return found


def _settled(shown: str) -> str:
    """Return a value's display without addresses, and with its sets in order: that of hashes is another each time."""
    shown = _ADDRESS.sub("0x", shown)
    if "{" not in shown:
        return shown
    try:
        return ast.unparse(_Ordered().visit(ast.parse(shown, mode="eval")))
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # a display that is no Python: `<f at 0x>`
        return _SIMPLE_SET.sub(lambda found: "{" + ", ".join(sorted(found[1].split(", "))) + "}", shown)


class _Ordered(ast.NodeTransformer):
    def visit_Set(self, node: ast.Set) -> ast.Set:
        self.generic_visit(node)
        return ast.Set(sorted(node.elts, key=ast.unparse))


def _data(recorded: Run, replayed: Run) -> list[Figure]:
    """Training data by its digest: where that is another, nothing after it can be the same but by chance."""
    after = [use.digest for use in replayed.data if use.context == "training"]
    before = [use for use in recorded.data if use.context == "training"]
    return [
        Figure("data", use.name, use.digest, digest, same=use.digest == digest)
        for use, digest in zip(before, [*after, *[None] * len(before)], strict=False)
    ]


def _metrics(recorded: Run, replayed: Run) -> list[Figure]:
    before, after = _points(recorded), _points(replayed)
    found = []
    for name, values in before.items():
        if _TIMING.search(name) and not _MEASURE.search(name):
            continue
        again = after.get(name)
        if again is None:
            found.append(Figure("metric", name, repr(values[-1]), None, same=False))
            continue
        relative = max((_relative(a, b) for a, b in zip(values, again, strict=False)), default=0.0)
        same = len(values) == len(again) and relative == 0
        if len(values) != len(again):
            relative = math.inf
        found.append(Figure("metric", name, repr(values[-1]), repr(again[-1]), _finite(relative), same=same))
    return found


def _points(run: Run) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for metric in run.metrics:
        if metric.session is not None:
            continue  # a later step's: a replay makes the run anew, not what came after it
        found.setdefault(metric.name, []).append(metric.value)
    return found


def _relative(before: float, after: float) -> float:
    if before == after or (math.isnan(before) and math.isnan(after)):
        return 0.0
    if math.isnan(before) or math.isnan(after) or math.isinf(before) or math.isinf(after):
        return math.inf
    return abs(after - before) / abs(before) if before else math.inf


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _shown(execution: Execution, days: frozenset[str]) -> str:
    texts = [
        output.text or output.sha256 or ""
        for output in execution.outputs
        if output.kind not in ("stderr", "error") and not output.mime.startswith("image/")
    ]
    return steady("\n".join(texts), days)
