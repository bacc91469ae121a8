"""Kishu's 149 classes, each as an object `a`, what changes it, and what only looks at it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    """One class. Without a setup its package is not one that we install."""

    package: str
    name: str
    setup: str = ""
    change: str = ""
    look: str = ""


DATA = "import numpy as np; rng = np.random.default_rng(0); X = rng.random((60, 4)); y = (X[:, 0] > .5).astype(int);"
FIGURES = "import matplotlib; matplotlib.use('Agg'); import numpy as np; from matplotlib import pyplot as plt;"
SEABORN = (
    FIGURES + "import seaborn as sns, pandas as pd; tips = pd.DataFrame({'u': [1., 2, 3, 4], 'v': [2., 1, 4, 3]});"
)
PLOTLY = "import plotly.graph_objects as go;"


def _sk(name: str, of: str, change: str, look: str = "a.predict(X)", fit: str = "fit(X, y)") -> Case:
    made = of.partition("(")[0]
    setup = f"{DATA} from {name} import {made}; a = {of}; a.{fit}"
    return Case("scikit-learn", f"{name} ({made})", setup, change, look)


def absent(package: str, *names: str) -> list[Case]:
    return [Case(package, name) for name in names]


_ASTROPY = [
    "convolution.Box2DKernel",
    "convolution.Gaussian2DKernel",
    "io.fits.HDUList",
    "io.fits.PrimaryHDU",
    "modeling.fitting.LinearLSQFitter",
    "modeling.functional_models.Ellipse2D",
    "modeling.functional_models.Linear1D",
    "modeling.polynomial.Polynomial1D",
    "modeling.polynomial.Polynomial2D",
    "nddata.NDData",
    "nddata.NDDataRef",
    "stats.SigmaClip",
    "table.QTable",
    "units.Quantity",
    "visualization.PercentileInterval",
    "visualization.mpl_normalize.ImageNormalize",
    "wcs.Celprm",
    "wcs.WCS",
]

FIRST = [
    Case("arrow", "arrow.Arrow", "import arrow; a = arrow.utcnow()", "a = a.shift(hours=1)", "a.humanize(), a.year"),
    *absent("astropy", *(f"astropy.{name}" for name in _ASTROPY)),
    *absent("bokeh", "bokeh.plotting.figure"),
    Case(
        "catboost",
        "catboost.CatBoostClassifier",
        DATA + "from catboost import CatBoostClassifier;"
        "a = CatBoostClassifier(iterations=3, verbose=0, allow_writing_files=False, thread_count=1)",
        "a.fit(X, y)",
        "a.get_params()",
    ),
    *absent("dask", "dask.array.Array"),
    *absent("dataprep", "dataprep.datasets", "dataprep.eda.intermediate.Intermediate"),
    *absent("dill", "dill"),
    *absent("gensim", "gensim.models.Word2Vec"),
    *absent("gym", "gym.Env"),
    Case(
        "ipywidgets", "ipywidgets.IntSlider", "import ipywidgets; a = ipywidgets.IntSlider()", "a.value = 7", "a.value"
    ),
    Case(
        "keras",
        "keras.initializers.RandomNormal",
        "import keras; a = keras.initializers.RandomNormal()",
        "a.mean = 1.0",
        "a.get_config()",
    ),
    Case(
        "keras",
        "keras.initializers.RandomUniform",
        "import keras; a = keras.initializers.RandomUniform()",
        "a.maxval = 2.0",
        "a.get_config()",
    ),
    Case(
        "keras",
        "keras.layers.Dense",
        "import keras, numpy as np; a = keras.layers.Dense(3); a.build((None, 4))",
        "a.set_weights([np.ones((4, 3)), np.zeros(3)])",
        "a(np.ones((2, 4))), a.get_weights()",
    ),
    Case(
        "keras",
        "keras.optimizers.schedules.ExponentialDecay",
        "import keras; a = keras.optimizers.schedules.ExponentialDecay(.1, 10, .9)",
        "a.decay_rate = 0.5",
        "a.get_config()",
    ),
    Case(
        "lightgbm",
        "lightgbm.Dataset",
        DATA + "import lightgbm; a = lightgbm.Dataset(X, y, params={'verbose': -1})",
        "a.set_weight(X[:, 1])",
        "a.get_label()",
    ),
    *absent("llm", "llm.default_plugins.openai_models.Chat"),
    *absent("lmfit", "lmfit.Parameters"),
    Case(
        "matplotlib",
        "matplotlib.colors.ListedColormap",
        FIGURES + "from matplotlib.colors import ListedColormap; a = ListedColormap(['red', 'blue'])",
        "a.set_bad('green')",
        "a.N, a.name",
    ),
    Case(
        "matplotlib",
        "matplotlib.dates.AutoDateFormatter",
        "from matplotlib import dates; a = dates.AutoDateFormatter(dates.AutoDateLocator())",
        "a.scaled[1 / 1440] = '%M:%S'",
        "a(20000.0)",
    ),
    Case(
        "matplotlib",
        "matplotlib.dates.WeekdayLocator",
        "from matplotlib import dates; a = dates.WeekdayLocator(byweekday=dates.MO)",
        "a.tz = 'Africa/Abidjan'",
        "a.tz",
    ),
    Case(
        "matplotlib",
        "matplotlib.ticker.AutoLocator",
        "from matplotlib.ticker import AutoLocator; a = AutoLocator()",
        "a.MAXTICKS = 2000",
        "a.tick_values(0, 10)",
    ),
    Case(
        "networkx",
        "networkx.DiGraph",
        "import networkx as nx; a = nx.DiGraph([(1, 2), (2, 3)])",
        "a.add_edge(3, 1)",
        "list(a.edges), a.degree(1)",
    ),
    Case(
        "networkx",
        "networkx.Graph",
        "import networkx as nx; a = nx.Graph([(1, 2), (2, 3)])",
        "a[1][2]['weight'] = 3",
        "list(a.edges), a.degree(1)",
    ),
    *absent("nltk", "nltk.stem.porter.PorterStemmer"),
    Case("python", "ast.AST", "import ast; a = ast.parse('-x')", "a.body[0].value.op = ast.UAdd()", "ast.dump(a)"),
    Case("python", "copy", "import copy; a = copy.deepcopy([1, [2]])", "a[1].append(4)", "copy.copy(a)"),
    Case("python", "datetime.time", "import datetime; a = datetime.time(1)", "a = a.replace(hour=3)", "a.hour"),
    Case("python", "datetime.timedelta", "import datetime; a = datetime.timedelta(1)", "a = a * 2", "a.days"),
    Case("python", "hashlib", "import hashlib; a = hashlib.sha256()", "a.update(b'x')", "a.hexdigest()"),
    Case("python", "itertools", "import itertools; a = itertools.accumulate([1, 2, 3])", "next(a)", "type(a)"),
    Case("python", "json", "import json; a = json.loads('{\"a\": [1]}')", "a['a'].append(4)", "json.dumps(a)"),
    Case("numpy", "numpy.ndarray", "import numpy as np; a = np.arange(6.)", "a[3] = 10", "a.sum(), a[1:3] * 2"),
    Case("numpy", "numpy.ndarray (2-d)", "import numpy as np; a = np.ones((3, 3))", "a[1] = 20", "a @ a, a.T.mean(0)"),
    Case("python", "pickle", "import pickle; a = pickle.loads(pickle.dumps([1]))", "a.append(2)", "pickle.dumps(a)"),
    Case("python", "random.Random", "import random; a = random.Random(1)", "a.random()", "a.getstate()"),
    Case("python", "re.Pattern", "import re; a = re.compile('a+')", "a = re.compile('b+')", "a.match('aa')"),
    Case(
        "python",
        "urllib.request.Request",
        "import urllib.request; a = urllib.request.Request('http://x.org')",
        "a.data = b'x'",
        "a.get_method(), a.full_url",
    ),
    Case("python", "uuid.UUID", "import uuid; a = uuid.uuid4()", "a = uuid.uuid4()", "a.hex"),
    *absent("opencv-python", "cv2"),
    Case(
        "optuna",
        "optuna.Study",
        "import optuna; optuna.logging.disable_default_handler(); a = optuna.create_study()",
        "a.optimize(lambda trial: trial.suggest_float('x', 0, 1), n_trials=2)",
        "a.trials, a.direction",
    ),
    Case(
        "pandas",
        "pandas.DataFrame",
        "import pandas as pd; a = pd.DataFrame({'n': [1., 2, 3], 's': ['x', 'y', 'z']})",
        "a.at[0, 's'] = 'changed'",
        "a.head(), a.describe(), a.groupby('s').mean(), a['n'].sum(), a.to_numpy()",
    ),
    Case("pandas", "pandas.Series", "import pandas as pd; a = pd.Series([1, 2, 3])", "a[2] = 0", "a.mean(), a[a > 1]"),
    Case("python", "pathlib.PosixPath", "import pathlib; a = pathlib.Path('/etc')", "a = a / 'x'", "a.parts, str(a)"),
    *absent(
        "photutils",
        *(
            f"photutils.{n}"
            for n in ("psf.matching.CosineBellWindow", "psf.matching.HanningWindow", "utils.CutoutImage")
        ),
        "photutils.utils.ImageDepth",
    ),
    Case(
        "plotly",
        "plotly.express",
        "import plotly.express as px; a = px.scatter(x=[1, 2], y=[3, 4])",
        "a.update_traces(marker=dict(size=10))",
        "a.to_dict()",
    ),
    Case(
        "plotly",
        "plotly.figure_factory",
        "import plotly.figure_factory as ff; a = ff.create_table([['n', 'm'], [1, 2]])",
        "a.update_layout(title='t')",
        "a.to_dict()",
    ),
    Case(
        "plotly",
        "plotly.graph_objects",
        PLOTLY + "a = go.Figure(go.Bar(y=[1, 2]))",
        "a.update_layout(title='t')",
        "a.data",
    ),
    Case(
        "plotly", "plotly.graph_objs", PLOTLY + "a = go.Figure(go.Scatter(y=[1, 2]))", "a.data[0].y = [3]", "a.layout"
    ),
    Case("plotly", "plotly.io", PLOTLY + "a = go.Figure(go.Bar(y=[1])).to_html()", "a += '<p>'", "len(a)"),
    Case(
        "plotly",
        "plotly.offline",
        PLOTLY + "import plotly.offline as po; a = po.plot(go.Figure(), output_type='div')",
        "a += '<p>'",
        "len(a)",
    ),
    Case(
        "plotly",
        "plotly.subplots",
        PLOTLY + "from plotly.subplots import make_subplots; a = make_subplots(1, 2)",
        "a.add_trace(go.Bar(y=[1]), row=1, col=1)",
        "a.to_dict()",
    ),
    Case(
        "polars",
        "polars.DataFrame",
        "import polars as pl; a = pl.DataFrame({'n': [1, 2], 's': ['x', None]})",
        "a[0, 'n'] = 7",
        "a.head(), a.select(pl.col('n').sum()), a['s']",
    ),
    *absent("prophet", "prophet.Prophet"),
    *absent("pyspark", "pyspark.sql"),
    *absent("qiskit", "qiskit.QuantumCircuit"),
    *absent("scikit-image", "skimage", "skimage.morphology"),
    _sk("sklearn.cluster", "KMeans(2, n_init=1)", "a.n_clusters = 4"),
    _sk("sklearn.cluster", "MiniBatchKMeans(2, n_init=1)", "a.partial_fit(X)"),
    _sk(
        "sklearn.compose",
        "ColumnTransformer([('n', 'passthrough', [0, 1])])",
        "a.set_params(n=__import__('sklearn.preprocessing').preprocessing.StandardScaler())",
        "a.transform(X)",
    ),
    Case(
        "scikit-learn",
        "sklearn.datasets (Bunch)",
        "from sklearn.datasets import load_iris; a = load_iris()",
        "a.data[0, 0] = 15",
        "a.target.mean(), a.keys()",
    ),
    Case(
        "scikit-learn",
        "sklearn.datasets (make_friedman1)",
        "from sklearn.datasets import make_friedman1; a = make_friedman1(20)",
        "a[0][3, 2] = 10",
        "a[1].mean()",
    ),
    _sk("sklearn.decomposition", "IncrementalPCA(2)", "a.partial_fit(X)", "a.transform(X)"),
    _sk("sklearn.discriminant_analysis", "LinearDiscriminantAnalysis()", "a.fit(X * 2, y)"),
    _sk("sklearn.dummy", "DummyClassifier()", "a.n_classes_ = 11"),
    _sk("sklearn.ensemble", "RandomForestClassifier(5)", "a.fit(X, 1 - y)"),
    Case(
        "scikit-learn",
        "sklearn.feature_extraction.text (CountVectorizer)",
        "from sklearn.feature_extraction.text import CountVectorizer; a = CountVectorizer().fit(['a bb', 'bb cc'])",
        "a.vocabulary_['dd'] = 9",
        "a.transform(['bb']), a.get_feature_names_out()",
    ),
    _sk("sklearn.feature_selection", "SelectPercentile(percentile=50)", "a.pvalues_[0] = 0.1", "a.transform(X)"),
    _sk("sklearn.impute", "SimpleImputer()", "a.fit(X * 2)", "a.transform(X)"),
    _sk("sklearn.impute", "KNNImputer()", "a.fit(X * 2)", "a.transform(X)"),
    _sk("sklearn.impute", "MissingIndicator()", "a.fit(X[:, :2])", "a.get_params()"),
    _sk("sklearn.kernel_ridge", "KernelRidge()", "a.fit(X * 2, y)"),
    _sk("sklearn.linear_model", "LinearRegression()", "a.coef_[0] += 1"),
    _sk("sklearn.linear_model", "LogisticRegression()", "a.fit(X, 1 - y)"),
    _sk("sklearn.manifold", "LocallyLinearEmbedding(n_neighbors=5)", "a.embedding_[0] = 0", "a.transform(X)"),
    Case(
        "scikit-learn",
        "sklearn.metrics",
        DATA + "from sklearn.metrics import mean_squared_error; a = [0., 1.]",
        "a[0] = 3",
        "mean_squared_error([0, 1], a)",
    ),
    Case(
        "scikit-learn",
        "sklearn.metrics.pairwise",
        DATA + "from sklearn.metrics.pairwise import euclidean_distances; a = euclidean_distances(X)",
        "a[0] = 3",
        "euclidean_distances(a)",
    ),
    _sk("sklearn.mixture", "GaussianMixture(2)", "a.weights_ = np.array([.6, .4])"),
    Case(
        "scikit-learn",
        "sklearn.model_selection (GroupKFold)",
        DATA + "from sklearn.model_selection import GroupKFold; a = GroupKFold(2)",
        "a.n_splits = 3",
        "list(a.split(X, y, y))",
    ),
    Case(
        "scikit-learn",
        "sklearn.multiclass (OneVsRestClassifier)",
        DATA + "from sklearn.multiclass import OneVsRestClassifier; from sklearn.svm import LinearSVC;"
        "a = OneVsRestClassifier(LinearSVC()).fit(X, y)",
        "a.estimators_[0].coef_[0, 0] = 5",
        "a.predict(X)",
    ),
    _sk("sklearn.naive_bayes", "GaussianNB()", "a.partial_fit(X, y)"),
    _sk("sklearn.neighbors", "KNeighborsClassifier()", "a.fit(X * 2, y)"),
    _sk("sklearn.neural_network", "MLPClassifier((3,), max_iter=300, tol=1)", "a.coefs_[0][0] = 1"),
    Case(
        "scikit-learn",
        "sklearn.pipeline (Pipeline)",
        DATA + "from sklearn.pipeline import make_pipeline; from sklearn.preprocessing import StandardScaler;"
        "from sklearn.naive_bayes import GaussianNB; a = make_pipeline(StandardScaler(), GaussianNB()).fit(X, y)",
        "a.steps[1][1].priors = [.3, .7]",
        "a.predict(X)",
    ),
    _sk("sklearn.preprocessing", "StandardScaler()", "a.partial_fit(X * 3)", "a.transform(X)"),
    _sk("sklearn.random_projection", "GaussianRandomProjection(2)", "a.components_[0] = 1", "a.transform(X)"),
    _sk("sklearn.svm", "SVC()", "a.fit(X, 1 - y)"),
    _sk("sklearn.tree", "DecisionTreeClassifier()", "a.tree_.value[0] = 5"),
    Case(
        "scikit-learn",
        "sklearn.utils (shuffle)",
        DATA + "from sklearn.utils import shuffle; a = shuffle(X)",
        "a = shuffle(a)",
        "shuffle(a)",
    ),
]
