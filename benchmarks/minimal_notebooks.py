"""Ten small sessions, each with the executions that its last run needs, as found by reading them.

The slices were written down before any recipe of these sessions had been made, and are not to be adapted to one.
An execution belongs to a slice when without it the model, or one of its metrics, would come out otherwise or not be.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Notebook:
    """Executions in the order they ran; `slice` are those that the last training needs, counted from 1."""

    name: str
    executions: tuple[str, ...]
    slice: tuple[int, ...]
    why: str = ""


MUTATION = Notebook(
    "a frame changed in place",
    (
        "import numpy as np\nimport pandas as pd\nfrom sklearn.linear_model import LinearRegression",
        "rng = np.random.default_rng(0)\n"
        "df = pd.DataFrame({'a': rng.normal(3, 1, 80), 'b': rng.uniform(1, 2, 80), 'c': rng.integers(0, 4, 80)})\n"
        "df['y'] = 2 * df['a'] + df['b'] + rng.normal(0, 0.1, 80)",
        "df.head()",
        "df['ratio'] = df['a'] / df['b']",
        "df.describe()",
        "df.drop(columns=['b'], inplace=True)",
        "summary = df.groupby('c').mean()",
        "summary.loc['all'] = df.mean()\nsummary",
        "df.loc[df['a'] > 4, 'a'] = 4.0",
        "model = LinearRegression().fit(df[['a', 'ratio']], df['y'])",
        "model.score(df[['a', 'ratio']], df['y'])",
    ),
    (1, 2, 4, 9, 10, 11),
    "the column that 6 drops is not used, so a reader leaves it out",
)

ALIASES = Notebook(
    "aliases, views and containers",
    (
        "import numpy as np\nfrom sklearn.linear_model import Ridge",
        "X = np.arange(60.0).reshape(30, 2) % 7\ny = X @ np.array([1.0, -2.0]) + np.arange(30) % 3",
        "first_rows = X[:10]",
        "first_rows *= 2",
        "other = X.copy()",
        "other += 100",
        "both = [X, other]",
        "both[0][0] = 5.0",
        "names = ['left', 'right']\nnames.append('centre')",
        "model = Ridge().fit(X, y)",
        "model.score(X, y)",
    ),
    (1, 2, 3, 4, 5, 7, 8, 10, 11),
    "8 writes into X through a list; what 6 does to the other array in that list makes no difference",
)

GLOBALS = Notebook(
    "functions with globals",
    (
        "from sklearn.datasets import load_diabetes\nfrom sklearn.linear_model import Lasso",
        "SCALE = 2.0",
        "COUNTER = 0",
        "def scaled(values):\n    return values * SCALE",
        "def note():\n    global COUNTER\n    COUNTER += 1",
        "note()",
        "def clipped(values):\n    return values.clip(-SCALE, SCALE)",
        "X, y = load_diabetes(return_X_y=True)",
        "SCALE = 3.0",
        "note()\nCOUNTER",
        "X_scaled = scaled(X)",
        "model = Lasso(alpha=0.1).fit(X_scaled, y)",
        "model.score(X_scaled, y)",
    ),
    (1, 4, 8, 9, 11, 12, 13),
)

FILES = Notebook(
    "through files and back",
    (
        "import json\nimport pandas as pd\nfrom sklearn.datasets import load_diabetes\n"
        "from sklearn.linear_model import Ridge",
        "frame = load_diabetes(as_frame=True).frame.head(120)",
        "frame.to_csv('raw.csv', index=False)",
        "del frame",
        "with open('notes.txt', 'w') as file:\n    file.write('begun on Monday')",
        "data = pd.read_csv('raw.csv')",
        "with open('options.json', 'w') as file:\n    json.dump({'alpha': 0.3}, file)",
        "data[data['bmi'] < 0.1].to_csv('clean.csv', index=False)",
        "clean = pd.read_csv('clean.csv')",
        "with open('options.json') as file:\n    options = json.load(file)",
        "print(open('notes.txt').read())",
        "model = Ridge(**options).fit(clean.drop(columns='target'), clean['target'])",
        "model.score(clean.drop(columns='target'), clean['target'])",
    ),
    (1, 2, 3, 6, 7, 8, 9, 10, 12, 13),
)

LOOPS = Notebook(
    "a loop that chooses",
    (
        "from sklearn.datasets import make_classification\nfrom sklearn.ensemble import RandomForestClassifier\n"
        "from sklearn.model_selection import train_test_split\nfrom sklearn.tree import DecisionTreeClassifier",
        "X, y = make_classification(200, random_state=0)",
        "X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)",
        "results = []",
        "for depth in (1, 2, 3):\n"
        "    tree = DecisionTreeClassifier(max_depth=depth, random_state=0).fit(X_train, y_train)\n"
        "    results.append((tree.score(X_test, y_test), depth))",
        "for score, depth in results:\n    print(depth, round(score, 3))",
        "best = max(results)[1]",
        "by_depth = {}\nfor score, depth in results:\n    by_depth[depth] = score",
        "sorted(by_depth.items())",
        "forest = RandomForestClassifier(10, max_depth=best, random_state=0).fit(X_train, y_train)",
        "forest.score(X_test, y_test)",
    ),
    (1, 2, 3, 4, 5, 7, 10, 11),
)

CLASSES = Notebook(
    "classes written in cells",
    (
        "from sklearn.base import BaseEstimator, TransformerMixin\nfrom sklearn.datasets import load_wine\n"
        "from sklearn.linear_model import LogisticRegression",
        "class Centred(BaseEstimator, TransformerMixin):\n"
        "    def fit(self, X, y=None):\n        self.mean_ = X.mean()\n        return self\n"
        "    def transform(self, X):\n        return X - self.mean_",
        "import numpy as np\nCentred().fit_transform(np.array([[1.0, 10.0], [3.0, 30.0]]))",
        "class Centred(BaseEstimator, TransformerMixin):\n"
        "    def fit(self, X, y=None):\n        self.mean_ = X.mean(axis=0)\n        return self\n"
        "    def transform(self, X):\n        return X - self.mean_",
        "Centred().fit_transform(np.array([[1.0, 10.0], [3.0, 30.0]]))",
        "class Doubled(Centred):\n    def transform(self, X):\n        return 2 * super().transform(X)",
        "X, y = load_wine(return_X_y=True)",
        "centred = Centred()",
        "X_centred = centred.fit_transform(X)",
        "model = LogisticRegression(max_iter=50, solver='newton-cholesky').fit(X_centred, y)",
        "model.score(X_centred, y)",
    ),
    (1, 4, 7, 8, 9, 10, 11),
)

PLOTS = Notebook(
    "plots in between",
    (
        "import matplotlib.pyplot as plt\nimport numpy as np\nfrom sklearn.datasets import make_moons\n"
        "from sklearn.svm import SVC",
        "X, y = make_moons(80, noise=0.2, random_state=1)",
        "plt.scatter(X[:, 0], X[:, 1], c=y)\nplt.title('moons')\nplt.show()",
        "figure, axes = plt.subplots()\naxes.hist(X[:, 0])",
        "plt.rcParams['figure.figsize'] = (4, 3)",
        "def border(model):\n    grid = np.linspace(-1, 2, 12)\n    a, b = np.meshgrid(grid, grid)\n"
        "    plt.contourf(a, b, model.predict(np.c_[a.ravel(), b.ravel()]).reshape(a.shape))\n    plt.show()",
        "model = SVC(C=1.0).fit(X, y)",
        "border(model)",
        "axes.set_title('first feature')\nfigure",
        "model = SVC(C=10.0).fit(X, y)",
        "border(model)",
        "model.score(X, y)",
    ),
    (1, 2, 10, 12),
    "the border that 11 draws is no metric",
)

EXPLORING = Notebook(
    "leftovers of exploring",
    (
        "from sklearn.datasets import load_iris\nfrom sklearn.neighbors import KNeighborsClassifier",
        "df = load_iris(as_frame=True).frame",
        "df.head()",
        "df.describe()",
        "df.groupby('target').mean()",
        "df.corr()",
        "attempt = df.copy()",
        "attempt['sum'] = attempt.sum(axis=1)",
        "attempt.sort_values('sum', inplace=True)\nattempt.tail(3)",
        "len(df), df.shape",
        "features = [column for column in df.columns if column != 'target']",
        "features",
        "X = df[features]\ny = df['target']",
        "X.shape, y.value_counts()",
        "model = KNeighborsClassifier(3).fit(X, y)",
        "model.predict(X.head())",
        "model.score(X, y)",
    ),
    (1, 2, 11, 13, 15, 17),
    "what 16 shows is no metric",
)

RERUNS = Notebook(
    "re-runs and edits",
    (
        "from sklearn.datasets import load_diabetes\nfrom sklearn.linear_model import Ridge",
        "X, y = load_diabetes(return_X_y=True)",
        "alpha = 1.0",
        "model = Ridge(alpha=alpha).fit(X, y)",
        "model.score(X, y)",
        "alpha = 0.1",
        "model = Ridge(alpha=alpha).fit(X, y)",
        "model.score(X, y)",
        "X = X * 2 - X.max(axis=0)",
        "X = X * 2 - X.max(axis=0)",
        "alpha = 0.2",
        "model = Ridge(alpha=alpha).fit(X, y)",
        "model.score(X, y)",
    ),
    (1, 2, 9, 10, 11, 12, 13),
    "a cell that was run twice counts twice",
)

RANDOM = Notebook(
    "shared random state, and what IPython remembers",
    (
        "import numpy as np\nfrom sklearn.linear_model import LinearRegression",
        "np.random.seed(3)",
        "noise = np.random.normal(size=5)\nnoise",
        "X = np.random.rand(100, 3)",
        "X.mean()",
        "y = X @ np.array([1.0, 2.0, 3.0]) + np.random.normal(size=100) / 10",
        "!echo a line of the shell",
        "y.max()",
        "_ * 0.8",
        "limit = _",
        "mask = y < limit",
        "model = LinearRegression().fit(X[mask], y[mask])",
        "model.score(X[mask], y[mask])",
    ),
    (1, 2, 3, 4, 6, 8, 9, 10, 11, 12, 13),
    "3 draws before 4 does: without it, and without the state that was recorded, X would be another",
)

NOTEBOOKS = (MUTATION, ALIASES, GLOBALS, FILES, LOOPS, CLASSES, PLOTS, EXPLORING, RERUNS, RANDOM)
