"""Data frames held against schemas, in a step of their own: a row that breaks one is shown, and the pipeline stops."""

import sys
from collections.abc import Mapping
from typing import Any

from cellmill.core.step_errors import ChecksFailed

MOST_ROWS = 10


def check_frames(checks: Mapping[str, Any]) -> None:
    """Check data frames of the notebook, by their names, against pandera schemas; show rows that break one.

    Raises `ChecksFailed`, which names every check that failed, once all were made.
    """
    from cellmill.kernel.crossing import namespace_of_notebook

    namespace = namespace_of_notebook()
    failed: list[str] = []
    for name, schema in checks.items():
        if name not in namespace:
            failed.append(f"there is no {name!r}")
            continue
        frame = namespace[name]
        try:
            schema.validate(frame, lazy=True)
        except Exception as error:
            cases = getattr(error, "failure_cases", None)
            if cases is None:
                raise
            failed += _told(name, frame, cases)
        else:
            sys.stdout.write(f"{name}: {len(frame)} rows, {len(schema.columns)} columns, as expected\n")
    if failed:
        raise ChecksFailed(tuple(failed))


def _told(name: str, frame: Any, cases: Any) -> list[str]:
    found = []
    for (column, check), some in cases.groupby(["column", "check"], sort=False, dropna=False):
        rows = some["index"].dropna().unique()
        where = f"column {column!r}" if isinstance(column, str) and column in frame.columns else "its columns"
        if len(rows) == 0:
            found.append(f"{name}: {where}: {check} ({', '.join(map(str, some['failure_case'].unique()[:3]))})")
            continue
        found.append(f"{name}: {len(rows)} of {len(frame)} rows: {where}: {check}")
        shown = frame[frame.index.isin(rows)].head(MOST_ROWS)
        _show(f"{found[-1]}; the first of them:", shown)
    return found


def _show(words: str, rows: Any) -> None:
    sys.stdout.write(f"{words}\n")
    ipython = sys.modules.get("IPython")
    if ipython is not None and ipython.get_ipython() is not None:
        ipython.display.display(rows)
    else:
        sys.stdout.write(f"{rows.to_string()}\n")
