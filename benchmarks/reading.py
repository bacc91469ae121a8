"""How long a session's journal takes to be read on, far into the session: a part of what the sidebar waits for."""

import statistics
import time

from benchmarks.bench import Bench
from benchmarks.figures import Figure, estimate
from benchmarks.kernels import OURS, BenchmarkFailed, kernels
from cellmill.capture.sessions import Sessions

READINGS = 9
# A notebook as it is worked on: run from top to bottom, again and again, with other values.
IMPORTS = (
    "import pandas as pd",
    "from sklearn.datasets import load_iris",
    "from sklearn.linear_model import Ridge",
    "from sklearn.metrics import mean_absolute_error, mean_squared_error",
)
NOTEBOOK = (
    "alpha = {number}\ndegree = 2",
    "shares = {{'train': 0.7, 'test': 0.3}}",
    "frame = load_iris(as_frame=True).frame",
    "frame.columns = ['length', 'width', 'petal_length', 'petal_width', 'species']",
    "frame['area'] = frame['petal_length'] * frame['petal_width']",
    "shuffled = frame.sample(frac=1, random_state={number})",
    "border = int(len(shuffled) * shares['train'])",
    "train, test = shuffled.iloc[:border], shuffled.iloc[border:]",
    "features = ['length', 'width', 'area']",
    "for power in range(2, degree + 1):\n    train = train.assign(power=train['area'] ** power)",
    "summary = train.describe()",
    "means = {{name: float(train[name].mean()) for name in features}}",
    "model = Ridge(alpha=alpha)",
    "model.fit(train[features], train['species'])",
    "predicted = model.predict(test[features])",
    "error = mean_absolute_error(test['species'], predicted)",
    "squared = mean_squared_error(test['species'], predicted)",
    "print(f'{{error:.3f}} {{squared:.3f}}')",
    "coefficients = dict(zip(features, model.coef_))",
    "best = min(error, globals().get('best', error))",
)


def measure(bench: Bench, rounds: int) -> list[Figure]:
    """Run a notebook of 20 cells again and again in our kernel, then read its journal as the server does."""
    with kernels(bench, "reading", OURS) as running:
        kernel = running[OURS]
        for cell in IMPORTS:
            kernel.run(cell)
        for number in range(rounds):
            if number % 25 == 0:
                bench.say(f"{number} of {rounds} times through a notebook of {len(NOTEBOOK)} cells")
            for cell in NOTEBOOK:
                kernel.run(cell.format(number=number))
        sessions = Sessions(kernel.project)
        sessions.poll()
        took_ms = []
        for number in range(READINGS):
            kernel.run(f"last = {number}")
            began = time.perf_counter()
            changed = sessions.poll()
            took_ms.append((time.perf_counter() - began) * 1000)
            if not changed:
                raise BenchmarkFailed("the journal was read, and nothing was new in it")
        kernel.check(fits=rounds)
    executions = rounds * len(NOTEBOOK)
    return [
        Figure(
            f"to read one more execution of a session of {executions:,}", "ms",
            estimate(statistics.median, took_ms), None, "",
            300.0, READINGS, "of the 300 ms from a cell's end to the sidebar, this part",
        )
    ]  # fmt: skip
