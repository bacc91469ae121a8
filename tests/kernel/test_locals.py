"""A look into a function that runs leaves no trace: what it deletes is gone, and its `locals()` stay as they were."""

import pytest
from tests.kernel.kernels import Kernel

BIG = """\
import weakref
class Big:
    pass
"""
# Each leaves `gone`: whether a local that the function has deleted is freed while the function goes on.
FUNCTIONS = {
    "the name of the data of a training": """\
def main():
    big = Big()
    seen = weakref.ref(big)
    Ridge().fit(X_train[:20], y_train[:20])
    del big
    return seen() is None
gone = main()
""",
    "a prediction and its metric": """\
def main():
    big = Big()
    seen = weakref.ref(big)
    p = fitted.predict(X_test)
    sklearn.metrics.f1_score(y_test, p)
    sklearn.metrics.f1_score(y_test, (p > 0).astype(int))
    del big
    return seen() is None
gone = main()
""",
    "a metric in a comprehension of a function that another one calls": """\
def measured(p):
    return [sklearn.metrics.f1_score(y_test, (each > 0).astype(int)) for each in [p]]
def main(given):
    big = Big()
    seen = weakref.ref(big)
    p = given.predict(X_test)
    measured(p)
    del big
    return seen() is None
gone = main(fitted)
""",
    "the arguments of a function that predicts": """\
def main(model):
    big = Big()
    seen = weakref.ref(big)
    model.predict(X_test)
    del big
    return seen() is None
gone = main(fitted)
""",
}


@pytest.mark.parametrize("what", FUNCTIONS)
def test_what_a_function_has_deleted_is_freed(kernel: Kernel, what: str) -> None:
    kernel.run(BIG + "import gc\ngc.disable()\nfitted = LogisticRegression().fit(X_train, y_train)")
    try:
        kernel.run(FUNCTIONS[what])
        assert kernel.run("gone").result == "True"
    finally:
        kernel.run("gc.enable()", silent=True)


def test_locals_that_a_function_has_taken_stay_as_they_were(kernel: Kernel) -> None:
    kernel.run("""\
def main(alpha=2.0):
    settings = locals()
    data = X_train[:20]
    model = Ridge(alpha).fit(data, y_train[:20])
    sklearn.metrics.mean_squared_error(y_train[:20], model.predict(data))
    return sorted(settings)
""")
    assert kernel.run("main()").result == "['alpha']"


def test_names_that_exec_has_made_in_a_function_stay(kernel: Kernel) -> None:
    kernel.run("""\
def main():
    exec("made = 3")
    Ridge().fit(X_train[:20], y_train[:20])
    return eval("made")
""")
    assert kernel.run("main()").result == "3"
