"""What scikit-learn's scorers and reports say of a model, as named numbers."""

import re
from collections.abc import Mapping
from typing import Any

from cellmill.capture.probes.parameters import number, variant

_LINE = re.compile(r"^\s*(accuracy|(?:micro|macro|weighted|samples) avg)((?:\s+(?:\d+(?:\.\d+)?|nan))+)\s*$")
_AVERAGES = ("micro avg", "macro avg", "weighted avg", "samples avg")
_OF_AVERAGE = ("precision", "recall", "f1-score")


def figures_of_report(report: Any) -> dict[str, float]:
    """Return the figures over all classes of a `classification_report`: `accuracy`, `macro_avg_f1_score` and so on.

    Those of single classes are left out. Of a printed one they are as exact as they are printed.
    """
    found = report if isinstance(report, dict) else _printed(report) if isinstance(report, str) else {}
    figures = {"accuracy": number(found.get("accuracy"))}
    for average in _AVERAGES:
        row = found.get(average)
        if isinstance(row, Mapping):
            prefix = average.replace(" ", "_")
            figures.update({f"{prefix}_{each.replace('-', '_')}": number(row.get(each)) for each in _OF_AVERAGE})
    return {name: value for name, value in figures.items() if value is not None}


def _printed(report: str) -> dict[str, Any]:
    # A class may be called "accuracy": the averages stand behind the last empty line.
    found: dict[str, Any] = {}
    for line in report.rstrip().rpartition("\n\n")[2].splitlines():
        match = _LINE.match(line)
        if match is not None:
            values = [float(word) for word in match[2].split()]
            found[match[1]] = values[0] if match[1] == "accuracy" else dict(zip(_OF_AVERAGE, values, strict=False))
    return found


def scorer_name(scorer: Any, estimator: Any) -> str:
    """Return what a scorer measures: its function, with `neg_` before it where less is better."""
    function = vars(scorer).get("_score_func")
    if function is None:
        return f"{type(estimator).__name__}_score"  # it asks the estimator's own
    name = getattr(function, "__name__", None) or getattr(getattr(function, "func", None), "__name__", "score")
    return f"neg_{name}" if vars(scorer).get("_sign") == -1 else str(name)


def scorer_variant(scorer: Any) -> str:
    """Return the settings of a scorer's function, as of the function itself."""
    given = vars(scorer).get("_kwargs") or {}
    # scikit-learn's own averaging scorers say so; averaging passes it over.
    return variant({name: value for name, value in given.items() if (name, value) != ("pos_label", None)})
