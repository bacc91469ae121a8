"""How people train with boosting libraries, statsmodels, Optuna, PyTorch, Lightning and Keras in notebooks."""

from benchmarks.idioms import MODELS, NONE, NOT_LOOKED_FOR, SKLEARN_NAMES, WAYS, Group, Idiom, one

BOOSTING_NAMES = """\
import warnings
warnings.simplefilter("ignore")
import numpy as np
import pandas as pd
import xgboost as xgb
import lightgbm as lgb
from catboost import CatBoostClassifier, CatBoostRegressor, Pool
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
X = pd.DataFrame(np.random.RandomState(0).rand(120, 3), columns=["a", "b", "c"])
y = (X.a + X.b > 1).astype(int)
X_train, X_test, y_train, y_test = X[:80], X[80:], y[:80], y[80:]
dtrain, dtest = xgb.DMatrix(X_train, label=y_train), xgb.DMatrix(X_test, label=y_test)
quiet = {"verbose": -1, "objective": "binary", "num_leaves": 4}
logistic = {"objective": "binary:logistic", "max_depth": 2}
"""
BOOSTING = (
    one("xgb.train", "bst = xgb.train(logistic, dtrain, 5)\nbst.predict(dtest)", "Booster"),
    one(
        "xgb.train, stopped early",
        "xgb.train(logistic, dtrain, 20, evals=[(dtest, 'valid')], early_stopping_rounds=2, verbose_eval=False)",
        "Booster",
    ),
    one(
        "xgb.train, continued",
        "a = xgb.train(logistic, dtrain, 3)\nb = xgb.train(logistic, dtrain, 3, xgb_model=a)",
        "Booster",
        "Booster",
    ),
    one("xgb.cv", "xgb.cv(logistic, dtrain, 3, nfold=3)", "Booster validation"),
    one(
        "XGBClassifier",
        "m = xgb.XGBClassifier(n_estimators=5).fit(X_train, y_train)\nm.score(X_test, y_test)",
        "XGBClassifier",
        why="its native train is not a second one",
    ),
    one(
        "XGBRegressor, stopped early",
        "xgb.XGBRegressor(n_estimators=20, early_stopping_rounds=2)"
        ".fit(X_train, y_train, eval_set=[(X_test, y_test)], verbose=False)",
        "XGBRegressor",
    ),
    one(
        "XGBClassifier in a search",
        "GridSearchCV(xgb.XGBClassifier(n_estimators=3), {'max_depth': [1, 2]}, cv=2).fit(X, y)",
        "GridSearchCV search",
        trials=2,
    ),
    one("lgb.train", "lgb.train(quiet, lgb.Dataset(X_train, y_train), 5)", "Booster"),
    one(
        "lgb.train with callbacks",
        "train = lgb.Dataset(X_train, y_train)\n"
        "lgb.train(quiet, train, 20, valid_sets=[lgb.Dataset(X_test, y_test, reference=train)], "
        "callbacks=[lgb.early_stopping(2, verbose=False)])",
        "Booster",
    ),
    one("lgb.cv", "lgb.cv(quiet, lgb.Dataset(X, y), 3, nfold=3)", "Booster validation"),
    one("LGBMRegressor", "lgb.LGBMRegressor(n_estimators=5, verbose=-1).fit(X, y)", "LGBMRegressor"),
    one(
        "LGBMClassifier in a pipeline",
        "make_pipeline(StandardScaler(), lgb.LGBMClassifier(n_estimators=3, verbose=-1)).fit(X, y)",
        "Pipeline",
    ),
    one(
        "cross_val_score of LGBM",
        "cross_val_score(lgb.LGBMClassifier(n_estimators=3, verbose=-1), X, y, cv=2)",
        "LGBMClassifier validation",
    ),
    one(
        "CatBoostClassifier",
        "CatBoostClassifier(iterations=5, verbose=0, allow_writing_files=False).fit(X, y)",
        "CatBoostClassifier",
    ),
    one(
        "CatBoostRegressor with a Pool",
        "CatBoostRegressor(iterations=5, verbose=0, allow_writing_files=False)"
        ".fit(Pool(X, y), eval_set=Pool(X_test, y_test))",
        "CatBoostRegressor",
    ),
)

