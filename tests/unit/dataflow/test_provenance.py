"""Which predictions do names derive from, as far as the source tells?"""

import ast

import pytest

from cellmill.dataflow.provenance import Labels, Provenance, given_to

METHODS = ("predict",)


def follow(source: str, *, ran: bool = False, **known: str) -> Provenance:
    """Follow a source in which `m.predict(X)` answers the prediction `m`. `known` are names that hold one already."""

    def answer(call: ast.expr) -> Labels | None:
        match call:
            case ast.Call(func=ast.Attribute(value=ast.Name(model), attr="predict")):
                return frozenset([model])
            case ast.Call(func=ast.Name("predicts")):
                return frozenset(["z"])
        return None

    followed = Provenance(
        answer,
        METHODS,
        ran=lambda _: ran,
        names={(name,): frozenset([label]) for name, label in known.items()},
    )
    followed.run(ast.parse(source).body)
    return followed


def of(source: str, expression: str, *, ran: bool = False, **known: str) -> str:
    """Return the labels of an expression after a source, in order, as one word."""
    labels = follow(source, ran=ran, **known).of(ast.parse(expression, mode="eval").body)
    return "".join(sorted(map(str, labels)))


@pytest.mark.parametrize(
    ("source", "expression", "labels"),
    [
        ("p = a.predict(X)", "p", "a"),
        ("p = a.predict(X)", "p[:10] > 0.5", "a"),
        ("p = a.predict(X)\nq = np.round(p).astype(int)", "list(q)", "a"),
        ("p = a.predict(X) + b.predict(X)", "p", "ab"),
        ("p, q = a.predict(X), b.predict(X)", "q", "b"),
        ("p, *q = a.predict(X), b.predict(X)", "q", "ab"),
        ("p: object = a.predict(X)", "p", "a"),
        ("p = 0\np += a.predict(X)", "p", "a"),
        ("p = a.predict(X)\np = 0", "p", ""),
        ("p = a.predict(X)\ndef p(): pass", "p", ""),
        ("with open('f') as p:\n    p = a.predict(X)", "p", "a"),
        ("answers = []\nanswers.append(a.predict(X))\nanswers.append(b.predict(X))", "answers[0]", "ab"),
        ("n = len(a.predict(X))", "n", ""),
        ("m = Ridge().fit(X, a.predict(X))", "m", ""),
        ("p = a.predict(b.predict(X))", "p", "a"),
        ("p = lambda: a.predict(X)", "p", ""),
        ("", "[v > 0 for v in a.predict(X)]", "a"),
        ("", "{'p': a.predict(X)}", "a"),
    ],
)
def test_names_carry_what_they_were_made_of(source: str, expression: str, labels: str) -> None:
    assert of(source, expression) == labels


@pytest.mark.parametrize(
    ("source", "expression", "labels"),
    [
        ("f['p'] = a.predict(X)\nf['q'] = b.predict(X)", "f['p']", "a"),
        ("f['p'] = a.predict(X)\nf['q'] = b.predict(X)", "f['other']", ""),
        ("f['p'] = a.predict(X)\nf['q'] = b.predict(X)", "f", "ab"),
        ("f['p'] = a.predict(X)\nf['q'] = b.predict(X)", "f[name]", "ab"),
        ("f = pd.DataFrame({'p': a.predict(X), 'q': b.predict(X)})", "f['q']", "b"),
        ("f = {'p': a.predict(X)}\nf[name] = b.predict(X)", "f['p']", "ab"),
        ("f['p'] = a.predict(X)\nf['p'] = b.predict(X)", "f['p']", "b"),
        ("f['p'] = a.predict(X)\nf = load()", "f['p']", ""),
        ("f.p = a.predict(X)", "f", "a"),
        ("f['p'] = a.predict(X)\ng = f\ng['p'] = b.predict(X)", "f['p']", "b"),
        ("f['p'] = a.predict(X)\ng = f\ng['q'] = b.predict(X)", "g['p']", "a"),
        ("g = f\ng['q'] = b.predict(X)", "f['q']", "b"),
        ("f['p'] = a.predict(X)\ng = f\ng = load()\ng['p'] = b.predict(X)", "f['p']", "a"),
        ("f['p'] = a.predict(X)\npredicts(f)", "f['p']", "az"),
        ("f['p'] = a.predict(X)\npredicts(f)", "f['y']", ""),
        ("total = best = a.predict(X)\nq = best\nq += b.predict(X)", "best", "a"),
    ],
)
def test_a_constant_key_has_predictions_of_its_own(source: str, expression: str, labels: str) -> None:
    assert of(source, expression) == labels


