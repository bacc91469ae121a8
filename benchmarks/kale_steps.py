"""Runs the steps that Kale made of a notebook, without a cluster. A script for the interpreter of Kale's environment.

`python kale_steps.py SCRIPT PIPELINE PLACE SHARED`: SCRIPT is what Kale generated and PIPELINE its compiled form, which
says what each step takes from which. What the cells show is written to PLACE/shown.json. SHARED is how many cells stand
before every step (those of imports and functions): only the first step's count.
"""

import importlib.util
import json
import shutil
import sys
from graphlib import TopologicalSorter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

HANDED_OVER = "/tmp/marshal"  # as it stands in what Kale generates
BEFORE, AFTER = 2, 1  # Kale's own cells: parameters and loading, saving


def main(script: Path, pipeline: Path, place: Path, shared: int) -> None:
    """Run every step, in one folder for what they hand over that is emptied in between."""
    import yaml
    from kale.common import jputils  # type: ignore[import-not-found]

    shown: list[dict[str, Any]] = []
    process_outputs = jputils.process_outputs

    def keep(cells: list[Any]) -> str:
        shown.extend(dict(cell) for cell in cells[BEFORE + (shared if shown else 0) : -AFTER])
        return str(process_outputs(cells))

    jputils.process_outputs = keep
    handed_over = place / "marshal"
    own = place / "kale_made.py"
    own.write_text(script.read_text("utf-8").replace(HANDED_OVER, str(handed_over)), "utf-8")
    spec = importlib.util.spec_from_file_location("kale_made", own)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["kale_made"] = module
    spec.loader.exec_module(module)
    compiled = next(yaml.safe_load_all(pipeline.read_text("utf-8")))
    tasks = compiled["root"]["dag"]["tasks"]
    made: dict[tuple[str, str], Any] = {}
    for name in TopologicalSorter(
        {name: task.get("dependentTasks", ()) for name, task in tasks.items()}
    ).static_order():
        shutil.rmtree(handed_over, ignore_errors=True)
        component = compiled["components"][tasks[name]["componentRef"]["name"]]
        given = {}
        for key, source in tasks[name].get("inputs", {}).get("artifacts", {}).items():
            one = source["taskOutputArtifact"]
            given[key] = made[one["producerTask"], one["outputArtifactKey"]]
        for key in component.get("outputDefinitions", {}).get("artifacts", {}):
            (place / "artifacts" / name).mkdir(parents=True, exist_ok=True)
            made[name, key] = given[key] = SimpleNamespace(path=str(place / "artifacts" / name / key), metadata={})
        getattr(module, name.replace("-", "_")).python_func(**given)
    (place / "shown.json").write_text(json.dumps(shown), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]))