STATISTICS_NAMES = """\
import warnings
warnings.simplefilter("ignore")
import numpy as np
import pandas as pd
import optuna
import statsmodels.api as sm
import statsmodels.formula.api as smf
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import cross_val_score
from statsmodels.tsa.arima.model import ARIMA
optuna.logging.set_verbosity(optuna.logging.ERROR)
X = pd.DataFrame(np.random.RandomState(0).rand(120, 2), columns=["a", "b"])
y = X.a * 2 + np.random.RandomState(1).rand(120)
label = (y > y.mean()).astype(int)
frame = X.assign(y=y, label=label)
"""
STATISTICS = (
    one("OLS", "res = sm.OLS(y, sm.add_constant(X)).fit()\nres.summary()", "OLS"),
    one("a formula", "smf.ols('y ~ a + b', data=frame).fit()", "OLS"),
    one("Logit", "sm.Logit(label, X).fit(disp=0)", "Logit"),
    one("logit by formula", "smf.logit('label ~ a', frame).fit(disp=0)", "Logit"),
    one("GLM", "sm.GLM(label, X, family=sm.families.Binomial()).fit()", "GLM"),
    one("ARIMA", "ARIMA(y, order=(1, 0, 0)).fit().forecast(3)", "ARIMA"),
    one("SARIMAX", "sm.tsa.SARIMAX(y, order=(1, 0, 0)).fit(disp=0)", "SARIMAX"),
    one(
        "two models compared",
        "a = smf.ols('y ~ a', frame).fit()\nb = smf.ols('y ~ a + b', frame).fit()\nsm.stats.anova_lm(a, b)",
        "OLS",
        "OLS",
    ),
    one(
        "a test of statsmodels",
        "sm.stats.diagnostic.acorr_ljungbox(y)\nsm.tsa.stattools.adfuller(y)",
        why="the regressions in it are not the user's",
    ),
    one("an order selected", "sm.tsa.arma_order_select_ic(y, max_ar=1, max_ma=1)", why="as a test of statsmodels"),
    one(
        "a study",
        "def objective(trial):\n    a = trial.suggest_float('alpha', 0.1, 1)\n"
        "    return cross_val_score(Ridge(alpha=a), X, y, cv=2).mean()\n"
        "study = optuna.create_study(direction='maximize')\nstudy.optimize(objective, n_trials=3)",
        "Study search",
        why="what an objective trains is its trial's",
        trials=3,
    ),
    one(
        "a study, then the best again",
        "def objective(trial):\n"
        "    m = LogisticRegression(C=trial.suggest_float('C', 0.1, 1)).fit(X, label)\n    return m.score(X, label)\n"
        "study = optuna.create_study()\nstudy.optimize(objective, n_trials=2)\n"
        "best = LogisticRegression(**study.best_params).fit(X, label)",
        "Study search",
        "LogisticRegression",
        trials=2,
    ),
    one(
        "ask and tell",
        "study = optuna.create_study()\nfor i in range(2):\n    t = study.ask()\n"
        "    study.tell(t, t.suggest_float('x', 0, 1))",
        "Study search",
        trials=2,
    ),
)

