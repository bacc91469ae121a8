"""Where does a value go: into a training, a file, a result? Pure: syntax in, sinks out."""

import ast
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from cellmill.core.parameters import Sink
from cellmill.dataflow.figures import is_metric_name
from cellmill.dataflow.footprint import Namespace, footprint

_TRAINING = frozenset(
    """
    fit fit_predict fit_generator partial_fit train train_on_batch fit_one_cycle fine_tune optimize backward
    cross_val_score cross_validate cross_val_predict learning_curve validation_curve minimize curve_fit
    """.split()  # noqa: SIM905
)
_READING = ("read_", "load", "open", "scan_", "fetch_", "imread", "genfromtxt", "from_file", "from_csv", "glob")
_WRITING = frozenset(
    """
    to_csv to_parquet to_json to_excel to_pickle to_feather to_sql to_hdf to_html to_latex savefig save savez
    savetxt save_model save_pretrained save_weights dump dump_model export write_text write_bytes write writelines
    imsave imwrite write_image write_html write_csv
    """.split()  # noqa: SIM905
)
_SHOWING = frozenset("print display pprint show plot".split())  # noqa: SIM905


@dataclass(frozen=True)
class Statement:
    """One top-level statement of a cell: what it reads and writes, and what it does."""

    cell: int
    node: ast.stmt
    reads: frozenset[str]
    writes: frozenset[str]
    bound: frozenset[str]
    sinks: frozenset[Sink]


@dataclass(frozen=True)
class Reached:
    """What a value comes to, and after how many statements: 0 is the one it stands in."""

    sinks: Mapping[Sink, int]


def statements_of(cells: Sequence[tuple[int, ast.Module]]) -> list[Statement]:
    """Return the top-level statements of the cells, in order. Calls of the notebook's functions do what those do."""
    namespace = Namespace()
    doing: dict[str, frozenset[Sink]] = {}
    found: list[Statement] = []
    for cell, tree in cells:
        for position, node in enumerate(tree.body):
            names = namespace.resolve(footprint(ast.unparse(node)))
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                doing[node.name] = _sinks([node]) | _called(names.reads, doing)
                sinks: frozenset[Sink] = frozenset()
            else:
                sinks = _sinks([node]) | _called(names.reads, doing)
                if position == len(tree.body) - 1 and isinstance(node, ast.Expr):
                    sinks |= {"result"}
                if any(is_metric_name(name) for name in names.bound):
                    sinks |= {"result"}
            found.append(Statement(cell, node, names.reads, names.writes, names.bound, sinks))
    return found


def reach(statements: Sequence[Statement], begins: int, names: Iterable[str] | None) -> Reached:
    """Follow a value that is in one statement, or in the `names` that this one has bound, to what it comes to.

    What reads a name that holds something of it passes it on to all that it writes; what binds such a name
    to something else ends it.
    """
    first = statements[begins]
    found: dict[Sink, int] = {}
    if names is None:
        found.update(dict.fromkeys(first.sinks, 0))
        names = first.writes
    held = dict.fromkeys(names, 0)
    for statement in statements[begins + 1 :]:
        carried = statement.reads & held.keys()
        if not carried:
            for name in statement.bound & held.keys():
                del held[name]
            if not held:
                break
            continue
        steps = min(held[name] for name in carried) + 1
        for sink in statement.sinks:
            found[sink] = min(found.get(sink, steps), steps)
        for name in statement.writes:
            held[name] = min(held.get(name, steps), steps)
    return Reached(found)


def call_name(call: ast.Call) -> str:
    """Return the last part of what is called: `fit` of `model.fit(X)`; empty for a call of something computed."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def touches_file(name: str) -> bool:
    """Return whether a function of this name reads or writes files, as far as a name tells."""
    return name in _WRITING or name.startswith(_READING)


def _sinks(nodes: Iterable[ast.AST]) -> frozenset[Sink]:
    found: set[Sink] = set()
    for each in (inner for node in nodes for inner in ast.walk(node)):
        if not isinstance(each, ast.Call):
            continue
        name = call_name(each)
        if name in _TRAINING and (each.args or each.keywords or name == "backward"):
            found.add("training")  # `model.train()` of a network only changes its mode
        elif touches_file(name):
            found.add("file")
        elif name in _SHOWING:
            found.add("result")
    return frozenset(found)


def _called(reads: frozenset[str], doing: Mapping[str, frozenset[Sink]]) -> frozenset[Sink]:
    return frozenset().union(*(doing[name] for name in reads if name in doing))
