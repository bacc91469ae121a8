"""`make demo`: the tour, headlessly, from a notebook to a registered model. Every step is a command of yours."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from rich.console import Console

NOTEBOOK = Path("notebooks/01_flight_delays.ipynb")
MODEL = "flight-delay"
METRIC = "mean_absolute_error_X_test"
OTHER_VALUES = {"max_depth": "5", "learning_rate": "0.1"}

out = Console(highlight=False)


def cellmill(*arguments: str) -> None:
    """Run a command and let it speak for itself."""
    subprocess.run([sys.executable, "-m", "cellmill", *arguments], check=True)


def run_notebook(title: str, *arguments: str) -> dict[str, Any]:
    """Run the notebook headlessly. Returns what `cellmill run --json` says of it."""
    command = ["run", str(NOTEBOOK), *arguments]
    out.print(f"\n[bold]{title}[/]\n[dim]$ cellmill {' '.join(command)}[/]")
    began = time.monotonic()
    with out.status("Running the notebook in a clean kernel: about half a minute …"):
        done = subprocess.run(
            [sys.executable, "-m", "cellmill", *command, "--json"], stdout=subprocess.PIPE, text=True, check=False
        )
    if done.returncode != 0:
        sys.exit(done.returncode)
    answer: dict[str, Any] = json.loads(done.stdout)
    out.print(f"Ran in {time.monotonic() - began:.0f} s, and {len(answer['runs'])} trainings were captured.")
    out.print(f"Executed notebook: {os.path.relpath(answer['output'])}")
    return answer


def main() -> None:
    """Run, run again with other values, compare, register."""
    first = run_notebook("1. An ordinary notebook; not a cell of it mentions Cellmill")
    given = [word for name, value in OTHER_VALUES.items() for word in ("-p", f"{name}={value}")]
    second = run_notebook("2. The same notebook with two other values", *given)

    out.print("\n[bold]3. The runs[/]\n[dim]$ cellmill runs[/]")
    cellmill("runs", str(NOTEBOOK), "--limit", "4")

    boosted = [run["run"] for answer in (first, second) for run in answer["runs"] if "Boosting" in run["model_class"]]
    out.print(f"\n[bold]4. What the other values changed[/]\n[dim]$ cellmill compare {' '.join(boosted)}[/]")
    cellmill("compare", *boosted)

    runs = first["runs"] + second["runs"]
    better = min(runs, key=lambda run: float(run["metrics"][METRIC]))["run"]
    out.print(f"\n[bold]5. The better one becomes a model[/] ({METRIC} decides)")
    out.print(f"[dim]$ cellmill register {better} --name {MODEL} --alias challenger[/]")
    cellmill("register", better, "--name", MODEL, "--alias", "challenger")
    cellmill("models")

    out.print("\n[bold]Look at it:[/]")
    out.print("  make lab              JupyterLab on this notebook, its runs in the sidebar")
    out.print("  .venv/bin/mlflow ui   the same runs in MLflow's own page, in this folder")


if __name__ == "__main__":
    main()
