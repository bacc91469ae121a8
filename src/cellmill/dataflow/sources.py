"""Where does a piece of source take data from, besides files? Pure: text in, sources out."""

import ast
import re
from functools import lru_cache
from typing import Literal

from cellmill.dataflow.magics import python_in

Kind = Literal["url", "query", "package"]

_URL = re.compile(r"^(https?|s3|s3a|gs|gcs|abfss?|az|adl|hdfs|ftp|dbfs|hf)://\S+$", re.IGNORECASE)
_QUERY = re.compile(r"^\s*(select|with)\b.*\b(from|as)\b", re.IGNORECASE | re.DOTALL)
# `sklearn.datasets.load_iris()`, `sns.load_dataset("tips")`, `sm.datasets.get_rdataset("Guerry")`.
_LOADING = re.compile(r"^(load|fetch|get|make)_\w+$")
_LOADING_BY_NAME = ("load_dataset", "get_rdataset", "fetch_openml", "load_penguins")
_LONGEST = 2_000


@lru_cache(maxsize=4096)
def named_sources(source: str) -> tuple[tuple[Kind, str], ...]:
    """Return the URLs, queries and packaged data sets that a cell names, in order; none where it does not parse."""
    tree = python_in(source)
    if tree is None:
        return ()
    found: dict[tuple[Kind, str], None] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if _URL.match(node.value):
                found["url", node.value[:_LONGEST]] = None
            elif _QUERY.match(node.value):
                found["query", node.value.strip()[:_LONGEST]] = None
        elif isinstance(node, ast.Call) and (name := _data_set(node)) is not None:
            found["package", name] = None
    return tuple(found)


def _data_set(call: ast.Call) -> str | None:
    function = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if function in _LOADING_BY_NAME:
        first = call.args[0] if call.args else None
        given = first.value if isinstance(first, ast.Constant) else ""
        return f"{function}({given!r})" if given else f"{function}()"
    of_data = function.startswith(("load_", "fetch_", "make_")) and _LOADING.match(function)
    if not of_data or function in ("load_model", "load_state_dict", "load_ext", "load_module", "make_pipeline"):
        return None
    if function.startswith("make_") and function not in _GENERATED:
        return None
    return f"{function}()"


# scikit-learn's generators of data; other functions that begin so make estimators.
_GENERATED = """
make_classification make_regression make_blobs make_moons make_circles make_friedman1 make_friedman2 make_friedman3
make_swiss_roll make_s_curve make_low_rank_matrix make_spd_matrix make_gaussian_quantiles
""".split()  # noqa: SIM905