TORCH_NAMES = """\
import copy
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
torch.manual_seed(0)
X = torch.rand(40, 3)
y = X.sum(1, keepdim=True)
loader = DataLoader(TensorDataset(X, y), batch_size=10, shuffle=True)
criterion = nn.MSELoss()
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body, self.head = nn.Linear(3, 4), nn.Linear(4, 1)
    def forward(self, x):
        return self.head(torch.relu(self.body(x)))
def epochs(model, optimizer, n=2):
    for epoch in range(n):
        for xb, yb in loader:
            optimizer.zero_grad()
            loss = criterion(model(xb), yb)
            loss.backward()
            optimizer.step()
    return model
"""
LOOP = """\
for epoch in range(3):
    for xb, yb in loader:
        optimizer.zero_grad()
        loss = criterion(model(xb), yb)
        loss.backward()
        optimizer.step()
"""
MADE = "model = Net()\noptimizer = torch.optim.Adam(model.parameters(), lr=0.01)\n"
TORCH = (
    one("a loop over batches", MADE + LOOP, "Net loop"),
    Idiom("a loop in a cell of its own", (MADE, LOOP), ("Net loop",)),
    Idiom("a loop run again to go on", (MADE, LOOP, LOOP), ("Net loop", "Net loop"), "two executions, two trainings"),
    one("a loop in a function", MADE + "epochs(model, optimizer)", "Net loop"),
    one(
        "a step in a function, epochs outside",
        MADE + "def step(xb, yb):\n    optimizer.zero_grad()\n"
        "    criterion(model(xb), yb).backward()\n    optimizer.step()\n"
        "for e in range(2):\n    for b in loader:\n        step(*b)",
        "Net loop",
    ),
    one(
        "validation in between",
        MADE + "for e in range(2):\n    model.train()\n    for xb, yb in loader:\n"
        "        optimizer.zero_grad(); criterion(model(xb), yb).backward(); optimizer.step()\n    model.eval()\n"
        "    with torch.no_grad():\n        val = criterion(model(X), y).item()",
        "Net loop",
    ),
    one(
        "LBFGS with a closure",
        "model = nn.Linear(3, 1)\nopt = torch.optim.LBFGS(model.parameters())\ndef closure():\n"
        "    opt.zero_grad()\n    loss = criterion(model(X), y)\n    loss.backward()\n    return loss\n"
        "for i in range(3):\n    opt.step(closure)",
        "Linear loop",
    ),
    one(
        "two models in turn",
        "a, b = Net(), nn.Linear(3, 1)\nepochs(a, torch.optim.SGD(a.parameters(), lr=0.1))\n"
        "epochs(b, torch.optim.SGD(b.parameters(), lr=0.1))",
        "Net loop",
        "Linear loop",
    ),
    one(
        "learning rates compared",
        "for lr in (0.1, 0.01):\n    m = Net()\n    epochs(m, torch.optim.SGD(m.parameters(), lr=lr))",
        "Net loop",
        "Net loop",
    ),
    one(
        "a scheduler and clipping",
        MADE + "sched = torch.optim.lr_scheduler.StepLR(optimizer, 1)\nfor e in range(2):\n"
        "    optimizer.zero_grad()\n    criterion(model(X), y).backward()\n"
        "    nn.utils.clip_grad_norm_(model.parameters(), 1.0)\n    optimizer.step()\n    sched.step()",
        "Net loop",
    ),
    one(
        "gradient accumulation",
        MADE + "for i, (xb, yb) in enumerate(loader):\n    (criterion(model(xb), yb) / 2).backward()\n"
        "    if i % 2:\n        optimizer.step()\n        optimizer.zero_grad()",
        "Net loop",
    ),
    one(
        "nn.Sequential",
        "model = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 1))\n"
        "epochs(model, torch.optim.AdamW(model.parameters()))",
        "Sequential loop",
    ),
    one(
        "tensors without a module",
        "w = torch.zeros(3, 1, requires_grad=True)\nopt = torch.optim.SGD([w], lr=0.1)\n"
        "for i in range(5):\n    opt.zero_grad()\n    ((X @ w - y) ** 2).mean().backward()\n    opt.step()",
        "* loop",
        why="no module holds the parameters",
    ),
    one(
        "a frozen body",
        "model = Net()\nfor p in model.body.parameters():\n    p.requires_grad = False\n"
        "epochs(model, torch.optim.SGD(model.head.parameters(), lr=0.1))",
        "Net loop",
        why="the smallest module with a name that holds what is trained",
    ),
    one(
        "a generator and a discriminator",
        "G, D = nn.Linear(2, 3), nn.Sequential(nn.Linear(3, 1), nn.Sigmoid())\n"
        "g, d = torch.optim.Adam(G.parameters()), torch.optim.Adam(D.parameters())\nbce = nn.BCELoss()\n"
        "one, zero = torch.ones(40, 1), torch.zeros(40, 1)\nfor i in range(4):\n    d.zero_grad()\n"
        "    (bce(D(X), one) + bce(D(G(torch.randn(40, 2)).detach()), zero)).backward()\n    d.step()\n"
        "    g.zero_grad()\n"
        "    bce(D(G(torch.randn(40, 2))), one).backward()\n    g.step()",
        "* loop",
        why="they step in turn: one training",
    ),
    one(
        "a trainer class of one's own",
        "class Trainer:\n    def __init__(self, model):\n        self.model = model\n"
        "        self.opt = torch.optim.SGD(model.parameters(), lr=0.1)\n    def fit(self):\n"
        "        epochs(self.model, self.opt)\nTrainer(Net()).fit()",
        "Net loop",
    ),
    Idiom(
        "a loop that fails",
        (
            MADE + "for i in range(3):\n    optimizer.zero_grad()\n    criterion(model(X), y).backward()\n"
            "    optimizer.step()\n    if i == 1:\n        model(torch.rand(2, 9))",
        ),
        ("Net loop failed",),
        may_fail=True,
    ),
    one(
        "prediction without training",
        "m = Net().eval()\nwith torch.no_grad():\n    for xb, yb in loader:\n        m(xb)",
        why="no step",
    ),
    one(
        "gradients without a step", "m = Net()\ncriterion(m(X), y).backward()\nm.head.weight.grad.norm()", why="no step"
    ),
    Idiom(
        "steps without an optimiser",
        (
            "m = nn.Linear(3, 1)\nfor i in range(5):\n    m.zero_grad()\n"
            "    criterion(m(X), y).backward()\n    with torch.no_grad():\n        for p in m.parameters():\n"
            "            p -= 0.1 * p.grad",
        ),
        ("by hand",),
        "no call says that this is a training",
        looked_for=False,
    ),
)