@pytest.mark.parametrize(
    ("between", "expression", "labels"),
    [
        ("", "oof[va]", "b"),
        ("", "oof[tr]", "ab"),
        ("", "oof", "ab"),
        ("", "[oof[va] for va in folds]", "ab"),
        ("va = 1", "oof[va]", "ab"),
        ("for va in folds: pass", "oof[va]", "ab"),
        ("va += 1", "oof[va]", "ab"),
        ("va[0] = 1", "oof[va]", "ab"),
        ("va.sort()", "oof[va]", "ab"),
        ("if (va := other) is None: pass", "oof[va]", "ab"),
        ("oof[0] = 1", "oof[va]", "ab"),
        ("oof[:] = 0", "oof[va]", "ab"),
        ("oof += 1", "oof[va]", "ab"),
        ("oof.fill(0)", "oof[va]", "ab"),
        ("fill(oof)", "oof[va]", "ab"),
        ("predicts()", "oof[va]", "ab"),
        ("oof = 0", "oof[va]", ""),
        ("print(len(va_names))\ny[va]", "oof[va] > 0.5", "b"),
        ("if verbose:\n    print('fold')", "oof[va]", "b"),
        ("if c:\n    oof[va] = a.predict(X)", "oof[va]", "ab"),
        ("if c:\n    oof[va] = a.predict(X)\nelse:\n    oof[va] = b.predict(X)", "oof[va]", "ab"),
        ("try:\n    oof[va] = c.predict(X)\nexcept E:\n    p = oof[va]", "p", "abc"),
        ("def f():\n    oof[va] = 1", "oof[va]", "b"),
        ("with timer():\n    oof[va] = c.predict(X)", "oof[va]", "c"),
        ("oof[va, 0] = c.predict(X)", "oof[va, 0]", "c"),
        ("oof[index()] = c.predict(X)", "oof[index()]", "abc"),
        ("o.oof[va] = c.predict(X)", "o.oof[va]", "c"),
    ],
)
def test_rows_that_were_written_are_of_whom_wrote_them_last(between: str, expression: str, labels: str) -> None:
    assert of(f"oof[tr] = a.predict(X)\noof[va] = b.predict(X)\n{between}", expression) == labels


@pytest.mark.parametrize(
    ("written", "truth"),
    [
        ("oof[va] = m.predict(X[va])", "y[va]"),
        ("oof[va, :] = m.predict_proba(X[va])[:, 1]", "y[va]"),
        ("oof.iloc[va] = m.predict(X[va])", "y.iloc[va]"),
        ("df.loc[va, 'oof'] = m.predict(df.loc[va, F])", "df.loc[va, 'y']"),
        ("p = m.predict(X[va])\n    oof[va] += p\n    oof[va] = p / 2", "y[va]"),
    ],
)
def test_in_each_round_of_a_loop_over_folds_the_rows_are_that_folds(written: str, truth: str) -> None:
    part = written.rpartition("    ")[2].partition(" = ")[0]
    loop = f"for tr, va in folds:\n    m.fit(X[tr], y[tr])\n    {written}\n    score({truth}, {part})"
    tree = ast.parse(loop)
    assert isinstance(tree.body[0], ast.For)
    followed = follow("", m="earlier", oof="earlier")
    followed.methods = ("predict", "predict_proba")
    asked = followed.answer
    followed.answer = lambda call: (
        frozenset(["x"] if followed.earlier_rounds else ["now"])
        if getattr(call, "func", None) is not None
        and isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and "predict" in call.func.attr
        else asked(call)
    )
    assert followed.run(tree.body, tree.body[0].body[-1])
    assert followed.of(ast.parse(part, mode="eval").body) == {"now"}
    assert followed.of(ast.parse(truth, mode="eval").body) == set()


