"""How people train models in notebooks, as data: the cells, and the runs that a reader of them would count.

What is expected follows from the rules in `docs/users/what-is-captured.md`, not from what is found.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Idiom:
    """Cells that run one after the other, and the runs that they should make.

    A run is named as `detection.label` does it: `Ridge`, `GridSearchCV search`, `Ridge failed`.
    """

    name: str
    cells: tuple[str, ...]
    expected: tuple[str, ...]
    why: str = ""
    trials: int = 0
    may_fail: bool = False
    looked_for: bool = True
    """False where the documentation says that it is not found: counted apart."""


@dataclass(frozen=True)
class Group:
    """Idioms that share a kernel, and what is imported there before they begin."""

    name: str
    names: str
    idioms: tuple[Idiom, ...]


def one(name: str, cell: str, *expected: str, why: str = "", trials: int = 0) -> Idiom:
    """Return an idiom of a single cell."""
    return Idiom(name, (cell,), expected, why, trials)


SKLEARN_NAMES = """\
import warnings
warnings.simplefilter("ignore")
import asyncio, copy, os, pickle, signal, threading, time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
import joblib
import numpy as np
import pandas as pd
import scipy.optimize
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, TransformerMixin, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import DBSCAN, KMeans, MiniBatchKMeans, k_means
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.decomposition import PCA
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import *
from sklearn.experimental import enable_halving_search_cv, enable_iterative_imputer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.feature_selection import RFE, SelectFromModel, mutual_info_classif
from sklearn.impute import IterativeImputer
from sklearn.linear_model import *
from sklearn.metrics import accuracy_score, f1_score, get_scorer, make_scorer, mean_squared_error
from sklearn.manifold import TSNE
from sklearn.mixture import GaussianMixture
from sklearn.model_selection import *
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputRegressor
from sklearn.naive_bayes import MultinomialNB
from sklearn.neighbors import LocalOutlierFactor, NearestNeighbors, kneighbors_graph
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC, SVR, LinearSVC
from sklearn.tree import DecisionTreeClassifier
from imblearn.ensemble import BalancedBaggingClassifier
from imblearn.over_sampling import RandomOverSampler, SMOTE
from imblearn.pipeline import make_pipeline as make_imb_pipeline
X = pd.DataFrame(np.random.RandomState(0).rand(120, 3), columns=["a", "b", "c"])
y = (X.a + X.b > 1).astype(int)
z = X.a * 3 + X.b
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
words = ["good film", "bad film", "good play", "bad play"] * 5
"""

MODELS = (
    one("a classifier", "model = LogisticRegression().fit(X_train, y_train)", "LogisticRegression"),
    one("a regressor", "reg = Ridge(alpha=0.5)\nreg.fit(X, z)\nmean_squared_error(z, reg.predict(X))", "Ridge"),
    one("a forest, scored", "RandomForestClassifier(5).fit(X, y).score(X, y)", "RandomForestClassifier"),
    one("a boosting ensemble", "GradientBoostingClassifier(n_estimators=5).fit(X, y)", "GradientBoostingClassifier"),
    one("a histogram ensemble", "HistGradientBoostingRegressor(max_iter=5).fit(X, z)", "HistGradientBoostingRegressor"),
    one("a support vector machine", "SVC(probability=True).fit(X, y)", "SVC", why="its calibration fits inside"),
    one("a neural network", "MLPClassifier((4,), max_iter=5).fit(X, y)", "MLPClassifier"),
    one("nearest neighbours", "NearestNeighbors().fit(X).kneighbors(X)", "NearestNeighbors"),
    one("a clusterer", "km = KMeans(3, n_init=2).fit(X)\nkm.predict(X)", "KMeans"),
    one("fit_predict", "labels = KMeans(3, n_init=1).fit_predict(X)", "KMeans"),
    one("a clusterer's function", "centres, labels, inertia = k_means(X, 3, n_init=1)", "KMeans"),
    one("a clusterer that cannot predict", "labels = DBSCAN(eps=0.2).fit(X).labels_", "DBSCAN"),
    one("a mixture", "GaussianMixture(2).fit(X)", "GaussianMixture"),
    one("an outlier detector", "IsolationForest(n_estimators=5).fit(X).predict(X)", "IsolationForest"),
    one("an outlier detector, fit_predict", "LocalOutlierFactor().fit_predict(X)", "LocalOutlierFactor"),
    one("a baseline", "DummyClassifier().fit(X, y)", "DummyClassifier"),
    one("built-in cross-validation", "LassoCV(cv=3).fit(X, z)", "LassoCV"),
    one("Pipeline", "Pipeline([('s', StandardScaler()), ('m', Ridge())]).fit(X, z)", "Pipeline"),
    one(
        "make_pipeline on text", "make_pipeline(TfidfVectorizer(), MultinomialNB()).fit(words, [1, 0] * 10)", "Pipeline"
    ),
    one(
        "ColumnTransformer in a pipeline",
        "prepare = ColumnTransformer([('n', StandardScaler(), ['a', 'b']), ('c', OneHotEncoder(), ['g'])])\n"
        "frame = X.assign(g=['u', 'v'] * 60)\npipe = Pipeline([('p', prepare), ('m', LogisticRegression())])\n"
        "pipe.fit(frame, y)",
        "Pipeline",
    ),
    one(
        "GridSearchCV",
        "gs = GridSearchCV(Ridge(), {'alpha': [1, 2, 3]}, cv=3).fit(X, z)",
        "GridSearchCV search",
        trials=3,
    ),
    one(
        "GridSearchCV with two processes",
        "GridSearchCV(SVC(), {'C': [1, 2]}, cv=3, n_jobs=2).fit(X, y)",
        "GridSearchCV search",
        trials=2,
    ),
    one(
        "RandomizedSearchCV of a pipeline",
        "RandomizedSearchCV(make_pipeline(StandardScaler(), Ridge()), {'ridge__alpha': [1, 2, 3, 4]}, n_iter=2, cv=3)"
        ".fit(X, z)",
        "RandomizedSearchCV search",
        trials=2,
    ),
    one(
        "HalvingGridSearchCV",
        "HalvingGridSearchCV(DecisionTreeClassifier(), {'max_depth': [1, 2, 3, 4]}, cv=3).fit(X, y)",
        "HalvingGridSearchCV search",
        why="its candidates come back in later rounds, so the number of trials is its own",
        trials=-1,
    ),
    one("cross_val_score", "cross_val_score(Ridge(), X, z, cv=3).mean()", "Ridge validation"),
    one("cross_validate", "cross_validate(SVC(), X, y, cv=3, scoring='accuracy')", "SVC validation"),
    one(
        "a nested search",
        "cross_val_score(GridSearchCV(Ridge(), {'alpha': [1, 2]}), X, z, cv=3)",
        "GridSearchCV validation",
    ),
    one(
        "VotingClassifier",
        "VotingClassifier([('l', LogisticRegression()), ('s', SVC())]).fit(X, y)",
        "VotingClassifier",
    ),
    one(
        "StackingClassifier",
        "StackingClassifier([('l', LogisticRegression()), ('s', SVC())], final_estimator=LogisticRegression())"
        ".fit(X, y)",
        "StackingClassifier",
    ),
    one("StackingRegressor", "StackingRegressor([('r', Ridge()), ('l', Lasso())]).fit(X, z)", "StackingRegressor"),
    one("bagging in two processes", "BaggingClassifier(SVC(), 4, n_jobs=2).fit(X, y)", "BaggingClassifier"),
    one("calibration", "CalibratedClassifierCV(LinearSVC(), cv=3).fit(X, y)", "CalibratedClassifierCV"),
    one("several outputs", "MultiOutputRegressor(Ridge()).fit(X, X)", "MultiOutputRegressor"),
    one("one against the rest", "OneVsRestClassifier(LogisticRegression()).fit(X, y)", "OneVsRestClassifier"),
    one(
        "a transformed target",
        "TransformedTargetRegressor(Ridge(), func=np.log1p, inverse_func=np.expm1).fit(X, z)",
        "TransformedTargetRegressor",
    ),
    one("feature elimination", "RFE(Ridge(), n_features_to_select=2).fit(X, z)", "RFE", why="it predicts"),
    one("imbalanced-learn pipeline", "make_imb_pipeline(SMOTE(), LogisticRegression()).fit(X, y)", "Pipeline"),
    one(
        "imbalanced-learn ensemble", "BalancedBaggingClassifier(n_estimators=3).fit(X, y)", "BalancedBaggingClassifier"
    ),
)

WAYS = (
    one("one object fitted twice", "m = Ridge()\nm.fit(X, z)\nm.fit(X[:50], z[:50])", "Ridge", "Ridge"),
    Idiom("a cell run twice", ("m = Ridge().fit(X, z)",) * 2, ("Ridge", "Ridge")),
    Idiom("a cell edited", ("m = Ridge(alpha=1).fit(X, z)", "m = Lasso(alpha=1).fit(X, z)"), ("Ridge", "Lasso")),
    Idiom(
        "made, fitted and measured in three cells",
        ("m = LogisticRegression()", "m.fit(X_train, y_train)", "accuracy_score(y_test, m.predict(X_test))"),
        ("LogisticRegression",),
    ),
    Idiom("in a function", ("def train(model):\n    return model.fit(X, z)", "r = train(Ridge())"), ("Ridge",)),
    one(
        "in a method of a class",
        "class Experiment:\n    def __init__(self):\n        self.model = SVC()\n    def run(self):\n"
        "        self.model.fit(X, y)\n        return self\nExperiment().run()",
        "SVC",
    ),
    one(
        "in a comprehension",
        "fitted = [kind().fit(X, z) for kind in (Ridge, Lasso, LinearRegression)]",
        "Ridge",
        "Lasso",
        "LinearRegression",
    ),
    one(
        "in a loop over values",
        "for C in (0.1, 1, 10):\n    LogisticRegression(C=C).fit(X, y).score(X, y)",
        *["LogisticRegression"] * 3,
    ),
    one(
        "in a dict of models",
        "models = {'svm': SVC(), 'tree': DecisionTreeClassifier()}\nscores = {}\n"
        "for name, m in models.items():\n    m.fit(X_train, y_train)\n"
        "    scores[name] = f1_score(y_test, m.predict(X_test))",
        "SVC",
        "DecisionTreeClassifier",
    ),
    one(
        "folds by hand",
        "for a, b in KFold(3).split(X):\n    Ridge().fit(X.iloc[a], z.iloc[a]).score(X.iloc[b], z.iloc[b])",
        *["Ridge"] * 3,
        why="three models, each made by a fit of the user's",
    ),
    one("in a thread", "t = threading.Thread(target=lambda: Ridge().fit(X, z))\nt.start()\nt.join()", "Ridge"),
    one(
        "in a pool of threads",
        "with ThreadPoolExecutor(2) as pool:\n    list(pool.map(lambda a: Ridge(alpha=a).fit(X, z), [1, 2, 3]))",
        *["Ridge"] * 3,
    ),
    one(
        "a forest in a thread",
        "t = threading.Thread(target=lambda: RandomForestClassifier(4, n_jobs=2).fit(X, y))\nt.start()\nt.join()",
        "RandomForestClassifier",
    ),
    one("in an async cell", "await asyncio.sleep(0.01)\nm = Ridge().fit(X, z)", "Ridge"),
    one("asyncio.to_thread", "m = await asyncio.to_thread(Ridge().fit, X, z)", "Ridge"),
    one(
        "joblib with threads",
        "joblib.Parallel(2, prefer='threads')(joblib.delayed(Ridge(alpha=a).fit)(X, z) for a in (1, 2))",
        "Ridge",
        "Ridge",
    ),
    one(
        "joblib with processes",
        "joblib.Parallel(2)(joblib.delayed(Ridge(alpha=a).fit)(X, z) for a in (1, 2))",
        "Ridge",
        "Ridge",
        why="told by the models that come back",
    ),
    Idiom(
        "a function in joblib's processes, with scores",
        (
            "def train(C):\n    m = LogisticRegression(C=C).fit(X_train, y_train)\n    return m, m.score(X, y)",
            "found = joblib.Parallel(2)(joblib.delayed(train)(C) for C in (0.1, 1.0))",
        ),
        ("LogisticRegression", "LogisticRegression"),
        "told by the models that come back",
    ),
    one(
        "partial_fit in a loop",
        "m = SGDClassifier()\nfor i in range(3):\n    m.partial_fit(X, y, classes=[0, 1])",
        "SGDClassifier loop",
    ),
    one(
        "a clusterer by batches, scaled by batches",
        "s, m = StandardScaler(), MiniBatchKMeans(2, n_init=1)\n"
        "for i in range(0, 60, 20):\n    s.partial_fit(X[i:i + 20])\n    m.partial_fit(s.transform(X[i:i + 20]))",
        "MiniBatchKMeans loop",
    ),
    one(
        "two models on one stream",
        "a, b = SGDClassifier(), Perceptron()\nfor i in range(3):\n"
        "    for m in (a, b):\n        m.partial_fit(X, y, classes=[0, 1])",
        "SGDClassifier loop",
        "Perceptron loop",
    ),
    Idiom(
        "batches in two cells",
        ("m = SGDRegressor()\nm.partial_fit(X[:50], z[:50])", "m.partial_fit(X[50:], z[50:])"),
        ("SGDRegressor loop", "SGDRegressor loop"),
        "in each cell another model comes of it",
    ),
    Idiom(
        "a batch that fails",
        ("m = SGDClassifier()\nm.partial_fit(X, y, classes=[0, 1])\nm.partial_fit('nothing', y)",),
        ("SGDClassifier loop failed",),
        may_fail=True,
    ),
    one(
        "stacks in a pool of threads",
        "with ThreadPoolExecutor(2) as pool:\n"
        "    r = [*pool.map(lambda c: StackingRegressor([('r', Ridge())], c).fit(X, z), (Lasso(), SVR()))]",
        "StackingRegressor",
        "StackingRegressor",
    ),
    Idiom(
        "a fit that fails",
        ("LogisticRegression().fit(X, z * float('nan'))",),
        ("LogisticRegression failed",),
        may_fail=True,
    ),
    Idiom(
        "a fit that fails and is repeated",
        ("SVC(C=-1).fit(X, y)", "SVC(C=1).fit(X, y)"),
        ("SVC failed", "SVC"),
        may_fail=True,
    ),
    one(
        "a failure caught",
        "for C in (-1, 1):\n    try:\n        SVC(C=C).fit(X, y)\n    except ValueError:\n        pass",
        "SVC failed",
        "SVC",
    ),
    Idiom(
        "an interrupted fit",
        (
            "class Slow(RegressorMixin, BaseEstimator):\n    def fit(self, X, y):\n"
            "        os.kill(os.getpid(), signal.SIGINT)\n        time.sleep(20)\n"
            "    def predict(self, X):\n        return X",
            "Slow().fit(X, z)",
        ),
        ("Slow interrupted",),
        may_fail=True,
    ),
    one(
        "an estimator of the cell's own",
        "class Mean(RegressorMixin, BaseEstimator):\n    def fit(self, X, y):\n        self.mean_ = y.mean()\n"
        "        return self\n    def predict(self, X):\n        return np.full(len(X), self.mean_)\n"
        "Mean().fit(X, z).score(X, z)",
        "Mean",
    ),
    one(
        "an estimator of one's own around another",
        "class Both(ClassifierMixin, BaseEstimator):\n    def fit(self, X, y):\n        self.classes_ = np.unique(y)\n"
        "        self.a_, self.b_ = SVC().fit(X, y), LogisticRegression().fit(X, y)\n        return self\n"
        "    def predict(self, X):\n        return self.a_.predict(X) & self.b_.predict(X)\nBoth().fit(X, y)",
        "Both",
        why="the inner fits are parts of it",
    ),
    one(
        "a plain class around an estimator",
        "class Wrapper:\n    def fit(self, X, y):\n        self.inner = Ridge().fit(X, y)\n        return self\n"
        "w = Wrapper().fit(X, z)",
        "Ridge",
        why="the class says nothing; the estimator in it does",
    ),
    one(
        "clone, then fit",
        "base = Ridge()\na = clone(base).fit(X, z)\nb = copy.deepcopy(base).fit(X, z)",
        "Ridge",
        "Ridge",
    ),
    one(
        "warm_start",
        "rf = RandomForestClassifier(2, warm_start=True)\nfor n in (2, 4):\n"
        "    rf.set_params(n_estimators=n).fit(X, y)",
        "RandomForestClassifier",
        "RandomForestClassifier",
        why="each call of fit gives another model",
    ),
    one("scaled by hand, then fitted", "s = StandardScaler()\nSVC().fit(s.fit_transform(X_train), y_train)", "SVC"),
    one("fitted, saved, loaded, used", "m = pickle.loads(pickle.dumps(Ridge().fit(X, z)))\nm.predict(X)", "Ridge"),
    one("a method kept under a name", "fit = Ridge().fit\nfit(X, z)", "Ridge"),
    one("the class's function", "m = Ridge()\nRidge.fit(m, X, z)", "Ridge"),
    Idiom("%%time above a fit", ("%%time\nm = Ridge().fit(X, z)",), ("Ridge",)),
    Idiom("a fit by exec", ("exec('m = Ridge().fit(X, z)')",), ("Ridge",)),
)

NONE = (
    one("StandardScaler", "scaler = StandardScaler().fit(X)\nscaler.transform(X)", why="it only transforms"),
    one("PCA", "PCA(2).fit_transform(X)", why="it only transforms"),
    one("an imputer that fits models", "IterativeImputer().fit_transform(X)", why="it only transforms"),
    one("SelectFromModel", "SelectFromModel(Lasso(alpha=0.01)).fit(X, z)", why="it only transforms"),
    one("a pipeline of transformers", "make_pipeline(StandardScaler(), PCA(2)).fit(X)", why="it only transforms"),
    one("a scaler by batches", "s = StandardScaler()\ns.partial_fit(X)\ns.partial_fit(X)", why="it only transforms"),
    one(
        "numbers from joblib's processes",
        "joblib.Parallel(2)(joblib.delayed(len)(row) for row in X.to_numpy()[:4])",
        why="no model comes back",
    ),
    one("a vectorizer", "TfidfVectorizer().fit_transform(words)", why="it only transforms"),
    one("resampling", "RandomOverSampler().fit_resample(X, y)", why="it prepares data"),
    one("resampling by neighbours", "SMOTE().fit_resample(X, y)", why="the neighbours that it fits are its own"),
    one("mutual information", "mutual_info_classif(X, y)", why="the neighbours that it fits are its own"),
    one("a graph of neighbours", "kneighbors_graph(X, 3)", why="the neighbours that it fits are its own"),
    one("an embedding", "TSNE(perplexity=5, max_iter=250).fit_transform(X)", why="it only transforms"),
    one("a learning curve drawn", "LearningCurveDisplay.from_estimator(Ridge(), X, z, cv=3)", why="as learning_curve"),
    one("learning_curve", "learning_curve(Ridge(), X, z, cv=3)", why="it fits for another purpose"),
    one("scorers", "get_scorer('r2')\nmake_scorer(mean_squared_error)", why="nothing is fitted"),
    one("a model that is only made", "m = Ridge(); m.set_params(alpha=2); clone(m)", why="nothing is fitted"),
    one(
        "a transformer of the cell's own",
        "class Log(TransformerMixin, BaseEstimator):\n    def fit(self, X, y=None):\n"
        "        return self\n    def transform(self, X):\n        return np.log1p(X)\nLog().fit_transform(X)",
    ),
    one("curve_fit", "scipy.optimize.curve_fit(lambda x, a, b: a * x + b, X.a, z)", why="no model comes of it"),
    one(
        "polyfit and minimize",
        "np.polyfit(X.a, z, 1)\nscipy.optimize.minimize(lambda w: ((X.a * w - z) ** 2).sum(), 0.0)",
        why="no model comes of it",
    ),
)

NOT_LOOKED_FOR = (
    Idiom(
        "gradient descent in numpy",
        ("w = np.zeros(3)\nfor i in range(50):\n    w -= 0.01 * X.T @ (X @ w - z)",),
        ("by hand",),
        "no call says that this is a training",
        looked_for=False,
    ),
    Idiom(
        "a pool of processes",
        ("with ProcessPoolExecutor(2) as pool:\n    r = [*pool.map(Ridge().fit, [X, X], [z, z])]",),
        ("Ridge", "Ridge"),
        "in other processes, which are no kernels",
        looked_for=False,
    ),
)
