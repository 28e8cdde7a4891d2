"""Three data sets that scikit-learn ships, folds of them, and the error of scikit-learn's network on each fold, as one JSON
document: crates/outrider-train/tests/network_peers.rs learns the same folds."""

import json
import os
import warnings

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")

import numpy
from sklearn import datasets, exceptions, metrics, model_selection, neural_network, pipeline, preprocessing

SEEDS = 2


def network(classes, seed):
    """Layers, batches and rates as ours; numbers standardised."""
    kind = neural_network.MLPClassifier if classes else neural_network.MLPRegressor
    settings = dict(
        hidden_layer_sizes=(32, 16), learning_rate_init=0.003, batch_size=16, max_iter=40, n_iter_no_change=1000,
        random_state=seed,
    )
    return pipeline.make_pipeline(preprocessing.StandardScaler(), kind(**settings))


def error(x, y, train, test, classes, seed):
    if classes:
        said = network(True, seed).fit(x[train], y[train]).predict_proba(x[test])[:, 1]
        return metrics.log_loss(y[test], said.clip(1e-6, 1 - 1e-6), labels=[0, 1])
    # Ours learns labels in units of their spread; theirs is to have the same ease.
    middle, spread = y[train].mean(), y[train].std()
    said = network(False, seed).fit(x[train], (y[train] - middle) / spread).predict(x[test])
    return metrics.root_mean_squared_error(y[test], said * spread + middle)


def compared(name, x, y, classes):
    x, y = x.astype(numpy.float32), y.astype(float)
    folds = list(model_selection.KFold(n_splits=5, shuffle=True, random_state=1).split(x))
    errors = [
        float(numpy.mean([error(x, y, train, test, classes, seed) for seed in range(SEEDS)])) for train, test in folds
    ]
    columns = [[float(v) for v in column] for column in x.T]
    tests = [test.tolist() for _, test in folds]
    return dict(name=name, classes=classes, columns=columns, labels=y.tolist(), tests=tests, errors=errors)


def main():
    warnings.simplefilter("ignore", exceptions.ConvergenceWarning)
    diabetes, cancer, digits = datasets.load_diabetes(), datasets.load_breast_cancer(), datasets.load_digits()
    sets = [
        compared("diabetes", diabetes.data, diabetes.target, False),
        compared("breast cancer", cancer.data, cancer.target, True),
        compared("odd digits", digits.data, digits.target % 2, True),
    ]
    print(json.dumps(sets))


if __name__ == "__main__":
    main()
