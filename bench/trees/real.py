"""Three data sets that scikit-learn ships, folds of them, and the errors of LightGBM, XGBoost and scikit-learn on each
fold, as one JSON document: crates/outrider-train/tests/peers.rs learns the same folds."""

import json
import os

os.environ.update(OMP_WAIT_POLICY="passive", GOMP_SPINCOUNT="0", KMP_BLOCKTIME="0")

import lightgbm
import numpy
import xgboost
from sklearn import datasets, ensemble, metrics, model_selection

TREES, LEAVES, RATE, LAMBDA = 100, 15, 0.1, 1.0


def boosters(classes, least):
    """Boosters under the same settings. `least`: hessian of a leaf."""
    light = dict(
        n_estimators=TREES, num_leaves=LEAVES, learning_rate=RATE, reg_lambda=LAMBDA, min_child_weight=least,
        min_child_samples=1, n_jobs=1, verbose=-1,
    )
    xgb = dict(
        n_estimators=TREES, max_leaves=LEAVES, max_depth=0, grow_policy="lossguide", learning_rate=RATE,
        reg_lambda=LAMBDA, min_child_weight=least, tree_method="hist", n_jobs=1,
    )
    sklearn = dict(
        max_iter=TREES, max_leaf_nodes=LEAVES, learning_rate=RATE, l2_regularization=LAMBDA, min_samples_leaf=5,
        early_stopping=False,
    )
    forest = dict(n_estimators=TREES, min_samples_leaf=3, max_features=0.4, random_state=1, n_jobs=1)
    kinds = (
        (lightgbm.LGBMClassifier, xgboost.XGBClassifier, ensemble.HistGradientBoostingClassifier,
         ensemble.RandomForestClassifier)
        if classes
        else (lightgbm.LGBMRegressor, xgboost.XGBRegressor, ensemble.HistGradientBoostingRegressor,
              ensemble.RandomForestRegressor)
    )
    names = ("lightgbm", "xgboost", "sklearn", "forest")
    return {name: kind(**args) for name, kind, args in zip(names, kinds, (light, xgb, sklearn, forest))}


def error(model, x, y, classes):
    if classes:
        return metrics.log_loss(y, model.predict_proba(x)[:, 1].clip(1e-6, 1 - 1e-6), labels=[0, 1])
    return metrics.root_mean_squared_error(y, model.predict(x))


def compared(name, x, y, classes):
    x, y = x.astype(numpy.float32), y.astype(float)
    folds = list(model_selection.KFold(n_splits=5, shuffle=True, random_state=1).split(x))
    errors = {}
    for train, test in folds:
        for peer, model in boosters(classes, 1.0 if classes else 5.0).items():
            model.fit(x[train], y[train])
            errors.setdefault(peer, []).append(error(model, x[test], y[test], classes))
    columns = [[None if numpy.isnan(v) else float(v) for v in column] for column in x.T]
    tests = [test.tolist() for _, test in folds]
    return dict(name=name, classes=classes, columns=columns, labels=y.tolist(), tests=tests, errors=errors)


def main():
    diabetes, cancer, digits = datasets.load_diabetes(), datasets.load_breast_cancer(), datasets.load_digits()
    sets = [
        compared("diabetes", diabetes.data, diabetes.target, False),
        compared("breast cancer", cancer.data, cancer.target, True),
        compared("odd digits", digits.data, digits.target % 2, True),
    ]
    print(json.dumps(sets))


if __name__ == "__main__":
    main()
