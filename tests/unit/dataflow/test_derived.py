"""Is a metric's argument made from a model's answer?"""

import ast

import pytest

from cellmill.dataflow.derived import derives_from

PREDICTING = ("predict", "predict_proba")

# The source around the call of `score`, and whether what it is given comes from a prediction.
SOURCES = [
    ("score(y, model.predict(X))", True),
    ("score(y_true=y, y_pred=model.predict(X))", True),
    ("p = model.predict(X)\nscore(y, p)", True),
    ("p = model.predict(X)\nq = p.round()\nr: object = q > 0.5\nscore(y, r)", True),
    ("p, q = model.predict_proba(X).T\nscore(y, q)", True),
    ("frame['p'] = model.predict(X)\nscore(y, frame['p'])", True),
    ("p = 0\np += model.predict(X)\nscore(y, p)", True),
    ("for fold in model.predict(X):\n    score(y, fold)", True),
    ("[score(y, p) for p in (model.predict(X),)]", True),
    ("score(y, (p := model.predict(X)))\nscore(y, p)", True),
    ("def answer():\n    return model.predict(X)\nscore(y, answer())", True),
    ("score(y, baseline)", False),
    ("p = model.predict(X)\nscore(y, baseline)", False),
    ("p = model.transform(X)\nscore(y, p)", False),
    ("predict = 3\nscore(y, predict)", False),
    ("score()", False),
]


@pytest.mark.parametrize(("source", "answer"), SOURCES, ids=[source for source, _ in SOURCES])
def test_names_are_followed_through_assignments(source: str, answer: bool) -> None:
    tree = ast.parse(source)
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) == "score"]
    assert derives_from(calls[-1], tree, PREDICTING) is answer
