"""What a cell reads and writes, idiom by idiom."""

import ast
from pathlib import Path

import pytest

from cellmill.dataflow.footprint import Footprint, Namespace, footprint


def names(words: str) -> frozenset[str]:
    return frozenset(words.split())


def after(*cells: str) -> Footprint:
    """Return the footprint of the last cell of a session."""
    namespace = Namespace()
    for cell in cells:
        found = namespace.resolve(footprint(cell))
    return found


# source, what it reads from outside, what it writes
IDIOMS = [
    # binding
    ("x = 1", "", "x"),
    ("x = y", "y", "x"),
    ("x = y = z", "z", "x y"),
    ("a, *b = c", "c", "a b"),
    ("(a, b), c = d", "d", "a b c"),
    ("x: int = 3", "int", "x"),
    ("x: Frame = load()", "Frame load", "x"),
    ("x: int", "int", ""),
    ("x = 1\ny = x + 1", "", "x y"),
    ("y = x + 1\nx = 1", "x", "x y"),
    # rebinding
    ("x += 1", "x", "x"),
    ("x = x + 1", "x", "x"),
    ("frame = frame.dropna()", "frame", "frame"),
    ("(n := len(rows))", "n len rows", "n"),
    ("del x", "x", "x"),
    # changing in place
    ("frame['speed'] = distance", "distance frame", "frame"),
    ("frame[column] += 1", "column frame", "frame"),
    ("frame.loc[mask, 'a'] = 0", "frame mask", "frame"),
    ("config.depth = depth", "config depth", "config"),
    ("a.b[i].c = d", "a d i", "a"),
    ("make().x = 1", "make", "make"),
    ("first[0], second.x = pair", "first pair second", "first second"),
    ("del frame['a']", "frame", "frame"),
    ("del frame[column], x", "column frame x", "frame x"),
    ("rows.append(row)", "row rows", "rows"),
    ("last = rows.pop()", "rows", "last rows"),
    ("frame.drop(columns=unused, inplace=True)", "frame unused", "frame"),
    ("n = frame.drop(columns=unused, inplace=True)", "frame unused", "frame n"),
    ("n = frame.drop(columns=unused, inplace=False)", "frame unused", "n"),
    ("seen = frames[0].sort_values('a', inplace=True)", "frames", "frames seen"),
    ("model.fit(X, y)", "X model y", "model"),
    ("fitted = model.fit(X, y)", "X model y", "fitted model"),
    ("scores = model.fit(X).score(Z)", "X Z model", "model scores"),
    ("axes.set_title(title)", "axes title", "axes"),
    ("change(frame)", "change frame", "frame"),
    ("change(frame, how=way)", "change frame way", "frame way"),
    ("y = change(frame)", "change frame", "y"),
    # only looking
    ("frame.head()", "frame", ""),
    ("frame.describe()", "frame", ""),
    ("print(frame)", "frame print", ""),
    ("sorted(rows)", "rows sorted", ""),
    ("frame", "frame", ""),
    ("model.score(X, y)", "X model y", ""),
    ("frame.query('delay > @limit and dest == @place')", "frame limit place", ""),
    ("late = frame.query(f'delay > {n} and dest == @place')", "frame n place", "late"),
    ("mail = 'me@example'", "", "mail"),
    # conditions: a write that may not happen leaves the old value, so it counts as a read
    ("if ready:\n    x = 1", "ready x", "x"),
    ("if ready:\n    x = 1\nelse:\n    x = 2", "ready x", "x"),
    ("while queue:\n    item = queue.pop()", "item queue", "item queue"),
    ("for row in rows:\n    total += row", "row rows total", "row total"),
    ("for i, (a, b) in pairs:\n    pass\nelse:\n    done = True", "a b done i pairs", "a b done i"),
    ("x = 0\nif ready:\n    x = 1", "ready", "x"),
    ("try:\n    x = f()\nexcept Bad as error:\n    x = None\nfinally:\n    z = 1", "Bad f x z", "x z"),
    ("try:\n    x = f()\nexcept* Bad:\n    y = 1\nelse:\n    w = 1", "Bad f w x y", "w x y"),
    ("with open(path) as file:\n    text = file.read()", "open path", "file text"),
    ("with lock, pool() as (a, b):\n    x = a", "lock pool", "a b x"),
    ("match point:\n    case Point(a, b) if a > limit:\n        z = a", "Point a b limit point z", "a b z"),
    ("match word:\n    case Words.yes:\n        pass\n    case _:\n        pass", "Words word", ""),
    ("match d:\n    case {'k': v, **rest}:\n        pass\n    case [1, *m]:\n        pass", "d m rest v", "m rest v"),
    # scopes of their own
    ("[x * k for x in xs if x > low]", "k low xs", ""),
    ("x = [x for x in x]", "x", "x"),
    ("{k: v for k, v in pairs}", "pairs", ""),
    ("{x for x in xs for y in x}", "xs", ""),
    ("any((last := x) > k for x in xs)", "any k last xs", "last"),
    ("[model.fit(X) for X in folds]", "folds model", "model"),
    ("f = lambda x: x + k", "k", "f"),
    ("f = lambda x, k=k: x + k", "k", "f"),
    ("f = lambda *args, **more: (args, more, k)", "k", "f"),
    ("def f(x, y=z, *, w=v):\n    a = x + g\n    return a", "g v z", "f"),
    ("def f(x: Frame) -> Answer:\n    return x", "Answer Frame", "f"),
    ("def f():\n    import numpy as np\n    return np.mean(rows)", "rows", "f"),
    ("def f(m):\n    scores = [g(X) for X in folds]\n    return m.score(X, scores)", "X folds g", "f"),
    ("def f():\n    def g(x):\n        return x + k\n    return g(x)", "k x", "f"),
    ("def f():\n    def g():\n        return k\n    k = 1\n    return g", "", "f"),
    ("def f():\n    try:\n        pass\n    except Bad as error:\n        print(error)", "Bad print", "f"),
    ("def f(p):\n    match p:\n        case [a, *b]:\n            return a, b, c", "c", "f"),
    ("def f(frame):\n    return frame.query('a > @limit')", "limit", "f"),
    ("def f():\n    global n\n    n = n + 1", "n", "f n"),
    ("@cached\nasync def f():\n    return await g()", "cached g", "f"),
    ("class A(Base, kind=Kind):\n    k = v\n    def m(self):\n        return k + self.x", "Base Kind k v", "A"),
    ("@register\nclass A:\n    pass", "register", "A"),
    # imports
    ("import numpy as np, os.path", "", "np os"),
    ("from sklearn.linear_model import Ridge, Lasso as L", "", "L Ridge"),
    ("from pylab import *", "", "*"),
    ("importlib.reload(mine)", "importlib mine", "importlib mine"),
    ("newer = reload(mine)", "mine reload", "mine newer"),
    # the rest
    ("assert x, words", "words x", ""),
    ("raise Bad(x) from y", "Bad x y", ""),
    ("await fetch(url)", "fetch url", "url"),
    ("f'{x:>{width}}'", "width x", ""),
    ("rows[a:b]", "a b rows", ""),
    ("x if c else y", "c x y", ""),
    ("pass", "", ""),
    ("", "", ""),
    ("# nothing but words", "", ""),
    # magics, as IPython turns them into Python
    ("get_ipython().run_line_magic('matplotlib', 'inline')", "", ""),
    ("get_ipython().system('pip list')", "", ""),
    ("files = get_ipython().getoutput('ls')", "", "files"),
    ("get_ipython().run_line_magic('time', 'model.fit(X, y)')", "X model y", "model"),
    ("get_ipython().run_line_magic('timeit', '-n 3 -r 1 f(x)')", "f x", "x"),
    ("n = get_ipython().run_line_magic('time', 'f(x)')", "f x", "n x"),
    ("get_ipython().run_cell_magic('time', '', 'x = load()\\ny = x\\n')", "load", "x y"),
    ("get_ipython().run_cell_magic('time', '', '%matplotlib inline\\ny = x\\n')", "x", "y"),
    ("get_ipython().run_cell_magic('bash', '', 'x = 1')", "", ""),
    ("get_ipython().run_cell_magic('time', '', 'x = = 1')", "", ""),
]  # fmt: skip