LIGHTNING_NAMES = (
    TORCH_NAMES
    + """\
import logging, warnings
warnings.simplefilter("ignore")
import lightning as L
quiet = dict(accelerator="cpu", logger=False, enable_progress_bar=False, enable_model_summary=False,
             enable_checkpointing=False)
class Line(L.LightningModule):
    def __init__(self):
        super().__init__()
        self.line = nn.Linear(3, 1)
    def training_step(self, batch, index):
        return criterion(self.line(batch[0]), batch[1])
    def validation_step(self, batch, index):
        self.log("val_loss", criterion(self.line(batch[0]), batch[1]))
    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=0.02)
"""
)
LIGHTNING = (
    one("Trainer.fit of Lightning", "L.Trainer(max_epochs=2, **quiet).fit(Line(), loader)", "Line"),
    one(
        "with validation",
        "L.Trainer(max_epochs=2, **quiet).fit(Line(), loader, loader)",
        "Line",
        why="its optimiser's steps are not a second one",
    ),
    one("validate alone", "L.Trainer(**quiet).validate(Line(), loader, verbose=False)", why="nothing is trained"),
)

KERAS_NAMES = """\
import keras
import numpy as np
X = np.random.RandomState(0).rand(40, 3).astype("float32")
y = X.sum(1, keepdims=True)
def made():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4), keras.layers.Dense(1)])
    model.compile(optimizer="sgd", loss="mse")
    return model
"""
KERAS = (
    one(
        "Sequential.fit of Keras",
        "model = made()\nmodel.fit(X, y, epochs=2, verbose=0)",
        "Sequential",
        why="PyTorch below steps too: not a second one",
    ),
    one(
        "fit with callbacks",
        "made().fit(X, y, epochs=3, validation_split=0.25, verbose=0, "
        "callbacks=[keras.callbacks.EarlyStopping(patience=1)])",
        "Sequential",
    ),
    Idiom(
        "fit again to go on",
        ("model = made()\nmodel.fit(X, y, verbose=0)", "model.fit(X, y, verbose=0)"),
        ("Sequential", "Sequential"),
    ),
    one(
        "a functional model",
        "i = keras.Input((3,))\nm = keras.Model(i, keras.layers.Dense(1)(i))\n"
        "m.compile(loss='mse')\nm.fit(X, y, verbose=0)",
        "Functional",
    ),
    one(
        "predict and evaluate alone",
        "m = made()\nm.predict(X, verbose=0)\nm.evaluate(X, y, verbose=0)",
        why="nothing is trained",
    ),
)

GROUPS = (
    Group("scikit-learn and its API", SKLEARN_NAMES, MODELS),
    Group("ways to train", SKLEARN_NAMES, WAYS),
    Group("no trainings", SKLEARN_NAMES, NONE),
    Group("boosting", BOOSTING_NAMES, BOOSTING),
    Group("statsmodels and Optuna", STATISTICS_NAMES, STATISTICS),
    Group("PyTorch", TORCH_NAMES, TORCH),
    Group("Lightning", LIGHTNING_NAMES, LIGHTNING),
    Group("Keras", KERAS_NAMES, KERAS),
    Group("not looked for", SKLEARN_NAMES, NOT_LOOKED_FOR),
)