@pytest.mark.parametrize(
    ("source", "labels"),
    [
        ("if c:\n    p = a.predict(X)", "ax"),
        ("if c:\n    p = a.predict(X)\nelse:\n    p = b.predict(X)", "abx"),
        ("try:\n    p = a.predict(X)\nexcept E:\n    p = b.predict(X)", "abx"),
        ("try:\n    load()\nfinally:\n    p = a.predict(X)", "ax"),
        ("for t in ts:\n    p = a.predict(X)", "ax"),
        ("while c:\n    p = a.predict(X)", "ax"),
        ("class C:\n    p = a.predict(X)", "x"),
        ("def f():\n    global p\n    p = a.predict(X)", "x"),
    ],
)
def test_what_may_not_have_run_leaves_what_was_before(source: str, labels: str) -> None:
    assert of(source, "p", p="x") == labels


@pytest.mark.parametrize(
    ("source", "labels"),
    [
        ("for m in ms:\n    p = list(a.predict(X))", "a"),
        ("for m in ms:\n    p = list(a.predict(X))\n    if done: break", "a"),
        ("for m in ms:\n    if odd(m): continue\n    p = list(a.predict(X))", "ax"),
        ("for m in ms:\n    if done: break\n    p = list(a.predict(X))", "ax"),
        ("for m in ms:\n    if odd(m):\n        p = list(a.predict(X))", "ax"),
        ("for m in ms:\n    p = p + a.predict(X)", "ax"),
        ("for m in ms:\n    for t in ts:\n        p = list(a.predict(X))", "ax"),
        ("for m in ms:\n    p = 0\nelse:\n    p = a.predict(X)", "a"),
    ],
)
def test_of_a_loop_that_is_known_to_have_run_its_last_round_counts(source: str, labels: str) -> None:
    assert of(source, "p", ran=True, p="x") == labels


def test_a_statement_is_met_with_what_earlier_rounds_left() -> None:
    tree = ast.parse("for m in ms:\n    score(p)\n    p = a.predict(X)")
    loop = tree.body[0]
    assert isinstance(loop, ast.For)
    followed = follow("", p="x")

    assert followed.run(tree.body, loop.body[0])
    assert followed.of(ast.Name("p")) == {"x", "a"}


def test_what_a_name_holds_now_is_asked_first() -> None:
    followed = follow("p = a.predict(X)")
    followed.bound = lambda name: frozenset(["b"]) if name == "p" else None
    assert followed.of(ast.Name("p")) == {"b"}


@pytest.mark.parametrize(
    ("signature", "call", "given"),
    [
        ("y, p", "f(truth, p)", {"y": "", "p": "a"}),
        ("y, p", "f(p=p, y=truth)", {"p": "a", "y": ""}),
        ("y, p, limit=0.5", "f(truth, p)", {"y": "", "p": "a"}),
        ("self, p", "o.f(p)", {"p": "a"}),
        ("self, p", "f(o, p)", {"self": "", "p": "a"}),
        ("y, p", "f(*both)", {"y": "Nonea", "p": "Nonea"}),
        ("y, p", "other(truth, p)", {"y": "Nonea", "p": "Nonea"}),
        ("y, p", "f(*nothing)", {}),
    ],
)
def test_parameters_derive_from_what_the_call_gives_them(signature: str, call: str, given: dict[str, str]) -> None:
    function = ast.parse(f"def f({signature}): pass").body[0]
    called = ast.parse(call, mode="eval").body
    assert isinstance(function, ast.FunctionDef)
    assert isinstance(called, ast.Call)
    followed = follow("", p="a", both="a")

    found = given_to(function, called, followed.of)
    assert {name: "".join(sorted(map(str, labels))) for name, labels in found.items()} == given