@pytest.mark.parametrize(("source", "reads", "writes"), IDIOMS, ids=[source for source, _, _ in IDIOMS])
def test_a_cell_reads_and_writes_the_names_that_it_uses(source: str, reads: str, writes: str) -> None:
    found = Namespace().resolve(footprint(source))
    builtin_reads = {"print", "len", "int", "open", "any", "sorted"}
    assert (found.reads, found.writes) == (names(reads) - builtin_reads, names(writes))


# the cells before, the last cell, what that one reads and writes
SESSIONS = [
    ("calling a function reads what it reads", ["def f():\n    return rate"], "y = f()", "f rate", "y"),
    (
        "and what the functions that it calls read",
        ["def g():\n    return rate", "def f():\n    return g()"],
        "y = f()",
        "f g rate",
        "y",
    ),
    ("that call each other", ["def f():\n    return g()", "def g():\n    return f() + k"], "f()", "f g k", ""),
    ("a function defined anew", ["def f():\n    return old", "def f():\n    return new"], "y = f()", "f new", "y"),
    ("a name that no longer holds it", ["def f():\n    return rate", "f = len"], "y = f(x)", "f x", "y"),
    ("a class reads for its objects", ["class A:\n    def m(self):\n        return k"], "a = A()", "A k", "a"),
    ("calling one that writes a global", ["def f():\n    global n\n    n += 1"], "f()", "f n", "n"),
    ("or that changes one in place", ["def add(row):\n    rows.append(row)"], "add(1)", "add rows", "rows"),
    ("or an item of one", ["def keep(k):\n    best[k] = 1"], "y = keep('a')", "best keep", "best y"),
    ("or that calls one that does", ["def f():\n    n[0] = 1", "def g():\n    f()"], "g()", "f g n", "n"),
    ("or that hands one on", ["def f():\n    tidy(rows)\n    print(names)"], "f()", "f names rows tidy", "rows"),
    ("its locals are its own", ["def f(rows):\n    rows.append(1)\n    x = 1"], "f(mine)", "f mine", "mine"),
    ("a builtin is nobody's name", [], "y = max(xs)", "xs", "y"),
    ("until somebody takes it", ["max = best"], "y = max(xs)", "max xs", "y"),
    ("a function of pandas only looks", ["from pandas import crosstab"], "crosstab(a)", "a crosstab", ""),
    ("one of a cell may do more", ["def tidy(a):\n    a.pop()"], "tidy(rows)", "rows tidy", "rows"),
    ("and so may print, once it is another", ["def print(a):\n    a.pop()"], "print(rows)", "print rows", "rows"),
    ("an import gives way to a function", ["from math import prod", "def prod(a): a.pop()"], "prod(a)", "a prod", "a"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("before", "cell", "reads", "writes"), [row[1:] for row in SESSIONS], ids=[row[0] for row in SESSIONS]
)
def test_a_call_counts_as_reading_what_the_function_reads(
    before: list[str], cell: str, reads: str, writes: str
) -> None:
    found = after(*before, cell)
    assert (found.reads, found.writes) == (names(reads), names(writes))


def test_source_that_is_no_python_raises_as_python_does() -> None:
    with pytest.raises(SyntaxError):
        footprint("x = = 1")


def test_real_code_has_a_footprint_whatever_it_is_written_like() -> None:
    """The standard library, module by module: nothing here is of our choosing."""
    for path in sorted(Path(ast.__file__).parent.glob("[a-d]*.py")):
        found = footprint(path.read_text("utf-8"))
        assert found.reads | found.writes, path
